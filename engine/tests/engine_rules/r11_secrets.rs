//! R11: a secret is sent, and stored nowhere: plans and states contain only its trace.

use engine::diff::DiffOptions;
use engine::secret::{Secrets, Unsuited, trace};
use engine::{Desired, Expr, Mode, Plan, ScopePlan};
use serde_json::json;

use crate::house::{House, LINEAGE, SCOPE, address, attribute_of, lines, page, resource};
use crate::vendor::{Fault, schema};

/// A door that opens with `key`.
fn door(name: &str, key: &str) -> Desired {
    resource("door", name).with("name", name).with("colour", "red").with("key", Expr::Secret(key.into()))
}

fn saved(changes: Vec<engine::ResourceChange>) -> ScopePlan {
    let (scope, lineage) = (SCOPE.to_owned(), LINEAGE.to_owned());
    ScopePlan { scope, lineage, serial: Some(1), changes, ..ScopePlan::default() }
}

#[tokio::test]
async fn r11_the_same_secret_is_no_change() {
    let desired = [door("a", "hunter2")];
    let house = House::with(&desired).await;
    assert_eq!(house.server.get(&house.server.id("door/a"), "key"), "hunter2");
    house.assert_quiet(&desired).await;
    assert_eq!(lines(&house.plan_from_memory(&desired)), Vec::<String>::new());
}

#[tokio::test]
async fn r11_another_secret_is_a_change_of_that_attribute_alone() {
    let house = House::with(&[door("a", "hunter2")]).await;
    let desired = [door("a", "hunter3")];
    assert_eq!(lines(&house.plan_from_memory(&desired)), ["update door/a [key]"]);
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), ["update door/a [key]"]);
    assert_eq!(house.server.get(&house.server.id("door/a"), "key"), "hunter3");
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r11_an_update_of_something_else_leaves_the_secret_alone() {
    let house = House::with(&[door("a", "hunter2")]).await;
    let desired = [door("a", "hunter2").with("colour", "blue")];
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), ["update door/a [colour]"]);
    assert_eq!(house.server.get(&house.server.id("door/a"), "key"), "hunter2");
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r11_neither_plan_nor_state_nor_desired_shows_a_secret() {
    let house = House::with(&[door("a", "hunter2")]).await;
    let desired = [door("a", "hunter3"), door("b", "hunter4")];
    let diff = house.plan(&desired).await;
    let plan = Plan::new(String::new(), Mode::Normal, vec![saved(diff.changes)]);
    let state = house.book.get("door/a").unwrap();
    let written = String::from_utf8(plan.to_bytes()).unwrap() + &serde_json::to_string(&state).unwrap();
    let debugged = format!("{desired:?} {plan:?} {state:?} {:?}", Secrets::of(&desired));
    assert!(written.contains("hmac-sha256"));
    assert!(!written.contains("hunter") && !debugged.contains("hunter"), "{written} {debugged}");
    assert_eq!(state.attributes["key"], trace(LINEAGE, &address("door/a"), "key", &"hunter2".into()));
}

#[tokio::test]
async fn r11_a_secret_that_the_server_shows_is_not_kept_and_is_no_drift() {
    let desired = [door("a", "hunter2")];
    let house = House::with(&desired).await;
    // A server may show stars, something it made of the secret, or all of it.
    house.server.set(&house.server.id("door/a"), "key", "*****");
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r11_an_import_sets_the_secret_because_nobody_knows_what_it_was() {
    let house = House::new();
    house.server.put("door", json!({ "name": "a", "colour": "red", "key": "hunter2" }));
    let desired = [door("a", "hunter2")];
    let diff = house.plan(&desired).await;
    assert_eq!(lines(&diff), ["import door/a [key]"]);
    assert!(!format!("{:?}", diff.changes).contains("hunter2"), "what the server shows of it is left out");
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), ["update door/a [key]"]);
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r11_a_secret_that_the_state_has_unseen_is_taken_to_be_the_first_one_that_is_configured() {
    let house = House::with(&[door("a", "hunter2")]).await;
    let mut unseen = house.book.get("door/a").unwrap();
    unseen.attributes.insert("key".to_owned(), json!(null));
    house.book.set("door/a", unseen);
    let desired = [door("a", "hunter2")];
    assert_eq!(lines(&house.plan_from_memory(&desired)), ["record door/a"], "the state learns its trace");
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(
        house.book.get("door/a").unwrap().attributes["key"],
        trace(LINEAGE, &address("door/a"), "key", &"hunter2".into())
    );
    house.assert_quiet(&desired).await;
    assert_eq!(lines(&house.plan_from_memory(&[door("a", "hunter3")])), ["update door/a [key]"]);
}

