//! A platform repository from its beginning: `koctl init`, `koctl add organization`, and later updates.

use std::path::Path;

use http::{Method, StatusCode};
use koctl::platform_repository::FILES;
use sandbox::github::secret;
use sandbox::{Fault, Sandbox, Trigger};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{Run, World, filters};

/// The summary of a plan without changes, while the pull request is open.
const NOTHING: &str =
    "No changes. Konnect and the platform repository match the configuration, except for what waits for others.";

const PLAN_WORKFLOW: &str = ".github/workflows/koctl-plan.yml";
const RULES: &str = "konnect/rules/openapi.yaml";
const STATE: [&str; 2] = ["--state", "file:.koctl/state"];

/// A directory with nothing in it, and a GitHub with an empty platform repository.
async fn newcomer() -> (World, Sandbox) {
    let world = World::empty();
    std::fs::create_dir(world.path().join("services")).unwrap();
    let sandbox = world.sandbox().await;
    (world, sandbox)
}

/// The same after `koctl init`.
async fn set_up() -> (World, Sandbox) {
    let (world, sandbox) = newcomer().await;
    init(&world, &sandbox, &[]).await.exits(0);
    (world, sandbox)
}

async fn init(world: &World, sandbox: &Sandbox, more: &[&str]) -> Run {
    world.against(sandbox, &[&["init", "--auto-approve"], &STATE[..], more].concat()).await
}

async fn add(world: &World, sandbox: &Sandbox, name: &str, more: &[&str]) -> Run {
    let arguments = ["add", "organization", name, "--region", "eu", "--token-env", "ACME_TOKEN", "--auto-approve"];
    world.against(sandbox, &[&arguments, &STATE[..], more].concat()).await
}

