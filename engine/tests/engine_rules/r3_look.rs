//! R3: a look for drift, which has no configuration, finds the same drift as a plan, and also unmanaged objects.

use engine::Desired;
use engine::drift::{Findings, Unmanaged, look};
use engine::plan::{Drift, DriftKind};
use engine::refresh::SearchArea;
use serde_json::{Value, json};

use crate::house::{House, address, id_of, page, plane, resource, role, team};

/// A look at the resources of the state.
async fn seen(house: &House) -> Findings {
    look(&house.book.remembered(), &[], &house.readers).await.unwrap()
}

/// The drift that a look finds, which is the same that a plan of `desired` finds.
async fn drift(house: &House, desired: &[Desired]) -> Vec<Drift> {
    let found = seen(house).await.drift;
    assert_eq!(found, house.plan(desired).await.drift);
    found
}

fn anywhere(type_name: &'static str) -> SearchArea {
    SearchArea { type_name, within: Default::default() }
}

#[tokio::test]
async fn r3_an_untouched_world_has_no_drift_and_each_type_is_listed_once() {
    let desired = [team("a").with("contact", " A@B "), plane("p"), role("a", "p"), page("t")];
    let house = House::with(&desired).await;
    let found = seen(&house).await;
    assert_eq!(found.drift, []);
    assert_eq!(
        found.resources.into_iter().collect::<Vec<_>>(),
        ["page", "plane", "role", "team"].map(|n| (n.to_owned(), 1))
    );
    let mut log = house.server.take_log();
    log.sort_unstable();
    assert_eq!(log, ["list page", "list plane", "list role", "list team"]);
}

#[tokio::test]
async fn r3_what_was_changed_deleted_and_made_again_is_seen_without_a_configuration() {
    let desired = [team("a").with("description", "x"), page("t"), page("u"), plane("p")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("team/a"), "description", Value::Null);
    house.server.set(&house.server.id("page/t"), "content", "theirs");
    house.server.remove(&house.server.id("page/u"));
    house.server.remove(&house.server.id("plane/p"));
    let id = house.server.put("plane", json!({ "name": "p", "kind": "hybrid" }));
    let found = drift(&house, &desired).await;
    let changed = |drift: &Drift| matches!(drift.kind, DriftKind::Changed { .. });
    assert_eq!(found.iter().filter(|drift| changed(drift)).count(), 2);
    assert!(found.contains(&Drift { address: address("page/u"), kind: DriftKind::Deleted }));
    assert!(found.contains(&Drift { address: address("plane/p"), kind: DriftKind::Remade { id } }));
}

#[tokio::test]
async fn r3_what_was_made_again_below_something_that_was_made_again_is_recognised() {
    let desired = [team("a"), plane("p"), role("a", "p")];
    let house = House::with(&desired).await;
    for label in ["role/a+p", "team/a"] {
        house.server.remove(&house.server.id(label));
    }
    let team = house.server.put("team", json!({ "name": "a", "labels": { "owner": "koctl" } }));
    let plane = house.server.id("plane/p");
    let role = house.server.put("role", json!({ "team_id": team, "plane_id": plane, "level": "admin" }));
    let remade = |label: &str, id: String| Drift { address: address(label), kind: DriftKind::Remade { id } };
    assert_eq!(drift(&house, &desired).await, [remade("role/a+p", role), remade("team/a", team)]);
}

#[tokio::test]
async fn r3_of_two_that_could_be_the_one_none_is_it() {
    let house = House::with(&[page("t")]).await;
    house.server.remove(&house.server.id("page/t"));
    for content in ["1", "2"] {
        house.server.put("page", json!({ "name": "t", "content": content }));
    }
    let found = look(&house.book.remembered(), &[anywhere("page")], &house.readers).await.unwrap();
    assert_eq!(found.drift, [Drift { address: address("page/t"), kind: DriftKind::Deleted }]);
    assert_eq!(found.unmanaged.len(), 2);
}

#[tokio::test]
async fn r3_objects_that_no_state_knows_are_found_where_they_are_looked_for() {
    let house = House::with(&[team("a"), page("t")]).await;
    let id = house.server.put("team", json!({ "name": "b" }));
    house.server.put("page", json!({ "name": "u" }));
    house.server.put("plane", json!({ "name": "p" }));
    let places = [anywhere("team"), anywhere("plane")];
    let found = look(&house.book.remembered(), &places, &house.readers).await.unwrap();
    let key = |name: &str| vec![("name".to_owned(), name.to_owned())];
    let plane = Unmanaged { type_name: "plane".to_owned(), key: key("p"), id: house.server.id("plane/p") };
    assert_eq!(found.unmanaged, [plane, Unmanaged { type_name: "team".to_owned(), key: key("b"), id }]);
    assert_eq!((found.resources["plane"], found.resources["team"]), (0, 1));
    assert_eq!(found.drift, []);
}

#[tokio::test]
async fn r3_an_object_that_a_state_knows_under_a_key_of_references_is_managed() {
    let desired = [team("a"), plane("p"), role("a", "p"), resource("page", "t").with("name", id_of("team/a"))];
    let house = House::with(&desired).await;
    let found = look(&house.book.remembered(), &[anywhere("role"), anywhere("page")], &house.readers).await.unwrap();
    assert_eq!((found.drift, found.unmanaged), (Vec::new(), Vec::new()));
}
