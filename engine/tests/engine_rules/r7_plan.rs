//! R7: the plan is a document: the same inputs give the same bytes, and an edited plan is refused.

use engine::plan::InvalidPlan;
use engine::{Desired, Mode, Plan, ScopePlan};
use serde_json::json;

use crate::house::{House, SCOPE, page, plane, role, team};

async fn scope_plan(house: &House, desired: &[Desired]) -> ScopePlan {
    let diff = house.plan(desired).await;
    let (scope, lineage) = (SCOPE.to_owned(), "6f0c".to_owned());
    ScopePlan {
        scope,
        lineage,
        serial: Some(3),
        changes: diff.changes,
        drift: diff.drift,
        duplicates: diff.duplicates,
        ..ScopePlan::default()
    }
}

async fn world() -> (House, Vec<Desired>) {
    let house = House::with(&[team("a"), plane("p"), role("a", "p"), page("gone")]).await;
    house.server.set(&house.server.id("team/a"), "labels", json!({ "owner": "them", "theirs": "1" }));
    house.server.put("page", json!({ "name": "found", "content": "# found\n" }));
    let desired = vec![
        team("a"),
        plane("p").with("kind", "serverless"),
        role("a", "p"),
        page("found"),
        page("new").with("content", "text with \u{2028} and 0.1"),
    ];
    (house, desired)
}

async fn plan() -> Plan {
    let (house, desired) = world().await;
    let plan = Plan::new(String::new(), Mode::Normal, vec![scope_plan(&house, &desired).await]);
    plan.made_from([(SCOPE.to_owned(), "digest".to_owned())].into())
}

#[test]
fn r7_a_plan_says_what_it_was_made_for_and_one_that_follows_the_configuration_looks_as_ever() {
    use engine::StateOnly::{Import, Refresh};
    for mode in [Mode::Normal, Mode::Destroy, Mode::StateOnly(Import), Mode::StateOnly(Refresh)] {
        let plan = Plan::new(String::new(), mode, Vec::new());
        let bytes = plan.to_bytes();
        assert_eq!(Plan::from_bytes(&bytes).unwrap().mode(), mode);
        let is_told = String::from_utf8(bytes).unwrap().contains("state_only");
        assert_eq!(is_told, matches!(mode, Mode::StateOnly(_)));
    }
}

#[tokio::test]
async fn r7_an_empty_plan_is_a_document_too() {
    let plan = Plan::new(String::new(), Mode::Normal, Vec::new());
    assert_eq!(Plan::from_bytes(&plan.to_bytes()).unwrap(), plan);
    assert!(!plan.has_changes());
}

#[tokio::test]
async fn r7_a_plan_is_read_back_as_it_was_written() {
    let plan = plan().await;
    assert!(plan.has_changes());
    assert_eq!(Plan::from_bytes(&plan.to_bytes()).unwrap(), plan);
}

#[tokio::test]
async fn r7_the_same_inputs_give_the_same_bytes() {
    assert_eq!(plan().await.to_bytes(), plan().await.to_bytes());
    let (house, mut desired) = world().await;
    let forwards = scope_plan(&house, &desired).await;
    desired.reverse();
    assert_eq!(scope_plan(&house, &desired).await, forwards, "the order of the configuration does not matter");
    let other = ScopePlan { scope: "Zeta".to_owned(), ..forwards.clone() };
    let one = Plan::new(String::new(), Mode::Normal, vec![other.clone(), forwards.clone()]);
    let two = Plan::new(String::new(), Mode::Normal, vec![forwards, other]);
    assert_eq!(one.to_bytes(), two.to_bytes());
}

#[tokio::test]
async fn r7_an_edited_plan_is_refused() {
    let text = String::from_utf8(plan().await.to_bytes()).unwrap();
    for (from, to) in [
        ("\"delete\"", "\"forget\""),
        ("serverless", "hybrid"),
        ("\"serial\": 3", "\"serial\": 4"),
        ("\"lineage\": \"6f0c\"", "\"lineage\": \"6f0d\""),
        ("\"destroy\": false", "\"destroy\": true"),
        ("\"Acme\": \"digest\"", "\"Acme\": \"other\""),
        ("\"guarded\": true", "\"guarded\": false"),
    ] {
        assert!(text.contains(from), "{from}");
        let edited = text.replacen(from, to, 1);
        assert!(matches!(Plan::from_bytes(edited.as_bytes()), Err(InvalidPlan::Edited)), "{from}");
    }
}

