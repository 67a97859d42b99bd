//! Plans in a few lines, and what a reviewer must see of them.

use serde_json::{Value, json};

use super::{Kind, Review, Risk, Verdict};
use crate::registry;
use engine::{Action, Address, Goal, Mode, Plan, Planned, ResourceChange, ScopePlan, StateOnly};

fn change(address: &str, action: Action, before: Value, after: Value) -> ResourceChange {
    let address: Address = address.parse().unwrap();
    let schema = registry::schema(address.type_name()).unwrap();
    let object = |value: Value| value.as_object().cloned().unwrap_or_default();
    let mut change = ResourceChange { action, ..ResourceChange::untouched(address, schema.guarded) };
    change.extend_before(object(before));
    for (name, value) in object(after) {
        let goal = match change.before(&name) {
            _ if action == Action::Create => Goal::Set(Planned::Known(value)),
            Some(before) if *before == value => Goal::Same(value),
            _ => Goal::Change {
                to: Planned::Known(value),
                forces_replacement: schema.attribute(&name).is_some_and(|one| one.forces_replacement),
            },
        };
        change.set(&name, goal);
    }
    change
}

fn plan(mode: Mode, changes: Vec<ResourceChange>) -> Plan {
    let scope = ScopePlan { scope: "Acme".to_owned(), changes, ..ScopePlan::default() };
    Plan::new(String::new(), mode, vec![scope])
}

fn review(changes: Vec<ResourceChange>) -> Review {
    Review::of(&plan(Mode::Normal, changes))
}

