//! `koctl drift`: who made a change, and when, from the audit log.

use http::{Method, StatusCode};
use sandbox::{Fault, Sandbox, Trigger};
use serde_json::{Value, json};

use crate::drift::{applied, meddle};
use crate::outside::{GLOBAL, Outsider};
use crate::world::World;

const OWNER: &str = "Sandbox Owner <owner@sandbox.invalid>";

/// How many requests for the audit log there were since `before`.
fn asked(sandbox: &Sandbox, before: usize) -> usize {
    let exchanges = &sandbox.exchanges()[before..];
    exchanges.iter().filter(|exchange| exchange.path.contains("/v3/audit-logs")).count()
}

async fn drift(world: &World, sandbox: &Sandbox, code: i32) -> Value {
    let run = world.against(sandbox, &["drift", "--json"]).await.exits(code);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The address or the id of each difference, and who made it.
fn authors(document: &Value) -> Vec<(String, Option<String>)> {
    let of = |list: &str, name: &str| -> Vec<(String, Option<String>)> {
        let list = document["scopes"][0][list].as_array().unwrap().iter();
        list.map(|one| (one[name].as_str().unwrap().to_owned(), one["by"]["who"].as_str().map(str::to_owned))).collect()
    };
    [of("drift", "address"), of("unmanaged", "id")].concat()
}

#[tokio::test]
async fn without_drift_the_audit_log_is_not_asked_for() {
    let (world, sandbox) = applied().await;
    let before = sandbox.exchanges().len();
    drift(&world, &sandbox, 0).await;
    assert_eq!(asked(&sandbox, before), 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_change_has_its_author_in_every_form_for_one_request() {
    let (world, sandbox) = applied().await;
    meddle(&sandbox).await;
    let before = sandbox.exchanges().len();
    let document = drift(&world, &sandbox, 2).await;
    assert_eq!(asked(&sandbox, before), 1);
    let (known, unknown): (Vec<_>, Vec<_>) = authors(&document).into_iter().partition(|(_, who)| who.is_some());
    assert!(known.len() == 5 && known.iter().all(|(_, who)| who.as_deref() == Some(OWNER)), "{known:?}");
    // It went with its portal: no request was about it.
    assert_eq!(unknown, [("Acme/api_publication/dev/checkout".to_owned(), None)]);
    let run = world.against(&sandbox, &["drift", "--markdown", "page.md"]).await.exits(2);
    assert!(run.stdout.contains(&format!("      # by {OWNER}, at 20")), "{}", run.stdout);
    let page = world.read("page.md");
    assert!(page.contains(&format!("- `Acme/team/orders` was changed, `by {OWNER}, at 20")), "{page}");
    sandbox.stop().await;
}

#[tokio::test]
async fn where_the_log_is_refused_nothing_is_claimed_and_the_drift_is_the_same() {
    let (world, sandbox) = applied().await;
    meddle(&sandbox).await;
    let whole = drift(&world, &sandbox, 2).await;
    for status in [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND] {
        let trigger = Trigger::new(Method::GET, "/v3/audit-logs").always();
        sandbox.faults().inject(trigger, Fault::status(status));
        let run = world.against(&sandbox, &["drift", "--json"]).await.exits(2);
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        assert!(authors(&document).iter().all(|(_, who)| who.is_none()), "{document:#}");
        assert_eq!((&document["summary"], &document["complete"]), (&whole["summary"], &json!(true)));
        assert!(!run.stderr.contains("audit"), "{}", run.stderr);
        sandbox.faults().clear();
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_change_that_koctl_made_elsewhere_has_no_author() {
    let (world, sandbox) = applied().await;
    let outsider = Outsider(&sandbox);
    let team = outsider.named(GLOBAL, "/v3/teams", "orders").await["id"].as_str().unwrap().to_owned();
    let edit = Some(json!({ "description": "Ours now." }));
    outsider.konnect(Method::PATCH, GLOBAL, &format!("/v3/teams/{team}"), edit).await;
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    world.against(&sandbox, &["apply", "--auto-approve", "--state", "file:other"]).await.exits(0);
    let document = drift(&world, &sandbox, 2).await;
    assert_eq!(authors(&document), [("Acme/team/orders".to_owned(), None)]);
    sandbox.stop().await;
}
