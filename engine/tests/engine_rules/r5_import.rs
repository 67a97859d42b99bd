//! R5: `koctl import` records existing objects in the state as they are, and sends nothing.

use engine::{Action, Expr, ResourceChange};
use serde_json::json;

use crate::house::{House, id_of, lines, link, page, plane, resource, role, short, team};

/// The attributes of each object that differ from the configuration: `team/a [description]`.
fn outstanding(changes: &[ResourceChange]) -> Vec<String> {
    let differing = changes.iter().filter(|change| change.has_outstanding());
    let line = |change: &ResourceChange| {
        let names: Vec<&str> = change.outstanding().collect();
        format!("{} [{}]", short(&change.address), names.join(", "))
    };
    differing.map(line).collect()
}

#[tokio::test]
async fn r5_where_everything_is_known_or_nothing_exists_there_is_nothing_to_import() {
    let house = House::with(&[team("a"), page("b")]).await;
    let desired = [team("a"), page("b"), page("missing"), plane("p")];
    let diff = house.try_import(&desired, None).await.unwrap();
    assert_eq!(lines(&diff), Vec::<String>::new());
    assert!(house.record(diff).await.unwrap().is_complete());
    assert_eq!(house.book.addresses(), ["page/b", "team/a"]);
}

#[tokio::test]
async fn r5_what_is_as_the_configuration_says_is_imported_and_then_quiet() {
    let desired = [team("a").with("contact", "x"), plane("p"), role("a", "p"), page("t")];
    let house = House::with(&desired).await;
    let before = house.book.addresses();
    for label in &before {
        house.book.tear(label);
    }
    house.import(&desired).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.addresses(), before);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r5_what_differs_is_recorded_as_it_is_and_the_next_plan_changes_it() {
    let house = House::new();
    let labels = json!({ "owner": "them", "theirs": "1" });
    house.server.put("team", json!({ "name": "a", "description": "theirs", "labels": labels }));
    let desired = [team("a").with("description", "ours").with("contact", "x")];
    let diff = house.try_import(&desired, None).await.unwrap();
    assert_eq!(lines(&diff), ["import team/a"]);
    assert_eq!(outstanding(&diff.changes), ["team/a [contact, description, labels]"]);
    house.record(diff).await.unwrap();
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    let known = house.book.get("team/a").unwrap();
    assert_eq!(known.attributes["description"], "theirs");
    assert_eq!(known.attributes["labels"], json!({ "owner": "them" }));
    assert!(known.normalised.is_empty(), "{known:#?}");
    let next = house.plan(&desired).await;
    assert_eq!((lines(&next), next.drift), (vec!["update team/a [description, contact, labels]".to_owned()], vec![]));
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
    assert_eq!(house.server.get(&house.server.id("team/a"), "labels")["theirs"], "1");
}

#[tokio::test]
async fn r5_what_the_next_plan_would_replace_is_imported_and_says_so() {
    let house = House::new();
    house.server.put("plane", json!({ "name": "p", "kind": "serverless", "labels": { "owner": "koctl" } }));
    let diff = house.try_import(&[plane("p")], None).await.unwrap();
    assert_eq!(
        (lines(&diff), diff.changes[0].replaced_by().collect()),
        (vec!["import plane/p".to_owned()], vec!["kind"])
    );
    house.record(diff).await.unwrap();
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(lines(&house.plan(&[plane("p")]).await), ["replace plane/p [kind]"]);
}

