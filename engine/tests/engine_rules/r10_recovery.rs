//! R10: after an apply was killed, the next one finds the completed steps, and carries out the others.

use std::sync::Arc;

use engine::Desired;
use engine::diff::DiffOptions;
use serde_json::json;
use tokio::sync::Notify;

use crate::house::{House, id_of, lines, page, plane, resource, role, team};
use crate::vendor::Fault;

/// The moment of a request at which an apply is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The request has not arrived, and never will.
    BeforeIt,
    /// It was carried out, and the answer has not come back.
    AfterIt,
    /// The answer has come back, and nothing of it is stored.
    BeforeItsRecord,
}

const MOMENTS: [Moment; 3] = [Moment::BeforeIt, Moment::AfterIt, Moment::BeforeItsRecord];

/// A world in which an apply of `desired` was killed at `request`.
async fn killed(before: &[Desired], desired: &[Desired], request: &str, moment: Moment) -> House {
    let house = House::with(before).await;
    match moment {
        Moment::BeforeIt => house.server.fault(request, Fault::Hang(Arc::new(Notify::new()))),
        Moment::AfterIt => house.server.fault(request, Fault::Silence),
        Moment::BeforeItsRecord => house.book.stall(Some(1)),
    }
    house.kill_when_stuck(desired).await;
    house.server.take_log();
    house
}

/// Asserts that applying `desired` now gives the same result as an undisturbed run.
async fn assert_resumes(house: &House, desired: &[Desired]) {
    house.apply(desired).await;
    house.assert_quiet(desired).await;
    let alone = House::with(desired).await;
    assert_eq!(house.server.labels(), alone.server.labels());
    assert_eq!(house.server.snapshot(), alone.server.snapshot());
    assert_eq!(house.book.addresses(), alone.book.addresses());
}

