//! R13: temporary errors are retried, and others are reported in the server's own words.

use http::{Method, StatusCode};
use sandbox::{Fault, Sandbox, Trigger};
use serde_json::json;

use crate::world::World;

async fn world_with(trigger: Trigger, fault: Fault) -> (World, Sandbox) {
    let world = World::new();
    let sandbox = world.sandbox().await;
    sandbox.faults().inject(trigger, fault);
    (world, sandbox)
}

/// Applies with a fault, and checks that it has no effect in the end: no object is missing, and none exists twice.
async fn ridden_out(trigger: Trigger, fault: Fault) {
    let (world, sandbox) = world_with(trigger, fault).await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    sandbox.faults().clear();
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    let all = world.against(&sandbox, &["show", "--json"]).await.exits(0).stdout;
    assert_eq!(all.matches("\"address\"").count(), 10, "{all}");
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_429_with_retry_after_is_waited_for() {
    let started = std::time::Instant::now();
    ridden_out(Trigger::new(Method::POST, "/v3/teams").nth(1), Fault::rate_limited(1)).await;
    assert!(started.elapsed() >= std::time::Duration::from_secs(1), "Retry-After was not obeyed");
}

#[tokio::test]
async fn r13_a_503_is_ridden_out() {
    ridden_out(Trigger::new(Method::GET, "/v3/portals").next(2), Fault::status(StatusCode::SERVICE_UNAVAILABLE)).await;
    ridden_out(Trigger::new(Method::POST, "/v3/portals").nth(1), Fault::status(StatusCode::SERVICE_UNAVAILABLE)).await;
}

#[tokio::test]
async fn r13_a_dropped_connection_is_ridden_out() {
    ridden_out(Trigger::new(Method::GET, "/v2/control-planes").nth(1), Fault::Drop).await;
    ridden_out(Trigger::new(Method::POST, "/v2/control-planes").nth(1), Fault::Drop).await;
}

#[tokio::test]
async fn r13_a_create_whose_answer_was_lost_is_found_and_not_repeated() {
    for path in ["/v3/teams", "/v2/control-planes", "/v3/portals", "/v3/apis", "/versions", "/assigned-roles", "/pulls"]
    {
        ridden_out(Trigger::new(Method::POST, path).nth(1), Fault::LoseAnswer).await;
    }
}

#[tokio::test]
async fn r13_a_400_is_told_with_the_fields_name_and_skips_only_what_depends_on_it() {
    let body = json!({
        "status": 400,
        "title": "Bad Request",
        "detail": "Invalid parameters",
        "instance": "kong:trace:1",
        "invalid_parameters": [{ "field": "display_name", "reason": "must not be a haiku" }],
    });
    let fault = Fault::Answer { status: StatusCode::BAD_REQUEST, headers: Vec::new(), body };
    let (world, sandbox) = world_with(Trigger::new(Method::POST, "/v3/portals").always(), fault).await;
    let applied = world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(1);
    assert!(applied.stdout.contains("`display_name` must not be a haiku"), "{}", applied.stdout);
    assert!(applied.stdout.contains("Acme/portal/dev"), "{}", applied.stdout);
    sandbox.faults().clear();
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    // The portal, and the publication that needs it.
    assert_eq!(plan.last_line(), "Plan: 2 to add, 0 to change, 0 to destroy.");
    sandbox.stop().await;
}

#[tokio::test]
async fn an_expired_token_names_the_organization_and_the_variable_and_never_the_token() {
    let fault = Fault::status(StatusCode::UNAUTHORIZED);
    let (world, sandbox) = world_with(Trigger::new(Method::GET, "/v3/teams").always(), fault).await;
    let plan = world.against(&sandbox, &["plan"]).await.exits(1);
    assert!(plan.stderr.contains("`Acme`") && plan.stderr.contains("ACME_TOKEN"), "{}", plan.stderr);
    assert!(!plan.stderr.contains("acme-token"), "{}", plan.stderr);
    sandbox.stop().await;
}
