//! R3: three-way diff. Changes outside koctl are distinguished from changes of the configuration.

use std::collections::BTreeMap;

use engine::plan::{Drift, DriftKind, Drifted};
use serde_json::{Value, json};

use crate::house::{House, address, id_of, lines, page, plane, resource, role, team};

fn changed(label: &str, attribute: &str, was: impl Into<Value>, is: impl Into<Value>) -> Drift {
    let drifted = Drifted { was: was.into(), is: is.into() };
    let kind = DriftKind::Changed { attributes: BTreeMap::from([(attribute.to_owned(), drifted)]) };
    Drift { address: address(label), kind }
}

#[tokio::test]
async fn r3_an_untouched_world_has_no_drift() {
    let desired = [team("a").with("description", "x"), plane("p"), role("a", "p"), page("t")];
    House::with(&desired).await.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r3_what_the_configuration_changes_is_no_drift() {
    let house = House::with(&[team("a").with("description", "x")]).await;
    let diff = house.plan(&[team("a").with("description", "y")]).await;
    assert_eq!(lines(&diff), ["update team/a [description]"]);
    assert_eq!(diff.drift, []);
}

#[tokio::test]
async fn r3_an_attribute_changed_outside_is_drift_and_put_back() {
    let desired = [team("a").with("description", "x")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("team/a"), "description", "theirs");
    let diff = house.plan(&desired).await;
    assert_eq!(diff.drift, [changed("team/a", "description", "x", "theirs")]);
    assert_eq!(lines(&diff), ["update team/a [description]"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r3_an_attribute_cleared_outside_is_drift_and_put_back() {
    let desired = [team("a").with("description", "x")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("team/a"), "description", Value::Null);
    let diff = house.plan(&desired).await;
    assert_eq!(diff.drift, [changed("team/a", "description", "x", Value::Null)]);
    assert_eq!(lines(&diff), ["update team/a [description]"]);
}

#[tokio::test]
async fn r3_an_attribute_changed_outside_and_then_wanted_so_is_drift_without_a_change() {
    let house = House::with(&[team("a").with("description", "x")]).await;
    house.server.set(&house.server.id("team/a"), "description", "y");
    let desired = [team("a").with("description", "y")];
    let diff = house.plan(&desired).await;
    assert_eq!(diff.drift, [changed("team/a", "description", "x", "y")]);
    assert_eq!(lines(&diff), ["record team/a"]);
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r3_attributes_that_the_configuration_does_not_set_are_nobodys_business() {
    let desired = [team("a")];
    let house = House::with(&desired).await;
    let id = house.server.id("team/a");
    house.server.set(&id, "description", "theirs");
    house.server.set(&id, "tier", "premium");
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r3_labels_of_others_are_no_drift_and_our_own_are() {
    let desired = [team("a")];
    let house = House::with(&desired).await;
    let id = house.server.id("team/a");
    house.server.set(&id, "labels", json!({ "owner": "koctl", "theirs": "1" }));
    house.assert_quiet(&desired).await;
    house.server.set(&id, "labels", json!({ "owner": "them", "theirs": "1" }));
    let diff = house.plan(&desired).await;
    assert_eq!(diff.drift, [changed("team/a", "labels", json!({ "owner": "koctl" }), json!({ "owner": "them" }))]);
    assert_eq!(lines(&diff), ["update team/a [labels]"]);
}

#[tokio::test]
async fn r3_a_long_text_changed_outside_is_drift_by_its_digest() {
    let desired = [page("a")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("page/a"), "content", "# theirs\n");
    let diff = house.plan(&desired).await;
    let was = house.book.get("page/a").unwrap().attributes["content"].clone();
    assert_eq!(diff.drift, [changed("page/a", "content", was, "# theirs\n")]);
    assert_eq!(lines(&diff), ["update page/a [content]"]);
}

#[tokio::test]
async fn r3_an_object_deleted_outside_is_drift_and_made_again() {
    let desired = [page("a")];
    let house = House::with(&desired).await;
    house.server.remove(&house.server.id("page/a"));
    let diff = house.plan(&desired).await;
    assert_eq!(diff.drift, [Drift { address: address("page/a"), kind: DriftKind::Deleted }]);
    assert_eq!(lines(&diff), ["create page/a"]);
}

#[tokio::test]
async fn r3_an_object_deleted_and_made_again_outside_is_drift_and_taken_over() {
    let desired = [page("a")];
    let house = House::with(&desired).await;
    house.server.remove(&house.server.id("page/a"));
    let id = house.server.put("page", json!({ "name": "a", "content": "# a\n" }));
    let diff = house.plan(&desired).await;
    assert_eq!(diff.drift, [Drift { address: address("page/a"), kind: DriftKind::Remade { id } }]);
    assert_eq!(lines(&diff), ["import page/a"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r3_an_object_that_is_gone_and_no_longer_wanted_is_drift_and_forgotten() {
    let house = House::with(&[page("a")]).await;
    house.server.remove(&house.server.id("page/a"));
    let diff = house.plan(&[]).await;
    assert_eq!(diff.drift, [Drift { address: address("page/a"), kind: DriftKind::Deleted }]);
    assert_eq!(lines(&diff), ["forget page/a"]);
}

#[tokio::test]
async fn r3_what_changed_between_plan_and_apply_is_drift_of_the_next_plan() {
    let house = House::with(&[team("a").with("description", "x").with("tier", "basic")]).await;
    let desired = [team("a").with("description", "x").with("tier", "premium")];
    let diff = house.plan(&desired).await;
    house.server.set(&house.server.id("team/a"), "description", "theirs");
    assert!(house.run(diff).await.is_complete());
    let diff = house.plan(&desired).await;
    assert_eq!(diff.drift, [changed("team/a", "description", "x", "theirs")]);
    assert_eq!(lines(&diff), ["update team/a [description]"]);
}

#[tokio::test]
async fn r3_without_a_refresh_the_state_stands_for_the_world() {
    let desired = [team("a").with("contact", " A@B "), page("t"), plane("p"), role("a", "p")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("page/t"), "content", "theirs");
    let diff = house.plan_from_memory(&desired);
    assert_eq!(lines(&diff), Vec::<String>::new());
    assert_eq!(house.server.take_log(), Vec::<String>::new());
    let diff = house.plan_from_memory(&[team("a").with("contact", "c@d"), page("t").with("content", "new")]);
    assert_eq!(
        lines(&diff),
        ["update page/t [content]", "delete plane/p", "delete role/a+p", "update team/a [contact]"]
    );
}

#[tokio::test]
async fn r3_without_a_refresh_a_new_address_of_a_known_object_is_found_through_references_too() {
    let house = House::with(&[team("a"), plane("p"), role("a", "p")]).await;
    let moved = |kind: &str, key: &str| resource(kind, key);
    let desired = [
        moved("team", "x").with("name", "a").with("labels", json!({ "owner": "koctl" })),
        plane("p"),
        moved("role", "x+p").with("team_id", id_of("team/x")).with("plane_id", id_of("plane/p")).with("level", "admin"),
    ];
    let diff = house.plan_from_memory(&desired);
    assert_eq!(lines(&diff), ["forget role/a+p", "import role/x+p", "forget team/a", "import team/x"]);
}
