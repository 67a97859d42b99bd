//! R7: a plan that was reviewed approves another one that does nothing else.

use engine::{Desired, Plan};

use crate::house::{House, page, plan_of, plane, role, short, team};

/// The plan of this configuration now.
async fn plan(house: &House, desired: &[Desired]) -> Plan {
    plan_of(house.plan(desired).await)
}

fn unreviewed(plan: &Plan, reviewed: &Plan) -> Vec<String> {
    plan.not_in(reviewed).into_iter().map(|change| short(&change.address)).collect()
}

#[tokio::test]
async fn r7_a_plan_covers_itself_and_one_that_has_nothing_to_do() {
    let house = House::with(&[page("a"), page("gone")]).await;
    let desired = [page("a").with("content", "new"), team("a"), plane("p"), role("a", "p")];
    let reviewed = plan(&house, &desired).await;
    assert!(reviewed.has_changes());
    assert_eq!(unreviewed(&reviewed, &reviewed), Vec::<String>::new());
    let nothing = plan(&house, &[page("a"), page("gone")]).await;
    assert_eq!(unreviewed(&nothing, &reviewed), Vec::<String>::new());
    assert_eq!(unreviewed(&reviewed, &nothing).len(), reviewed.scopes[0].changes.len());
}

#[tokio::test]
async fn r7_what_was_applied_since_the_review_is_left_out_and_what_it_gave_is_known() {
    let house = House::new();
    let desired = [team("a"), plane("p"), role("a", "p")];
    let reviewed = plan(&house, &desired).await;
    house.apply(&[team("a"), plane("p")]).await;
    let rest = plan(&house, &desired).await;
    assert_eq!(rest.scopes[0].changes.len(), 1, "the role alone: {rest:?}");
    assert_eq!(unreviewed(&rest, &reviewed), Vec::<String>::new());
}

#[tokio::test]
async fn r7_another_value_another_target_and_another_resource_are_not_covered() {
    let house = House::with(&[page("a")]).await;
    let reviewed = plan(&house, &[page("a").with("content", "one"), plane("p")]).await;
    for (desired, expected) in [
        (vec![page("a").with("content", "two")], "page/a"),
        (vec![page("a"), page("b")], "page/b"),
        (vec![page("a"), plane("p").with("kind", "serverless")], "plane/p"),
        (vec![], "page/a"),
    ] {
        assert_eq!(unreviewed(&plan(&house, &desired).await, &reviewed), [expected]);
    }
}

#[tokio::test]
async fn r7_a_change_from_another_value_than_the_reviewed_one_is_not_covered() {
    let house = House::with(&[page("a")]).await;
    let desired = [page("a").with("content", "new")];
    let reviewed = plan(&house, &desired).await;
    house.server.set(&house.server.id("page/a"), "content", serde_json::json!("by hand"));
    assert_eq!(unreviewed(&plan(&house, &desired).await, &reviewed), ["page/a"]);
}

#[tokio::test]
async fn r7_the_deletion_of_another_object_than_the_reviewed_one_is_not_covered() {
    let house = House::with(&[page("a")]).await;
    let reviewed = plan(&house, &[]).await;
    assert_eq!(unreviewed(&plan(&house, &[]).await, &reviewed), Vec::<String>::new());
    house.apply(&[]).await;
    house.apply(&[page("a")]).await;
    assert_eq!(unreviewed(&plan(&house, &[]).await, &reviewed), ["page/a"]);
}

#[tokio::test]
async fn r7_protection_that_is_taken_away_is_covered_only_if_it_was_reviewed() {
    let mut protected = team("a");
    protected.protect = true;
    let house = House::with(std::slice::from_ref(&protected)).await;
    let (kept, freed) = (plan(&house, &[protected]).await, plan(&house, &[team("a")]).await);
    assert_eq!(unreviewed(&freed, &kept), ["team/a"]);
    assert_eq!(unreviewed(&freed, &freed), Vec::<String>::new());
}
