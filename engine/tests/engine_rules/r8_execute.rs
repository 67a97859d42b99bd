//! R8: steps run in the order of the graph, as parallel as it allows; a failure takes only its dependents with it,
//! and an interruption loses nothing.

use std::sync::Arc;
use std::time::Duration;

use engine::execute::Step;
use engine::state::ResourceState;
use engine::{Desired, ErrorKind};
use serde_json::json;
use tokio::sync::Notify;

use crate::house::{House, failed, id_of, page, plane, role, short, team};
use crate::vendor::Fault;

#[tokio::test]
async fn r8_an_empty_plan_does_nothing() {
    let house = House::with(&[page("a")]).await;
    let outcome = house.try_apply(&[page("a")]).await;
    assert!(outcome.is_complete());
    assert!(outcome.done.is_empty());
    assert_eq!(house.take_journal(), Vec::<String>::new());
}

#[tokio::test]
async fn r8_an_outcome_tells_what_was_done() {
    let house = House::with(&[page("a"), page("b")]).await;
    let outcome = house.try_apply(&[page("a").with("content", "new"), page("c")]).await;
    let count = |step| outcome.count(step);
    assert_eq!((count(Step::Create), count(Step::Update), count(Step::Delete)), (1, 1, 1));
    let journal = house.take_journal();
    assert!(journal.contains(&"begin create page/c".to_owned()), "{journal:?}");
    assert!(journal.contains(&"end create page/c".to_owned()), "{journal:?}");
}

#[tokio::test]
async fn r8_what_does_not_depend_on_each_other_runs_at_the_same_time() {
    let pages: Vec<_> = (0..30).map(|i| page(&i.to_string())).collect();
    let house = House::with(&[]).await;
    house.apply(&pages).await;
    assert_eq!(house.server.peak(), 10);
}

#[tokio::test]
async fn r8_no_more_runs_at_the_same_time_than_allowed() {
    let pages: Vec<_> = (0..30).map(|i| page(&i.to_string())).collect();
    let house = House::new().parallelism(1);
    house.apply(&pages).await;
    assert_eq!(house.server.peak(), 1);
}

