//! R5: an object that exists is imported, once, by the one address that it belongs to; nothing is created twice, and
//! no renamed object is deleted.

use engine::diff::DiffOptions;
use serde_json::json;

use crate::house::{House, id_of, lines, note, page, plane, resource, role, short, team};
use crate::vendor::Fault;

const NO_ADOPT: DiffOptions<'static> = DiffOptions { no_adopt: true, targets: None, protected: None, lineage: "" };

#[tokio::test]
async fn r5_what_the_state_knows_is_not_imported() {
    let house = House::with(&[page("a")]).await;
    let diff = house.try_plan(&[page("a")], NO_ADOPT).await.unwrap();
    assert_eq!(lines(&diff), Vec::<String>::new());
}

#[tokio::test]
async fn r5_an_object_that_exists_is_imported_not_created_twice() {
    let house = House::new();
    let id = house.server.put("page", json!({ "name": "a", "content": "# a\n" }));
    assert_eq!(lines(&house.plan(&[page("a")]).await), ["import page/a"]);
    house.apply(&[page("a")]).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.get("page/a").unwrap().id, id);
    house.assert_quiet(&[page("a")]).await;
}

#[tokio::test]
async fn r5_an_object_that_exists_and_differs_is_imported_and_updated() {
    let house = House::new();
    house.server.put("page", json!({ "name": "a", "content": "old" }));
    assert_eq!(lines(&house.plan(&[page("a")]).await), ["import page/a [content]"]);
    house.apply(&[page("a")]).await;
    assert_eq!(house.server.take_writes(), ["update page/a [content]"]);
    house.assert_quiet(&[page("a")]).await;
}

