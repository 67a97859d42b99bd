//! R10: an intent is in the state before the first request is sent, and is removed when its outcome is known.

use std::time::Duration;

use engine::{ErrorKind, Secrets};
use serde_json::json;

use crate::house::{House, failed, id_of, page, plane, resource, role, team};
use crate::vendor::Fault;

#[tokio::test]
async fn r10_an_empty_plan_writes_down_no_intent() {
    let house = House::with(&[page("a")]).await;
    house.book.room(Some(0));
    assert!(house.try_apply(&[page("a")]).await.is_complete());
    assert_eq!(house.book.intents(), Vec::<String>::new());
}

#[tokio::test]
async fn r10_a_complete_apply_leaves_no_intent() {
    let house = House::with(&[team("a"), page("b"), plane("p"), page("gone")]).await;
    house.server.put("page", json!({ "name": "theirs", "content": "theirs" }));
    let desired =
        [team("a").with("tier", "gold"), plane("p").with("kind", "serverless"), role("a", "p"), page("theirs")];
    house.apply(&desired).await;
    assert_eq!(house.book.intents(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn r10_every_intent_is_stored_at_once_before_the_first_request_leaves() {
    let house = House::with(&[team("a"), plane("p"), page("gone"), page("old")]).await;
    house.server.put("page", json!({ "name": "theirs", "content": "theirs" }));
    house.server.put("page", json!({ "name": "same", "content": "# same\n" }));
    let desired = [
        team("new"),
        team("a").with("tier", "gold"),
        plane("p").with("kind", "serverless"),
        role("new", "p"),
        page("theirs"),
        page("same"),
        resource("page", "moved").with("name", "old").with("content", "# old\n"),
    ];
    house.book.stall(Some(0));
    house.kill_when_stuck(&desired).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    house.book.stall(Some(1));
    house.kill_when_stuck(&desired).await;
    // To take over what is as it should be changes nothing anywhere; a new address is what others may depend on.
    let expected = [
        "delete page/gone",
        "import page/moved",
        "import page/theirs",
        "replace plane/p",
        "create role/new+p",
        "update team/a",
        "create team/new",
    ];
    assert_eq!(house.book.intents(), expected);
}

#[tokio::test]
async fn r10_an_intent_says_how_to_find_the_object_without_the_configuration() {
    let house = House::with(&[plane("p")]).await;
    house.book.room(Some(1));
    let desired = [plane("p").protect(true).with("kind", "hybrid"), team("a"), role("a", "p")];
    house.try_apply(&desired).await;
    let intents = house.book.state().intents;
    let role = intents.iter().find(|intent| intent.address == "Acme/role/a+p").unwrap();
    assert_eq!(role.references["team_id"], "Acme/team/a#id");
    assert_eq!(role.attributes["plane_id"], json!(house.server.id("plane/p")));
    assert_eq!(role.dependencies.iter().collect::<Vec<_>>(), ["Acme/plane/p", "Acme/team/a"]);
    let team = intents.iter().find(|intent| intent.address == "Acme/team/a").unwrap();
    assert_eq!(team.attributes["labels"], json!({ "owner": "koctl" }));
}

#[tokio::test]
async fn r10_where_the_intents_cannot_be_stored_nothing_is_begun() {
    let house = House::new();
    house.book.room(Some(0));
    let diff = house.plan(&[page("a")]).await;
    let error = house.try_run(diff, Secrets::default()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::State);
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
}

#[tokio::test]
async fn r10_nothing_waits_for_a_record() {
    let house = House::new();
    house.book.stall(Some(1));
    let desired = [page("a"), page("b").with("parent_id", id_of("page/a"))];
    let watch = async {
        while house.server.labels().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let recorded = house.book.addresses();
        house.book.stall(None);
        recorded
    };
    let both = async { tokio::join!(house.try_apply(&desired), watch) };
    let (outcome, recorded) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(recorded, Vec::<String>::new());
    assert!(outcome.is_complete());
    assert_eq!(house.book.addresses(), ["page/a", "page/b"]);
}

#[tokio::test]
async fn r10_what_was_refused_leaves_no_intent() {
    let house = House::with(&[page("gone"), page("b")]).await;
    for request in ["create page/a", "update page/b", "delete page/gone"] {
        house.server.fault(request, Fault::Refuse);
    }
    let outcome = house.try_apply(&[page("a"), page("b").with("content", "new")]).await;
    assert_eq!(failed(&outcome).len(), 3);
    assert_eq!(house.book.intents(), Vec::<String>::new());
}

#[tokio::test]
async fn r10_what_was_skipped_or_interrupted_leaves_no_intent() {
    let house = House::new().parallelism(1);
    house.server.fault("create plane/p", Fault::Refuse);
    let outcome = house.try_apply(&[team("a"), plane("p"), role("a", "p")]).await;
    assert_eq!(outcome.skipped.len(), 1);
    assert_eq!(house.book.intents(), Vec::<String>::new());
    house.stop_after(Some(1));
    let pages: Vec<_> = (0..9).map(|number| page(&number.to_string())).collect();
    let outcome = house.try_apply(&pages).await;
    assert!(!outcome.interrupted.is_empty());
    assert_eq!(house.book.intents(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn r10_a_create_whose_fate_stays_unknown_keeps_its_intent() {
    let house = House::new();
    for _ in 0..3 {
        house.server.fault("create page/a", Fault::LoseRequest);
    }
    let outcome = house.try_apply(&[page("a")]).await;
    assert_eq!(outcome.failed[0].1.kind, ErrorKind::FateUnknown);
    assert_eq!(house.book.intents(), ["create page/a"]);
    // It arrives after all, and the configuration no longer wants it.
    house.server.put("page", json!({ "name": "a", "content": "# a\n" }));
    house.apply(&[]).await;
    assert_eq!(house.server.labels(), [].into());
}

#[tokio::test(start_paused = true)]
async fn r10_a_replacement_that_broke_off_after_the_deletion_leaves_no_stale_record() {
    let house = House::with(&[plane("p")]).await;
    house.server.fault("create plane/p", Fault::Refuse);
    house.try_apply(&[plane("p").with("kind", "serverless")]).await;
    assert_eq!((house.book.addresses(), house.book.intents()), (Vec::new(), Vec::new()));
}
