//! R9: a resource that waits for an object of another tool is deferred with the reason: neither an error nor a change.

use std::collections::BTreeMap;

use engine::desired::Lookup;
use engine::{Action, Expr};
use serde_json::json;

use crate::house::{House, address, id_of, lines, link, page, plan_of, plane, resource};

fn service(house: &House, plane: &str, tag: &str) -> String {
    let plane = house.server.id(&format!("plane/{plane}"));
    house.server.put("service", json!({ "plane_id": plane, "tags": ["other", tag] }))
}

#[tokio::test]
async fn r9_a_lookup_that_still_finds_what_it_found_is_quiet() {
    let house = House::with(&[plane("p")]).await;
    service(&house, "p", "orders");
    let desired = [plane("p"), link("p", "orders")];
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r9_nothing_found_yet_defers_with_the_reason_and_is_no_change() {
    let house = House::with(&[plane("p")]).await;
    let diff = house.plan(&[plane("p"), link("p", "orders")]).await;
    assert_eq!(lines(&diff), ["deferred link/orders"]);
    assert_eq!(diff.changes[0].reason.as_deref(), Some("no service is tagged `orders` yet"));
    let plan = plan_of(diff);
    assert!(!plan.has_changes());
    assert_eq!(plan.summary().deferred, 1);
}

#[tokio::test]
async fn r9_applying_a_deferred_resource_does_nothing_and_succeeds() {
    let house = House::with(&[plane("p")]).await;
    house.apply(&[plane("p"), link("p", "orders")]).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.addresses(), ["plane/p"]);
}

#[tokio::test]
async fn r9_a_lookup_in_what_is_not_there_yet_is_deferred() {
    let diff = House::new().plan(&[plane("p"), link("p", "orders")]).await;
    assert_eq!(lines(&diff), ["deferred link/orders", "create plane/p"]);
}

#[tokio::test]
async fn r9_what_refers_to_a_deferred_resource_is_deferred_too() {
    let house = House::with(&[plane("p")]).await;
    let desired = [plane("p"), link("p", "orders"), page("t").with("parent_id", id_of("link/orders"))];
    assert_eq!(lines(&house.plan(&desired).await), ["deferred link/orders", "deferred page/t"]);
}

#[tokio::test]
async fn r9_what_exists_keeps_what_was_found_when_it_cannot_be_found_any_more() {
    let house = House::with(&[plane("p")]).await;
    let id = service(&house, "p", "orders");
    let desired = [plane("p"), link("p", "orders")];
    house.apply(&desired).await;
    house.server.set(&id, "tags", json!([]));
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r9_several_that_are_found_are_no_choice() {
    let house = House::with(&[plane("p")]).await;
    let (one, two) = (service(&house, "p", "orders"), service(&house, "p", "orders"));
    let diff = house.plan(&[plane("p"), link("p", "orders")]).await;
    let expected = format!("2 objects match `orders`: {one}, {two}");
    assert_eq!((diff.changes[0].action, diff.changes[0].reason.as_ref()), (Action::Deferred, Some(&expected)));
    assert_eq!(diff.changes[0].candidates, [one, two]);
}

#[tokio::test]
async fn r9_only_objects_within_count() {
    let house = House::with(&[plane("p"), plane("q")]).await;
    service(&house, "q", "orders");
    let diff = house.plan(&[plane("p"), plane("q"), link("p", "orders")]).await;
    assert_eq!(lines(&diff), ["deferred link/orders"]);
}

#[tokio::test]
async fn r9_two_lookups_that_have_found_nothing_yet_are_two_resources() {
    let house = House::with(&[plane("p"), plane("q")]).await;
    let mut other = link("q", "orders");
    other.address = address("link/other");
    let diff = house.plan(&[plane("p"), plane("q"), link("p", "orders"), other]).await;
    assert_eq!(lines(&diff), ["deferred link/orders", "deferred link/other"]);
}

#[tokio::test]
async fn r9_a_link_into_a_plane_that_is_replaced_goes_with_it_and_waits() {
    let house = House::with(&[plane("p")]).await;
    service(&house, "p", "orders");
    house.apply(&[plane("p"), link("p", "orders")]).await;
    let desired = [plane("p").with("kind", "serverless"), link("p", "orders")];
    let diff = house.plan(&desired).await;
    assert_eq!(lines(&diff), ["delete link/orders", "replace plane/p [kind]"]);
    let expected = "it has to be created again, and that waits: no service is tagged `orders` yet";
    assert_eq!(diff.changes[0].reason.as_deref(), Some(expected));
    assert!(house.run(diff).await.is_complete());
    assert_eq!(lines(&house.plan(&desired).await), ["deferred link/orders"]);
    service(&house, "p", "orders");
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r9_a_link_that_moves_to_a_new_plane_leaves_the_old_one_and_waits() {
    let house = House::with(&[plane("p")]).await;
    service(&house, "p", "orders");
    house.apply(&[plane("p"), link("p", "orders")]).await;
    let desired = [plane("q"), link("q", "orders")];
    house.apply(&desired).await;
    assert_eq!(house.server.labels(), ["plane/q".to_owned()].into());
    assert_eq!(lines(&house.plan(&desired).await), ["deferred link/orders"]);
}

#[tokio::test]
async fn r9_what_was_deleted_outside_and_has_to_wait_is_told() {
    let house = House::with(&[plane("p")]).await;
    let service = service(&house, "p", "orders");
    let desired = [plane("p"), link("p", "orders")];
    house.apply(&desired).await;
    house.server.remove(&service);
    house.server.remove(&house.book.get("link/orders").unwrap().id);
    let diff = house.plan(&desired).await;
    assert_eq!((lines(&diff), diff.drift.len()), (vec!["deferred link/orders".to_owned()], 1));
}

#[tokio::test]
async fn r9_what_must_exist_and_does_not_is_refused_with_the_nearest_name() {
    let named = |needle: &str| {
        let absent = format!("there is no service `{needle}`");
        let (type_name, list, needle) = ("service", "tags", needle.to_owned());
        let (within, advice) = (BTreeMap::new(), String::new());
        let lookup = Lookup { type_name, within, list, needle, absent, advice, must_exist: true };
        let link = resource("link", "x").with("plane_id", id_of("plane/p")).with("service_id", Expr::Lookup(lookup));
        [plane("p"), link, crate::house::link("p", "other")]
    };
    let house = House::with(&[plane("p"), link("p", "other")]).await;
    house.server.put("service", json!({ "plane_id": house.server.id("plane/p"), "tags": ["Flights Admin"] }));
    assert_eq!(lines(&house.plan(&named("Flights Admin")).await), ["deferred link/other", "create link/x"]);
    assert_eq!(
        house.refusals(&named("flight admin")).await,
        ["`Acme/link/x` cannot be created: there is no service `flight admin`; did you mean `Flights Admin`?"]
    );
    assert_eq!(
        house.refusals(&named("weather")).await,
        ["`Acme/link/x` cannot be created: there is no service `weather`"]
    );
}
