//! `koctl drift`: changes outside koctl, and nothing else.

use std::time::Duration;

use http::{Method, StatusCode};
use sandbox::{Fault, Halt, Sandbox, Trigger};
use serde_json::{Value, json};

use crate::outside::{GLOBAL, Outsider};
use crate::world::{Run, World, filters};

/// The summary if nothing changed. The pull request waits.
const NO_DRIFT: &str = "No drift in 10 resources. 1 resource waits for others.";

/// The smallest platform, applied against a sandbox in this process.
pub(crate) async fn applied() -> (World, Sandbox) {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    (world, sandbox)
}

/// Changes a team, deletes a role, creates the portal again, and creates an unmanaged team and portal.
pub(crate) async fn meddle(sandbox: &Sandbox) {
    let outsider = Outsider(sandbox);
    let team = outsider.named(GLOBAL, "/v3/teams", "orders").await;
    let team = format!("/v3/teams/{}", team["id"].as_str().unwrap());
    outsider.konnect(Method::PATCH, GLOBAL, &team, Some(json!({ "description": "Ours now." }))).await;
    let roles = outsider.konnect(Method::GET, GLOBAL, &format!("{team}/assigned-roles"), None).await;
    let role = format!("{team}/assigned-roles/{}", roles["data"][0]["id"].as_str().unwrap());
    outsider.konnect(Method::DELETE, GLOBAL, &role, None).await;
    let portal = outsider.named("eu", "/v3/portals", "dev").await;
    outsider
        .konnect(Method::DELETE, "eu", &format!("/v3/portals/{}?force=true", portal["id"].as_str().unwrap()), None)
        .await;
    outsider.konnect(Method::POST, "eu", "/v3/portals", Some(json!({ "name": "dev" }))).await;
    outsider.konnect(Method::POST, "eu", "/v3/portals", Some(json!({ "name": "docs" }))).await;
    outsider.konnect(Method::POST, GLOBAL, "/v3/teams", Some(json!({ "name": "shadow" }))).await;
}

