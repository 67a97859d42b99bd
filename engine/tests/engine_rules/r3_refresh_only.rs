//! R3: drift is accepted into the state as it is, and nothing is sent.

use engine::Expr;
use serde_json::{Value, json};

use crate::house::{House, lines, page, plane, resource, role, short, team};

#[tokio::test]
async fn r3_an_untouched_world_has_nothing_to_accept() {
    let desired = [team("a").with("contact", " X "), plane("p"), role("a", "p"), page("t")];
    let house = House::with(&desired).await;
    let before = house.book.state();
    let diff = house.plan_refresh().await;
    assert_eq!((lines(&diff), &diff.drift), (Vec::new(), &Vec::new()));
    house.record(diff).await.unwrap();
    assert_eq!(house.book.state(), before);
}

#[tokio::test]
async fn r3_a_changed_attribute_is_recorded_as_it_is_and_is_no_drift_but_a_change_from_then_on() {
    let desired = [team("a").with("description", "ours"), page("t")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("team/a"), "description", "theirs");
    house.server.set(&house.server.id("page/t"), "content", "# theirs\n");
    let diff = house.plan_refresh().await;
    assert_eq!(lines(&diff), ["record page/t", "record team/a"]);
    assert_eq!(diff.drift.len(), 2);
    house.record(diff).await.unwrap();
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.get("team/a").unwrap().attributes["description"], "theirs");
    assert_eq!(house.plan_refresh().await.drift, []);
    let next = house.plan(&desired).await;
    assert_eq!(lines(&next), ["update page/t [content]", "update team/a [description]"]);
    assert_eq!(next.drift, []);
    house.assert_quiet(&[team("a").with("description", "theirs"), page("t").with("content", "# theirs\n")]).await;
}

#[tokio::test]
async fn r3_what_was_cleared_is_recorded_so_and_labels_of_others_stay_theirs() {
    let house = House::with(&[team("a").with("description", "ours")]).await;
    let id = house.server.id("team/a");
    house.server.set(&id, "description", Value::Null);
    house.server.set(&id, "labels", json!({ "theirs": "1" }));
    house.accept().await;
    let known = house.book.get("team/a").unwrap();
    assert!(!known.attributes.contains_key("description"), "{known:#?}");
    assert_eq!(known.attributes["labels"], json!({}));
    assert_eq!(
        lines(&house.plan(&[team("a").with("description", "ours")]).await),
        ["update team/a [description, labels]"]
    );
}

#[tokio::test]
async fn r3_what_is_gone_is_forgotten_and_made_again_only_by_the_next_plan() {
    let desired = [page("a"), page("b")];
    let house = House::with(&desired).await;
    house.server.remove(&house.server.id("page/a"));
    assert_eq!(lines(&house.plan_refresh().await), ["forget page/a"]);
    house.accept().await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.addresses(), ["page/b"]);
    let next = house.plan(&desired).await;
    assert_eq!((lines(&next), next.drift), (vec!["create page/a".to_owned()], vec![]));
}

#[tokio::test]
async fn r3_what_was_made_again_is_recorded_under_its_new_id_with_what_hangs_on_it() {
    let desired = [team("a"), plane("p"), role("a", "p")];
    let house = House::with(&desired).await;
    house.server.remove(&house.server.id("role/a+p"));
    house.server.remove(&house.server.id("plane/p"));
    let plane_id = house.server.put("plane", json!({ "name": "p", "kind": "hybrid", "labels": { "owner": "koctl" } }));
    let team_id = house.server.id("team/a");
    let role_id = house.server.put("role", json!({ "team_id": team_id, "plane_id": plane_id, "level": "admin" }));
    let diff = house.plan_refresh().await;
    assert_eq!(lines(&diff), ["record plane/p", "record role/a+p"]);
    house.record(diff).await.unwrap();
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.get("plane/p").unwrap().id, plane_id);
    assert_eq!(house.book.get("role/a+p").unwrap().id, role_id);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r6_what_the_server_made_of_a_value_stays_known_when_something_else_is_accepted() {
    let desired = [team("a").with("contact", " X@Y ").with("description", "ours")];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("team/a"), "description", "theirs");
    house.accept().await;
    assert_eq!(lines(&house.plan(&desired).await), ["update team/a [description]"]);
}

#[tokio::test]
async fn r11_the_trace_of_a_secret_is_kept_unless_the_object_is_another() {
    let desired = [resource("door", "d").with("name", "d").with("colour", "red").with("key", Expr::Secret("k".into()))];
    let house = House::with(&desired).await;
    house.server.set(&house.server.id("door/d"), "colour", "blue");
    house.accept().await;
    assert_eq!(lines(&house.plan(&desired).await), ["update door/d [colour]"]);
    house.server.remove(&house.server.id("door/d"));
    house.server.put("door", json!({ "name": "d", "colour": "red", "key": "theirs" }));
    house.accept().await;
    assert_eq!(lines(&house.plan(&desired).await), ["update door/d [key]"]);
}

#[tokio::test]
async fn r5_what_no_state_knows_is_not_accepted() {
    let house = House::with(&[page("a")]).await;
    house.server.put("page", json!({ "name": "b" }));
    house.accept().await;
    assert_eq!(house.book.remembered().0.keys().map(short).collect::<Vec<_>>(), ["page/a"]);
}
