//! R4: the actions, each from the one difference that asks for it.

use engine::plan::Summary;
use serde_json::{Value, json};

use crate::house::{House, attribute_of, id_of, lines, page, plane, resource, role, team};

#[tokio::test]
async fn r4_no_difference_is_no_action() {
    let desired = [team("a"), plane("p"), role("a", "p"), page("t")];
    House::with(&desired).await.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r4_what_is_not_there_is_created_with_its_references_known_after_apply() {
    let diff = House::new().plan(&[team("a"), plane("p"), role("a", "p")]).await;
    assert_eq!(lines(&diff), ["create plane/p", "create role/a+p", "create team/a"]);
    let unknown: Vec<_> = diff.changes[1].references().map(|(name, of)| format!("{name} = {of}")).collect();
    assert_eq!(unknown, ["plane_id = Acme/plane/p#id", "team_id = Acme/team/a#id"]);
}

#[tokio::test]
async fn r4_a_difference_updates_only_what_differs() {
    let house = House::with(&[team("a").with("description", "x").with("tier", "basic")]).await;
    house.apply(&[team("a").with("description", "y").with("tier", "basic")]).await;
    assert_eq!(house.server.take_writes(), ["update team/a [description]"]);
}

#[tokio::test]
async fn r4_what_leaves_the_configuration_is_deleted() {
    let house = House::with(&[team("a"), page("t")]).await;
    house.apply(&[page("t")]).await;
    assert_eq!(house.server.take_writes(), ["delete team/a"]);
    assert_eq!(house.book.addresses(), ["page/t"]);
}

#[tokio::test]
async fn r4_who_leaves_the_configuration_but_must_stay_is_forgotten() {
    let person = resource("person", "a@b").with("email", "a@b");
    let house = House::with(&[person]).await;
    house.apply(&[]).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.server.labels(), ["person/a@b".to_owned()].into());
    assert_eq!(house.book.addresses(), Vec::<String>::new());
}

#[tokio::test]
async fn r4_a_change_that_forces_it_replaces_the_object_and_what_refers_to_it() {
    let house = House::with(&[team("a"), plane("p"), role("a", "p")]).await;
    let desired = [team("a"), plane("p").with("kind", "serverless"), role("a", "p")];
    let diff = house.plan(&desired).await;
    assert_eq!(lines(&diff), ["replace plane/p [kind]", "replace role/a+p [plane_id]"]);
    assert_eq!(diff.changes[0].replaced_by().collect::<Vec<_>>(), ["kind"]);
    assert!(house.run(diff).await.is_complete());
    let writes = house.server.take_writes();
    let expected = ["delete role/a+p", "delete plane/p", "create plane/p", "complete plane/p", "create role/a+p"];
    assert_eq!(writes, expected);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r4_a_replacement_keeps_the_labels_of_others() {
    let house = House::with(&[plane("p")]).await;
    house.server.set(&house.server.id("plane/p"), "labels", json!({ "owner": "koctl", "theirs": "1" }));
    house.apply(&[plane("p").with("kind", "serverless")]).await;
    let labels = house.server.get(&house.server.id("plane/p"), "labels");
    assert_eq!(labels, json!({ "owner": "koctl", "theirs": "1", "added-by": "vendor" }));
}

#[tokio::test]
async fn r4_an_update_keeps_the_labels_of_others_and_removes_our_own() {
    let house = House::with(&[team("a").with("labels", json!({ "owner": "koctl", "old": "1" }))]).await;
    let id = house.server.id("team/a");
    house.server.set(&id, "labels", json!({ "owner": "koctl", "old": "1", "theirs": "1" }));
    house.apply(&[team("a").with("labels", json!({ "owner": "koctl", "new": "2" }))]).await;
    assert_eq!(house.server.get(&id, "labels"), json!({ "owner": "koctl", "new": "2", "theirs": "1" }));
}

#[tokio::test]
async fn r4_a_label_that_somebody_else_set_first_stays_theirs_when_it_is_not_asked_for() {
    let house = House::new();
    let id = house.server.put("team", json!({ "name": "a", "labels": { "theirs": "1" } }));
    house.apply(&[team("a")]).await;
    house.apply(&[team("a").with("description", "x")]).await;
    assert_eq!(house.server.get(&id, "labels"), json!({ "owner": "koctl", "theirs": "1", "added-by": "vendor" }));
}

#[tokio::test]
async fn r4_labels_that_leave_the_configuration_as_a_whole_are_removed_but_for_those_of_others() {
    let house = House::with(&[team("a")]).await;
    let id = house.server.id("team/a");
    let bare = [resource("team", "a").with("name", "a")];
    house.apply(&bare).await;
    assert_eq!(house.server.get(&id, "labels"), json!({ "added-by": "vendor" }));
    house.assert_quiet(&bare).await;
}

#[tokio::test]
async fn r4_a_nullable_attribute_that_leaves_the_configuration_is_cleared() {
    let house = House::with(&[team("a").with("description", "x")]).await;
    house.apply(&[team("a")]).await;
    assert_eq!(house.server.get(&house.server.id("team/a"), "description"), Value::Null);
    house.assert_quiet(&[team("a")]).await;
}

#[tokio::test]
async fn r4_a_nullable_attribute_that_koctl_never_set_is_left_alone() {
    let house = House::new();
    house.server.put("team", json!({ "name": "a", "description": "theirs", "labels": { "owner": "koctl" } }));
    let diff = house.plan(&[team("a")]).await;
    assert_eq!(lines(&diff), ["import team/a"]);
}

#[tokio::test]
async fn r4_an_attribute_that_cannot_be_cleared_stays_when_it_leaves_the_configuration() {
    let house = House::with(&[team("a").with("tier", "basic")]).await;
    house.apply(&[team("a")]).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.server.get(&house.server.id("team/a"), "tier"), "basic");
}

