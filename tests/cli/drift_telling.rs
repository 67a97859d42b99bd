//! Notifications of `koctl drift`: a page, metrics, a webhook, an issue.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use http::Method;
use sandbox::{Fault, Sandbox, Trigger};
use serde_json::{Value, json};

use crate::outside::{GLOBAL, Outsider};
use crate::world::World;

async fn applied() -> (World, Sandbox) {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    (world, sandbox)
}

/// Gives the team another description.
async fn describe(sandbox: &Sandbox, description: &str) {
    let outsider = Outsider(sandbox);
    let team = outsider.named(GLOBAL, "/v3/teams", "orders").await;
    let path = format!("/v3/teams/{}", team["id"].as_str().unwrap());
    outsider.konnect(Method::PATCH, GLOBAL, &path, Some(json!({ "description": description }))).await;
}

#[tokio::test]
async fn a_page_is_written_at_the_end_of_its_file() {
    let (world, sandbox) = applied().await;
    world.write("summary.md", "# Before\n");
    world.against(&sandbox, &["drift", "--markdown", "summary.md"]).await.exits(0);
    let waits =
        "- `Acme/pull_request/dev` waits for others: `pull request #1 of Acme/platform is to be merged into main`";
    let page = format!(
        "# Before\n### koctl found no drift\n\nNo drift in 10 resources. 1 resource waits for others.\n\n\
         #### `Acme`\n\n{waits}\n"
    );
    assert_eq!(world.read("summary.md"), page);
    describe(&sandbox, "Theirs.").await;
    world.against(&sandbox, &["drift", "--markdown", "summary.md"]).await.exits(2);
    let entry = "\n  - `description`: `\"Takes orders.\"` → `\"Theirs.\"`\n";
    let page = world.read("summary.md");
    assert!(
        page.contains("- `Acme/team/orders` was changed, `by Sandbox Owner <owner@sandbox.invalid>, at "),
        "{page}"
    );
    assert!(page.ends_with(&format!("{entry}{waits}\n")), "{page}");
    sandbox.stop().await;
}

#[tokio::test]
async fn metrics_keep_the_time_of_the_last_success() {
    let (world, sandbox) = applied().await;
    let metric = |name: &str| {
        let text = world.read("koctl.prom");
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<i64>().ok())
    };
    let success = "koctl_drift_last_success_timestamp_seconds{org=\"Acme\"}";
    let changed = "koctl_drift_resources{org=\"Acme\",type=\"team\",kind=\"changed\"}";
    world.against(&sandbox, &["drift", "--prometheus", "koctl.prom"]).await.exits(0);
    let first = metric(success);
    assert!(first.is_some(), "{}", world.read("koctl.prom"));
    assert_eq!(metric(changed), Some(0));
    describe(&sandbox, "Theirs.").await;
    world.against(&sandbox, &["drift", "--prometheus", "koctl.prom"]).await.exits(2);
    assert_eq!(metric(changed), Some(1));
    let second = metric(success);
    sandbox.faults().inject(Trigger::new(Method::GET, "/v3/teams").always(), Fault::status(StatusCode::UNAUTHORIZED));
    world.against(&sandbox, &["drift", "--prometheus", "koctl.prom"]).await.exits(1);
    assert_eq!(metric("koctl_drift_error{org=\"Acme\"}"), Some(1));
    assert_eq!((metric(success), metric(changed)), (second, None));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_written_fails_the_run_after_everything_was_told() {
    let (world, sandbox) = applied().await;
    describe(&sandbox, "Theirs.").await;
    let run = world.against(&sandbox, &["drift", "--prometheus", "none/koctl.prom"]).await.exits(1);
    assert!(run.stdout.contains("Drift: 1 changed"), "{}", run.stdout);
    assert!(run.stderr.contains("Could not write none/koctl.prom"), "{}", run.stderr);
    sandbox.stop().await;
}

/// A webhook that keeps what it is sent, and answers with these statuses and then with 200.
async fn webhook(answers: &[StatusCode]) -> (String, Arc<Mutex<Vec<Value>>>) {
    type Shared = (Arc<Mutex<Vec<Value>>>, Arc<Mutex<Vec<StatusCode>>>);
    let received = Arc::new(Mutex::new(Vec::new()));
    let shared: Shared = (Arc::clone(&received), Arc::new(Mutex::new(answers.iter().rev().copied().collect())));
    let take = async |State((received, answers)): State<Shared>, body: String| {
        received.lock().unwrap().push(serde_json::from_str(&body).unwrap());
        answers.lock().unwrap().pop().unwrap_or(StatusCode::OK)
    };
    let app = Router::new().fallback(take).with_state(shared);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/services/sesame", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (address, received)
}

