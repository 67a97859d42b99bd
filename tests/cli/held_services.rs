//! A specification that is not known stops the resources of its own service, and nothing else.

use http::{Method, StatusCode};
use sandbox::{Fault, Sandbox, Trigger};

use crate::world::{Run, World, spec};

const STAGED: &str = "konnect/Acme/envs/dev/teams/orders/services/Acme";
/// The end of a plan without changes that leaves a service out.
const PART_OF_IT: &str = "No changes to what could be planned. What could not stays as it is: 1 error says why.\n";
const STAGING_BRANCH: &str = "Acme-dev-konnect-orchestrator-apply";

/// A world with a second service, `billing`.
pub(crate) fn two_services() -> World {
    let world = World::new();
    let billing =
        "    services:\n      Acme/billing: {name: billing, git: {remote: 'https://github.com/Acme/billing.git'}}\n";
    world.edit("konnect/teams.yaml", "    services:\n", billing);
    for branch in ["main", "dev"] {
        world.write(&format!("services/Acme/billing/{branch}/openapi.yaml"), &spec("billing", "1.0.0"));
    }
    world
}

/// The same, applied.
async fn applied() -> (World, Sandbox) {
    let world = two_services();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    (world, sandbox)
}

/// A staged file on the branch of the pull request.
fn staged(world: &World, service: &str) -> String {
    world.git("Acme/platform", &["show", &format!("{STAGING_BRANCH}:{STAGED}/{service}/openapi.yaml")])
}

/// True if a run says what is wrong with `billing`, and what stays.
#[track_caller]
fn reports_billing(run: &Run, cause: &str) {
    let told = &run.stderr;
    assert!(told.contains("the service `Acme/billing` of team `orders` for `Acme/dev`"), "{told}");
    assert!(told.contains("stay as they are"), "{told}");
    assert!(told.contains(cause), "no {cause}: {told}");
    assert!(told.contains("help:"), "{told}");
}

/// Changes the other service, plans and applies; what `billing` has stays as it is.
async fn stops_itself_only(world: &World, sandbox: &Sandbox, version: &str, cause: &str) {
    let before = staged(world, "billing");
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", version));
    let plan = world.against(sandbox, &["plan", "--detailed-exitcode"]).await.exits(1);
    reports_billing(&plan, cause);
    assert!(plan.stdout.contains(&format!("+  version: {version}")), "{}", plan.stdout);
    assert!(!plan.stdout.contains("billing"), "{}", plan.stdout);
    assert!(plan.stdout.contains(" 0 to destroy"), "{}", plan.stdout);
    let apply = world.against(sandbox, &["apply", "--auto-approve"]).await.exits(1);
    reports_billing(&apply, cause);
    assert!(apply.last_line().starts_with("Apply incomplete. "), "{}", apply.stdout);
    assert!(staged(world, "checkout").contains(&format!("version: {version}")));
    assert_eq!(staged(world, "billing"), before);
    // Drift needs no specification: nothing has changed outside koctl.
    world.against(sandbox, &["drift"]).await.exits(0);
    let rest = world.against(sandbox, &["plan"]).await.exits(1);
    assert!(rest.stdout.ends_with(PART_OF_IT) && !rest.stdout.contains("billing"), "{}", rest.stdout);
}