#[tokio::test]
async fn r4_what_refers_to_an_attribute_that_changes_gets_its_new_value_in_the_same_apply() {
    let desired = |name: &str| {
        let parent = page("a").with("name", name);
        [parent, page("b").with("parent_name", attribute_of("page/a", "name"))]
    };
    let house = House::with(&desired("old")).await;
    let diff = house.plan(&desired("new")).await;
    assert_eq!(lines(&diff), ["update page/a [name]", "update page/b [parent_name]"]);
    assert!(house.run(diff).await.is_complete());
    assert_eq!(house.server.get(&house.server.id("page/b"), "parent_name"), "new");
    house.assert_quiet(&desired("new")).await;
}

#[tokio::test]
async fn r4_what_refers_to_an_attribute_that_a_replacement_keeps_is_left_alone() {
    let desired =
        |kind: &str| [plane("p").with("kind", kind), page("b").with("parent_name", attribute_of("plane/p", "name"))];
    let house = House::with(&desired("hybrid")).await;
    let diff = house.plan(&desired("serverless")).await;
    assert_eq!(lines(&diff), ["replace plane/p [kind]"]);
}

#[tokio::test]
async fn r4_a_reference_to_an_attribute_that_the_object_has_not_got_is_null() {
    let desired = [page("a"), page("b").with("parent_name", attribute_of("page/a", "parent_name"))];
    let house = House::with(&[page("a")]).await;
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r4_a_name_is_given_up_before_another_takes_it() {
    let house = House::with(&[page("a"), page("c")]).await;
    // `a` takes the name of `c`, which goes, and a new page takes the name of `a`.
    let desired = [page("a").with("name", "c"), resource("page", "new").with("name", "a").with("content", "n")];
    house.apply(&desired).await;
    let expected = ["delete page/c", "update page/a [name]", "create page/a"];
    assert_eq!(house.server.take_writes(), expected);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r4_a_dependent_lets_go_before_what_it_referred_to_is_deleted() {
    let house = House::with(&[page("a"), page("b").with("parent_id", id_of("page/a"))]).await;
    house.apply(&[page("b")]).await;
    assert_eq!(house.server.take_writes(), ["update page/b [parent_id]", "delete page/a"]);
}

#[tokio::test]
async fn r4_deletes_go_before_what_they_depended_on() {
    let house = House::with(&[team("a"), plane("p"), role("a", "p")]).await;
    house.apply(&[]).await;
    assert_eq!(house.server.take_writes()[0], "delete role/a+p");
    assert_eq!(house.server.labels(), [].into());
}

#[tokio::test]
async fn r4_the_summary_counts_a_replacement_as_both_and_an_import_by_what_it_changes() {
    let house = House::with(&[plane("p"), page("gone"), page("moved")]).await;
    house.server.put("team", json!({ "name": "a" }));
    let desired = [plane("p").with("kind", "other"), team("a"), page("n"), page("moved").with("content", "new")];
    let diff = house.plan(&desired).await;
    let summary: Summary = diff.changes.iter().collect();
    assert_eq!(summary.to_string(), "1 to import, 2 to add, 2 to change, 2 to destroy");
}