#[tokio::test(start_paused = true)]
async fn r10_without_intents_nothing_is_read() {
    let house = House::with(&[page("a")]).await;
    assert_eq!(house.recovered().await, Vec::<String>::new());
    assert_eq!(house.server.take_log(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn r10_a_kill_at_any_moment_of_any_action_is_resumed_to_the_same_end() {
    let of_team = |tier: &str, contact: &str| team("a").with("tier", tier).with("contact", contact);
    let before = [of_team("standard", "a@example.com"), plane("p"), page("gone"), page("old"), role("a", "p")];
    let after = [
        of_team("gold", " Ops@Example.com"),
        plane("p").with("kind", "serverless"),
        role("a", "p"),
        page("new"),
        resource("page", "moved").with("name", "old").with("content", "new"),
    ];
    let requests = [
        "create page/new",
        "update team/a",
        "delete page/gone",
        "delete plane/p",
        "create plane/p",
        "complete plane/p",
        "delete role/a+p",
        "create role/a+p",
        "update page/old",
    ];
    for request in requests {
        for moment in MOMENTS {
            let house = killed(&before, &after, request, moment).await;
            assert_resumes(&house, &after).await;
            // The configuration no longer wants any of it.
            let house = killed(&before, &after, request, moment).await;
            assert_resumes(&house, &[]).await;
            // It was a mistake.
            let house = killed(&before, &after, request, moment).await;
            assert_resumes(&house, &before).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn r10_a_kill_before_the_intents_are_stored_has_done_nothing() {
    let house = House::new();
    house.book.stall(Some(0));
    house.kill_when_stuck(&[page("a")]).await;
    assert_eq!(house.server.labels(), [].into());
    assert_resumes(&house, &[page("a")]).await;
}

#[tokio::test(start_paused = true)]
async fn r10_an_object_that_was_made_is_known_and_neither_imported_nor_drift() {
    let desired = [team("a"), plane("p"), role("a", "p")];
    let house = killed(&[], &desired, "create", Moment::BeforeItsRecord).await;
    let made = |label: &str| format!("Made {{ id: {:?} }}", house.server.id(label));
    let expected = [("plane/p", "plane/p"), ("role/a+p", "role/a+p"), ("team/a", "team/a")];
    let expected = expected.map(|(address, label)| format!("create {address}: {}", made(label)));
    assert_eq!(house.recovered().await, expected);
    let options = DiffOptions { no_adopt: true, ..DiffOptions::default() };
    let diff = house.try_plan(&desired, options).await.unwrap();
    assert_eq!((lines(&diff), diff.drift), (Vec::new(), Vec::new()));
    assert_eq!(lines(&house.plan(&[]).await), ["delete plane/p", "delete role/a+p", "delete team/a"]);
}

#[tokio::test(start_paused = true)]
async fn r10_what_was_made_and_is_not_wanted_any_more_keeps_its_protection() {
    let house = killed(&[], &[team("a").protect(true)], "create", Moment::AfterIt).await;
    let refusals = house.refusals(&[]).await;
    assert!(refusals[0].contains("`Acme/team/a` will be destroyed, but it is protected"), "{refusals:?}");
}

#[tokio::test(start_paused = true)]
async fn r10_a_label_that_an_interrupted_create_has_set_is_koctls_own() {
    let house = killed(&[], &[team("a").with("labels", json!({ "tmp": "1" }))], "create", Moment::AfterIt).await;
    house.server.set(&house.server.id("team/a"), "labels", json!({ "tmp": "1", "theirs": "2" }));
    house.apply(&[team("a")]).await;
    assert_eq!(house.server.get(&house.server.id("team/a"), "labels"), json!({ "owner": "koctl", "theirs": "2" }));
}

#[tokio::test(start_paused = true)]
async fn r10_a_label_that_an_interrupted_update_has_set_is_koctls_own() {
    let tmp = [team("a").with("labels", json!({ "owner": "koctl", "tmp": "1" }))];
    let house = killed(&[team("a")], &tmp, "update", Moment::AfterIt).await;
    house.apply(&[team("a")]).await;
    let labels = house.server.get(&house.server.id("team/a"), "labels");
    assert_eq!(labels, json!({ "owner": "koctl", "added-by": "vendor" }));
}

#[tokio::test(start_paused = true)]
async fn r10_what_an_interrupted_update_has_changed_is_no_drift_and_what_others_changed_is() {
    let after = [team("a").with("tier", "gold"), page("b")];
    let house = killed(&[team("a"), page("b")], &after, "update", Moment::AfterIt).await;
    house.server.set(&house.server.id("page/b"), "content", "theirs");
    assert_eq!(house.recovered().await, ["update team/a: Done"]);
    let diff = house.plan(&after).await;
    assert_eq!(diff.drift.iter().map(|drift| drift.address.key()).collect::<Vec<_>>(), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn r10_what_an_interrupted_apply_has_deleted_is_no_drift() {
    let house = killed(&[page("a"), page("b")], &[page("b")], "delete", Moment::AfterIt).await;
    assert_eq!(house.recovered().await, ["delete page/a: Done"]);
    let diff = house.plan(&[page("a"), page("b")]).await;
    assert_eq!((lines(&diff), diff.drift), (vec!["create page/a".to_owned()], vec![]));
}

#[tokio::test(start_paused = true)]
async fn r10_what_was_made_is_completed_before_its_intent_goes() {
    let house = killed(&[], &[plane("p")], "complete", Moment::BeforeIt).await;
    house.server.fault("complete plane/p", Fault::Refuse);
    let outcome = house.try_apply(&[plane("p")]).await;
    assert_eq!(outcome.failed.len(), 1);
    assert_eq!(house.book.addresses(), ["plane/p"], "it is known by now");
    assert_eq!(house.book.intents(), ["create plane/p"], "and still not whole");
    house.server.take_log();
    house.apply(&[plane("p")]).await;
    assert_eq!(house.server.take_writes(), ["complete plane/p"]);
    house.assert_quiet(&[plane("p")]).await;
}

#[tokio::test(start_paused = true)]
async fn r10_what_goes_is_not_completed_first() {
    let house = killed(&[], &[plane("p")], "complete", Moment::BeforeIt).await;
    house.apply(&[]).await;
    assert_eq!(house.server.take_writes(), ["delete plane/p"]);
}

#[tokio::test(start_paused = true)]
async fn r10_a_request_that_arrives_late_is_waited_for() {
    let house = House::new();
    let arrives = Arc::new(Notify::new());
    house.server.fault("create page/a", Fault::Hang(arrives.clone()));
    house.kill_when_stuck(&[page("a")]).await;
    let late = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        arrives.notify_one();
    };
    let (recovered, ()) = tokio::join!(house.recovered(), late);
    assert_eq!(recovered, [format!("create page/a: Made {{ id: {:?} }}", house.server.id("page/a"))]);
}

#[tokio::test(start_paused = true)]
async fn r10_several_objects_that_could_be_the_one_are_told_and_none_is_taken() {
    let house = killed(&[], &[page("a")], "create", Moment::AfterIt).await;
    house.server.put("page", json!({ "name": "a", "content": "theirs" }));
    let errors = house.try_recover().await.unwrap_err();
    let told = errors[0].to_string();
    assert!(
        told.starts_with("could not find out if `Acme/page/a` was created: an unfinished apply, begun at "),
        "{told}"
    );
    assert!(told.ends_with("was to create it, and 2 objects have its name now: page-1, page-2"), "{told}");
    assert_eq!(errors[0].help.as_deref(), Some("delete or rename all except one, and try again"));
    house.server.remove("page-2");
    assert_eq!(house.recovered().await, ["create page/a: Made { id: \"page-1\" }"]);
}

#[tokio::test(start_paused = true)]
async fn r10_an_object_without_our_labels_is_somebody_elses() {
    let house = killed(&[], &[team("a")], "create", Moment::BeforeIt).await;
    house.server.put("team", json!({ "name": "a", "labels": { "owner": "them" } }));
    assert_eq!(house.recovered().await, ["create team/a: NotDone"]);
    assert_eq!(lines(&house.plan(&[]).await), Vec::<String>::new());
    assert_eq!(lines(&house.plan(&[team("a")]).await), ["import team/a [labels]"]);
}

#[tokio::test(start_paused = true)]
async fn r10_an_object_that_another_address_has_is_not_the_one() {
    let house = killed(&[page("b")], &[page("b"), page("a")], "create", Moment::BeforeIt).await;
    house.server.set(&house.server.id("page/b"), "name", "a");
    assert_eq!(house.recovered().await, ["create page/a: NotDone"]);
}

#[tokio::test(start_paused = true)]
async fn r10_a_child_of_what_was_to_be_replaced_is_not_taken_for_the_new_one() {
    let before = [team("a"), plane("p"), role("a", "p")];
    let after = [team("a"), plane("p").with("kind", "serverless"), role("a", "p")];
    let house = killed(&before, &after, "delete role", Moment::BeforeIt).await;
    assert_eq!(house.recovered().await, ["replace plane/p: NotDone", "replace role/a+p: NotDone"]);
    assert_resumes(&house, &after).await;
}

#[tokio::test(start_paused = true)]
async fn r10_a_limited_plan_forgets_nothing_that_it_is_not_about() {
    let house = killed(&[], &[page("a"), page("b")], "create", Moment::BeforeItsRecord).await;
    let targets = engine::address::Targets::new(&["Acme/page/a"]).unwrap();
    let options = DiffOptions { targets: Some(&targets), ..DiffOptions::default() };
    let diff = house.try_plan(&[page("a").with("content", "new"), page("b")], options).await.unwrap();
    assert!(house.run(diff).await.is_complete());
    assert_eq!(house.book.addresses(), ["page/a", "page/b"]);
    house.assert_quiet(&[page("a").with("content", "new"), page("b")]).await;
}

#[tokio::test(start_paused = true)]
async fn r10_a_list_that_cannot_be_read_leaves_the_intents_as_they_are() {
    let house = killed(&[], &[page("a")], "create", Moment::AfterIt).await;
    house.server.fault("list page", Fault::Refuse);
    let errors = house.try_recover().await.unwrap_err();
    assert_eq!(errors[0].to_string(), "could not list the resources of type `page` (list page): out of order");
    assert_eq!(house.book.intents(), ["create page/a"]);
}

#[tokio::test(start_paused = true)]
async fn r10_what_depends_on_a_renamed_resource_is_deleted_before_it_after_a_kill() {
    let before = [page("a"), page("b")];
    let moved = resource("page", "moved").with("name", "a").with("content", "# a\n");
    let after = [moved, page("b").with("parent_id", id_of("page/moved"))];
    for moment in MOMENTS {
        let house = killed(&before, &after, "update page/b", moment).await;
        assert_resumes(&house, &[]).await;
    }
}
