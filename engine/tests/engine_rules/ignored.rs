//! Attributes that the configuration ignores are set on a new object, and never compared afterwards.

use engine::Desired;

use crate::house::{House, id_of, lines, plane, role, team};

/// A team whose description is left to others.
fn described(text: &str) -> Desired {
    team("a").with("description", text).ignoring(["description"])
}

async fn ignored(house: &House, desired: &[Desired]) -> Vec<String> {
    let ignored = house.plan(desired).await.ignored.into_iter();
    ignored.map(|one| format!("{} {:?}", one.address, one.attributes)).collect()
}

#[tokio::test]
async fn what_is_ignored_and_does_not_differ_is_quiet() {
    let desired = [described("x")];
    let house = House::with(&desired).await;
    house.assert_quiet(&desired).await;
    assert_eq!(ignored(&house, &desired).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_ignored_is_set_on_create_and_not_recorded() {
    let house = House::with(&[described("x")]).await;
    assert_eq!(house.server.get(&house.server.id("team/a"), "description"), "x");
    assert_eq!(house.book.get("team/a").unwrap().attributes.get("description"), None);
}

#[tokio::test]
async fn what_is_ignored_is_neither_changed_nor_drift_whoever_changes_it() {
    let house = House::with(&[described("x")]).await;
    house.server.set(&house.server.id("team/a"), "description", "theirs");
    for wanted in ["x", "y"] {
        let diff = house.plan(&[described(wanted)]).await;
        assert_eq!((lines(&diff), diff.drift.len()), (Vec::new(), 0));
        assert_eq!(ignored(&house, &[described(wanted)]).await, [r#"Acme/team/a {"description"}"#]);
    }
    // Also if the configuration says nothing of it any more.
    let silent = [team("a").ignoring(["description"])];
    house.assert_quiet(&silent).await;
    assert_eq!(house.server.get(&house.server.id("team/a"), "description"), "theirs");
}

#[tokio::test]
async fn what_is_ignored_from_now_on_leaves_the_state_with_the_next_apply() {
    let house = House::with(&[team("a").with("description", "x")]).await;
    house.server.set(&house.server.id("team/a"), "description", "theirs");
    let diff = house.plan(&[described("x")]).await;
    assert_eq!((lines(&diff), diff.drift.len()), (vec!["record team/a".to_owned()], 0));
    assert!(house.run(diff).await.is_complete());
    house.assert_quiet(&[described("x")]).await;
    assert_eq!(house.server.get(&house.server.id("team/a"), "description"), "theirs");
}

#[tokio::test]
async fn what_is_no_longer_ignored_is_compared_again() {
    let house = House::with(&[described("x")]).await;
    house.server.set(&house.server.id("team/a"), "description", "theirs");
    let desired = [team("a").with("description", "x")];
    assert_eq!(lines(&house.plan(&desired).await), ["update team/a [description]"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn an_existing_object_is_imported_without_what_is_ignored() {
    let house = House::with(&[team("a").with("description", "theirs")]).await;
    house.book.tear("team/a");
    let desired = [described("x")];
    assert_eq!(lines(&house.plan(&desired).await), ["import team/a"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn an_ignored_attribute_replaces_nothing() {
    let house = House::with(&[plane("p")]).await;
    let desired = [plane("p").with("kind", "serverless").ignoring(["kind"])];
    assert_eq!(lines(&house.plan(&desired).await), ["record plane/p"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn an_object_that_is_replaced_keeps_what_is_ignored() {
    let world = [team("a"), plane("p"), plane("q")];
    let on = |plane: &str, level: &str| {
        let role = role("a", "p").with("plane_id", id_of(&format!("plane/{plane}")));
        [&world[..], &[role.with("level", level).ignoring(["level"])]].concat()
    };
    let house = House::with(&on("p", "admin")).await;
    let id = house.book.get("role/a+p").unwrap().id;
    house.server.set(&id, "level", "theirs");
    let diff = house.plan(&on("q", "viewer")).await;
    assert_eq!(lines(&diff), ["replace role/a+p [plane_id]"]);
    assert_eq!(diff.changes[0].after("level"), Some(&"theirs".into()));
    assert!(house.run(diff).await.is_complete());
    house.assert_quiet(&on("q", "theirs")).await;
}
