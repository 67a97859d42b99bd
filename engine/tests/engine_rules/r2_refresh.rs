//! R2: the live system is read in bulk, and not compared unless all of it was read.

use crate::house::{House, lines, link, note, page, plane, role, team};
use crate::vendor::Fault;

#[tokio::test]
async fn r2_nothing_wanted_and_nothing_remembered_asks_nothing() {
    let house = House::new();
    house.refresh(&[]).await.unwrap();
    assert_eq!(house.server.take_log(), Vec::<String>::new());
}

#[tokio::test]
async fn r2_requests_grow_with_types_and_not_with_resources() {
    let many: Vec<_> = (0..50).map(|i| page(&i.to_string())).chain((0..50).map(|i| team(&i.to_string()))).collect();
    let house = House::with(&many).await;
    house.refresh(&many).await.unwrap();
    assert_eq!(house.server.take_log(), ["list page", "list team"]);
}

#[tokio::test]
async fn r2_a_type_is_listed_after_those_that_it_reads_after() {
    let house = House::with(&[plane("p")]).await;
    let desired = [plane("p"), link("p", "orders"), role("a", "p"), team("a")];
    house.refresh(&desired).await.unwrap();
    assert_eq!(house.server.take_log(), ["list plane", "list role", "list team", "list service", "list link"]);
}

#[tokio::test]
async fn r2_what_only_the_state_knows_is_read_too() {
    let house = House::with(&[page("a"), team("b")]).await;
    house.refresh(&[team("b")]).await.unwrap();
    assert_eq!(house.server.take_log(), ["list page", "list team"]);
}

#[tokio::test]
async fn r2_an_object_that_is_listed_twice_counts_once() {
    let house = House::new();
    house.server.put("page", serde_json::json!({ "name": "a", "content": "# a\n" }));
    house.server.move_pages();
    assert_eq!(crate::house::lines(&house.plan(&[page("a")]).await), ["import page/a"]);
}

#[tokio::test]
async fn r2_every_list_that_fails_is_told_and_nothing_is_compared() {
    let house = House::with(&[page("a"), team("b"), plane("c")]).await;
    house.server.fault("list page", Fault::Refuse);
    house.server.fault("list team", Fault::Refuse);
    let errors = house.refresh(&[page("a"), team("b"), plane("c")]).await.unwrap_err();
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    let both = "could not list the resources of type `page`, `team` (list page): out of order";
    assert_eq!(told, [both], "one cause is one error");
}

#[tokio::test]
async fn r2_a_type_that_no_reader_knows_is_an_error_also_without_a_refresh() {
    let house = House::new();
    let unknown = [crate::house::resource("comet", "a")];
    let error = house.refresh(&unknown).await.unwrap_err().remove(0);
    assert_eq!(error.to_string(), "could not read resources of type `comet`: this koctl does not know the type");
    let state = engine::refresh::Remembered::default();
    assert!(engine::world::World::remembered(&unknown, &state, &house.readers).is_err());
}

#[tokio::test]
async fn r2_what_the_state_knows_and_no_list_shows_is_asked_for_before_it_counts_as_deleted() {
    let desired = [note("a"), page("p"), team("t")];
    let house = House::with(&desired).await;
    for label in ["note/a", "page/p", "team/t"] {
        house.server.pass_over(&house.server.id(label), true);
    }
    house.assert_quiet(&desired).await;
    let reads: Vec<_> = house.server.take_log().into_iter().filter(|line| line.starts_with("read ")).collect();
    assert_eq!(reads.len(), 3, "{reads:?}");
    let gone = house.server.id("page/p");
    house.server.remove(&gone);
    assert_eq!(lines(&house.plan(&desired).await), ["create page/p"]);
}

#[tokio::test]
async fn r2_what_lists_show_is_not_asked_for_again() {
    let house = House::with(&[note("a"), page("p")]).await;
    house.plan(&[note("a"), page("p"), page("q")]).await;
    assert!(house.server.take_log().iter().all(|line| line.starts_with("list ")));
}