#[tokio::test]
async fn r5_what_is_not_there_is_not_made_and_what_hangs_on_it_waits() {
    let house = House::new();
    house.server.put("page", json!({ "name": "child", "content": "# child\n" }));
    let desired = [page("parent"), page("child").with("parent_id", id_of("page/parent"))];
    let diff = house.try_import(&desired, None).await.unwrap();
    assert_eq!(
        (lines(&diff), outstanding(&diff.changes)),
        (vec!["import page/child".to_owned()], vec!["page/child [parent_id]".to_owned()])
    );
    house.record(diff).await.unwrap();
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(lines(&house.plan(&desired).await), ["update page/child [parent_id]", "create page/parent"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r5_a_link_is_imported_once_its_lookup_finds_what_it_links() {
    let house = House::with(&[plane("p")]).await;
    let plane_id = house.server.id("plane/p");
    let desired = [plane("p"), link("p", "orders")];
    assert_eq!(lines(&house.try_import(&desired, None).await.unwrap()), Vec::<String>::new());
    let service = house.server.put("service", json!({ "plane_id": plane_id, "tags": ["orders"] }));
    house.server.put("link", json!({ "plane_id": plane_id, "service_id": service }));
    assert_eq!(lines(&house.try_import(&desired, None).await.unwrap()), ["import link/orders"]);
    house.import(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r5_several_objects_of_the_name_are_left_to_a_person_and_the_rest_is_imported() {
    let house = House::new();
    let first = house.server.put("page", json!({ "name": "a" }));
    let second = house.server.put("page", json!({ "name": "a" }));
    house.server.put("page", json!({ "name": "b", "content": "# b\n" }));
    let diff = house.try_import(&[page("a"), page("b")], None).await.unwrap();
    assert_eq!(lines(&diff), ["deferred page/a", "import page/b"]);
    let told = format!("it could be any of 2 existing objects: {first}, {second}");
    assert_eq!(diff.changes[0].reason, Some(told));
    house.record(diff).await.unwrap();
    assert_eq!(house.book.addresses(), ["page/b"]);
}

#[tokio::test]
async fn r5_what_the_state_knows_under_another_address_is_left_to_the_next_plan() {
    let house = House::with(&[page("a")]).await;
    let desired = [resource("page", "moved").with("name", "a").with("content", "# a\n")];
    assert_eq!(lines(&house.try_import(&desired, None).await.unwrap()), Vec::<String>::new());
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r5_what_the_state_knows_and_is_gone_or_no_longer_wanted_stays_in_the_state() {
    let house = House::with(&[page("gone"), page("left")]).await;
    house.server.remove(&house.server.id("page/gone"));
    house.import(&[page("gone")]).await;
    assert_eq!(house.book.addresses(), ["page/gone", "page/left"]);
}

#[tokio::test]
async fn r5_one_address_alone_is_imported_where_it_alone_is_asked_for() {
    let house = House::new();
    for name in ["a", "b"] {
        house.server.put("page", json!({ "name": name, "content": format!("# {name}\n") }));
    }
    let diff = house.try_import(&[page("a"), page("b")], Some("page/b")).await.unwrap();
    assert_eq!(lines(&diff), ["import page/b"]);
}

#[tokio::test]
async fn r5_two_resources_that_would_be_one_object_are_not_imported() {
    let house = House::new();
    let desired = [page("a"), resource("page", "b").with("name", "a")];
    let refusals = house.try_import(&desired, None).await.unwrap_err();
    let expected = "`Acme/page/a` and `Acme/page/b` would be the same object (a); give one of them another name";
    assert_eq!(refusals[0].to_string(), expected);
}

#[tokio::test]
async fn r11_of_what_is_imported_nobody_knows_the_secret_so_the_next_plan_sets_it() {
    let house = House::new();
    house.server.put("door", json!({ "name": "d", "key": "theirs" }));
    let desired = [resource("door", "d").with("name", "d").with("key", Expr::Secret("hunter2".into()))];
    let diff = house.try_import(&desired, None).await.unwrap();
    assert_eq!(outstanding(&diff.changes), ["door/d [key]"]);
    let shown = serde_json::to_string(&diff.changes).unwrap();
    assert!(!shown.contains("hunter2") && !shown.contains("theirs"), "{shown}");
    house.record(diff).await.unwrap();
    assert!(!house.book.get("door/d").unwrap().attributes.contains_key("key"));
    assert_eq!(lines(&house.plan(&desired).await), ["update door/d [key]"]);
}

#[tokio::test]
async fn r8_a_plan_that_may_write_only_the_state_is_refused_whole_if_it_would_do_more() {
    let house = House::new();
    house.server.put("page", json!({ "name": "a", "content": "old" }));
    let diff = house.plan(&[page("a"), page("b")]).await;
    assert_eq!(diff.changes.iter().map(|one| one.action).collect::<Vec<_>>(), [Action::Import, Action::Create]);
    let error = house.record(diff).await.unwrap_err();
    let told =
        "could not apply the plan: `Acme/page/a` will be imported, and this plan may write nothing but the state";
    assert_eq!(error.to_string(), told);
    assert_eq!(house.book.addresses(), Vec::<String>::new());
}

#[tokio::test]
async fn r8_a_state_that_cannot_be_written_knows_none_of_it() {
    let house = House::new();
    for name in ["a", "b"] {
        house.server.put("page", json!({ "name": name, "content": format!("# {name}\n") }));
    }
    let diff = house.try_import(&[page("a"), page("b")], None).await.unwrap();
    house.book.room(Some(0));
    let error = house.record(diff).await.unwrap_err();
    assert_eq!(error.to_string(), "could not write the state of `Acme`: no space left");
    assert_eq!(house.book.addresses(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn r10_what_a_killed_apply_made_is_known_and_still_completed_by_the_next_apply() {
    let house = House::new();
    let desired = [page("a"), page("b")];
    house.book.stall(Some(1));
    house.kill_when_stuck(&desired).await;
    house.server.take_writes();
    house.import(&desired).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.addresses(), ["page/a", "page/b"]);
    assert_eq!(house.book.intents(), ["create page/a", "create page/b"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}
