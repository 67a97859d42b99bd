//! R12: destruction is opt-in: it is refused for a protected resource, and marked for a guarded one.

use serde_json::json;

use crate::house::{House, lines, link, page, plan_of, plane, resource, role, short, team};

async fn guarded(house: &House, desired: &[engine::Desired]) -> Vec<String> {
    plan_of(house.plan(desired).await).guarded().map(|change| short(&change.address)).collect()
}

#[tokio::test]
async fn r12_protection_costs_nothing_while_nothing_is_destroyed() {
    let desired = [team("a").protect(true), plane("p").protect(true)];
    let house = House::with(&desired).await;
    house.assert_quiet(&desired).await;
    assert_eq!(guarded(&house, &desired).await, Vec::<String>::new());
}

#[tokio::test]
async fn r12_a_protected_resource_may_be_updated() {
    let house = House::with(&[team("a").protect(true)]).await;
    let diff = house.plan(&[team("a").protect(true).with("description", "x")]).await;
    assert_eq!(lines(&diff), ["update team/a [description]"]);
}

#[tokio::test]
async fn r12_a_protected_resource_that_leaves_the_configuration_is_refused() {
    let house = House::with(&[page("a").protect(true)]).await;
    let refusals = house.refusals(&[]).await;
    let expected = "`Acme/page/a` will be destroyed, but it is protected; to allow it, take `protect: true` away while it is in the configuration (if it has left, put it back first), apply that, and try again; if something was renamed, say so under `moved` instead";
    assert_eq!(refusals, [expected]);
}

#[tokio::test]
async fn r12_a_protected_resource_that_would_be_replaced_is_refused_with_what_forces_it() {
    let house = House::with(&[plane("p").protect(true)]).await;
    let refusals = house.refusals(&[plane("p").protect(true).with("kind", "serverless")]).await;
    let expected = "`Acme/plane/p` must be replaced, but it is protected (because of `kind`); to allow it, remove \
                    `protect: true` from the configuration: the next plan then replaces what is listed";
    assert_eq!(refusals, [expected]);
}

#[tokio::test]
async fn r12_protection_that_is_taken_away_is_a_change_that_needs_approval() {
    let house = House::with(&[page("a").protect(true)]).await;
    let diff = house.plan(&[page("a")]).await;
    assert_eq!((lines(&diff), diff.changes[0].new_protection()), (vec!["record page/a".to_owned()], Some(false)));
    assert!(plan_of(diff).has_changes());
    house.apply(&[page("a")]).await;
    house.assert_quiet(&[page("a")]).await;
}

#[tokio::test]
async fn r12_protection_that_comes_later_holds_from_the_next_apply() {
    let house = House::with(&[page("a")]).await;
    let diff = house.plan(&[page("a").protect(true)]).await;
    assert_eq!(lines(&diff), ["record page/a"]);
    assert_eq!(diff.changes[0].new_protection(), Some(true));
    assert!(house.run(diff).await.is_complete());
    assert_eq!(house.refusals(&[]).await.len(), 1);
    house.apply(&[page("a")]).await;
    house.apply(&[]).await;
    assert_eq!(house.server.labels(), [].into());
}

#[tokio::test]
async fn r12_every_refusal_is_told_at_once_and_one_reason_once() {
    let protected = [page("a").protect(true), page("b").protect(true), plane("p").protect(true)];
    let house = House::with(&protected).await;
    let refusals = house.refusals(&[plane("p").protect(true).with("kind", "serverless")]).await;
    assert_eq!(refusals.len(), 2, "{refusals:?}");
    let both =
        refusals.iter().any(|one| one.starts_with("`Acme/page/a`, `Acme/page/b` will be destroyed, but they are"));
    assert!(both, "{refusals:?}");
}

#[tokio::test]
async fn r12_a_protected_resource_that_moves_to_another_address_is_not_destroyed() {
    let house = House::with(&[page("a").protect(true)]).await;
    let moved = resource("page", "moved").with("name", "a").with("content", "# a\n").protect(true);
    assert_eq!(lines(&house.plan(&[moved]).await), ["forget page/a", "import page/moved"]);
}

#[tokio::test]
async fn r12_a_protected_resource_that_would_wait_for_its_replacement_is_refused() {
    let house = House::with(&[plane("p")]).await;
    house.server.put("service", json!({ "plane_id": house.server.id("plane/p"), "tags": ["orders"] }));
    house.apply(&[plane("p"), link("p", "orders").protect(true)]).await;
    let desired = [plane("p").with("kind", "serverless"), link("p", "orders").protect(true)];
    assert_eq!(house.refusals(&desired).await.len(), 1);
}

#[tokio::test]
async fn r12_deletions_and_replacements_of_guarded_types_are_marked() {
    let house = House::with(&[team("a"), team("b"), plane("p"), role("a", "p"), page("t")]).await;
    let desired = [team("b"), plane("p").with("kind", "serverless")];
    assert_eq!(guarded(&house, &desired).await, ["plane/p", "team/a"]);
}