#[tokio::test]
async fn r5_an_object_is_found_by_a_key_made_of_references() {
    let house = House::new();
    let team_id = house.server.put("team", json!({ "name": "a", "labels": { "owner": "koctl" } }));
    let labels = json!({ "owner": "koctl" });
    let plane_id = house.server.put("plane", json!({ "name": "p", "kind": "hybrid", "labels": labels }));
    house.server.put("role", json!({ "team_id": team_id, "plane_id": plane_id, "level": "admin" }));
    let desired = [role("a", "p"), team("a"), plane("p")];
    assert_eq!(lines(&house.plan(&desired).await), ["import plane/p", "import role/a+p", "import team/a"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r5_no_adopt_makes_an_import_an_error() {
    let house = House::new();
    let id = house.server.put("page", json!({ "name": "a" }));
    let refusals = house.try_plan(&[page("a")], NO_ADOPT).await.unwrap_err();
    let told = format!(
        "`Acme/page/a` exists already with the id {id}, and --no-adopt was given; leave the option out to import it"
    );
    assert_eq!(refusals[0].to_string(), told);
}

#[tokio::test]
async fn r5_no_adopt_also_refuses_what_somebody_made_again() {
    let house = House::with(&[page("a")]).await;
    house.server.remove(&house.server.id("page/a"));
    house.server.put("page", json!({ "name": "a" }));
    assert!(house.try_plan(&[page("a")], NO_ADOPT).await.is_err());
}

#[tokio::test]
async fn r5_an_object_under_a_new_address_is_imported_there_and_forgotten_here_never_deleted() {
    let house = House::with(&[page("a"), page("child").with("parent_id", id_of("page/a"))]).await;
    let desired = [
        resource("page", "moved").with("name", "a").with("content", "# a\n"),
        page("child").with("parent_id", id_of("page/moved")),
    ];
    // koctl made it, so that --no-adopt has nothing against it.
    let diff = house.try_plan(&desired, NO_ADOPT).await.unwrap();
    assert_eq!(lines(&diff), ["forget page/a", "record page/child", "import page/moved"]);
    assert_eq!(diff.changes[0].reason.as_deref(), Some("it moved to `Acme/page/moved`"));
    assert_eq!(diff.changes[2].reason.as_deref(), Some("it moved from `Acme/page/a`"));
    assert!(house.run(diff).await.is_complete());
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.book.addresses(), ["page/child", "page/moved"]);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r5_a_new_address_knows_what_the_old_one_set_and_what_it_hung_on() {
    let before = [page("a"), page("b").with("parent_id", id_of("page/a")), team("t").with("contact", " X ")];
    let house = House::with(&before).await;
    let moved_team = resource("team", "moved").with("name", "t").with("contact", " X ");
    let desired = [resource("page", "moved").with("name", "b").with("content", "# b\n"), moved_team];
    let diff = house.plan(&desired).await;
    let expected = [
        "delete page/a",
        "forget page/b",
        "import page/moved [parent_id]",
        "import team/moved [labels]",
        "forget team/t",
    ];
    assert_eq!(lines(&diff), expected);
    assert!(house.run(diff).await.is_complete());
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r5_drift_is_told_under_the_new_address() {
    let house = House::with(&[page("a")]).await;
    house.server.set(&house.server.id("page/a"), "content", "theirs");
    let diff = house.plan(&[resource("page", "moved").with("name", "a").with("content", "# a\n")]).await;
    assert_eq!(diff.drift.iter().map(|drift| short(&drift.address)).collect::<Vec<_>>(), ["page/moved"]);
}

#[tokio::test]
async fn r5_the_old_address_is_forgotten_only_once_the_new_one_is_recorded() {
    let house = House::with(&[page("a")]).await;
    let desired = [resource("page", "moved").with("name", "a").with("content", "new")];
    house.server.fault("update page/a", Fault::Refuse);
    house.try_apply(&desired).await;
    assert_eq!(house.book.addresses(), ["page/a"]);
    house.apply(&desired).await;
    assert_eq!(house.book.addresses(), ["page/moved"]);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r5_a_kill_between_import_and_forget_deletes_nothing() {
    let house = House::with(&[page("a")]).await;
    let old = house.book.get("page/a").unwrap();
    let desired = [resource("page", "moved").with("name", "a").with("content", "# a\n")];
    house.apply(&desired).await;
    house.book.set("page/a", old.clone());
    assert_eq!(lines(&house.plan(&desired).await), ["forget page/a"]);
    // The old address comes back with another name: the object stays with the one whose name it has.
    let both = [page("a").with("name", "b"), desired[0].clone()];
    let diff = house.plan(&both).await;
    assert_eq!(lines(&diff), ["create page/a"]);
    assert!(house.run(diff).await.is_complete());
    house.assert_quiet(&both).await;
    assert_eq!(house.server.labels(), ["page/a".to_owned(), "page/b".to_owned()].into());
}

#[tokio::test]
async fn r5_an_object_of_one_address_is_not_taken_by_another_that_wants_its_old_name() {
    let house = House::with(&[page("a")]).await;
    let desired = [page("a").with("name", "renamed"), resource("page", "new").with("name", "a").with("content", "")];
    assert_eq!(lines(&house.plan(&desired).await), ["update page/a [name]", "create page/new"]);
}

#[tokio::test]
async fn r5_an_object_of_our_own_does_not_make_another_one_ambiguous() {
    let house = House::with(&[page("a")]).await;
    house.server.put("page", json!({ "name": "a", "content": "" }));
    let desired = [page("a").with("name", "renamed"), resource("page", "new").with("name", "a").with("content", "")];
    assert_eq!(lines(&house.plan(&desired).await), ["update page/a [name]", "import page/new"]);
}

#[tokio::test]
async fn r5_several_objects_of_the_name_hold_back_their_own_resource_with_their_ids() {
    let house = House::new();
    let first = house.server.put("page", json!({ "name": "a" }));
    let second = house.server.put("page", json!({ "name": "a" }));
    let expected = format!(
        "`Acme/page/a` could be any of 2 existing objects of its name: {first}, {second}; take over the one that is meant with \
         `koctl import Acme/page/a ID`, or delete or rename the others"
    );
    let diff = house.plan(&[page("a"), page("b")]).await;
    let held_back: Vec<String> = diff.held_back.iter().map(ToString::to_string).collect();
    assert_eq!((held_back, lines(&diff)), (vec![expected], vec!["create page/b".to_owned()]));
}

#[tokio::test]
async fn r5_what_refers_to_one_of_several_objects_waits() {
    let house = House::new();
    for _ in 0..2 {
        house.server.put("team", json!({ "name": "a" }));
    }
    let diff = house.plan(&[team("a"), plane("p"), role("a", "p")]).await;
    assert_eq!(lines(&diff), ["create plane/p", "deferred role/a+p"]);
    let reason = "`Acme/team/a` could be any of 2 existing objects";
    assert_eq!(diff.changes[1].reason.as_deref(), Some(reason));
}

#[tokio::test]
async fn r5_several_objects_of_the_name_do_not_matter_to_the_one_that_the_state_knows() {
    let house = House::with(&[page("a")]).await;
    house.server.put("page", json!({ "name": "a" }));
    house.assert_quiet(&[page("a")]).await;
}

#[tokio::test]
async fn r5_two_resources_that_would_be_one_object_are_refused() {
    let refusals = House::new().refusals(&[page("a"), resource("page", "b").with("name", "a")]).await;
    let expected = "`Acme/page/a` and `Acme/page/b` would be the same object (a); give one of them another name";
    assert_eq!(refusals, [expected]);
}

#[tokio::test]
async fn r5_two_resources_that_would_be_one_object_are_refused_also_through_references() {
    let twin = resource("role", "twin").with("team_id", id_of("team/a")).with("plane_id", id_of("plane/p"));
    let refusals = House::new().refusals(&[team("a"), plane("p"), role("a", "p"), twin]).await;
    assert_eq!(refusals.len(), 1, "{refusals:?}");
}

#[tokio::test]
async fn r5_an_object_that_nobody_asked_for_is_left_alone() {
    let house = House::with(&[page("a")]).await;
    house.server.put("page", json!({ "name": "theirs" }));
    house.assert_quiet(&[page("a")]).await;
    house.apply(&[]).await;
    assert_eq!(house.server.labels(), ["page/theirs".to_owned()].into());
}

#[tokio::test]
async fn r5_an_import_that_must_be_replaced_says_that_koctl_did_not_make_it() {
    let house = House::new();
    house.server.put("plane", json!({ "name": "p", "kind": "serverless", "labels": { "owner": "koctl" } }));
    let diff = house.plan(&[plane("p")]).await;
    assert_eq!(lines(&diff), ["replace plane/p [kind]"]);
    assert_eq!(diff.changes[0].reason.as_deref(), Some("it exists already, and koctl does not manage it"));
}

#[tokio::test]
async fn r5_where_names_may_repeat_what_was_made_since_the_plan_is_not_made_again() {
    let house = House::new();
    let desired = [note("a"), note("b"), page("p")];
    let diff = house.plan(&desired).await;
    let theirs = house.server.put("note", json!({ "title": "a", "text": "by hand" }));
    house.server.take_log();
    let outcome = house.run(diff).await;
    assert_eq!(crate::house::failed(&outcome), ["note/a"]);
    let error = &outcome.failed[0].1;
    assert!(error.to_string().contains(&theirs) && error.to_string().contains("Acme/note/a"), "{error}");
    assert_eq!(house.server.take_log().iter().filter(|line| *line == "list note").count(), 1);
    assert_eq!((house.server.count("note"), house.server.count("page")), (2, 1));
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
    assert_eq!(house.server.count("note"), 2);
}

#[tokio::test]
async fn r5_a_second_object_of_koctls_own_is_reported_by_every_plan_and_by_drift() {
    let house = House::with(&[note("a"), note("b")]).await;
    let first = house.server.id("note/a");
    assert_eq!(house.plan(&[note("a"), note("b")]).await.duplicates, []);
    let labels = json!({ "owner": "koctl", "added-by": "vendor" });
    let second = house.server.put("note", json!({ "title": "a", "text": "other", "labels": labels }));
    house.server.put("note", json!({ "title": "a", "text": "of a person" }));
    let diff = house.plan(&[note("a"), note("b")]).await;
    assert_eq!(diff.changes, []);
    let [one] = diff.duplicates.as_slice() else { panic!("{:?}", diff.duplicates) };
    assert_eq!((one.address.as_str(), &one.id, &one.others), ("Acme/note/a", &first, &vec![second.clone()]));
    assert!(one.to_string().contains(&first) && one.to_string().contains(&second), "{one}");
    let findings = engine::drift::look(&house.book.remembered(), &[], &house.readers).await.unwrap();
    assert_eq!(findings.unmanaged.iter().map(|one| &one.id).collect::<Vec<_>>(), [&second]);
    // It is reported also if the resource is about to be deleted.
    assert_eq!(house.plan(&[note("b")]).await.duplicates.len(), 1);
}