async fn github(sandbox: &Sandbox, method: Method, path: &str) -> Value {
    let url = format!("{}/repos/Acme/platform/{path}", sandbox.github_url());
    let mut request = crate::world::client().request(method.clone(), url).bearer_auth("reviewer");
    if method != Method::GET {
        request = request.json(&json!({}));
    }
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

/// The titles of the open pull requests, oldest first.
async fn titles(sandbox: &Sandbox) -> Vec<String> {
    let pulls = github(sandbox, Method::GET, "pulls?direction=asc").await;
    pulls.as_array().unwrap().iter().map(|pull| pull["title"].as_str().unwrap().to_owned()).collect()
}

/// Merges all open pull requests, oldest first, as a reviewer would.
async fn merge_all(sandbox: &Sandbox) {
    for pull in github(sandbox, Method::GET, "pulls?direction=asc").await.as_array().unwrap() {
        github(sandbox, Method::PUT, &format!("pulls/{}/merge", pull["number"])).await;
    }
}

fn file(world: &World, branch: &str, path: &str) -> String {
    world.git("Acme/platform", &["show", &format!("{branch}:{path}")])
}

/// The requests since `before` that could change something.
fn writes(sandbox: &Sandbox, before: usize) -> Vec<String> {
    let writes = sandbox.exchanges()[before..].to_vec().into_iter().filter(|exchange| exchange.method != "GET");
    writes.map(|exchange| format!("{} {}", exchange.method, exchange.path)).collect()
}

fn actions_secret(world: &World, name: &str) -> Option<String> {
    let found = secret(&world.path().join(".koctl/sandbox/github"), "Acme", "platform", name).unwrap();
    found.map(|value| value.expose_secret().to_owned())
}

#[tokio::test]
async fn a_second_init_changes_nothing_and_sends_gets_only() {
    let (world, sandbox) = set_up().await;
    let before = sandbox.exchanges().len();
    let again = init(&world, &sandbox, &[]).await.exits(0);
    assert_eq!(again.last_line(), NOTHING);
    assert_eq!(writes(&sandbox, before), Vec::<String>::new());
    merge_all(&sandbox).await;
    let before = sandbox.exchanges().len();
    init(&world, &sandbox, &[]).await.exits(0);
    assert_eq!(writes(&sandbox, before), Vec::<String>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn init_shows_every_file_and_opens_one_pull_request_with_all_of_them() {
    let (world, sandbox) = newcomer().await;
    let run = init(&world, &sandbox, &[]).await.exits(0);
    for path in [PLAN_WORKFLOW, RULES, "konnect/teams.yaml", "konnect/organizations.yaml", ".gitignore"] {
        assert!(run.stdout.contains(path), "{path} is not shown: {}", run.stdout);
    }
    assert!(run.stdout.contains("      value (sensitive)\n"), "{}", run.stdout);
    assert_eq!(run.last_line(), "Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    assert_eq!(titles(&sandbox).await, ["[Konnect Orchestrator] - Init Platform"]);
    let files = world.git("Acme/platform", &["ls-tree", "-r", "--name-only", "konnect-orchestrator-init"]);
    let mut expected: Vec<&str> = FILES.iter().map(|file| file.path).chain(["README.md"]).collect();
    expected.sort_unstable();
    assert_eq!(files.lines().collect::<Vec<_>>(), expected);
    insta::assert_snapshot!(file(&world, "konnect-orchestrator-init", "konnect/platform.yaml"), @r"
    # The platform repository, and where koctl stores its state.
    platform:
      git:
        remote: https://github.com/Acme/platform.git
      state:
        url: file:.koctl/state
    ");
    assert_eq!(actions_secret(&world, "KONNECT_ORCHESTRATOR_GITHUB_TOKEN").as_deref(), Some("github-token"));
    sandbox.stop().await;
}

#[tokio::test]
async fn r11_no_token_is_in_any_output_state_or_file() {
    let (world, sandbox) = newcomer().await;
    let first = init(&world, &sandbox, &[]).await.exits(0);
    let second = add(&world, &sandbox, "Acme", &[]).await.exits(0);
    let shown = [&first.stdout, &first.stderr, &second.stdout, &second.stderr];
    let mut grep = std::process::Command::new("grep");
    let found = grep.args(["-rlE", "github-token|acme-token", "."]).current_dir(world.path()).output().unwrap();
    // The sandbox keeps Konnect's accounts, which the test made with the token.
    let files = String::from_utf8(found.stdout).unwrap();
    let files: Vec<&str> = files.lines().filter(|file| !file.ends_with("konnect.redb")).collect();
    assert_eq!(files, Vec::<&str>::new());
    for text in shown {
        assert!(!text.contains("github-token") && !text.contains("acme-token"), "{text}");
    }
    assert_eq!(actions_secret(&world, "ACME_TOKEN").as_deref(), Some("acme-token"));
    sandbox.stop().await;
}

#[tokio::test]
async fn what_a_person_edited_is_shown_and_left_alone_and_force_overwrites_it() {
    let (world, sandbox) = set_up().await;
    merge_all(&sandbox).await;
    let edited = file(&world, "main", RULES).replace("operation-tags: off", "operation-tags: error");
    world.push("Acme/platform", "main", RULES, &edited);
    world.push("Acme/platform", "main", "konnect/teams.yaml", "teams:\n  orders: {}\n");
    let before = sandbox.exchanges().len();
    let run = init(&world, &sandbox, &[]).await.exits(0);
    insta::assert_snapshot!(run.stdout);
    assert_eq!(writes(&sandbox, before), Vec::<String>::new());
    let run = init(&world, &sandbox, &["--force"]).await.exits(0);
    assert!(run.stdout.contains("operation-tags: off"), "{}", run.stdout);
    assert_eq!(titles(&sandbox).await, ["[Konnect Orchestrator] - Init Platform"]);
    merge_all(&sandbox).await;
    assert!(file(&world, "main", RULES).contains("operation-tags: off"));
    assert_eq!(
        file(&world, "main", "konnect/teams.yaml"),
        "teams:\n  orders: {}\n",
        "--force is for koctl's own files"
    );
    init(&world, &sandbox, &[]).await.exits(0);
    sandbox.stop().await;
}

/// Makes the platform repository and the state as an older koctl left them, whose rules were `old`.
async fn as_an_older_koctl_left_it(world: &World, old: &str) {
    world.push("Acme/platform", "main", RULES, old);
    let directory = format!("file:{}", world.path().join(".koctl/state").display());
    let store = engine::state::Store::open(&directory, &|_| None).unwrap();
    let state = store.lock("@platform", &engine::state::LockOptions::new("test")).await.unwrap();
    let digest = engine::value::digest(old);
    let changed = state.record(move |state| {
        let files = state.resources.get_mut("@platform/repository_files/Acme/platform").unwrap();
        files.attributes.get_mut("files").unwrap()[RULES] = digest;
    });
    changed.await.unwrap();
    state.release().await.unwrap();
}

#[tokio::test]
async fn a_newer_koctls_files_come_by_a_plain_apply_where_nobody_edited_the_older_ones() {
    let (world, sandbox) = set_up().await;
    add(&world, &sandbox, "Acme", &[]).await.exits(0);
    merge_all(&sandbox).await;
    let newer = file(&world, "main", RULES);
    as_an_older_koctl_left_it(&world, "# as it was\n").await;
    let configuration = World::new();
    for path in ["konnect/teams.yaml", "konnect/organizations.yaml"] {
        world.write(path, &configuration.read(path).replace("  orders:", "  orders: {}\n#").replace("teams: {}", ""));
    }
    world.write("konnect/teams.yaml", "teams: {}\n");
    let plan = world.against(&sandbox, &[&["plan"], &STATE[..]].concat()).await.exits(0);
    assert!(plan.stdout.contains("-# as it was"), "{}", plan.stdout);
    assert!(
        plan.stdout.contains("@platform/repository_files/Acme/platform  will be updated in place"),
        "{}",
        plan.stdout
    );
    world.against(&sandbox, &[&["apply", "--auto-approve"], &STATE[..]].concat()).await.exits(0);
    assert_eq!(titles(&sandbox).await, ["[Konnect Orchestrator] - Update Platform"]);
    let before = sandbox.exchanges().len();
    world.against(&sandbox, &[&["plan", "--detailed-exitcode"], &STATE[..]].concat()).await.exits(0);
    world.against(&sandbox, &[&["apply", "--auto-approve"], &STATE[..]].concat()).await.exits(0);
    assert_eq!(writes(&sandbox, before), Vec::<String>::new());
    merge_all(&sandbox).await;
    assert_eq!(file(&world, "main", RULES), newer);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_missing_repository_is_told_with_create_and_create_makes_it() {
    let (world, sandbox) = newcomer().await;
    let new = ["--url", "Acme/new-platform"];
    let run = init(&world, &sandbox, &new).await.exits(1);
    insta::assert_snapshot!(run.stderr);
    assert_eq!(writes(&sandbox, 0), Vec::<String>::new());
    assert!(!world.path().join(".koctl/state").exists(), "a state was written");
    let run = init(&world, &sandbox, &[&new[..], &["--create"]].concat()).await.exits(0);
    assert_eq!(run.last_line(), "Apply complete! Resources: 3 added, 0 changed, 0 destroyed.");
    let files = world.git("Acme/new-platform", &["ls-tree", "-r", "--name-only", "konnect-orchestrator-init"]);
    assert!(files.contains(PLAN_WORKFLOW), "{files}");
    let before = sandbox.exchanges().len();
    init(&world, &sandbox, &new).await.exits(0);
    assert_eq!(writes(&sandbox, before), Vec::<String>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn the_state_of_a_repository_that_is_made_is_kept_on_a_branch_of_it() {
    let (world, sandbox) = newcomer().await;
    let arguments = ["init", "--url", "Acme/new-platform", "--create", "--auto-approve"];
    let run = world.against(&sandbox, &arguments).await.exits(0);
    assert_eq!(run.last_line(), "Apply complete! Resources: 3 added, 0 changed, 0 destroyed.");
    let files = world.git("Acme/new-platform", &["ls-tree", "-r", "--name-only", "koctl-state"]);
    assert!(files.contains("state/@platform"), "{files}");
    let settings = world.git("Acme/new-platform", &["show", "konnect-orchestrator-init:konnect/platform.yaml"]);
    assert!(settings.contains("url: github://Acme/new-platform/koctl-state"), "{settings}");
    assert!(!world.path().join(".koctl/state").exists());
    // The next command finds the state through the configuration that is proposed.
    let before = sandbox.exchanges().len();
    let again = world.against(&sandbox, &["init", "--url", "Acme/new-platform"]).await.exits(0);
    assert_eq!(again.last_line(), NOTHING);
    assert_eq!(writes(&sandbox, before).into_iter().filter(|write| !write.contains("/git/")).count(), 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_token_without_the_permission_is_told_which_one_it_lacks() {
    for (path, header, scopes, told) in [
        ("/actions/secrets/*", "X-Accepted-GitHub-Permissions", "secrets=write", "lacks the permission secrets=write"),
        ("/git/trees", "X-Accepted-OAuth-Scopes", "repo", "lacks the scope repo"),
    ] {
        let (world, sandbox) = newcomer().await;
        let headers = vec![(header.to_owned(), scopes.to_owned()), ("X-OAuth-Scopes".to_owned(), "gist".to_owned())];
        let body = json!({ "message": "Resource not accessible by personal access token", "status": "403" });
        let fault = Fault::Answer { status: StatusCode::FORBIDDEN, headers, body };
        let method = if path == "/git/trees" { Method::POST } else { Method::PUT };
        sandbox.faults().inject(Trigger::new(method, path).always(), fault);
        let run = init(&world, &sandbox, &[]).await.exits(1);
        assert!(run.stdout.contains(told) && run.stdout.contains("`GITHUB_TOKEN`"), "{}", run.stdout);
        // With the permission, the rest is done.
        sandbox.faults().clear();
        init(&world, &sandbox, &[]).await.exits(0);
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_rotated_token_is_shown_as_sensitive_and_set() {
    let (world, sandbox) = set_up().await;
    world.write(".env", "KONNECT_ORCHESTRATOR_GITHUB_TOKEN=rotated-token\n");
    let run = init(&world, &sandbox, &[]).await.exits(0);
    assert!(run.stdout.contains("    ~ value (sensitive)\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("rotated"), "{}", run.stdout);
    assert_eq!(run.last_line(), "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(actions_secret(&world, "KONNECT_ORCHESTRATOR_GITHUB_TOKEN").as_deref(), Some("rotated-token"));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_broken_env_file_is_named_and_not_shown() {
    let (world, sandbox) = newcomer().await;
    world.write(".env", "A=b\nhidden value\n");
    let run = init(&world, &sandbox, &[]).await.exits(1);
    assert!(run.stderr.contains("the file .env") && !run.stderr.contains("hidden"), "{}", run.stderr);
    assert_eq!(sandbox.exchanges().len(), 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_organization_that_is_there_already_changes_nothing() {
    let (world, sandbox) = set_up().await;
    add(&world, &sandbox, "Acme", &[]).await.exits(0);
    let before = sandbox.exchanges().len();
    add(&world, &sandbox, "Acme", &[]).await.exits(0);
    assert_eq!(writes(&sandbox, before), Vec::<String>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn an_organization_is_a_few_lines_in_one_pull_request_and_a_secret() {
    let (world, sandbox) = set_up().await;
    let run = add(&world, &sandbox, "Acme", &[]).await.exits(0);
    // The workflows around the lines are the business of others.
    let told = |line: &&str| !line.starts_with("          ") || line.trim_start().starts_with(['+', '-']);
    let screen: Vec<&str> = run.stdout.lines().filter(told).filter(|line| !line.ends_with(" unchanged)")).collect();
    insta::assert_snapshot!(screen.join("\n"));
    let expected = ["[Konnect Orchestrator] - Init Platform", "[Konnect Orchestrator] - Add Organization Acme"];
    assert_eq!(titles(&sandbox).await, expected);
    let branches = ["konnect-orchestrator-init", "konnect-orchestrator-organizations"];
    let difference = world.git("Acme/platform", &["diff", "--numstat", branches[0], branches[1]]);
    // The workflow that applies has the tokens in each of its stages.
    let workflows =
        [("deck-merge-and-diff", 1), ("deck-sync", 1), ("koctl-apply", 4), ("koctl-drift", 1), ("koctl-plan", 1)];
    let expected: Vec<String> = workflows
        .map(|(name, lines)| format!("{lines}\t0\t.github/workflows/{name}.yml"))
        .into_iter()
        .chain(["12\t1\tkonnect/organizations.yaml".to_owned()])
        .collect();
    assert_eq!(difference.lines().collect::<Vec<_>>(), expected);
    sandbox.stop().await;
}

#[tokio::test]
async fn organizations_that_follow_each_other_all_arrive_whatever_was_merged_in_between() {
    let (world, sandbox) = set_up().await;
    add(&world, &sandbox, "Acme", &[]).await.exits(0);
    add(&world, &sandbox, "Beta", &["--token-env", "GITHUB_REPO_URL"]).await.exits(1);
    let more = ["add", "organization", "Beta", "--region", "us", "--token-env", "BETA_TOKEN", "--auto-approve"];
    world.write(".env", "BETA_TOKEN=beta-token\nGAMMA_TOKEN=gamma-token\n");
    world.against(&sandbox, &[&more, &STATE[..]].concat()).await.exits(0);
    let expected = ["[Konnect Orchestrator] - Init Platform", "[Konnect Orchestrator] - Add Organization Acme, Beta"];
    assert_eq!(titles(&sandbox).await, expected);
    merge_all(&sandbox).await;
    let more = ["add", "organization", "Gamma", "--region", "us", "--token-env", "GAMMA_TOKEN", "--auto-approve"];
    world.against(&sandbox, &[&more, &STATE[..]].concat()).await.exits(0);
    merge_all(&sandbox).await;
    insta::assert_snapshot!(file(&world, "main", "konnect/organizations.yaml"));
    let workflow = file(&world, "main", PLAN_WORKFLOW);
    let tokens: Vec<&str> = workflow.lines().filter(|line| line.contains("_READONLY")).collect();
    insta::assert_snapshot!(tokens.join("\n"));
    init(&world, &sandbox, &[]).await.exits(0);
    assert_eq!(titles(&sandbox).await, Vec::<String>::new(), "adding organizations edits nothing that koctl keeps");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_workflow_that_a_person_edited_gets_the_token_and_keeps_the_edit() {
    let (world, sandbox) = set_up().await;
    merge_all(&sandbox).await;
    let edited = format!("# ours\n{}", file(&world, "main", PLAN_WORKFLOW));
    world.push("Acme/platform", "main", PLAN_WORKFLOW, &edited);
    add(&world, &sandbox, "Acme", &[]).await.exits(0);
    merge_all(&sandbox).await;
    let now = file(&world, "main", PLAN_WORKFLOW);
    assert!(now.starts_with("# ours\n"), "{now}");
    assert_eq!(now.lines().count(), edited.lines().count() + 1, "{now}");
    // It is still an edited file: koctl does not overwrite it.
    let before = sandbox.exchanges().len();
    let run = init(&world, &sandbox, &[]).await.exits(0);
    assert!(run.stdout.contains("-# ours"), "{}", run.stdout);
    assert_eq!(writes(&sandbox, before), Vec::<String>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn a_file_that_a_person_broke_is_named_with_its_place_and_nothing_is_changed() {
    for (path, text, told) in [
        (PLAN_WORKFLOW, "name: koctl plan\njobs:\n  plan: [\n", ".github/workflows/koctl-plan.yml:"),
        (PLAN_WORKFLOW, "jobs: {}\n", "`jobs.*.steps.[id: konnect].env` is not a mapping"),
        ("konnect/organizations.yaml", "organizations:\n  - Acme\n", "`organizations` is not a mapping"),
        ("konnect/teams.yaml", "teems: {}\n", "konnect/teams.yaml:1:1: unknown key `teems`"),
    ] {
        let (world, sandbox) = set_up().await;
        merge_all(&sandbox).await;
        world.push("Acme/platform", "main", path, text);
        let before = sandbox.exchanges().len();
        let run = add(&world, &sandbox, "Acme", &[]).await.exits(1);
        assert!(run.stderr.contains(told), "{}", run.stderr);
        assert_eq!(writes(&sandbox, before), Vec::<String>::new());
        assert_eq!(actions_secret(&world, "ACME_TOKEN"), None);
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_repository_that_was_not_set_up_says_to_run_init_first() {
    let (world, sandbox) = newcomer().await;
    let run = add(&world, &sandbox, "Acme", &[]).await.exits(1);
    assert!(run.stderr.contains("koctl init"), "{}", run.stderr);
    assert_eq!(writes(&sandbox, 0), Vec::<String>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_lost_answer_leaves_one_pull_request() {
    for path in ["/git/refs", "/pulls"] {
        let (world, sandbox) = newcomer().await;
        sandbox.faults().inject(Trigger::new(Method::POST, path).nth(1), Fault::LoseAnswer);
        init(&world, &sandbox, &[]).await.exits(0);
        assert_eq!(titles(&sandbox).await, ["[Konnect Orchestrator] - Init Platform"]);
        let before = sandbox.exchanges().len();
        init(&world, &sandbox, &[]).await.exits(0);
        assert_eq!(writes(&sandbox, before), Vec::<String>::new());
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn without_a_terminal_what_is_missing_is_named_with_where_to_give_it() {
    let world = World::empty();
    for (arguments, told) in [
        (&["init"][..], "--url"),
        (&["init", "--url", "Acme/platform"], "PLATFORM_REPO_GITHUB_TOKEN"),
        (&["init", "--url", "https://user:hidden@github.com/Acme/platform"], "a password or a token"),
        (&["init", "--sandbox"], "--auto-approve"),
        (&["add", "organization"], "koctl add organization NAME"),
        (&["add", "organization", "Acme"], "--url"),
        (&["add", "organization", "Acme", "--sandbox"], "--region"),
    ] {
        let mut command = world.command(arguments);
        if told.contains("password") {
            command.env("PLATFORM_REPO_GITHUB_TOKEN", "t");
        }
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(told) && !stderr.contains("hidden"), "{arguments:?}: {stderr}");
    }
}

/// The steps of a new user: everything on one machine, in the sandbox.
#[tokio::test]
async fn init_and_an_organization_make_a_repository_in_which_a_newcomer_can_plan() {
    let _filters = filters();
    let world = World::empty();
    world.koctl(&["init", "--auto-approve"]).exits(0);
    world.koctl(&["add", "organization", "Acme", "--region", "eu", "--auto-approve"]).exits(0);
    let sandbox = start(world.path()).await;
    let base = format!("{}/repos/sandbox/platform/pulls", sandbox.github_url());
    let client = crate::world::client();
    let open: Value = client.get(&base).bearer_auth("reviewer").send().await.unwrap().json().await.unwrap();
    let mut numbers: Vec<u64> = open.as_array().unwrap().iter().map(|pull| pull["number"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers.len(), 2);
    for number in numbers {
        let merged = client.put(format!("{base}/{number}/merge")).bearer_auth("reviewer").json(&json!({})).send().await;
        assert!(merged.unwrap().status().is_success());
    }
    sandbox.stop().await;
    let clone = World::empty();
    let source = world.repository("sandbox/platform").display().to_string();
    let mut git = std::process::Command::new("git");
    assert!(git.args(["clone", "--quiet", &source, "."]).current_dir(clone.path()).status().unwrap().success());
    let plan = clone.koctl(&["plan"]).exits(0);
    insta::assert_snapshot!(plan.stdout);
    // The same against the sandbox in which it was made: the platform repository is in sync.
    let directory = format!("--sandbox={}", world.path().join(".koctl/sandbox").display());
    clone.run(&["apply", "--auto-approve", &directory]).exits(0);
    clone.run(&["plan", "--detailed-exitcode", &directory]).exits(0);
}

async fn start(directory: &Path) -> Sandbox {
    let options = sandbox::SandboxOptions { dir: directory.join(".koctl/sandbox"), port: 0, organizations: Vec::new() };
    Sandbox::start(options).await.unwrap()
}

#[tokio::test]
async fn what_a_person_edited_stays_theirs_when_the_state_learns_what_is_there() {
    let (world, sandbox) = set_up().await;
    merge_all(&sandbox).await;
    let edited = file(&world, "main", RULES).replace("operation-tags: off", "operation-tags: error");
    world.push("Acme/platform", "main", RULES, &edited);
    world.write("konnect/teams.yaml", "teams: {}\n");
    world.write("konnect/organizations.yaml", &World::new().read("konnect/organizations.yaml"));
    let before = sandbox.exchanges().len();
    for command in [&["plan", "--refresh-only"][..], &["apply", "--refresh-only", "--auto-approve"], &["import"]] {
        let run = world.against(&sandbox, &[command, &STATE[..]].concat()).await.exits(0);
        assert!(run.last_line().starts_with("No changes."), "{command:?}: {}", run.stdout);
        assert!(run.stderr.contains("Not changed, because they were edited"), "{command:?}: {}", run.stderr);
    }
    assert_eq!(writes(&sandbox, before), Vec::<String>::new());
    assert_eq!(init(&world, &sandbox, &[]).await.exits(0).stdout.matches("operation-tags: error").count(), 1);
    sandbox.stop().await;
}