#[tokio::test]
async fn r8_a_failure_skips_its_dependents_only() {
    let house = House::new();
    house.server.fault("create plane/p", Fault::Refuse);
    let desired = [team("a"), plane("p"), role("a", "p"), plane("q"), role("a", "q"), page("t")];
    let outcome = house.try_apply(&desired).await;
    assert_eq!(failed(&outcome), ["plane/p"]);
    assert_eq!(outcome.skipped.iter().map(short).collect::<Vec<_>>(), ["role/a+p"]);
    assert!(house.take_journal().contains(&"skip role/a+p because of plane/p".to_owned()));
    assert_eq!(house.book.addresses(), ["page/t", "plane/q", "role/a+q", "team/a"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r8_a_failed_delete_keeps_what_it_depends_on() {
    let house = House::with(&[team("a"), plane("p"), role("a", "p")]).await;
    house.server.fault("delete role", Fault::Refuse);
    let outcome = house.try_apply(&[]).await;
    assert_eq!(failed(&outcome), ["role/a+p"]);
    assert_eq!(house.book.addresses(), ["plane/p", "role/a+p", "team/a"]);
    house.apply(&[]).await;
    assert_eq!(house.server.labels(), [].into());
}

#[tokio::test]
async fn r8_a_dependent_that_could_not_let_go_keeps_what_it_referred_to() {
    let house = House::with(&[page("a"), page("b").with("parent_id", id_of("page/a"))]).await;
    house.server.fault("update page/b", Fault::Refuse);
    let outcome = house.try_apply(&[page("b")]).await;
    assert_eq!(failed(&outcome), ["page/b"]);
    assert_eq!(house.server.labels().len(), 2);
}

#[tokio::test]
async fn r8_a_replacement_that_fails_halfway_is_made_at_the_next_apply() {
    let house = House::with(&[team("a"), plane("p"), role("a", "p")]).await;
    let desired = [team("a"), plane("p").with("kind", "serverless"), role("a", "p")];
    house.server.fault("create plane/p", Fault::Refuse);
    let outcome = house.try_apply(&desired).await;
    assert_eq!(failed(&outcome), ["plane/p"]);
    assert_eq!(house.book.addresses(), ["team/a"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r8_a_failure_that_many_depend_on_skips_each_once() {
    let children = (0..3000).map(|i| page(&i.to_string()).with("parent_id", id_of("page/root")));
    let desired: Vec<_> = children.chain([page("root")]).collect();
    let house = House::new();
    house.server.fault("create page/root", Fault::Refuse);
    let outcome = house.try_apply(&desired).await;
    assert_eq!(outcome.skipped.len(), 3000);
}

#[tokio::test]
async fn r8_an_interruption_finishes_what_is_under_way_and_begins_nothing_new() {
    let pages: Vec<_> = (0..300).map(|i| page(&format!("{i:03}"))).collect();
    let house = House::new().parallelism(3);
    house.stop_after(Some(5));
    let outcome = house.try_apply(&pages).await;
    assert!(outcome.failed.is_empty() && outcome.skipped.is_empty());
    assert_eq!(outcome.done.len() + outcome.interrupted.len(), 300);
    assert!((5..=5 + 3).contains(&outcome.done.len()), "{}", outcome.done.len());
    // The state contains exactly the objects that were created.
    assert_eq!(house.book.addresses().into_iter().collect::<std::collections::BTreeSet<_>>(), house.server.labels());
    house.stop_after(None);
    house.apply(&pages).await;
    house.assert_quiet(&pages).await;
}

#[tokio::test]
async fn r8_an_interruption_before_the_first_step_does_nothing() {
    let house = House::new();
    house.stop_after(Some(0));
    let outcome = house.try_apply(&[page("a")]).await;
    assert_eq!(outcome.interrupted.len(), 1);
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
}

#[tokio::test]
async fn r8_an_interruption_waits_for_a_request_that_is_under_way() {
    let house = House::new();
    let go_on = Arc::new(Notify::new());
    house.server.fault("create page/a", Fault::Hang(go_on.clone()));
    let desired = [page("a"), page("b").with("parent_id", id_of("page/a"))];
    let apply = house.try_apply(&desired);
    let interrupt = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        house.stop_after(Some(0));
        tokio::time::sleep(Duration::from_millis(20)).await;
        go_on.notify_one();
    };
    let (outcome, ()) = tokio::join!(apply, interrupt);
    assert_eq!(outcome.done.len(), 1);
    assert_eq!(outcome.interrupted.iter().map(short).collect::<Vec<_>>(), ["page/b"]);
    assert_eq!(house.book.addresses(), ["page/a"]);
}

#[tokio::test]
async fn r8_a_slow_request_holds_up_only_what_depends_on_it() {
    let house = House::new();
    let go_on = Arc::new(Notify::new());
    house.server.fault("create page/slow", Fault::Hang(go_on.clone()));
    let chain = [page("1"), page("2").with("parent_id", id_of("page/1")), page("slow")];
    let watch = async {
        while house.book.addresses().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        go_on.notify_one();
    };
    let both = async { tokio::join!(house.try_apply(&chain), watch) };
    let (outcome, ()) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    assert!(outcome.is_complete());
}

#[tokio::test(start_paused = true)]
async fn r8_a_record_that_cannot_be_written_stops_everything_new() {
    let pages: Vec<_> = (0..300).map(|i| page(&format!("{i:03}"))).collect();
    let house = House::new().parallelism(2);
    house.book.room(Some(1));
    let outcome = house.try_apply(&pages).await;
    assert!(outcome.failed.iter().all(|(_, error)| error.kind == ErrorKind::State));
    assert!(outcome.failed.len() < 20, "{} objects were made that no state knows", outcome.failed.len());
    assert_eq!(outcome.failed.len() + outcome.interrupted.len(), 300);
    // An object that was created without a record is found again, and not created twice.
    house.repair();
    house.apply(&pages).await;
    house.assert_quiet(&pages).await;
}

#[tokio::test]
async fn r8_an_object_that_could_not_be_completed_is_remembered() {
    let house = House::new();
    house.server.fault("complete plane/p", Fault::Refuse);
    let outcome = house.try_apply(&[plane("p")]).await;
    assert_eq!(failed(&outcome), ["plane/p"]);
    assert_eq!(house.book.addresses(), ["plane/p"]);
    house.apply(&[]).await;
    assert_eq!(house.server.labels(), [].into());
}

#[tokio::test]
async fn r8_orders_that_exclude_each_other_are_resolved_in_favour_of_the_references() {
    // `x` hangs on `c`, which is replaced; `b` hangs on `x`, and moves to `c`. `x` cannot both go before `c` does
    // and wait until `b` has moved to the new `c`.
    let before = [
        plane("c"),
        team("x").with("tier", crate::house::id_of("plane/c")),
        page("b").with("parent_name", id_of("team/x")),
    ];
    let house = House::with(&before).await;
    let desired = [plane("c").with("kind", "serverless"), page("b").with("parent_name", id_of("plane/c"))];
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r8_what_is_imported_lets_go_of_what_is_deleted_although_no_state_knows_of_it() {
    let house = House::with(&[page("old"), page("b").with("parent_id", id_of("page/old"))]).await;
    house.book.tear("page/b");
    let desired = [page("new"), page("b").with("parent_id", id_of("page/new"))];
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r8_names_that_are_swapped_go_through_another_name() {
    let named = |key: &str, name: &str| page(key).with("name", name);
    for circle in [vec!["b", "a"], vec!["b", "c", "a"], vec!["c", "a", "b"]] {
        let keys = ["a", "b", "c"];
        let before: Vec<_> = keys.iter().zip(&circle).map(|(key, _)| page(key)).collect();
        let house = House::with(&before).await;
        let desired: Vec<_> = keys.iter().zip(&circle).map(|(key, name)| named(key, name)).collect();
        house.apply(&desired).await;
        house.assert_quiet(&desired).await;
        for (key, name) in keys.iter().zip(&circle) {
            let id = house.book.get(&format!("page/{key}")).unwrap().id;
            assert_eq!(house.server.get(&id, "name"), *name, "{circle:?}");
        }
    }
}

#[tokio::test]
async fn r8_a_swap_that_fails_halfway_is_completed_by_the_next_apply() {
    for request in ["update page/a [", "update page/b [", "update page/a-"] {
        let house = House::with(&[page("a"), page("b")]).await;
        let desired = [page("a").with("name", "b"), page("b").with("name", "a")];
        house.server.fault(request, Fault::Refuse);
        assert!(!house.try_apply(&desired).await.is_complete(), "{request}");
        house.apply(&desired).await;
        house.assert_quiet(&desired).await;
    }
}

/// A page with a slug.
fn at(key: &str, name: &str, slug: &str) -> Desired {
    page(key).with("name", name).with("slug", slug)
}

#[tokio::test]
async fn r8_slugs_pass_from_one_object_to_the_next_in_any_order() {
    let before = [at("a", "a", "1"), at("b", "b", "2"), at("c", "c", "3")];
    for slugs in [["1", "2", "3"], ["2", "3", "4"], ["4", "1", "2"], ["2", "1", "3"], ["3", "1", "2"], ["2", "3", "1"]]
    {
        let house = House::with(&before).await;
        let desired: Vec<_> = ["a", "b", "c"].iter().zip(slugs).map(|(key, slug)| at(key, key, slug)).collect();
        house.apply(&desired).await;
        house.assert_quiet(&desired).await;
    }
}

#[tokio::test]
async fn r8_names_and_slugs_that_are_swapped_at_once_go_through_others() {
    let before = [at("a", "a", "1"), at("b", "b", "2")];
    for desired in [
        [at("a", "b", "2"), at("b", "a", "1")],
        // The name goes one way, and the slug the other.
        [at("a", "b", "3"), at("b", "c", "1")],
    ] {
        let house = House::with(&before).await;
        house.apply(&desired).await;
        house.assert_quiet(&desired).await;
    }
}

#[tokio::test]
async fn r8_a_slug_of_what_is_deleted_goes_to_what_is_created() {
    let house = House::with(&[at("a", "a", "1")]).await;
    let desired = [at("b", "b", "1")];
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r8_a_slug_that_another_object_keeps_is_told_in_the_plan_with_whose_it_is() {
    let house = House::with(&[at("a", "a", "1"), page("b")]).await;
    let other = house.server.put("page", json!({ "name": "theirs", "slug": "9" }));
    // `a` cannot get the slug of a stranger, so that `b` cannot get that of `a`; `c` waits with what is below it.
    let below = page("d").with("parent_id", id_of("page/c"));
    let desired = [at("a", "a", "9"), at("b", "b", "1"), at("c", "c", "9"), below, page("e")];
    let diff = house.plan(&desired).await;
    let of_theirs = format!(
        "theirs ({other}) has it, and is not managed; choose another value in the configuration, or change or delete that object"
    );
    let mut told: Vec<String> = diff.held_back.iter().map(ToString::to_string).collect();
    told.sort();
    assert_eq!(
        told,
        [
            format!("`Acme/page/a` cannot get the slug `9`: {of_theirs}"),
            "`Acme/page/b` cannot get the slug `1`: `Acme/page/a` has it and keeps it; choose another value for one of \
             the two"
                .to_owned(),
            format!("`Acme/page/c` cannot get the slug `9`: {of_theirs}"),
        ]
    );
    assert_eq!(crate::house::lines(&diff), ["deferred page/d", "create page/e"]);
    house.server.remove(&other);
    let desired = [at("a", "a", "9"), at("b", "b", "1")];
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r8_a_name_that_an_object_of_someone_else_took_is_told_with_what_to_do() {
    let house = House::with(&[page("a")]).await;
    let id = house.server.id("page/a");
    house.server.set(&id, "name", "renamed");
    let other = house.server.put("page", json!({ "name": "a" }));
    let desired = [page("a"), page("b")];
    let diff = house.plan(&desired).await;
    let expected =
        format!("`Acme/page/a` is the object {id}, and another object, {other}, has the name that it is to get; ");
    assert!(diff.held_back[0].to_string().starts_with(&expected), "{:?}", diff.held_back);
    assert_eq!(crate::house::lines(&diff), ["create page/b"]);
    house.server.remove(&other);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r8_a_state_whose_dependencies_go_in_circles_is_told_and_not_waited_for() {
    let house = House::with(&[page("a"), page("b"), page("c")]).await;
    for (one, other) in [("page/a", "Acme/page/b"), ("page/b", "Acme/page/a")] {
        let dependencies = [other.to_owned()].into();
        house.book.set(one, ResourceState { dependencies, ..house.book.get(one).unwrap() });
    }
    let outcome = house.try_apply(&[]).await;
    assert_eq!(outcome.done.len(), 1);
    assert!(outcome.interrupted.is_empty());
    assert_eq!(failed(&outcome), ["page/a", "page/b"]);
    assert_eq!(outcome.failed[0].1.kind, ErrorKind::State);
}

#[tokio::test]
async fn r8_a_plan_with_a_reference_to_what_it_does_not_make_is_refused_step_by_step() {
    let house = House::new();
    let mut diff = house.plan(&[page("a"), page("b").with("parent_id", id_of("page/a"))]).await;
    diff.changes.remove(0);
    let outcome = house.run(diff).await;
    let expected =
        "could not begin `Acme/page/b`: `parent_id` comes from `Acme/page/a#id`, which this plan does not create";
    assert_eq!(outcome.failed[0].1.to_string(), expected);
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
}