#[tokio::test]
async fn a_webhook_hears_nothing_while_there_is_no_drift() {
    let (world, sandbox) = applied().await;
    let (address, received) = webhook(&[]).await;
    world.against(&sandbox, &["drift", "--notify", &address]).await.exits(0);
    assert_eq!(*received.lock().unwrap(), Vec::<Value>::new());
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_webhook_is_told_what_the_document_says_once_it_can_take_it() {
    let (world, sandbox) = applied().await;
    describe(&sandbox, "Theirs.").await;
    let (address, received) = webhook(&[StatusCode::SERVICE_UNAVAILABLE]).await;
    let run = world.against(&sandbox, &["drift", "--json", "--notify", &address]).await.exits(2);
    let received = received.lock().unwrap().clone();
    assert_eq!(received.len(), 2, "it was told again");
    assert_eq!(received[1], serde_json::from_str::<Value>(&run.stdout).unwrap());
    let text = received[1]["text"].as_str().unwrap();
    assert!(text.ends_with("• Acme/team/orders was changed (description)"), "{text}");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_webhook_that_refuses_is_told_of_by_its_host_alone_however_much_is_logged() {
    let (world, sandbox) = applied().await;
    describe(&sandbox, "Theirs.").await;
    let (address, _) = webhook(&[StatusCode::NOT_FOUND]).await;
    let mut command = world.command_against(&sandbox, &["drift", "-vv", "--notify-env", "HOOK"]);
    command.env("HOOK", &address);
    let run = tokio::task::spawn_blocking(move || crate::world::finish(command)).await.unwrap().exits(1);
    assert!(run.stderr.contains("Could not notify the webhook at 127.0.0.1: it answered 404"), "{}", run.stderr);
    assert!(!run.stderr.contains("sesame") && !run.stdout.contains("sesame"), "{}", run.stderr);
    assert!(run.stdout.contains("Drift: 1 changed"), "{}", run.stdout);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_told_before_anything_is_read() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let run = world.against(&sandbox, &["drift", "--notify-env", "HOOK"]).await.exits(1);
    assert!(run.stderr.contains("The variable HOOK, which --notify-env names, is not set"), "{}", run.stderr);
    assert_eq!(sandbox.exchanges().len(), 0);
    sandbox.stop().await;
}

/// The issues of the platform repository, without its pull requests.
async fn issues(sandbox: &Sandbox) -> Vec<Value> {
    let listed = Outsider(sandbox).github(Method::GET, "/repos/Acme/platform/issues?state=all", None).await;
    let mut issues = listed.as_array().unwrap().clone();
    issues.retain(|issue| issue.get("pull_request").is_none());
    issues
}

/// How many requests that change something were sent since `before`.
fn writes(sandbox: &Sandbox, before: usize) -> usize {
    sandbox.exchanges()[before..].iter().filter(|exchange| exchange.method != "GET").count()
}

#[tokio::test]
async fn one_issue_is_opened_changed_left_alone_and_closed() {
    let (world, sandbox) = applied().await;
    let drift = ["drift", "--github-issue"];
    world.against(&sandbox, &drift).await.exits(0);
    assert_eq!(issues(&sandbox).await, Vec::<Value>::new());

    describe(&sandbox, "Theirs.").await;
    let run = world.against(&sandbox, &drift).await.exits(2);
    assert!(run.stderr.contains("Opened the issue "), "{}", run.stderr);
    let before = sandbox.exchanges().len();
    world.against(&sandbox, &drift).await.exits(2);
    assert_eq!(writes(&sandbox, before), 0, "the same drift is not told again");

    describe(&sandbox, "Mine.").await;
    world.against(&sandbox, &drift).await.exits(2);
    let all = issues(&sandbox).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["labels"][0]["name"], "koctl-drift");
    assert!(all[0]["body"].as_str().unwrap().contains("`\"Mine.\"`"), "{}", all[0]["body"]);

    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let run = world.against(&sandbox, &drift).await.exits(0);
    assert!(run.stderr.contains("Closed the issue "), "{}", run.stderr);
    let all = issues(&sandbox).await;
    assert_eq!((all.len(), &all[0]["state"], &all[0]["comments"]), (1, &json!("closed"), &json!(1)));
    sandbox.stop().await;
}

#[tokio::test]
async fn an_issue_is_not_closed_while_something_could_not_be_read() {
    let (world, sandbox) = applied().await;
    describe(&sandbox, "Theirs.").await;
    world.against(&sandbox, &["drift", "--github-issue"]).await.exits(2);
    sandbox.faults().inject(Trigger::new(Method::GET, "/v3/teams").always(), Fault::status(StatusCode::UNAUTHORIZED));
    world.against(&sandbox, &["drift", "--github-issue"]).await.exits(1);
    assert_eq!(issues(&sandbox).await[0]["state"], "open");
    sandbox.stop().await;
}

#[tokio::test]
async fn an_issue_of_somebody_else_is_left_alone_and_two_become_one() {
    let (world, sandbox) = applied().await;
    describe(&sandbox, "Theirs.").await;
    let outsider = Outsider(&sandbox);
    let open = async |body: &str| {
        let issue = json!({ "title": "Mine", "body": body, "labels": ["koctl-drift"] });
        outsider.github(Method::POST, "/repos/Acme/platform/issues", Some(issue)).await["number"].clone()
    };
    let (others, first, second) =
        (open("Hello.").await, open("<!-- koctl drift -->").await, open("<!-- koctl drift -->").await);
    world.against(&sandbox, &["drift", "--github-issue"]).await.exits(2);
    let all = issues(&sandbox).await;
    let of = |number: &Value| all.iter().find(|issue| issue["number"] == *number).unwrap();
    assert_eq!((&of(&others)["title"], &of(&others)["state"]), (&json!("Mine"), &json!("open")));
    assert_eq!((&of(&first)["title"], &of(&first)["state"]), (&json!("koctl found drift"), &json!("open")));
    assert_eq!(of(&second)["state"], "closed");
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_an_issue_whose_answer_was_lost_is_there_once() {
    let (world, sandbox) = applied().await;
    describe(&sandbox, "Theirs.").await;
    sandbox.faults().inject(Trigger::new(Method::POST, "/issues").nth(1), Fault::LoseAnswer);
    world.against(&sandbox, &["drift", "--github-issue"]).await.exits(2);
    assert_eq!(issues(&sandbox).await.len(), 1);
    sandbox.stop().await;
}
