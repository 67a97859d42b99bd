//! A platform repository that the Go koctl made: its files, its organizations, and its open pull requests.

use http::Method;
use sandbox::Sandbox;
use sandbox::github::secret;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::outside::Outsider;
use crate::world::{Run, World, filters, finish};

const APPLIES: &str = ".github/workflows/konnect-koctl-apply.yaml";
const SYNCS: &str = ".github/workflows/konnect-deck-sync.yaml";
const RULES: &str = "konnect/oas-file-rules.yaml";

/// A workflow that does nothing but apply with the Go tool.
const WORKFLOW: &str = "\
name: Apply
on: {push: {branches: [main]}}
jobs:
  apply:
    runs-on: ubuntu-latest
    steps:
      - uses: jaxxstorm/action-install-gh-release@v2.0.0
        with: {repo: Kong/konnect-orchestrator, tag: v0.8.0}
      - run: koctl apply
        env: {OLD_KONNECT_TOKEN: '${{secrets.OLD_KONNECT_TOKEN}}'}
";

const ORGANIZATIONS: &str = "\
organizations:
  Old:
    access-token: {type: env, value: OLD_KONNECT_TOKEN}
    environments:
      dev: {type: DEV, region: us}
";

/// A repository with two workflows, of which one was edited, with rules, and with an organization.
async fn left() -> (World, Sandbox) {
    let world = World::empty();
    std::fs::create_dir(world.path().join("services")).unwrap();
    let sandbox = world.sandbox().await;
    let files = [
        (APPLIES, WORKFLOW),
        (SYNCS, "on: push\n"),
        (RULES, "rules: {}\n"),
        ("konnect/organizations.yaml", ORGANIZATIONS),
    ];
    world.merge("Acme/platform", &files.map(|(path, text)| (path.to_owned(), text.to_owned())));
    (world, sandbox)
}

async fn run(world: &World, sandbox: &Sandbox, command: &[&str]) -> Run {
    let more = ["--auto-approve", "--state", "file:.koctl/state"];
    world.against(sandbox, &[command, &more].concat()).await.exits(0)
}

/// The warnings of a run, with what helps.
fn warnings(run: &Run) -> String {
    let lines = run.stderr.lines().filter(|line| line.starts_with("Warning:") || line.starts_with("  help:"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The names of the files on a branch.
fn files(world: &World, branch: &str) -> String {
    world.git("Acme/platform", &["ls-tree", "-r", "--name-only", branch])
}

/// Merges the open pull request.
async fn merge(sandbox: &Sandbox, number: u32) {
    let path = format!("/repos/Acme/platform/pulls/{number}/merge");
    Outsider(sandbox).github(Method::PUT, &path, Some(json!({}))).await;
}

#[tokio::test]
async fn a_repository_without_files_of_the_go_tool_hears_nothing_of_it() {
    let world = World::empty();
    std::fs::create_dir(world.path().join("services")).unwrap();
    let sandbox = world.sandbox().await;
    let init = run(&world, &sandbox, &["init", "--remove-go-koctl"]).await;
    assert!(!init.stdout.contains("removed_files") && !init.stderr.contains("Go koctl"), "{init:?}");
    sandbox.stop().await;
}

#[tokio::test]
async fn an_init_says_how_the_go_tool_clashes_and_deletes_nothing_of_it_unasked() {
    let _filters = filters();
    let (world, sandbox) = left().await;
    let init = run(&world, &sandbox, &["init"]).await;
    insta::assert_snapshot!(warnings(&init));
    let proposed = files(&world, "konnect-orchestrator-init");
    assert!([APPLIES, SYNCS, RULES].iter().all(|path| proposed.contains(path)), "{proposed}");
    sandbox.stop().await;
}

#[tokio::test]
async fn an_init_that_may_deletes_what_is_unedited_in_its_pull_request_and_names_the_rest() {
    let _filters = filters();
    let (world, sandbox) = left().await;
    let init = run(&world, &sandbox, &["init", "--remove-go-koctl"]).await;
    let shown = init.stdout.lines().skip_while(|line| !line.contains("removed_files")).take(2);
    insta::assert_snapshot!(format!("{}\n\n{}", shown.collect::<Vec<_>>().join("\n"), warnings(&init)));
    merge(&sandbox, 1).await;
    let merged = files(&world, "main");
    assert!(!merged.contains(APPLIES) && merged.contains(SYNCS) && merged.contains(RULES), "{merged}");
    let again = run(&world, &sandbox, &["init", "--remove-go-koctl"]).await;
    assert_eq!(again.last_line(), "No changes. Konnect and the platform repository match the configuration.");
    assert!(!again.stderr.contains(APPLIES) && again.stderr.contains(SYNCS), "{}", again.stderr);
    assert!(!again.stdout.contains("removed_files"), "it is no drift: {}", again.stdout);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_organization_of_the_go_tool_keeps_the_name_of_its_secret_and_its_region() {
    let (world, sandbox) = left().await;
    run(&world, &sandbox, &["init"]).await;
    merge(&sandbox, 1).await;
    let workflow = world.git("Acme/platform", &["show", "main:.github/workflows/koctl-apply.yml"]);
    assert!(workflow.contains("OLD_KONNECT_TOKEN: ${{ secrets.OLD_KONNECT_TOKEN }}"), "{workflow}");
    let arguments = ["add", "organization", "Old", "--auto-approve", "--state", "file:.koctl/state"];
    let refused = world.against(&sandbox, &arguments).await.exits(1);
    assert!(refused.stderr.contains("Set the variable OLD_KONNECT_TOKEN"), "{}", refused.stderr);
    let other = world.against(&sandbox, &["add", "organization", "New", "--region", "eu"]).await.exits(1);
    assert!(other.stderr.contains("Set the variable KONNECT_TOKEN_NEW"), "{}", other.stderr);
    let mut command = world.command_against(&sandbox, &arguments);
    command.env("OLD_KONNECT_TOKEN", "old");
    tokio::task::spawn_blocking(move || finish(command)).await.unwrap().exits(0);
    let value = secret(&world.path().join(".koctl/sandbox/github"), "Acme", "platform", "OLD_KONNECT_TOKEN").unwrap();
    assert_eq!(value.unwrap().expose_secret(), "old");
    assert_eq!(world.git("Acme/platform", &["show", "main:konnect/organizations.yaml"]), ORGANIZATIONS);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_plan_says_that_a_pull_request_of_the_go_tool_is_open_beside_its_own() {
    let _filters = filters();
    let world = World::new();
    let sandbox = world.sandbox().await;
    let quiet = world.against(&sandbox, &["plan"]).await.exits(0);
    assert!(!quiet.stderr.contains("Go koctl"), "{}", quiet.stderr);
    world.propose("Acme/platform", "dev-konnect-orchestrator-apply", "konnect/Acme/envs/dev/notes.txt", "staged\n");
    let pull = json!({
        "title": "[Konnect Orchestrator] - Changes for [dev] environment",
        "head": "dev-konnect-orchestrator-apply",
        "base": "main",
    });
    Outsider(&sandbox).github(Method::POST, "/repos/Acme/platform/pulls", Some(pull)).await;
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    insta::assert_snapshot!(warnings(&plan));
    sandbox.stop().await;
}
