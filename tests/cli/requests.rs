//! R2: the number of requests grows with collections and pages, not with resources.

use sandbox::Sandbox;

use crate::world::{World, spec};

/// An organization of teams × environments × services a team.
fn organization(teams: usize, environments: usize, services: usize) -> World {
    let world = World::empty();
    let mut text = "teams:\n".to_owned();
    for team in 0..teams {
        text.push_str(&format!("  team-{team}:\n    users: [lead-{team}@example.com]\n    services:\n"));
        for service in 0..services {
            let name = format!("app-{team}-{service}");
            // One repository for all of them: reading specifications is GitHub's part.
            text.push_str(&format!(
                "      Acme/{name}:\n        name: {name}\n        git:\n          \
                 remote: https://github.com/Acme/specs.git\n"
            ));
        }
    }
    world.write("konnect/teams.yaml", &text);
    let mut text =
        "organizations:\n  Acme:\n    access-token:\n      type: env\n      value: ACME_TOKEN\n    environments:\n"
            .to_owned();
    for environment in 0..environments {
        text.push_str(&format!("      env-{environment}:\n        type: DEV\n        region: eu\n"));
    }
    world.write("konnect/organizations.yaml", &text);
    for branch in ["main", "dev"] {
        world.write(&format!("services/Acme/specs/{branch}/openapi.yaml"), &spec("app", "1.0.0"));
    }
    world
}

/// How many requests went to Konnect since `before`; all of them must be GETs.
fn reads(sandbox: &Sandbox, before: usize) -> usize {
    let exchanges = sandbox.exchanges();
    let konnect: Vec<_> = exchanges[before..].iter().filter(|exchange| exchange.path.starts_with("/konnect")).collect();
    assert!(konnect.iter().all(|exchange| exchange.method == "GET"), "a plan wrote something");
    konnect.len()
}

/// How many requests a command sends to Konnect after everything was applied, and how many to GitHub.
async fn requests_of(command: &[&str], teams: usize, environments: usize, services: usize) -> (usize, usize) {
    let world = organization(teams, environments, services);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = sandbox.exchanges().len();
    world.against(&sandbox, command).await.exits(0);
    let konnect = reads(&sandbox, before);
    let all = sandbox.exchanges().len() - before;
    sandbox.stop().await;
    (konnect, all - konnect)
}

/// How many requests a plan sends to Konnect.
async fn requests_of_a_plan(teams: usize, environments: usize, services: usize) -> usize {
    requests_of(&["plan", "--detailed-exitcode"], teams, environments, services).await.0
}

/// The number of requests by the published documents: the organization of the token; global lists of teams and users; members and roles of each team;
/// regional lists of control planes, portals, APIs, publications and implementations; the services of each control
/// plane; dashboards of each region. A page has 100 objects.
fn expected(teams: usize, environments: usize, services: usize) -> usize {
    let pages = |objects: usize| objects.div_ceil(100).max(1);
    let planes = teams * environments;
    let apis = planes * services;
    1 // the organization of the token
        + pages(teams + SYSTEM_TEAMS) + pages(teams) // teams, users
        + 2 * teams // members and roles
        + pages(planes) + pages(environments) // control planes, portals
        + 2 * pages(apis) + 1 // APIs, publications; no implementations yet
        + planes // gateway services
        + 1 // dashboards of the one region
}

/// The same for a look for drift, which knows no configuration: there is nothing to look up among gateway services, and
/// no implementation in the state.
fn expected_of_drift(teams: usize, environments: usize, services: usize) -> usize {
    expected(teams, environments, services) - teams * environments - 1
}

/// How many teams an organization of the sandbox has from the start.
const SYSTEM_TEAMS: usize = 8;

#[tokio::test]
async fn r2_the_open_pull_requests_are_listed_once_in_a_plan() {
    let world = organization(1, 2, 1);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = sandbox.exchanges().len();
    world.against(&sandbox, &["plan"]).await.exits(0);
    let exchanges = sandbox.exchanges();
    let lists = exchanges[before..].iter().filter(|exchange| exchange.path.contains("/pulls?state=open"));
    assert_eq!(lists.count(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn r2_more_services_cost_no_more_requests_within_a_page() {
    assert_eq!(requests_of_a_plan(2, 2, 1).await, requests_of_a_plan(2, 2, 5).await);
}

#[tokio::test]
async fn r2_requests_grow_with_collections_and_pages_only() {
    assert_eq!(requests_of_a_plan(20, 2, 6).await, expected(20, 2, 6));
}

#[tokio::test]
async fn r2_a_look_for_drift_reads_no_specification_and_no_staged_file_that_is_as_it_was() {
    let (few, many) = (requests_of(&["drift"], 2, 2, 1).await, requests_of(&["drift"], 2, 2, 5).await);
    assert_eq!(few, many);
    // The platform repository, its branch, commit, files and pull requests; commit and files of each of these.
    assert_eq!(few, (expected_of_drift(2, 2, 1), 5 + 2 * 2));
}

#[tokio::test]
async fn r2_the_requests_of_a_look_for_drift_grow_with_collections_and_pages_only() {
    assert_eq!(requests_of(&["drift"], 20, 1, 12).await.0, expected_of_drift(20, 1, 12));
}
