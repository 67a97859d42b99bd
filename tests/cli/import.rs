//! `koctl import`: existing objects are imported as they are, and nothing is sent. If several objects match, the user
//! names one.

use http::{Method, StatusCode};
use sandbox::{Account, Fault, Sandbox, SandboxOptions, Trigger};
use serde_json::{Value, json};

use crate::go_tool;
use crate::kongair::kongair;
use crate::outside::{GLOBAL, Outsider};
use crate::world::{Run, World, filters, spec};

const IMPORT: &[&str] = &["import", "--auto-approve"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode"];
const STATE: &str = ".koctl/sandbox/state";

/// A world in which everything exists, but the state is empty.
fn forgotten() -> World {
    let world = World::new().applied();
    std::fs::remove_dir_all(world.path().join(STATE)).unwrap();
    world
}

/// Asserts that the systems received only GET requests since `before`.
pub(crate) fn assert_only_reads(sandbox: &Sandbox, before: usize) {
    let exchanges = &sandbox.exchanges()[before..];
    assert!(!exchanges.is_empty(), "nothing was read");
    let writes: Vec<_> =
        exchanges.iter().filter(|one| one.method != "GET").map(|one| (&one.method, &one.path)).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn r5_where_the_state_knows_everything_there_is_nothing_to_import_and_nothing_is_asked() {
    let world = World::new().applied();
    let pulled = || world.koctl(&["state", "pull", "Acme"]).exits(0).stdout;
    let before = pulled();
    let told = "No changes. All existing objects of the configuration are in the state.";
    assert_eq!(world.koctl(&["import"]).exits(0).last_line(), told);
    assert_eq!(pulled(), before);
}

#[test]
fn r5_where_nothing_exists_there_is_nothing_to_import_and_no_state_is_written() {
    let world = World::new();
    world.koctl(&["import"]).exits(0);
    assert_eq!(world.koctl(&["state", "list"]).exits(0).stdout, "");
}

#[test]
fn r5_what_differs_is_shown_and_is_left_to_the_next_plan() {
    let _filters = filters();
    let world = forgotten();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    world.edit("konnect/organizations.yaml", "type: DEV", "type: PROD");
    insta::assert_snapshot!(world.koctl(IMPORT).exits(0).stdout);
    let plan = world.koctl(PLAN).exits(2);
    assert!(plan.stdout.contains("Takes all orders."), "{}", plan.stdout);
    assert!(!plan.stdout.contains("Changed outside"), "{}", plan.stdout);
}

#[tokio::test]
async fn r5_an_api_is_known_by_its_labels_although_its_version_moved_on() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["state", "rm", "Acme/**", "--auto-approve"]).await.exits(0);
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let listed = outsider.konnect(Method::GET, "eu", "/v3/apis", None).await;
    let apis: Vec<_> = listed["data"].as_array().unwrap().iter().map(|one| (&one["name"], &one["version"])).collect();
    assert_eq!(apis, [(&json!("checkout-dev"), &json!("1.1.0"))]);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r5_a_portal_and_a_control_plane_are_known_by_their_labels_although_they_were_renamed() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let names = async |path| {
        let listed = outsider.konnect(Method::GET, "eu", path, None).await;
        let objects = listed["data"].as_array().unwrap().clone();
        objects.into_iter().map(|one| (one["id"].clone(), one["name"].clone())).collect::<Vec<_>>()
    };
    let lists = ["/v3/portals", "/v2/control-planes"];
    let mut before = Vec::new();
    for path in lists {
        let made = names(path).await;
        let url = format!("{path}/{}", made[0].0.as_str().unwrap());
        outsider.konnect(Method::PATCH, "eu", &url, Some(json!({ "name": "by-hand" }))).await;
        before.push(made);
    }
    world.against(&sandbox, &["state", "rm", "Acme/**", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    for (path, made) in lists.into_iter().zip(before) {
        assert_eq!(names(path).await, made, "none is made a second time, and each has its name again");
    }
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[test]
fn r5_what_is_as_the_configuration_says_is_quiet_once_it_is_imported() {
    let world = forgotten();
    let imported = world.koctl(IMPORT).exits(0);
    assert_eq!(imported.last_line(), "Import complete! Resources: 10 imported.");
    world.koctl(PLAN).exits(0);
    world.koctl(&["import"]).exits(0);
}

#[test]
fn a_target_limits_the_import_to_it_and_what_it_depends_on() {
    let world = forgotten();
    let imported = world.koctl(&["import", "--auto-approve", "--target", "Acme/team_role/**"]).exits(0);
    assert_eq!(imported.last_line(), "Import complete! Resources: 3 imported.");
}

#[test]
fn without_a_terminal_an_import_is_refused_and_says_how() {
    let world = forgotten();
    let refused = world.koctl(&["import"]).exits(1);
    assert!(refused.stderr.contains("Run the command in a terminal, or add --auto-approve."), "{}", refused.stderr);
    let refused = world.koctl(&["import", "--json"]).exits(1);
    assert!(refused.stderr.contains("help: Add --auto-approve."), "{}", refused.stderr);
    assert_eq!(world.koctl(&["state", "list"]).exits(0).stdout, "");
}

#[test]
fn programs_are_told_what_is_imported_and_how_many() {
    let world = forgotten();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    let run = world.koctl(&["import", "--auto-approve", "--json"]).exits(0);
    let events: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
    assert_eq!(of("planned_change").len(), 10);
    assert!(of("planned_change").iter().all(|event| event["action"] == "import"));
    let outstanding: Vec<_> = events.iter().filter_map(|event| event.get("outstanding")).collect();
    assert_eq!(outstanding, [&json!(["description"])]);
    assert_eq!(of("apply_complete").len(), 10);
    assert_eq!(of("change_summary").iter().map(|event| &event["import"]).collect::<Vec<_>>(), [10, 10]);
}

#[tokio::test]
async fn r5_several_objects_of_a_name_are_left_to_the_user_and_then_named_by_id() {
    let _filters = filters();
    let world = World::new();
    let sandbox = world.sandbox().await;
    let outsider = Outsider(&sandbox);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let body = json!({ "name": "API Usage (last 30 days)", "definition": { "tiles": [] } });
        ids.push(outsider.made("eu", "/v2/dashboards", body).await);
    }
    outsider.made(GLOBAL, "/v3/teams", json!({ "name": "orders" })).await;
    let before = sandbox.exchanges().len();
    let imported = world.against(&sandbox, IMPORT).await.exits(0);
    assert!(ids.iter().all(|id| imported.stdout.contains(id)), "{}", imported.stdout);
    insta::assert_snapshot!(imported.stdout);
    let address = "Acme/dashboard/eu/api-usage";
    let chosen = world.against(&sandbox, &["import", address, &ids[1], "--auto-approve"]).await.exits(0);
    assert_eq!(chosen.last_line(), "Import complete! Resources: 1 imported.");
    assert_only_reads(&sandbox, before);
    let shown = world.against(&sandbox, &["state", "show", address]).await.exits(0);
    assert!(shown.stdout.contains(&ids[1]), "{}", shown.stdout);
    // The other is unmanaged, and stays.
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    outsider.konnect(Method::GET, "eu", &format!("/v2/dashboards/{}", ids[0]), None).await;
    sandbox.stop().await;
}

/// The error of an import that is refused, which must write nothing.
async fn refused(world: &World, sandbox: &Sandbox, arguments: &[&str]) -> String {
    let pull = &["state", "pull", "Acme"];
    let before = world.against(sandbox, pull).await.exits(0).stdout;
    let run = world.against(sandbox, &[&["import", "--auto-approve"], arguments].concat()).await.exits(1);
    assert_eq!(world.against(sandbox, pull).await.exits(0).stdout, before);
    run.stderr.lines().filter(|line| !line.contains("refresh")).map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn one_object_is_imported_only_where_it_belongs() {
    let _filters = filters();
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve", "--target", "Acme/team/**"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let team = outsider.named(GLOBAL, "/v3/teams", "orders").await;
    let team = team["id"].as_str().unwrap();
    let plane = outsider.made("eu", "/v2/control-planes", json!({ "name": "orders-dev" })).await;
    // An environment in another region, so that objects there are looked at too.
    world.edit(
        "konnect/organizations.yaml",
        "    environments:\n",
        "    environments:\n      far: {type: DEV, region: us}\n",
    );
    let far = outsider.made("us", "/v3/portals", json!({ "name": "elsewhere" })).await;
    let nowhere = "00000000-0000-4000-8000-000000000000";
    let mut told = String::new();
    for arguments in [
        ["Acme/control_plane/dev/order-dev", plane.as_str()],
        ["Acne/control_plane/dev/orders-dev", plane.as_str()],
        ["Acme/portal/dev", nowhere],
        ["Acme/portal/dev", plane.as_str()],
        ["Acme/portal/dev", far.as_str()],
        ["Acme/team/orders", nowhere],
        ["Acme/team/orders", team],
    ] {
        told += &format!("$ koctl import {}\n{}\n", arguments.join(" "), refused(&world, &sandbox, &arguments).await);
    }
    insta::assert_snapshot!(told);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_object_that_the_state_knows_under_another_address_is_not_imported_twice() {
    let _filters = filters();
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let team = Outsider(&sandbox).named(GLOBAL, "/v3/teams", "orders").await;
    world.edit("konnect/teams.yaml", "teams:\n", "teams:\n  other: {}\n");
    let id = team["id"].as_str().unwrap();
    insta::assert_snapshot!(refused(&world, &sandbox, &["Acme/team/other", id]).await);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_object_of_another_name_is_imported_where_it_is_asked_for() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let outsider = Outsider(&sandbox);
    let team = outsider.made(GLOBAL, "/v3/teams", json!({ "name": "Order people" })).await;
    let imported = world.against(&sandbox, &["import", "Acme/team/orders", &team, "--auto-approve"]).await.exits(0);
    assert!(imported.stdout.contains("~ name        = \"Order people\" -> \"orders\""), "{}", imported.stdout);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let renamed = outsider.konnect(Method::GET, GLOBAL, &format!("/v3/teams/{team}"), None).await;
    assert_eq!(renamed["name"], "orders");
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[test]
fn an_address_without_an_id_and_one_that_is_none_are_refused_before_anything_is_read() {
    let world = World::new();
    let refused = world.koctl(&["import", "Acme/team/orders"]).exits(1);
    assert!(refused.stderr.contains("<ID>"), "{}", refused.stderr);
    let refused = world.koctl(&["import", "orders", "1"]).exits(1);
    assert!(refused.stderr.contains("`orders` is not an address"), "{}", refused.stderr);
}

#[tokio::test]
async fn what_a_token_may_not_read_is_told_by_name_and_no_state_is_written_while_the_others_are() {
    let world = World::new();
    let organizations = world.read("konnect/organizations.yaml");
    let second = organizations.replace("organizations:\n", "").replace("Acme:", "Beta:");
    let second = second.replace("ACME_TOKEN", "BETA_TOKEN").replace("region: eu", "region: us");
    world.write("konnect/organizations.yaml", &format!("{organizations}{second}"));
    let sandbox = world.sandbox_of(&["Acme", "Beta"]).await;
    let of_beta = ["apply", "--auto-approve", "--target", "Beta/team/**", "--target", "Beta/portal/**"];
    world.against(&sandbox, &of_beta).await.exits(0);
    std::fs::remove_dir_all(world.path().join(".koctl/state")).unwrap();
    let before = sandbox.exchanges().len();
    let forbidden = Fault::status(StatusCode::FORBIDDEN);
    sandbox.faults().inject(Trigger::new(Method::GET, "/konnect/eu/v3/portals").always(), forbidden);
    let imported = world.against(&sandbox, IMPORT).await.exits(1);
    let told = "Error: Acme: could not list the resources of type `portal` (read http";
    assert!(imported.stderr.contains(told), "{}", imported.stderr);
    assert_eq!(imported.last_line(), "Import incomplete. Resources: 2 imported.");
    assert_only_reads(&sandbox, before);
    let known = world.against(&sandbox, &["state", "list"]).await.exits(0);
    assert_eq!(known.stdout, "Beta/portal/dev\nBeta/team/orders\n");
    sandbox.stop().await;
}

/// The types of what a plan would do, each with its actions.
fn actions(plan: &Run) -> Vec<(String, String)> {
    let events = plan.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let changes = events.filter(|event| event["type"] == "planned_change");
    let of = |event: Value, name: &str| event[name].as_str().unwrap().to_owned();
    changes.map(|event| (of(event.clone(), "action"), of(event, "address"))).collect()
}

#[tokio::test]
async fn what_the_go_tool_left_is_imported_and_the_next_plan_makes_and_deletes_nothing() {
    let _filters = filters();
    let world = World::new();
    world.edit("konnect/teams.yaml", "    services:\n", "    users: [ada@example.com]\n    services:\n      Acme/basket: {name: basket, git: {remote: 'https://github.com/Acme/checkout.git'}}\n");
    world.write("services/Acme/checkout/dev/openapi.yaml", &spec("checkout", "2.0.0"));
    world.edit(
        "konnect/organizations.yaml",
        "    environments:\n",
        "    environments:\n      prd: {type: PROD, region: us}\n",
    );
    let sandbox = world.sandbox().await;
    go_tool::leave(&world, &sandbox, "Acme", "Acme/platform").await;
    let before = sandbox.exchanges().len();
    let imported = world.against(&sandbox, IMPORT).await.exits(0);
    // How long texts would differ is shown elsewhere.
    let headlines = imported.stdout.lines().filter(|line| !line.starts_with("        "));
    insta::assert_snapshot!(headlines.collect::<Vec<_>>().join("\n"));
    assert_only_reads(&sandbox, before);
    let plan = world.against(&sandbox, &["plan", "--json"]).await.exits(0);
    let unwanted: Vec<_> =
        actions(&plan).into_iter().filter(|(action, _)| action != "update" && action != "deferred").collect();
    assert_eq!(unwanted, []);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn kongair_as_the_go_tool_left_it_is_imported_and_the_next_plan_makes_and_deletes_nothing() {
    let Some(world) = kongair() else { return };
    let directory = world.path().join(".koctl/sandbox");
    let repositories = directory.join("github");
    sandbox::github::seed(&repositories, &world.path().join("services")).unwrap();
    let files = [("README.md".to_owned(), b"# platform\n".to_vec())].into();
    sandbox::github::ensure_repository(&repositories, "KongAirlines", "platform", &files).unwrap();
    let account = Account { organization: "KongAirlines".to_owned(), token: "acme-token".to_owned().into() };
    let options = SandboxOptions { dir: directory, port: 0, organizations: vec![account] };
    let sandbox = Sandbox::start(options).await.unwrap();
    go_tool::leave(&world, &sandbox, "KongAirlines", "KongAirlines/platform").await;
    let before = sandbox.exchanges().len();
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command
            .env("KOCTL_KONNECT_URL", sandbox.konnect_url())
            .env("KOCTL_GITHUB_URL", sandbox.github_url())
            .env("GITHUB_REPO_URL", "https://github.com/KongAirlines/platform")
            .env("GITHUB_TOKEN", "github")
            .env("KONGAIRLINES_KONNECT_TOKEN", "acme-token");
        async { tokio::task::spawn_blocking(move || crate::world::finish(command)).await.unwrap() }
    };
    let imported = run(IMPORT).await.exits(0);
    assert_eq!(imported.last_line(), "Import complete! Resources: 40 imported.");
    assert_only_reads(&sandbox, before);
    let plan = run(&["plan", "--json"]).await.exits(0);
    let unwanted: Vec<_> =
        actions(&plan).into_iter().filter(|(action, _)| action != "update" && action != "deferred").collect();
    assert_eq!(unwanted, []);
    run(&["apply", "--auto-approve"]).await.exits(0);
    run(PLAN).await.exits(0);
    sandbox.stop().await;
}
