//! Pages of developer portals from the configuration.

use http::Method;
use serde_json::json;

use crate::outside::Outsider;
use crate::world::World;

/// The smallest platform with two pages, one below the other, and one that replaces a default page of Konnect.
fn world() -> World {
    let world = World::new();
    world.edit(
        "konnect/organizations.yaml",
        "region: eu\n",
        "region: eu\n        portal:\n          pages:\n            home: |\n              # Hello\n            \
         handbook: |\n              # Handbook\n            handbook/start: |\n              # First steps\n",
    );
    world
}

#[test]
fn pages_of_the_configuration_are_made_changed_moved_and_deleted_and_quiet_in_between() {
    let world = world();
    let plan = world.koctl(&["plan"]).exits(0).stdout;
    for page in ["home", "handbook", "handbook/start"] {
        assert!(plan.contains(&format!("/portal_page/dev/{page}  will be created")), "{plan}");
    }
    let world = world.applied();
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);

    world.edit("konnect/organizations.yaml", "# First steps", "# Start here");
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("/portal_page/dev/handbook/start  will be updated in place"), "{plan}");
    assert!(plan.contains("title = \"First steps\" -> \"Start here\""), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);

    world.edit("konnect/organizations.yaml", "            handbook/start: |\n              # Start here\n", "");
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("Plan: 0 to add, 0 to change, 1 to destroy."), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_forgotten_page_is_imported_again() {
    let world = world().applied();
    world.koctl(&["state", "rm", "Acme/portal_page/dev/handbook/start", "--auto-approve"]).exits(0);
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."), "{plan}");
}

#[test]
fn a_page_without_the_page_above_it_is_refused() {
    let world = world();
    world.edit("konnect/organizations.yaml", "            handbook: |\n              # Handbook\n", "");
    let output = world.command(&["validate"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("the page `handbook/start` is below `handbook`, which is not a page"), "{stderr}");
}

#[tokio::test]
async fn r12_a_page_with_pages_of_others_below_it_is_not_deleted() {
    let world = world();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let portals = outsider.konnect(Method::GET, "eu", "/v3/portals", None).await;
    let pages = format!("/v3/portals/{}/pages", portals["data"][0]["id"].as_str().unwrap());
    let listed = outsider.konnect(Method::GET, "eu", &pages, None).await;
    let listed = listed["data"].as_array().unwrap();
    let handbook = listed.iter().find(|page| page["slug"] == "handbook").unwrap()["id"].as_str().unwrap().to_owned();
    let mine = json!({ "slug": "mine", "title": "Mine", "content": "Mine", "parent_page_id": handbook });
    let mine = outsider.made("eu", &pages, mine).await;

    let of_handbook = "            handbook: |\n              # Handbook\n            handbook/start: |\n              \
                       # First steps\n";
    world.edit("konnect/organizations.yaml", of_handbook, "");
    let run = world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(1);
    assert!(
        run.stderr.contains("pages below it are not managed") || run.stdout.contains("pages below it are not managed")
    );
    assert_eq!(outsider.shown("eu", &format!("{pages}/{mine}")).await["slug"], "mine");
    sandbox.stop().await;
}