fn effects(risk: &Risk) -> String {
    risk.effects.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The risks of these changes, a line each.
fn risks(changes: Vec<ResourceChange>) -> Vec<String> {
    let risks = review(changes).risks;
    risks.iter().map(|risk| format!("{}: {}: {}", risk.kind.name(), risk.address, effects(risk))).collect()
}

const NOTHING: Value = Value::Null;

fn portal(visibility: &str, authentication: bool) -> Value {
    json!({ "name": "prd", "default_api_visibility": visibility, "authentication_enabled": authentication })
}

fn spec(paths: &[&str]) -> String {
    let paths: Value = paths.iter().map(|path| ((*path).to_owned(), json!({"get": {}}))).collect();
    json!({"openapi": "3.1.0", "info": {"title": "Orders", "version": "1"}, "paths": paths}).to_string()
}

fn version(old: &str, new: &str) -> ResourceChange {
    change("Acme/api_version/prd/orders", Action::Update, json!({ "content": old }), json!({ "content": new }))
}

#[test]
fn r16_a_plan_that_changes_nothing_of_note_has_no_risks() {
    assert_eq!(risks(Vec::new()), Vec::<String>::new());
    let dull = change("Acme/team/orders", Action::Update, json!({"name": "a"}), json!({"name": "b"}));
    let private = change("Acme/portal/dev", Action::Create, NOTHING, portal("private", true));
    let imported = change("Acme/portal/prd", Action::Import, portal("public", false), portal("public", false));
    let stays = change("Acme/team_user/orders/kim@x", Action::NoOp, json!({"user_id": "1"}), json!({"user_id": "1"}));
    assert_eq!(risks(vec![dull, private, imported, stays]), Vec::<String>::new());
}

#[test]
fn r16_deletions_and_replacements_of_guarded_types_come_first() {
    let changes = vec![
        change("Acme/team_user/orders/kim@x", Action::Create, NOTHING, json!({"user_id": "1"})),
        change("Acme/team/stock", Action::Delete, json!({"name": "stock"}), NOTHING),
        change("Acme/control_plane/prd/a", Action::Replace, json!({"region": "eu"}), json!({"region": "us"})),
        change("Acme/user/kim@x", Action::Forget, json!({"email": "kim@x"}), NOTHING),
    ];
    assert_eq!(
        risks(changes),
        [
            "destroys: Acme/control_plane/prd/a: must be replaced (because of region)",
            "destroys: Acme/team/stock: will be destroyed",
            "access: Acme/team_user/orders/kim@x: joins the team",
        ]
    );
}

#[test]
fn r16_what_goes_with_a_guarded_resource_is_no_risk_of_its_own() {
    let publication = |parent: &str| ResourceChange {
        prior_dependencies: [parent.parse().unwrap()].into(),
        ..change("Acme/api_publication/prd/orders", Action::Delete, json!({"visibility": "public"}), NOTHING)
    };
    let api = change("Acme/api/prd/orders", Action::Delete, json!({"name": "orders"}), NOTHING);
    assert_eq!(
        risks(vec![publication("Acme/api/prd/orders"), api.clone()]),
        ["destroys: Acme/api/prd/orders: will be destroyed"]
    );
    assert_eq!(
        risks(vec![publication("Acme/api/prd/other"), api]),
        [
            "destroys: Acme/api/prd/orders: will be destroyed",
            "cuts: Acme/api_publication/prd/orders: the API is taken out of the portal",
        ]
    );
}

#[test]
fn r16_what_lets_more_people_in_without_approval_is_a_risk_and_closing_it_is_not() {
    let portal = |on: bool| json!({ "rbac_enabled": !on, "sipr_enabled": !on, "auto_approve_developers": on, "auto_approve_applications": on });
    let changed = |before: Value, after: Value| risks(vec![change("Acme/portal/dev", Action::Update, before, after)]);
    assert_eq!(changed(portal(true), portal(false)), Vec::<String>::new());
    insta::assert_snapshot!(changed(portal(false), portal(true)).join("\n"), @"opens: Acme/portal/dev: developers need no team to see and to use the APIs; every address reaches it; whoever registers as a developer is let in without approval; applications get access to APIs without approval");
}

#[test]
fn r16_another_slug_is_a_risk_and_the_first_one_is_not() {
    let api =
        |action: Action, before: Value| change("Acme/api/prd/orders", action, before, json!({ "slug": "orders" }));
    assert_eq!(risks(vec![api(Action::Create, NOTHING)]), Vec::<String>::new());
    assert_eq!(risks(vec![api(Action::Update, json!({ "slug": "orders" }))]), Vec::<String>::new());
    assert_eq!(
        risks(vec![api(Action::Update, json!({ "slug": "orders-1-0-0" }))]),
        ["cuts: Acme/api/prd/orders: its address in portals changes, and links to the old one end nowhere"]
    );
}

#[test]
fn r16_another_role_is_a_risk_also_on_a_control_plane_that_is_made_again() {
    let (before, after) = (json!({"role_name": "Admin"}), json!({"role_name": "Viewer"}));
    let role = ResourceChange {
        prior_dependencies: ["Acme/control_plane/dev/orders".parse().unwrap()].into(),
        ..change("Acme/team_role/dev/orders", Action::Replace, before, after)
    };
    let plane =
        change("Acme/control_plane/dev/orders", Action::Replace, json!({"region": "eu"}), json!({"region": "us"}));
    assert_eq!(
        risks(vec![role, plane]),
        [
            "destroys: Acme/control_plane/dev/orders: must be replaced (because of region)",
            "access: Acme/team_role/dev/orders: the team gets another role (role_name \"Admin\" -> \"Viewer\")",
        ]
    );
}

#[test]
fn r16_what_becomes_public_is_a_risk_and_what_was_public_is_not() {
    let open = |before: Value| change("Acme/portal/prd", Action::Update, before, portal("public", false));
    assert_eq!(risks(vec![open(portal("public", false))]), Vec::<String>::new());
    assert_eq!(
        risks(vec![open(portal("private", true))]),
        [
            "opens: Acme/portal/prd: everyone sees what is published in it, unless a publication says otherwise; nobody needs to sign in"
        ]
    );
    let published = json!({"visibility": "public"});
    assert_eq!(
        risks(vec![change("Acme/api_publication/prd/orders", Action::Create, NOTHING, published)]),
        ["opens: Acme/api_publication/prd/orders: everyone sees the API"]
    );
}

#[test]
fn r16_roles_and_sign_in_show_the_values_that_decide_and_no_secret() {
    let changes = vec![
        change("Acme/team_role/dev/orders", Action::Create, NOTHING, json!({"role_name": "Admin", "team_id": "1"})),
        change(
            "Acme/identity_provider/oidc",
            Action::Update,
            json!({"issuer_url": "https://a", "client_secret": "trace-a"}),
            json!({"issuer_url": "https://b", "client_secret": "trace-b"}),
        ),
        change(
            "Acme/authentication_settings/organization",
            Action::Update,
            json!({"basic_auth_enabled": true}),
            json!({"basic_auth_enabled": false}),
        ),
    ];
    assert_eq!(
        risks(changes),
        [
            "access: Acme/authentication_settings/organization: how people sign in changes (basic_auth_enabled true -> false)",
            "access: Acme/identity_provider/oidc: a way to sign in changes (client_secret (sensitive), issuer_url \"https://a\" -> \"https://b\")",
            "access: Acme/team_role/dev/orders: the team gets a role (role_name \"Admin\")",
        ]
    );
}

#[test]
fn r16_a_specification_that_breaks_callers_is_a_risk() {
    assert_eq!(risks(vec![version(&spec(&["/a"]), &spec(&["/a", "/b"]))]), Vec::<String>::new());
    assert_eq!(
        risks(vec![version(&spec(&["/a", "/b"]), &spec(&["/a"]))]),
        ["breaks: Acme/api_version/prd/orders: GET /b: is gone"]
    );
}

#[test]
fn r16_a_staged_file_is_judged_unless_it_is_the_specification_of_an_api() {
    let (old, new, path) = (spec(&["/a", "/b"]), spec(&["/a"]), "konnect/Acme/prd/orders/services/orders/openapi.yaml");
    let staged = || {
        change(
            "Acme/pull_request/prd",
            Action::Update,
            json!({ "files": { path: &old, "ko-patch.yaml": "a" } }),
            json!({ "files": { path: &new, "ko-patch.yaml": "b" } }),
        )
    };
    let review = self::review(vec![staged(), version(&old, &new)]);
    assert_eq!(review.of_kind(Kind::Breaks).count(), 1);
    assert_eq!(review.specifications.home(&new).map(Address::as_str), Some("Acme/api_version/prd/orders"));
    assert_eq!(review.specifications.home(&old), None);
    assert_eq!(risks(vec![staged()]), [format!("breaks: Acme/pull_request/prd: {path}: GET /b: is gone")]);
}

#[test]
fn r16_nothing_is_said_of_a_text_that_cannot_be_read() {
    for old in ["not: [a specification", "swagger: '2.0'"] {
        let review = review(vec![version(old, &spec(&["/a"]))]);
        assert_eq!(review.risks, []);
        let [judged] = review.specifications.get(&"Acme/api_version/prd/orders".parse().unwrap()) else {
            panic!("{old}")
        };
        assert!(matches!(&judged.verdict, Verdict::Unknown(why) if why.starts_with("the old text cannot be read")));
    }
    let before = json!({ "content": { "sha256": "0".repeat(64) } });
    let digest = change("Acme/api_version/prd/orders", Action::Update, before, json!({ "content": spec(&["/a"]) }));
    let review = review(vec![digest]);
    assert_eq!(review.risks, []);
    assert_eq!(review.specifications.get(&"Acme/api_version/prd/orders".parse().unwrap()).len(), 1);
}

#[test]
fn r16_a_plan_that_writes_only_the_state_has_no_risks() {
    let gone = || vec![change("Acme/team/stock", Action::Delete, json!({"name": "stock"}), NOTHING)];
    assert_eq!(Review::of(&plan(Mode::StateOnly(StateOnly::Refresh), gone())).risks, []);
    assert_eq!(Review::of(&plan(Mode::Destroy, gone())).risks.len(), 1);
}
