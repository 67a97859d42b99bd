//! `--target`: a plan limited to some addresses, which decides about them as the whole plan would.

use engine::Desired;
use engine::address::Targets;
use engine::diff::{DiffOptions, diff};

use crate::house::{House, id_of, lines, page, plane, resource, role, team};

async fn targeted(house: &House, desired: &[Desired], patterns: &[&str]) -> Result<Vec<String>, Vec<String>> {
    let targets = Targets::new(patterns).unwrap();
    let options = DiffOptions { targets: Some(&targets), ..DiffOptions::default() };
    let planned = house.try_plan(desired, options).await;
    planned.map(|diff| lines(&diff)).map_err(|refusals| refusals.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn a_target_that_names_nothing_plans_nothing() {
    let house = House::new();
    assert_eq!(targeted(&house, &[page("a")], &["Acme/team/**"]).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_target_brings_what_it_depends_on() {
    let house = House::new();
    let desired = [team("a"), team("b"), plane("p"), role("a", "p"), role("b", "p")];
    let planned = targeted(&house, &desired, &["Acme/role/a+p"]).await.unwrap();
    assert_eq!(planned, ["create plane/p", "create role/a+p", "create team/a"]);
}

#[tokio::test]
async fn what_is_not_targeted_is_neither_changed_nor_deleted_nor_told() {
    let house = House::with(&[page("a"), page("b"), page("c")]).await;
    house.server.set(&house.server.id("page/b"), "content", "theirs");
    let targets = Targets::new(&["Acme/page/a"]).unwrap();
    let desired = [page("a").with("content", "new"), page("b").with("content", "new")];
    let world = house.refresh(&desired).await.unwrap();
    let state = house.book.remembered();
    let options = DiffOptions { targets: Some(&targets), ..DiffOptions::default() };
    let diff = diff(&desired, &state, &world, &house.readers, options).unwrap();
    assert_eq!(lines(&diff), ["update page/a [content]"]);
    assert_eq!(diff.drift, []);
}

#[tokio::test]
async fn a_targeted_resource_that_left_the_configuration_is_deleted_with_what_depends_on_it() {
    let house = House::with(&[team("a"), plane("p"), role("a", "p"), page("t")]).await;
    let planned = targeted(&house, &[], &["Acme/team/a"]).await.unwrap();
    assert_eq!(planned, ["delete role/a+p", "delete team/a"]);
}

#[tokio::test]
async fn a_targeted_replacement_brings_what_depends_on_it() {
    let house = House::with(&[team("a"), plane("p"), role("a", "p"), page("t")]).await;
    let desired = [team("a"), plane("p").with("kind", "serverless"), role("a", "p")];
    let planned = targeted(&house, &desired, &["Acme/plane/p"]).await.unwrap();
    assert_eq!(planned, ["replace plane/p [kind]", "replace role/a+p [plane_id]"]);
}

#[tokio::test]
async fn a_targeted_deletion_brings_those_who_have_to_let_go() {
    let house = House::with(&[page("a"), page("b").with("parent_id", id_of("page/a")), page("c")]).await;
    let desired = [page("b"), page("c").with("content", "new")];
    let planned = targeted(&house, &desired, &["Acme/page/a"]).await.unwrap();
    assert_eq!(planned, ["delete page/a", "update page/b [parent_id]"]);
}

#[tokio::test]
async fn a_target_does_not_take_the_object_of_an_address_that_is_not_targeted() {
    let house = House::with(&[page("a")]).await;
    let desired = [page("a").with("name", "renamed"), resource("page", "new").with("name", "a").with("content", "")];
    // The server would refuse the name before the other page gives it up.
    let planned = targeted(&house, &desired, &["Acme/page/new"]).await.unwrap();
    assert_eq!(planned, ["update page/a [name]", "create page/new"]);
}

#[tokio::test]
async fn a_target_brings_what_gives_up_a_value_that_only_one_object_can_have() {
    let slugs = |a: &str, b: &str, c: &str| {
        [page("a").with("slug", a), page("b").with("slug", b), page("c").with("slug", c), page("d")]
    };
    let house = House::with(&slugs("x", "y", "z")).await;
    // Two swap, and the third stays as it is.
    let swapped = slugs("y", "x", "z2");
    let planned = targeted(&house, &swapped, &["Acme/page/a"]).await.unwrap();
    assert_eq!(planned, ["update page/a [slug]", "update page/b [slug]"]);
    // A chain is followed to its end, and one that frees its value is not brought by those who take nothing from it.
    let chain = slugs("y", "z", "w");
    let planned = targeted(&house, &chain, &["Acme/page/a"]).await.unwrap();
    assert_eq!(planned, ["update page/a [slug]", "update page/b [slug]", "update page/c [slug]"]);
    assert_eq!(targeted(&house, &chain, &["Acme/page/c"]).await.unwrap(), ["update page/c [slug]"]);
    // One that leaves the configuration gives its value up by being deleted.
    let left = [page("a").with("slug", "y"), page("c").with("slug", "z"), page("d")];
    let planned = targeted(&house, &left, &["Acme/page/a"]).await.unwrap();
    assert_eq!(planned, ["update page/a [slug]", "delete page/b"]);
}

#[tokio::test]
async fn an_old_address_and_the_new_one_of_its_object_go_together() {
    let house = House::with(&[page("a")]).await;
    let desired = [resource("page", "moved").with("name", "a").with("content", "# a\n")];
    for either in ["Acme/page/moved", "Acme/page/a"] {
        let planned = targeted(&house, &desired, &[either]).await.unwrap();
        assert_eq!(planned, ["forget page/a", "import page/moved"]);
    }
}

#[tokio::test]
async fn refusals_about_others_do_not_hinder_a_targeted_plan() {
    let house = House::with(&[page("kept").protect(true), page("safe").protect(true)]).await;
    let desired = [page("a")];
    assert_eq!(targeted(&house, &desired, &["Acme/page/a"]).await.unwrap(), ["create page/a"]);
    assert_eq!(targeted(&house, &desired, &["Acme/page/*"]).await.unwrap_err().len(), 1, "two of one cause are one");
}
