//! The life of a pull request in the platform repository.

use http::Method;
use sandbox::{Fault, Halt, Sandbox, Trigger};
use serde_json::{Value, json};

use crate::world::{Run, World, finish, spec};

/// The branch of the staged files.
const BRANCH: &str = "Acme-dev-konnect-orchestrator-apply";
/// The staged specification.
const STAGED: &str = "konnect/Acme/envs/dev/teams/orders/services/Acme/checkout/openapi.yaml";

/// A world that was applied against a sandbox in this process.
async fn applied() -> (World, Sandbox) {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    (world, sandbox)
}

/// A request to the platform repository, as a reviewer's tool sends it.
async fn github(sandbox: &Sandbox, method: Method, path: &str, body: Option<Value>) -> Value {
    let url = format!("{}/repos/Acme/platform/{path}", sandbox.github_url());
    let mut request = crate::world::client().request(method, url).bearer_auth("reviewer");
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

async fn pulls(sandbox: &Sandbox, state: &str) -> Vec<Value> {
    let found = github(sandbox, Method::GET, &format!("pulls?state={state}"), None).await;
    found.as_array().unwrap().clone()
}

async fn merge(sandbox: &Sandbox, number: &Value) {
    github(sandbox, Method::PUT, &format!("pulls/{number}/merge"), Some(json!({}))).await;
}

/// Pushes a specification of another version, plans with changes, applies, and plans empty.
async fn change(world: &World, sandbox: &Sandbox, version: &str) {
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", version));
    let plan = world.against(sandbox, &["plan", "--detailed-exitcode"]).await.exits(2);
    assert!(plan.stdout.contains(&format!("+  version: {version}")), "{}", plan.stdout);
    world.against(sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
}

/// Takes the only environment out of the configuration.
fn drop_environment(world: &World) {
    world.edit(
        "konnect/organizations.yaml",
        "    environments:\n      dev:\n        type: DEV\n        region: eu\n",
        "",
    );
}

#[tokio::test]
async fn an_open_pull_request_is_in_sync_and_stays_the_only_one() {
    let (world, sandbox) = applied().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let open = pulls(&sandbox, "all").await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["title"], "[Konnect Orchestrator] - Stage the APIs of Acme / dev");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_changed_specification_updates_the_open_pull_request() {
    let (world, sandbox) = applied().await;
    change(&world, &sandbox, "1.1.0").await;
    assert_eq!(pulls(&sandbox, "all").await.len(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn after_the_merge_the_plan_is_empty_and_a_changed_specification_opens_a_new_one() {
    let (world, sandbox) = applied().await;
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    change(&world, &sandbox, "1.1.0").await;
    assert_eq!((pulls(&sandbox, "open").await.len(), pulls(&sandbox, "all").await.len()), (1, 2));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_pull_request_that_somebody_closed_is_drift_and_opened_again() {
    let (world, sandbox) = applied().await;
    let number = pulls(&sandbox, "open").await[0]["number"].clone();
    github(&sandbox, Method::PATCH, &format!("pulls/{number}"), Some(json!({ "state": "closed" }))).await;
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    assert_eq!(plan.last_line(), "Plan: 1 to add, 0 to change, 0 to destroy.");
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(pulls(&sandbox, "open").await.len(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_environment_that_leaves_takes_its_merged_files_along_through_a_pull_request() {
    let (world, sandbox) = applied().await;
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    drop_environment(&world);
    world.against(&sandbox, &["apply", "--auto-approve", "--allow-destroy"]).await.exits(0);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    let number = pulls(&sandbox, "open").await[0]["number"].clone();
    merge(&sandbox, &number).await;
    let files = world.git("Acme/platform", &["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(files, "README.md\n");
    sandbox.stop().await;
}

/// True if a commit is on the branch of the staged files.
fn has(world: &World, commit: &str) -> bool {
    let on = world.git("Acme/platform", &["branch", "--contains", commit.trim(), "--format=%(refname:short)"]);
    on.lines().any(|branch| branch == BRANCH)
}

fn tip(world: &World, branch: &str) -> String {
    world.git("Acme/platform", &["rev-parse", branch]).trim().to_owned()
}

async fn close(sandbox: &Sandbox) {
    let number = pulls(sandbox, "open").await[0]["number"].clone();
    github(sandbox, Method::PATCH, &format!("pulls/{number}"), Some(json!({ "state": "closed" }))).await;
}

async fn is_mergeable(sandbox: &Sandbox) -> Value {
    let number = pulls(sandbox, "open").await[0]["number"].clone();
    github(sandbox, Method::GET, &format!("pulls/{number}"), None).await["mergeable"].clone()
}

#[track_caller]
fn says(run: &Run, text: &str) {
    assert!(run.stdout.contains(text), "no `{text}`:\n{}\n{}", run.stdout, run.stderr);
}

#[tokio::test]
async fn a_proposal_is_said_to_wait_until_it_is_merged() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let waits = "Acme/pull_request/dev: pull request #1 of Acme/platform is to be merged into main";
    says(&world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0), waits);
    let plan = world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    says(&plan, waits);
    assert!(
        plan.last_line().ends_with("match the configuration, except for what waits for others."),
        "{}",
        plan.stdout
    );
    let drift = world.against(&sandbox, &["drift"]).await.exits(0);
    says(&drift, waits);
    assert!(drift.last_line().ends_with("1 resource waits for others."), "{}", drift.stdout);
    let events = world.against(&sandbox, &["plan", "--json"]).await.exits(0);
    says(&events, r#"{"type":"waiting","address":"Acme/pull_request/dev","reason":"pull request #1"#);
    let document = world.against(&sandbox, &["drift", "--json"]).await.exits(0);
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!(document["scopes"][0]["waiting"][0]["address"], "Acme/pull_request/dev");
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    assert_eq!(plan.last_line(), "No changes. Konnect and the platform repository match the configuration.");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_pull_request_that_conflicts_is_told_and_gets_a_commit_that_resolves_it() {
    let (world, sandbox) = applied().await;
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    change(&world, &sandbox, "1.1.0").await;
    let before = tip(&world, BRANCH);
    world.push("Acme/platform", "main", STAGED, &spec("checkout", "1.0.1"));
    assert_eq!(is_mergeable(&sandbox).await, false);
    let plan = world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(2);
    says(
        &plan,
        "Waits for an apply, which resolves it:\n    Acme/pull_request/dev: pull request #2 conflicts with main\n",
    );
    assert!(!plan.stdout.contains("Waits for others"), "{}", plan.stdout);
    says(&world.against(&sandbox, &["drift"]).await.exits(2), "pull request #2 conflicts with main");
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(is_mergeable(&sandbox).await, true);
    assert!(has(&world, &before), "no commit is lost");
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    world.against(&sandbox, &["drift"]).await.exits(0);
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    let merged = world.git("Acme/platform", &["show", &format!("main:{STAGED}")]);
    assert_eq!(merged, spec("checkout", "1.1.0"));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_branch_that_was_rewritten_without_a_common_history_can_be_merged_again() {
    let (world, sandbox) = applied().await;
    let clone = world.clone_of("Acme/platform");
    clone.git(&["checkout", "--quiet", "--orphan", "other"]);
    clone.git(&["commit", "--quiet", "-m", "Another history"]);
    clone.git(&["push", "--quiet", "--force", "origin", &format!("other:{BRANCH}")]);
    let theirs = tip(&world, BRANCH);
    says(&world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(2), "pull_request/dev");
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert!(has(&world, &theirs), "no commit is lost");
    assert_eq!(is_mergeable(&sandbox).await, true);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn commits_of_people_on_a_branch_of_koctls_name_are_kept() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let clone = world.clone_of("Acme/platform");
    clone.git(&["checkout", "--quiet", "-b", BRANCH]);
    clone.git(&["push", "--quiet", "origin", BRANCH]);
    world.push("Acme/platform", BRANCH, "precious.txt", "precious\n");
    let first = tip(&world, BRANCH);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert!(has(&world, &first), "a branch without a pull request");
    let body = pulls(&sandbox, "open").await[0]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("The branch had commits before"), "{body}");
    close(&sandbox).await;
    world.push("Acme/platform", BRANCH, "precious.txt", "more precious\n");
    let second = tip(&world, BRANCH);
    world.push("Acme/platform", "main", "other.txt", "main goes on\n");
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert!(has(&world, &second), "a branch whose pull request was closed");
    let kept = world.git("Acme/platform", &["show", &format!("{BRANCH}:precious.txt")]);
    assert_eq!(kept, "more precious\n");
    assert_eq!(is_mergeable(&sandbox).await, true);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_conflict_in_files_of_people_is_left_to_them() {
    let (world, sandbox) = applied().await;
    world.push("Acme/platform", BRANCH, "README.md", "# theirs\n");
    world.push("Acme/platform", "main", "README.md", "# main\n");
    let waits = "conflicts with it in README.md: resolve that on GitHub";
    says(&world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0), waits);
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    let before = tip(&world, BRANCH);
    let apply = world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(1);
    says(&apply, "it has commits of others that conflict with its base in README.md");
    assert_eq!(tip(&world, BRANCH), before);
    world.push("Acme/platform", "main", "README.md", "# theirs\n");
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(is_mergeable(&sandbox).await, true);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_commit_that_is_pushed_between_reading_and_writing_is_kept() {
    let (world, sandbox) = applied().await;
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    let halt = Halt::default();
    sandbox.faults().inject(Trigger::new(Method::PATCH, "/git/refs/*"), Fault::HaltBefore(halt.clone()));
    let command = world.command_against(&sandbox, &["apply", "--auto-approve"]);
    let apply = tokio::task::spawn_blocking(move || finish(command));
    halt.reached().await;
    world.push("Acme/platform", BRANCH, "precious.txt", "precious\n");
    let theirs = tip(&world, BRANCH);
    halt.resume();
    says(&apply.await.unwrap().exits(1), "the branch changed meanwhile: plan again");
    assert_eq!(tip(&world, BRANCH), theirs);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert!(has(&world, &theirs));
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn files_that_are_to_be_removed_stay_in_the_state_until_the_base_branch_has_lost_them() {
    let (world, sandbox) = applied().await;
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    drop_environment(&world);
    let waits = "Acme/pull_request/dev: pull request #2 of Acme/platform is to be merged into main";
    let apply = world.against(&sandbox, &["apply", "--auto-approve", "--allow-destroy"]).await.exits(0);
    says(&apply, waits);
    let listed = world.against(&sandbox, &["state", "list"]).await.exits(0).stdout;
    assert!(listed.contains("Acme/pull_request/dev"), "{listed}");
    says(&world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0), waits);
    world.against(&sandbox, &["drift"]).await.exits(0);
    close(&sandbox).await;
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    assert_eq!(plan.last_line(), "Plan: 0 to add, 0 to change, 1 to destroy.");
    world.against(&sandbox, &["drift"]).await.exits(2);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    world.against(&sandbox, &["drift"]).await.exits(0);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let listed = world.against(&sandbox, &["state", "list"]).await.exits(0).stdout;
    assert!(!listed.contains("Acme/pull_request/dev"), "{listed}");
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn files_that_only_a_conflicting_pull_request_has_are_not_called_deleted() {
    let (world, sandbox) = applied().await;
    // One of the two new files is on the base branch, too, and differs.
    world.merge("Acme/platform", &[(STAGED.to_owned(), spec("checkout", "0.9.0"))]);
    assert_eq!(is_mergeable(&sandbox).await, false);
    for arguments in [&["plan", "--detailed-exitcode"][..], &["drift"]] {
        let run = world.against(&sandbox, arguments).await.exits(2);
        says(&run, "pull request #1 conflicts with main");
        assert!(!run.stdout.contains("ko-patch.yaml"), "{}", run.stdout);
    }
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(is_mergeable(&sandbox).await, true);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_pull_request_that_was_closed_is_called_so_and_not_deleted() {
    let (world, sandbox) = applied().await;
    github(&sandbox, Method::PATCH, "pulls/1", Some(json!({"state": "closed"}))).await;
    let drift = world.against(&sandbox, &["drift"]).await.exits(2);
    says(&drift, "Acme/pull_request/dev  is not there, and not proposed any more");
    sandbox.stop().await;
}
