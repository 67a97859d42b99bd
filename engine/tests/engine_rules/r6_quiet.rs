//! R6: straight after an apply the plan is empty, whatever the server makes of what it was sent.

use serde_json::{Value, json};

use crate::house::{House, failed, id_of, lines, page, plane, role, team};
use crate::vendor::Fault;

#[tokio::test]
async fn r6_a_world_that_is_as_wanted_is_quiet() {
    let desired = [team("a").with("contact", "a@b"), plane("p"), role("a", "p")];
    House::with(&desired).await.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_a_normalised_value_is_no_difference() {
    let desired = [team("a").with("contact", " Ann@Example.COM ")];
    let house = House::with(&desired).await;
    assert_eq!(house.server.get(&house.server.id("team/a"), "contact"), "ann@example.com");
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_a_normalised_value_is_no_difference_after_an_update_or_an_import_either() {
    let desired = [team("a").with("contact", " B ")];
    let house = House::with(&[team("a").with("contact", " A ")]).await;
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
    house.book.tear("team/a");
    assert_eq!(lines(&house.plan(&desired).await), ["import team/a [contact]"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_a_normalised_value_survives_an_update_of_something_else() {
    let house = House::with(&[team("a").with("contact", " A ")]).await;
    let desired = [team("a").with("contact", " A ").with("description", "x")];
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), ["update team/a [description]"]);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_a_normalised_value_that_is_asked_for_differently_is_a_difference() {
    let house = House::with(&[team("a").with("contact", " A ")]).await;
    assert_eq!(lines(&house.plan(&[team("a").with("contact", " B ")]).await), ["update team/a [contact]"]);
}

#[tokio::test]
async fn r6_a_normalised_value_that_changed_outside_is_a_difference() {
    let desired = [team("a").with("contact", " A ")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("team/a"), "contact", "b");
    let diff = house.plan(&desired).await;
    assert_eq!(lines(&diff), ["update team/a [contact]"]);
    assert_eq!(diff.drift.len(), 1);
}

#[tokio::test]
async fn r6_a_value_that_the_server_drops_is_no_difference() {
    let desired = [team("a").with("description", "")];
    let house = House::with(&desired).await;
    assert_eq!(house.server.get(&house.server.id("team/a"), "description"), Value::Null);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_a_value_that_arrives_late_is_no_drift() {
    let desired = [team("a").with("contact", " A ")];
    let house = House::with(&desired).await;
    // The answer showed something else than lists do from then on.
    house.server.set(&house.server.id("team/a"), "contact", " A ");
    let diff = house.plan(&desired).await;
    assert_eq!(diff.drift, []);
    assert_eq!(lines(&diff), ["record team/a"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_null_is_no_difference_from_nothing() {
    let desired = [team("a").with("description", Value::Null)];
    House::with(&desired).await.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_null_that_the_server_fills_in_is_no_difference() {
    let desired = [team("a").with("tier", Value::Null)];
    let house = House::with(&[team("a").with("tier", "basic")]).await;
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), ["update team/a [tier]"]);
    assert_eq!(house.server.get(&house.server.id("team/a"), "tier"), "standard");
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_what_the_server_adds_is_no_difference() {
    let desired = [team("a")];
    let house = House::with(&desired).await;
    let id = house.server.id("team/a");
    assert_eq!(house.server.get(&id, "tier"), "standard");
    assert_eq!(house.server.get(&id, "labels"), json!({ "owner": "koctl", "added-by": "vendor" }));
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_what_the_server_computes_is_recorded_again_without_a_change() {
    let desired = [page("a")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("page/a"), "revision", 7);
    let diff = house.plan(&desired).await;
    assert_eq!((lines(&diff), diff.drift.len()), (vec!["record page/a".to_owned()], 0));
    house.apply(&desired).await;
    assert_eq!(house.book.get("page/a").unwrap().attributes["revision"], 7);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_another_dependency_is_recorded_without_a_change() {
    let house = House::with(&[page("a"), page("b").with("parent_name", "a")]).await;
    let desired = [page("a"), page("b").with("parent_name", crate::house::attribute_of("page/a", "name"))];
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.get("page/b").unwrap().dependencies, ["Acme/page/a".to_owned()].into());
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_a_moved_reference_is_quiet_after_it_moved() {
    let house = House::with(&[page("a"), page("b"), page("c").with("parent_id", id_of("page/a"))]).await;
    let desired = [page("a"), page("b"), page("c").with("parent_id", id_of("page/b"))];
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), ["update page/c [parent_id]"]);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_an_update_that_the_server_ignores_is_an_error_and_asked_for_again() {
    let house = House::with(&[team("a").with("contact", "old"), page("p").with("parent_name", "x")]).await;
    let desired = [team("a").with("contact", "new"), page("p")];
    house.server.fault("update team/a", Fault::Ignore);
    house.server.fault("update page/p", Fault::Ignore);
    let outcome = house.try_apply(&desired).await;
    assert_eq!(failed(&outcome), ["page/p", "team/a"]);
    let told = outcome.failed[1].1.to_string();
    let expected = "could not bring `Acme/team/a` to what was planned: the request was answered as if it had succeeded, \
                    and yet `contact` is \"old\" and not \"new\"";
    assert_eq!(told, expected);
    assert_eq!(house.book.get("team/a").unwrap().attributes["contact"], "old");
    assert_eq!(house.book.intents(), Vec::<String>::new());
    assert_eq!(lines(&house.plan(&desired).await), ["update page/p [parent_name]", "update team/a [contact]"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_an_answer_that_shows_the_old_value_is_not_the_last_word() {
    // The answer lags behind; the object has the new value.
    let house = House::with(&[team("a").with("contact", "old")]).await;
    house.server.fault("update team/a", Fault::AnswerOld);
    house.apply(&[team("a").with("contact", "new")]).await;
    house.assert_quiet(&[team("a").with("contact", "new")]).await;
}

#[tokio::test]
async fn r6_labels_that_the_server_keeps_are_an_error() {
    let house = House::with(&[team("a")]).await;
    let desired = [team("a").with("labels", json!({ "owner": "someone" }))];
    house.server.fault("update team/a", Fault::Ignore);
    assert_eq!(failed(&house.try_apply(&desired).await), ["team/a"]);
    assert_eq!(lines(&house.plan(&desired).await), ["update team/a [labels]"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}