/// The JSON document that a run printed.
fn document(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

#[tokio::test]
async fn r3_straight_after_an_apply_there_is_no_drift_and_it_takes_gets_only() {
    let (world, sandbox) = applied().await;
    let before = sandbox.exchanges().len();
    let run = world.against(&sandbox, &["drift"]).await.exits(0);
    assert_eq!(run.last_line(), NO_DRIFT);
    assert_eq!(sandbox.exchanges()[before..].iter().find(|exchange| exchange.method != "GET"), None);
    assert!(sandbox.exchanges().len() > before);
    sandbox.stop().await;
}

#[tokio::test]
async fn r3_what_the_configuration_changes_is_no_drift_and_need_not_even_be_compiled() {
    let (world, sandbox) = applied().await;
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    world.edit("konnect/teams.yaml", "Acme/checkout.git", "Acme/nowhere.git");
    let before = sandbox.exchanges().len();
    world.against(&sandbox, &["drift"]).await.exits(0);
    let read = sandbox.exchanges()[before..].iter().any(|exchange| exchange.path.contains("nowhere"));
    assert!(!read, "a specification was read");
    sandbox.stop().await;
}

#[tokio::test]
async fn r3_drift_tells_what_was_changed_deleted_made_again_and_what_no_state_knows() {
    let _filters = filters();
    let (world, sandbox) = applied().await;
    meddle(&sandbox).await;
    insta::assert_snapshot!(world.against(&sandbox, &["drift"]).await.exits(2).stdout);
    let managed = world.against(&sandbox, &["drift", "--managed-only", "--json"]).await.exits(2);
    let managed = document(&managed);
    assert_eq!(managed["scopes"][0]["unmanaged"], json!([]));
    assert_eq!(managed["summary"]["unmanaged"], 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn drift_for_programs_is_one_document() {
    let _filters = filters();
    let (world, sandbox) = applied().await;
    meddle(&sandbox).await;
    let run = world.against(&sandbox, &["drift", "--json"]).await.exits(2);
    insta::assert_snapshot!(format!("{:#}", document(&run)));
    sandbox.stop().await;
}

#[tokio::test]
async fn drift_is_told_although_another_organization_cannot_be_read() {
    let (world, sandbox) = applied().await;
    meddle(&sandbox).await;
    let bolt = "  Bolt:\n    access-token: {type: env, value: BOLT_TOKEN}\n    environments: {}\n";
    world.write("konnect/organizations.yaml", &(world.read("konnect/organizations.yaml") + bolt));
    let run = world.against(&sandbox, &["drift"]).await.exits(1);
    assert!(run.stdout.contains("~ Acme/team/orders  was changed"), "{}", run.stdout);
    assert!(run.stdout.ends_with("1 of 2 scopes could not be read.\n"), "{}", run.stdout);
    assert!(run.stderr.contains("Error: Bolt: could not get the access token"), "{}", run.stderr);
    let document = document(&world.against(&sandbox, &["drift", "--json"]).await.exits(1));
    assert_eq!(document["complete"], false);
    assert_eq!(document["scopes"][1]["status"], "failed");
    sandbox.stop().await;
}

#[tokio::test]
async fn what_could_not_be_read_whole_does_not_look_deleted() {
    let (world, sandbox) = applied().await;
    sandbox.faults().inject(Trigger::new(Method::GET, "/v3/portals").always(), Fault::status(StatusCode::FORBIDDEN));
    let run = world.against(&sandbox, &["drift"]).await.exits(1);
    assert_eq!(run.stdout, "Nothing was compared. 1 of 1 scope could not be read.\n");
    assert!(run.stderr.contains("portals"), "{}", run.stderr);
    sandbox.stop().await;
}

#[tokio::test]
async fn quiet_prints_on_drift_only() {
    let (world, sandbox) = applied().await;
    let run = world.against(&sandbox, &["drift", "--quiet"]).await.exits(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    meddle(&sandbox).await;
    let run = world.against(&sandbox, &["drift", "--quiet"]).await.exits(2);
    assert!(run.stdout.contains("Drift: 1 changed, "), "{}", run.stdout);
    assert_eq!(run.stderr, "");
    sandbox.stop().await;
}

#[tokio::test]
async fn quiet_still_has_a_program_know_of_what_could_not_be_compared() {
    let (world, sandbox) = applied().await;
    sandbox.faults().inject(Trigger::new(Method::GET, "/v3/portals").always(), Fault::status(StatusCode::FORBIDDEN));
    let run = world.against(&sandbox, &["drift", "--quiet", "--json"]).await.exits(1);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["complete"], false);
    sandbox.stop().await;
}

#[tokio::test]
async fn metrics_take_the_place_of_nothing_but_metrics() {
    let (world, sandbox) = applied().await;
    let teams = world.read("konnect/teams.yaml");
    let run = world.against(&sandbox, &["drift", "--prometheus", "konnect/teams.yaml"]).await.exits(1);
    assert!(
        run.stderr.contains("Could not write metrics to konnect/teams.yaml: it holds something else"),
        "{}",
        run.stderr
    );
    assert_eq!(world.read("konnect/teams.yaml"), teams);
    let both = ["drift", "--prometheus", "koctl.prom", "--markdown", "koctl.prom"];
    world.against(&sandbox, &both).await.exits(1);
    assert!(!world.path().join("koctl.prom").exists());
    for _ in 0..2 {
        world.against(&sandbox, &["drift", "--prometheus", "koctl.prom"]).await.exits(0);
    }
    sandbox.stop().await;
}

/// An apply that waits in the middle of its work, without another request under way.
async fn halted(world: &World, sandbox: &Sandbox) -> (Halt, tokio::process::Child) {
    let halt = Halt::default();
    sandbox.faults().inject(Trigger::write().nth(3), Fault::HaltAfter(halt.clone()));
    let mut command = world.command_against(sandbox, &["apply", "--auto-approve", "--parallelism", "1"]);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let child = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap();
    halt.reached().await;
    (halt, child)
}

#[tokio::test]
async fn what_an_apply_makes_right_now_is_no_drift_and_who_asks_for_it_waits() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let (halt, mut apply) = halted(&world, &sandbox).await;
    let refused = world.against(&sandbox, &["drift"]).await.exits(1);
    assert!(refused.stderr.contains("for `apply` since"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--lock-timeout") && refused.stderr.contains("--skip-locked"));
    let skipped = world.against(&sandbox, &["drift", "--skip-locked"]).await.exits(0);
    assert!(skipped.stdout.contains("1 of 1 scope was left out, because an apply is running."), "{}", skipped.stdout);
    let resume = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        halt.resume();
        apply.wait().await.unwrap()
    };
    let (run, ended) = tokio::join!(world.against(&sandbox, &["drift", "--lock-timeout", "600"]), resume);
    assert!(ended.success());
    assert_eq!(run.exits(0).last_line(), NO_DRIFT);
    sandbox.stop().await;
}

#[tokio::test]
async fn r10_what_a_killed_apply_has_made_is_no_drift_and_is_told_apart() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let (halt, mut apply) = halted(&world, &sandbox).await;
    apply.kill().await.unwrap();
    halt.resume();
    let run = world.against(&sandbox, &["drift"]).await.exits(0);
    assert!(run.stdout.starts_with("Note: an apply did not finish"), "{}", run.stdout);
    assert!(run.stdout.contains("No drift in "), "{}", run.stdout);
    sandbox.stop().await;
}

#[tokio::test]
async fn without_any_state_nothing_can_be_said() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let run = world.against(&sandbox, &["drift", "--quiet", "--prometheus", "koctl.prom"]).await.exits(1);
    assert!(run.stderr.contains("there is no state of `Acme` in the directory"), "{}", run.stderr);
    assert!(!world.read("koctl.prom").contains("koctl_drift_last_success_timestamp_seconds{"));
    sandbox.stop().await;
}
