//! R13: a create whose answer was lost is looked for before it is sent again.

use engine::ErrorKind;
use serde_json::json;

use crate::house::{House, failed, note, page, plane, resource, role, team};
use crate::vendor::Fault;

fn creates(house: &House) -> usize {
    house.server.take_writes().iter().filter(|line| line.starts_with("create ")).count()
}

#[tokio::test(start_paused = true)]
async fn r13_an_answered_create_is_not_looked_for() {
    let house = House::new();
    let diff = house.plan(&[page("a")]).await;
    house.server.take_log();
    assert!(house.run(diff).await.is_complete());
    assert_eq!(house.server.take_log(), ["create page/a"]);
}

#[tokio::test(start_paused = true)]
async fn r13_a_create_whose_answer_was_lost_is_found_and_not_sent_again() {
    let house = House::new();
    house.server.fault("create page/a", Fault::LoseAnswer);
    let diff = house.plan(&[page("a")]).await;
    house.server.take_log();
    assert!(house.run(diff).await.is_complete());
    assert_eq!(house.server.take_log(), ["create page/a", "list page"]);
    house.assert_quiet(&[page("a")]).await;
}

#[tokio::test(start_paused = true)]
async fn r13_it_is_found_by_a_key_made_of_references_too() {
    let house = House::new();
    house.server.fault("create role", Fault::LoseAnswer);
    let desired = [team("a"), plane("p"), role("a", "p")];
    house.apply(&desired).await;
    assert_eq!(creates(&house), 3);
    house.assert_quiet(&desired).await;
}

