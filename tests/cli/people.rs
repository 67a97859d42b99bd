//! People in an organization: invited where their team has work, and never deleted.

use http::Method;

use crate::outside::Outsider;
use crate::world::World;

/// A second team with work of its own, whose people are Sam and Kim.
const STOCK: &str = "  stock:
    users: [sam@example.com, kim@example.com]
    services:
      Acme/checkout-stock:
        name: stock
        git:
          remote: https://github.com/Acme/checkout.git
";

fn world() -> World {
    let world = World::new();
    let teams =
        world.read("konnect/teams.yaml").replace("    services:\n", "    users: [kim@example.com]\n    services:\n");
    world.write("konnect/teams.yaml", &format!("{teams}{STOCK}"));
    world
}

async fn emails(outsider: &Outsider<'_>) -> Vec<String> {
    let users = outsider.konnect(Method::GET, "global", "/v3/users", None).await;
    let mut emails: Vec<String> =
        users["data"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect();
    emails.sort();
    emails.retain(|email| email.starts_with("kim@") || email.starts_with("sam@"));
    emails
}

#[tokio::test]
async fn where_an_environment_lists_teams_the_people_of_others_are_not_invited() {
    let world = world();
    let sandbox = world.sandbox().await;
    let listed = format!("{}        teams: {{orders: {{}}}}\n", world.read("konnect/organizations.yaml"));
    world.write("konnect/organizations.yaml", &listed);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(emails(&Outsider(&sandbox)).await, ["kim@example.com"]);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

/// A state of an earlier version can have them, or one of a time when the team took part.
#[tokio::test]
async fn people_whose_team_leaves_an_organization_are_forgotten_and_stay() {
    let world = world();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(emails(&Outsider(&sandbox)).await, ["kim@example.com", "sam@example.com"]);

    let listed = format!("{}        teams: {{orders: {{}}}}\n", world.read("konnect/organizations.yaml"));
    world.write("konnect/organizations.yaml", &listed);
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    for said in [
        "user/sam@example.com  will be forgotten",
        "it left the configuration, and koctl never deletes it",
        "team_user/stock/sam@example.com  will be destroyed",
    ] {
        assert!(plan.stdout.contains(said), "{said}:\n{}", plan.stdout);
    }
    world.against(&sandbox, &["apply", "--auto-approve", "--allow-destroy"]).await.exits(0);
    assert_eq!(emails(&Outsider(&sandbox)).await, ["kim@example.com", "sam@example.com"]);
    let state = world.against(&sandbox, &["state", "list"]).await.exits(0);
    assert!(!state.stdout.contains("sam@example.com"), "{}", state.stdout);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}