#[tokio::test]
async fn r11_a_secret_that_is_new_to_the_configuration_is_set() {
    let house = House::with(&[resource("door", "a").with("name", "a")]).await;
    let desired = [resource("door", "a").with("name", "a").with("key", Expr::Secret("hunter2".into()))];
    assert_eq!(lines(&house.plan(&desired).await), ["update door/a [key]"]);
    house.apply(&desired).await;
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r11_a_secret_that_left_the_configuration_is_left_alone() {
    let house = House::with(&[door("a", "hunter2")]).await;
    let desired = [resource("door", "a").with("name", "a").with("colour", "red")];
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    assert_eq!(house.server.get(&house.server.id("door/a"), "key"), "hunter2");
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r11_under_another_lineage_the_same_secret_leaves_another_trace_and_is_set_again() {
    let desired = [door("a", "hunter2")];
    let house = House::with(&desired).await;
    let other = DiffOptions { lineage: "begun anew", ..DiffOptions::default() };
    let diff = house.try_plan(&desired, other).await.unwrap();
    assert_eq!(lines(&diff), ["update door/a [key]"]);
    assert_ne!(diff.changes[0].after("key"), house.book.get("door/a").unwrap().attributes.get("key"));
}

#[tokio::test(start_paused = true)]
async fn r11_a_create_whose_answer_was_lost_sets_the_secret_of_what_is_found() {
    let house = House::new();
    house.server.fault("create door/a", Fault::LoseAnswer);
    let desired = [door("a", "hunter2")];
    house.apply(&desired).await;
    assert_eq!(house.server.take_writes(), ["create door/a", "update door/a [key]"]);
    assert_eq!(house.server.get(&house.server.id("door/a"), "key"), "hunter2");
    house.assert_quiet(&desired).await;
}

#[tokio::test]
async fn r11_a_server_that_repeats_the_secret_in_its_refusal_is_not_quoted() {
    let house = House::new();
    let desired = [door("a", "refused-hunter2")];
    let outcome = house.try_apply(&desired).await;
    let (_, error) = &outcome.failed[0];
    assert_eq!(error.to_string(), "could not write: the key (sensitive) is none");
}

#[tokio::test]
async fn r11_a_saved_plan_that_changes_nothing_needs_no_secret() {
    assert_eq!(Secrets::default().check(&saved(Vec::new()), |name| Some(schema(name))), Ok(()));
    let house = House::with(&[door("a", "hunter2"), page("b")]).await;
    let diff = house.plan(&[door("a", "hunter2")]).await;
    assert_eq!(lines(&diff), ["delete page/b"]);
    assert_eq!(Secrets::default().check(&saved(diff.changes), |name| Some(schema(name))), Ok(()));
}

#[tokio::test]
async fn r11_a_saved_plan_takes_the_secret_that_it_was_made_with_and_no_other() {
    let house = House::with(&[door("a", "hunter2")]).await;
    let desired = [door("a", "hunter3")];
    let plan = saved(house.plan(&desired).await.changes);
    let check = |secrets: Secrets| secrets.check(&plan, |name| Some(schema(name)));
    assert_eq!(check(Secrets::of(&desired)), Ok(()));
    let (changed, attribute) = (address("door/a"), "key".to_owned());
    let error = check(Secrets::of(&[door("a", "hunter4")])).unwrap_err();
    assert_eq!(error, Unsuited::Changed { address: changed.clone(), attribute: attribute.clone() });
    assert_eq!(
        error.to_string(),
        "the `key` of `Acme/door/a` is not the one that the plan was made with; make a new plan"
    );
    assert_eq!(check(Secrets::default()), Err(Unsuited::Missing { address: changed, attribute }));
}

#[tokio::test]
async fn r11_a_secret_that_is_not_at_hand_fails_its_resource_before_a_request_and_nothing_else() {
    let house = House::new();
    let desired = [door("a", "hunter2"), page("b"), page("c").with("parent_name", attribute_of("door/a", "name"))];
    let diff = house.plan(&desired).await;
    let outcome = house.try_run(diff, Secrets::default()).await.unwrap();
    assert_eq!(house.server.take_writes(), ["create page/b"]);
    assert_eq!(outcome.failed[0].1.to_string(), "could not begin `Acme/door/a`: the `key` to send is missing");
    assert_eq!(outcome.skipped, [address("page/c")]);
}