#[tokio::test(start_paused = true)]
async fn r13_what_is_found_is_completed_as_what_was_answered() {
    let house = House::new();
    house.server.fault("create plane/p", Fault::LoseAnswer);
    house.apply(&[plane("p")]).await;
    assert!(house.server.take_writes().contains(&"complete plane/p".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn r13_a_create_that_never_arrived_is_sent_again() {
    let house = House::new();
    house.server.fault("create page/a", Fault::LoseRequest);
    house.apply(&[page("a")]).await;
    assert_eq!(creates(&house), 2);
    assert_eq!(house.server.labels(), ["page/a".to_owned()].into());
}

#[tokio::test(start_paused = true)]
async fn r13_a_create_that_never_arrives_is_given_up() {
    let house = House::new();
    for _ in 0..3 {
        house.server.fault("create page/a", Fault::LoseRequest);
    }
    let outcome = house.try_apply(&[page("a")]).await;
    assert_eq!(outcome.failed[0].1.kind, ErrorKind::FateUnknown);
    assert_eq!(creates(&house), 3);
}

#[tokio::test(start_paused = true)]
async fn r13_a_request_that_may_still_be_under_way_is_given_time_to_arrive() {
    let house = House::new();
    house.server.fault("create page/a", Fault::LoseRequest);
    let before = tokio::time::Instant::now();
    house.apply(&[page("a")]).await;
    assert!(before.elapsed() >= std::time::Duration::from_secs(1), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn r13_what_is_found_but_differs_is_brought_to_what_was_planned() {
    let house = House::new();
    let diff = house.plan(&[page("a")]).await;
    house.server.fault("create page/a", Fault::LoseRequest);
    // Someone else was faster, with a page of their own.
    house.server.put("page", json!({ "name": "a", "content": "theirs" }));
    assert!(house.run(diff).await.is_complete());
    assert_eq!(house.server.take_writes(), ["create page/a", "update page/a [content]"]);
    house.assert_quiet(&[page("a")]).await;
}

#[tokio::test(start_paused = true)]
async fn r13_what_is_found_but_would_have_to_be_replaced_is_an_error() {
    let house = House::new();
    let diff = house.plan(&[plane("p")]).await;
    house.server.fault("create plane/p", Fault::LoseRequest);
    house.server.put("plane", json!({ "name": "p", "kind": "serverless" }));
    let outcome = house.run(diff).await;
    assert_eq!(outcome.failed[0].1.kind, ErrorKind::Conflict);
    assert_eq!(house.book.addresses(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn r13_several_that_are_found_are_an_error() {
    let house = House::new();
    let diff = house.plan(&[page("a")]).await;
    house.server.fault("create page/a", Fault::LoseRequest);
    house.server.put("page", json!({ "name": "a" }));
    house.server.put("page", json!({ "name": "a" }));
    let outcome = house.run(diff).await;
    assert_eq!(outcome.failed[0].1.kind, ErrorKind::FateUnknown);
    assert_eq!(creates(&house), 1);
}

#[tokio::test(start_paused = true)]
async fn r13_a_search_that_fails_leaves_the_fate_unknown_and_says_both() {
    let house = House::new();
    let diff = house.plan(&[page("a")]).await;
    house.server.fault("create page/a", Fault::LoseAnswer);
    house.server.fault("list page", Fault::Refuse);
    let outcome = house.run(diff).await;
    let error = &outcome.failed[0].1;
    assert_eq!(error.kind, ErrorKind::FateUnknown);
    let expected = "could not create page/a: the answer was lost; looking for it failed too: could not list page: \
                    out of order";
    assert_eq!(error.to_string(), expected);
    assert_eq!(creates(&house), 1);
}

#[tokio::test(start_paused = true)]
async fn r13_a_create_that_was_refused_is_not_sent_again() {
    let house = House::new();
    house.server.fault("create page/a", Fault::Refuse);
    let outcome = house.try_apply(&[page("a")]).await;
    assert_eq!((failed(&outcome), creates(&house)), (vec!["page/a".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn r13_the_answer_of_a_lost_create_is_what_dependents_refer_to() {
    let house = House::new();
    house.server.fault("create page/a", Fault::LoseAnswer);
    let desired = [page("a"), resource("page", "b").with("name", "b").with("parent_id", crate::house::id_of("page/a"))];
    house.apply(&desired).await;
    assert_eq!(house.server.get(&house.server.id("page/b"), "parent_id"), house.server.id("page/a"));
}

#[tokio::test(start_paused = true)]
async fn r13_where_names_may_repeat_a_create_is_looked_for_and_not_sent_again() {
    let house = House::new();
    house.server.fault("create note/a", Fault::LoseAnswer);
    house.apply(&[note("a")]).await;
    assert_eq!(creates(&house), 1);
    house.assert_quiet(&[note("a")]).await;

    let house = House::new();
    house.server.fault("create note/a", Fault::LoseRequest);
    let outcome = house.try_apply(&[note("a")]).await;
    assert_eq!(outcome.failed[0].1.kind, ErrorKind::FateUnknown);
    assert!(outcome.failed[0].1.help.as_deref().unwrap().starts_with("apply again"), "{outcome:?}");
    assert_eq!((creates(&house), house.book.intents()), (1, vec!["create note/a".to_owned()]));
    house.apply(&[note("a")]).await;
    house.assert_quiet(&[note("a")]).await;
    assert_eq!(house.server.count("note"), 1);
}

#[tokio::test(start_paused = true)]
async fn r13_where_names_may_repeat_the_next_apply_waits_for_a_create_that_went_unanswered() {
    let house = House::new();
    house.server.fault("create note/a", Fault::LoseRequest);
    house.try_apply(&[note("a")]).await;
    let late = async {
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        house.server.put("note", json!({ "title": "a", "text": "…", "labels": { "owner": "koctl" } }));
    };
    let (recovered, ()) = tokio::join!(house.recovered(), late);
    assert_eq!(recovered, ["create note/a: Made { id: \"note-1\" }"]);
    house.apply(&[note("a")]).await;
    house.assert_quiet(&[note("a")]).await;
    assert_eq!(house.server.count("note"), 1);
}

#[tokio::test(start_paused = true)]
async fn r13_a_kill_is_not_waited_for_any_longer_where_names_may_repeat() {
    let house = House::new();
    house.server.fault("create note/a", Fault::Hang(std::sync::Arc::default()));
    house.kill_when_stuck(&[note("a")]).await;
    let before = tokio::time::Instant::now();
    assert_eq!(house.recovered().await, ["create note/a: NotDone"]);
    assert!(before.elapsed() < std::time::Duration::from_secs(5), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn r13_a_second_try_that_conflicts_finds_the_first_one() {
    let house = House::new();
    house.server.fault("create page/a", Fault::LoseRequest);
    let late = async {
        tokio::time::sleep(std::time::Duration::from_millis(2001)).await;
        house.server.put("page", json!({ "name": "a", "content": "# a\n" }));
    };
    // The first request arrives between the look and the second request.
    house.server.fault("create page/a", Fault::Slow(std::time::Duration::from_secs(1)));
    let desired = [page("a")];
    tokio::join!(house.apply(&desired), late);
    house.assert_quiet(&[page("a")]).await;
}
