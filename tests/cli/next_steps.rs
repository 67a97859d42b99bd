//! Every command that leaves something to do says what, as a command that can be copied.

use serde_json::Value;

use crate::world::World;

/// What stderr says is next.
fn next(stderr: &str) -> Vec<&str> {
    stderr.lines().filter_map(|line| line.strip_prefix("Next: ")).collect()
}

#[test]
fn nothing_is_next_where_nothing_is_left_to_do() {
    let world = World::new().applied();
    assert_eq!(next(&world.koctl(&["plan"]).exits(0).stderr), Vec::<&str>::new());
    assert_eq!(next(&world.koctl(&["apply", "--auto-approve"]).exits(0).stderr), Vec::<&str>::new());
    assert_eq!(next(&world.koctl(&["drift"]).exits(0).stderr), Vec::<&str>::new());
    assert_eq!(next(&world.koctl(&["plan", "--json", "--destroy"]).exits(0).stderr), Vec::<&str>::new());
}

#[test]
fn the_next_command_has_the_flags_that_were_given() {
    let world = World::new();
    assert_eq!(next(&world.run(&["validate"]).exits(0).stderr), ["koctl plan"]);
    let teams = ["validate", "--teams", "konnect/teams.yaml"];
    assert_eq!(next(&world.run(&teams).exits(0).stderr), ["koctl plan --teams konnect/teams.yaml"]);
    let plan = world.koctl(&["plan", "--target", "Acme/team/*", "--state", "file:elsewhere"]).exits(0);
    assert_eq!(next(&plan.stderr), ["koctl apply --target 'Acme/team/*' --state 'file:elsewhere' --sandbox"]);
    let saved = world.koctl(&["plan", "-o", "a plan"]).exits(0);
    assert_eq!(next(&saved.stderr), ["koctl apply 'a plan' --sandbox"]);
    let secret = world.koctl(&["plan", "--state", "https://ada:sesame@127.0.0.1:9/state"]);
    assert!(!secret.stderr.contains("sesame"), "{}", secret.stderr);
    world.koctl(&["apply", "a plan"]).exits(0);
    let destroy = world.koctl(&["plan", "--destroy"]).exits(0);
    assert_eq!(next(&destroy.stderr), ["koctl destroy --sandbox"]);
}

#[test]
fn an_apply_ends_with_the_pull_requests_to_merge_and_their_merge_leaves_nothing() {
    let world = World::new();
    let applied = world.koctl(&["apply", "--auto-approve"]).exits(0);
    assert_eq!(next(&applied.stderr), ["koctl sandbox merge"]);
    let merged = world.run(&["sandbox", "merge"]).exits(0);
    assert!(merged.stdout.starts_with("Merged pull request #1 of Acme/platform: "), "{}", merged.stdout);
    let again = world.run(&["sandbox", "merge"]).exits(0);
    assert_eq!(again.stderr, "No pull request is open.\n");
    let plan = world.koctl(&["plan"]).exits(0);
    assert_eq!(plan.last_line(), "No changes. Konnect and the platform repository match the configuration.");
}

#[tokio::test]
async fn elsewhere_the_links_of_pull_requests_stand_at_the_end_and_in_the_events() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let applied = world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let said = next(&applied.stderr);
    assert!(
        said.len() == 1 && said[0].starts_with("merge http://") && said[0].ends_with("/Acme/platform/pull/1"),
        "{said:?}"
    );
    world.edit("konnect/teams.yaml", "Takes orders.", "Orders.");
    let events = world.against(&sandbox, &["apply", "--auto-approve", "--json"]).await.exits(0);
    let events: Vec<Value> = events.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done = events.iter().find(|event| event["type"] == "apply_complete").unwrap();
    assert_eq!((&done["done"], &done["total"]), (&1.into(), &1.into()));
    let waiting = events.iter().find(|event| event["type"] == "waiting").unwrap();
    assert!(waiting["link"].as_str().unwrap().ends_with("/Acme/platform/pull/1"), "{waiting}");
    sandbox.stop().await;
}

#[test]
fn destroy_ends_in_destroy_complete() {
    let world = World::new().applied();
    let destroyed = world.koctl(&["destroy", "--auto-approve", "--allow-destroy"]).exits(0);
    assert!(destroyed.last_line().starts_with("Destroy complete! Resources: 0 added"), "{}", destroyed.last_line());
}

#[test]
fn a_pull_request_that_conflicts_stays_open() {
    let world = World::new().applied();
    let path = "konnect/Acme/envs/dev/teams/orders/services/Acme/checkout/openapi.yaml";
    world.merge("Acme/platform", &[(path.to_owned(), "openapi: 3.0.0\n".to_owned())]);
    let merged = world.run(&["sandbox", "merge"]).exits(1);
    assert!(
        merged.stderr.contains("pull request #1 of Acme/platform: it conflicts with its base"),
        "{}",
        merged.stderr
    );
}
