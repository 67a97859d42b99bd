//! R1: references are the edges of a graph, which must be sound before anything is compared.

use crate::house::{House, id_of, page, role, team};

#[tokio::test]
async fn r1_no_resources_need_no_order() {
    let house = House::new();
    house.assert_quiet(&[]).await;
}

#[tokio::test]
async fn r1_what_is_referred_to_is_made_first_whatever_the_order_of_the_configuration() {
    let house = House::new();
    let desired =
        [page("c").with("parent_id", id_of("page/b")), page("b").with("parent_id", id_of("page/a")), page("a")];
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), ["create page/a", "create page/b", "create page/c"]);
}

#[tokio::test]
async fn r1_a_cycle_is_refused_and_printed() {
    let desired = [page("a").with("parent_id", id_of("page/b")), page("b").with("parent_id", id_of("page/a"))];
    let refusals = House::new().refusals(&desired).await;
    assert_eq!(refusals, ["the references form a cycle: Acme/page/a → Acme/page/b → Acme/page/a"]);
}

#[tokio::test]
async fn r1_a_reference_to_nothing_is_refused_with_both_ends() {
    let refusals = House::new().refusals(&[team("a"), role("a", "p")]).await;
    assert_eq!(refusals, ["`Acme/role/a+p` refers to `Acme/plane/p`, which is not part of the configuration"]);
}

#[tokio::test]
async fn r1_two_resources_under_one_address_are_refused() {
    let refusals = House::new().refusals(&[page("a"), page("a").with("name", "other")]).await;
    assert_eq!(refusals, ["the configuration asks for `Acme/page/a` twice; give one of them another name"]);
}