#[tokio::test]
async fn r7_a_field_that_no_plan_has_is_refused() {
    let text = String::from_utf8(plan().await.to_bytes()).unwrap();
    let edited = text.replacen("\"destroy\"", "\"more\": 1, \"destroy\"", 1);
    assert!(matches!(Plan::from_bytes(edited.as_bytes()), Err(InvalidPlan::NotAPlan(_))));
}

#[tokio::test]
async fn r7_another_version_is_refused_by_its_number_whatever_else_is_in_it() {
    let text = r#"{ "plan": { "format": "koctl-plan", "version": 6, "something": "new" }, "sha512": "" }"#;
    let error = Plan::from_bytes(text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "it has plan format 6, and this koctl reads format 5; make a new plan");
}

#[test]
fn r7_a_plan_of_the_first_version_is_refused() {
    let text = r#"{
        "plan": {
            "format": "koctl-plan", "version": 1, "koctl": "0.1.0", "configuration": "c", "systems": "", "destroy": false,
            "scopes": [{
                "scope": "Acme", "lineage": "6f0c", "serial": 3,
                "changes": [{
                    "address": "Acme/page/a", "action": "update", "id": "page-1",
                    "before": { "content": "old" }, "after": { "content": "new" }, "changed": ["content"]
                }]
            }]
        },
        "sha256": ""
    }"#;
    let error = Plan::from_bytes(text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "it has plan format 1, and this koctl reads format 5; make a new plan");
}

#[tokio::test]
async fn r7_what_is_no_plan_is_refused_as_such() {
    for text in ["", "{}", "null", "[]", "plan", "{\"plan\": {\"version\": 5}, \"sha256\": \"\"}"] {
        assert!(matches!(Plan::from_bytes(text.as_bytes()), Err(InvalidPlan::NotAPlan(_))), "{text}");
    }
}

#[tokio::test]
async fn r7_a_plan_fits_only_the_state_that_it_was_made_from() {
    let made = |serial| {
        let (scope, lineage) = (SCOPE.to_owned(), "one".to_owned());
        ScopePlan { scope, lineage, serial, ..ScopePlan::default() }
    };
    assert_eq!(made(None).check(None), Ok(()));
    assert_eq!(made(Some(3)).check(Some(("one", 3))), Ok(()));
    let refused = |serial, found| made(serial).check(found).unwrap_err().to_string();
    let expected =
        "the state of `Acme` changed after the plan was made (it had serial 3, and has 4 now); make a new plan";
    assert_eq!(refused(Some(3), Some(("one", 4))), expected);
    assert!(refused(Some(3), Some(("two", 3))).contains("lineage one, and this one has lineage two"));
    assert!(refused(Some(3), None).contains("is gone"));
    // Also the state that the plan itself made: it applies once.
    assert!(refused(None, Some(("one", 1))).contains("has one now"));
}

#[tokio::test]
async fn r7_a_plan_that_was_read_back_does_what_it_says_and_nothing_else() {
    let (house, desired) = world().await;
    let plan = Plan::new(String::new(), Mode::Normal, vec![scope_plan(&house, &desired).await]);
    let mut read = Plan::from_bytes(&plan.to_bytes()).unwrap();
    // The plan ignores an object that was created after it.
    house.server.put("page", json!({ "name": "later" }));
    let scope = read.scopes.remove(0);
    let diff = engine::diff::Diff {
        changes: scope.changes,
        drift: scope.drift,
        duplicates: scope.duplicates,
        held_back: Vec::new(),
        waiting: scope.waiting,
        ignored: scope.ignored,
    };
    assert!(house.run(diff).await.is_complete());
    house.assert_quiet(&desired).await;
    assert!(house.server.labels().contains("page/later"));
}