#[tokio::test]
async fn r8_a_specification_that_cannot_be_read_stops_its_own_service_only() {
    let (world, sandbox) = applied().await;
    let repository = || Trigger::new(Method::GET, "/repos/Acme/billing/*").always();
    let causes = [
        (StatusCode::NOT_FOUND, "1.1.0"),
        (StatusCode::FORBIDDEN, "1.2.0"),
        (StatusCode::INTERNAL_SERVER_ERROR, "1.3.0"),
    ];
    for (status, version) in causes {
        sandbox.faults().inject(repository(), Fault::status(status));
        stops_itself_only(&world, &sandbox, version, "").await;
        sandbox.faults().clear();
        world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn r8_a_specification_that_is_not_one_stops_its_own_service_only() {
    let (world, sandbox) = applied().await;
    let contents = [
        ("openapi: [\n", "1.1.0", "neither YAML nor JSON"),
        ("hello: world\n", "1.2.0", "not an OpenAPI"),
        ("openapi: 3.1.0\ninfo:\n  title: billing\npaths: {}\n", "1.3.0", "no `info.version`"),
    ];
    for (text, version, cause) in contents {
        world.push("Acme/billing", "dev", "openapi.yaml", text);
        stops_itself_only(&world, &sandbox, version, cause).await;
    }
    world.push("Acme/billing", "dev", "openapi.yaml", &spec("billing", "1.0.0"));
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r8_a_service_that_was_never_applied_waits_alone_for_its_specification() {
    let world = two_services();
    world.write("services/Acme/billing/dev/openapi.yaml", "openapi: [\n");
    let sandbox = world.sandbox().await;
    reports_billing(&world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(1), "neither YAML nor JSON");
    assert!(staged(&world, "checkout").contains("version: 1.0.0"));
    world.push("Acme/billing", "dev", "openapi.yaml", &spec("billing", "1.0.0"));
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert!(staged(&world, "billing").contains("version: 1.0.0"));
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r8_staged_files_stay_as_they_are_if_no_specification_of_the_environment_is_known() {
    let (world, sandbox) = applied().await;
    for name in ["billing", "checkout"] {
        world.push(&format!("Acme/{name}"), "dev", "openapi.yaml", "openapi: [\n");
    }
    let before = (staged(&world, "billing"), staged(&world, "checkout"));
    let plan = world.against(&sandbox, &["plan"]).await.exits(1);
    assert!(plan.stdout.ends_with("What could not stays as it is: 2 errors say why.\n"), "{}", plan.stdout);
    world.against(&sandbox, &["apply", "--auto-approve", "--allow-destroy"]).await.exits(1);
    assert_eq!((staged(&world, "billing"), staged(&world, "checkout")), before);
    sandbox.stop().await;
}

#[tokio::test]
async fn r8_without_a_refresh_the_service_stays_as_it_is_as_well() {
    let (world, sandbox) = applied().await;
    world.push("Acme/billing", "dev", "openapi.yaml", "openapi: [\n");
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    let before = staged(&world, "billing");
    world.against(&sandbox, &["apply", "--auto-approve", "--no-refresh"]).await.exits(1);
    assert_eq!(staged(&world, "billing"), before);
    assert!(staged(&world, "checkout").contains("version: 1.1.0"));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_specification_of_a_service_that_is_not_targeted_is_not_read() {
    let (world, sandbox) = applied().await;
    world.push("Acme/billing", "dev", "openapi.yaml", "openapi: [\n");
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    let before = sandbox.exchanges().len();
    let target = ["--target", "Acme/api*/dev/checkout"];
    let plan = world.against(&sandbox, &["plan", target[0], target[1], "--detailed-exitcode"]).await.exits(2);
    assert!(plan.stdout.contains("+  version: 1.1.0"), "{}", plan.stdout);
    world.against(&sandbox, &["apply", target[0], target[1], "--auto-approve"]).await.exits(0);
    let exchanges = sandbox.exchanges();
    let read: Vec<_> = exchanges[before..].iter().filter(|one| one.path.contains("/Acme/billing")).collect();
    assert!(read.is_empty(), "{read:?}");
    // The staged files are targeted with both services.
    reports_billing(&world.against(&sandbox, &["plan", "--target", "Acme/pull_request/dev"]).await.exits(1), "YAML");
    world.against(&sandbox, &["plan", "--target", "Acme/team/*"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_saved_plan_says_what_it_leaves_out() {
    let (world, sandbox) = applied().await;
    world.push("Acme/billing", "dev", "openapi.yaml", "openapi: [\n");
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    world.against(&sandbox, &["plan", "-o", "plan.koctl"]).await.exits(1);
    reports_billing(&world.run(&["show", "plan.koctl"]).exits(0), "YAML");
    let shown: serde_json::Value =
        serde_json::from_str(&world.run(&["show", "--json", "plan.koctl"]).exits(0).stdout).unwrap();
    assert_eq!(shown["complete"], false);
    assert_eq!(shown["koctl_unplanned"][0]["scope"], "Acme");
    reports_billing(&world.against(&sandbox, &["apply", "plan.koctl"]).await.exits(1), "YAML");
    assert!(staged(&world, "checkout").contains("version: 1.1.0"));
    let events = world.against(&sandbox, &["plan", "--json"]).await.exits(1).stdout;
    let events = events.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let errors: Vec<_> = events.filter(|event| event["type"] == "error").collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["scope"], "Acme");
    assert!(errors[0]["message"].as_str().unwrap().contains("Acme/billing"), "{errors:?}");
    sandbox.stop().await;
}

#[tokio::test]
async fn an_import_takes_over_everything_except_the_service() {
    let (world, sandbox) = applied().await;
    std::fs::remove_dir_all(world.path().join(".koctl/state")).unwrap();
    world.push("Acme/billing", "dev", "openapi.yaml", "openapi: [\n");
    let import = world.against(&sandbox, &["import", "--auto-approve"]).await.exits(1);
    reports_billing(&import, "YAML");
    let listed = world.against(&sandbox, &["state", "list"]).await.exits(0).stdout;
    assert!(listed.contains("Acme/api/dev/checkout") && !listed.contains("billing"), "{listed}");
    let one = world.against(&sandbox, &["import", "Acme/api/dev/billing", "some-id"]).await.exits(1);
    reports_billing(&one, "YAML");
    sandbox.stop().await;
}
