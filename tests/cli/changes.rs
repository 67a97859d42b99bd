//! One change of the configuration, one plan.

use serde_json::{Value, json};

use crate::outside::Outsider;
use crate::world::{World, filters};

/// The plan after `change` was made to the smallest platform, which was applied before.
#[track_caller]
fn plan_after(change: impl FnOnce(&World)) -> String {
    let world = World::new().applied();
    change(&world);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout
}

#[test]
fn no_change_gives_an_empty_plan() {
    let world = World::new().applied();
    world.edit("konnect/teams.yaml", "teams:\n", "# The same in other words.\nteams:\n");
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn changing_a_description_updates_the_team_in_place() {
    let _filters = filters();
    insta::assert_snapshot!(plan_after(|world| world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.")));
}

#[test]
fn adding_a_team_adds_it_with_its_control_plane_and_role() {
    let _filters = filters();
    insta::assert_snapshot!(plan_after(|world| {
        world.edit("konnect/teams.yaml", "teams:\n", "teams:\n  payments:\n    users: [pay@example.com]\n");
    }));
}

#[test]
fn removing_a_service_deletes_its_api_and_its_staged_files() {
    let _filters = filters();
    let world = World::new();
    world.edit(
        "konnect/teams.yaml",
        "    services:\n",
        "    services:\n      Acme/cart:\n        name: cart\n        git:\n          remote: https://github.com/Acme/cart.git\n",
    );
    world.write("services/Acme/cart/dev/openapi.yaml", &crate::world::spec("cart", "0.1.0"));
    let world = world.applied();
    world.edit(
        "konnect/teams.yaml",
        "      Acme/cart:\n        name: cart\n        git:\n          remote: https://github.com/Acme/cart.git\n",
        "",
    );
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
    insta::assert_snapshot!(plan.stdout);
    world.koctl(&["apply", "--auto-approve", "--allow-destroy"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn renaming_a_control_plane_renames_it_where_it_is() {
    let _filters = filters();
    insta::assert_snapshot!(plan_after(|world| world.edit(
        "konnect/organizations.yaml",
        "        region: eu\n",
        "        region: eu\n        teams:\n          orders:\n            control-plane-name: gateway\n",
    )));
}

#[test]
fn changing_an_environments_type_replaces_the_control_plane_and_updates_the_rest() {
    let _filters = filters();
    insta::assert_snapshot!(plan_after(|world| world.edit("konnect/organizations.yaml", "type: DEV", "type: PROD")));
}

#[test]
fn r12_a_replacement_of_a_control_plane_needs_allow_destroy() {
    let world = World::new().applied();
    world.edit("konnect/organizations.yaml", "type: DEV", "type: PROD");
    let refused = world.koctl(&["apply", "--auto-approve"]).exits(1);
    assert!(refused.stderr.contains("Acme/control_plane/dev/orders-dev"), "{}", refused.stderr);
    let world = world.applied();
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r12_taking_protection_away_is_shown_and_needs_approval() {
    let world = World::new();
    world.edit("konnect/organizations.yaml", "type: DEV", "protect: true\n        type: DEV");
    let world = world.applied();
    world.edit("konnect/organizations.yaml", "protect: true\n        type: DEV", "type: DEV");
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("Acme/portal/dev  will no longer be protected"), "{plan}");
    let refused = world.koctl(&["apply"]).exits(1).stderr;
    assert!(refused.contains("The plan needs approval"), "{refused}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r12_protect_refuses_at_plan_time() {
    let world = World::new();
    world.edit("konnect/organizations.yaml", "type: DEV", "protect: true\n        type: DEV");
    let world = world.applied();
    world.edit("konnect/organizations.yaml", "type: DEV", "type: PROD");
    let refused = world.koctl(&["plan"]).exits(1);
    assert!(refused.stderr.contains("`Acme/control_plane/dev/orders-dev` must be replaced"), "{}", refused.stderr);
    assert!(refused.stderr.contains("protect"), "{}", refused.stderr);
}

#[test]
fn a_target_limits_the_plan_to_it_and_what_it_depends_on() {
    let world = World::new();
    let plan = world.koctl(&["plan", "--target", "Acme/team_role/**"]).exits(0);
    assert_eq!(plan.last_line(), "Plan: 3 to add, 0 to change, 0 to destroy.");
}

#[test]
fn a_service_that_decks_pipeline_made_is_linked_with_its_api() {
    let _filters = filters();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::new();
        let sandbox = world.sandbox().await;
        world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
        let url = sandbox.konnect_url().replace("{region}", "eu");
        let client = crate::world::client();
        let planes: serde_json::Value = client
            .get(format!("{url}/v2/control-planes"))
            .bearer_auth("acme-token")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let plane = planes["data"][0]["id"].as_str().unwrap();
        let made = client
            .post(format!("{url}/v2/control-planes/{plane}/core-entities/services"))
            .bearer_auth("acme-token")
            .json(
                &serde_json::json!({ "name": "checkout", "host": "example.com", "tags": ["ko-api-name=checkout-dev"] }),
            )
            .send()
            .await
            .unwrap();
        assert_eq!(made.status(), 201);
        let plan = world.against(&sandbox, &["plan"]).await.exits(0);
        assert_eq!(plan.last_line(), "Plan: 1 to add, 0 to change, 0 to destroy.");
        assert!(plan.stdout.contains("Acme/api_implementation/dev/checkout"), "{}", plan.stdout);
        world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
        world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
        sandbox.stop().await;
    });
}

#[tokio::test]
async fn r9_of_several_gateway_services_a_person_chooses_one() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let id = |object: &Value| object["id"].as_str().unwrap().to_owned();
    let plane = id(&outsider.named("eu", "/v2/control-planes", "orders-dev").await);
    let services = format!("/v2/control-planes/{plane}/core-entities/services");
    let service = |name: &str| json!({ "name": name, "host": "example.com", "tags": ["ko-api-name=checkout-dev"] });
    let chosen = outsider.made("eu", &services, service("checkout")).await;
    outsider.made("eu", &services, service("checkout_admin")).await;
    let plan = world.against(&sandbox, &["plan"]).await.exits(0).stdout;
    assert!(plan.contains("2 objects match `ko-api-name=checkout-dev`"), "{plan}");
    assert!(plan.contains("is left to you") && !plan.contains("a later apply continues"), "{plan}");
    // The help can be followed.
    let api = id(&outsider.named("eu", "/v3/apis", "checkout-dev").await);
    let link = json!({ "service": { "control_plane_id": plane, "id": chosen } });
    let link = outsider.made("eu", &format!("/v3/apis/{api}/implementations"), link).await;
    let import = ["import", "Acme/api_implementation/dev/checkout", &link, "--auto-approve"];
    world.against(&sandbox, &import).await.exits(0);
    let plan = world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0).stdout;
    assert!(!plan.contains("left to you"), "{plan}");
    sandbox.stop().await;
}

#[test]
fn r12_destroy_heeds_what_the_configuration_protects_though_no_apply_has_recorded_it() {
    let world = World::new().applied();
    world.edit("konnect/organizations.yaml", "type: DEV", "protect: true\n        type: DEV");
    let refused = world.koctl(&["destroy", "--auto-approve", "--allow-destroy"]).exits(1);
    assert!(refused.stderr.contains("`Acme/portal/dev`"), "{}", refused.stderr);
    assert!(refused.stderr.contains("will be destroyed, but they are protected"), "{}", refused.stderr);
    assert_eq!(refused.stderr.matches("Error:").count(), 1, "one cause is one error: {}", refused.stderr);
}

#[test]
fn r5_without_a_state_there_is_nothing_to_compare_with_unless_it_is_refreshed() {
    let world = World::new();
    let refused = world.koctl(&["plan", "--no-refresh"]).exits(1);
    assert!(refused.stderr.contains("no state yet"), "{}", refused.stderr);
}

#[test]
fn r5_what_exists_is_imported_and_what_differs_is_changed() {
    let world = World::new().applied();
    std::fs::remove_dir_all(world.path().join(".koctl/sandbox/state")).unwrap();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    let plan = world.koctl(&["plan"]).exits(0);
    assert_eq!(plan.last_line(), "Plan: 10 to import, 0 to add, 1 to change, 0 to destroy.");
    let applied = world.koctl(&["apply", "--auto-approve"]).exits(0);
    assert_eq!(applied.last_line(), "Apply complete! Resources: 10 imported, 0 added, 1 changed, 0 destroyed.");
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}
