//! Documents as tools for Terraform read them.

use std::collections::BTreeMap;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::report::testing::{self, SCHEMAS, because, change, drifted, unknown};
use crate::review::Review;
use engine::plan::{Drift, DriftKind};
use engine::state::ResourceState;
use engine::{Action, Address, Mode, Plan, ResourceChange};

fn document(changes: Vec<ResourceChange>, drift: Vec<Drift>) -> Value {
    let plan = testing::plan(changes, drift);
    plan_json(&plan, &Review::of(&plan), SCHEMAS)
}

/// The change of the only resource of a plan.
fn change_of(change: ResourceChange) -> Value {
    document(vec![change], Vec::new())["resource_changes"][0].clone()
}

#[test]
fn a_plan_without_changes_is_a_whole_document_that_cannot_be_applied() {
    assert_eq!(
        plan_json(&Plan::new(String::new(), Mode::Normal, Vec::new()), &Review::default(), SCHEMAS),
        json!({
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "koctl_version": env!("CARGO_PKG_VERSION"),
            "planned_values": {"root_module": {"resources": []}},
            "resource_drift": [],
            "resource_changes": [],
            "output_changes": {},
            "prior_state": {
                "format_version": "1.0",
                "terraform_version": "1.9.0",
                "values": {"root_module": {"resources": []}},
            },
            "configuration": {"provider_config": {}, "root_module": {"resources": []}},
            "applyable": false,
            "complete": true,
            "errored": false,
            "koctl_counts": [],
            "koctl_risks": [],
            "koctl_specifications": [],
        })
    );
}

#[test]
fn r16_programs_get_the_counts_and_the_risks_of_a_plan() {
    let changes = vec![
        change("Acme/control_plane/prd/a", Action::Replace, json!({"region": "us"}), json!({"region": "eu"})),
        change("Acme/team/b", Action::Create, Value::Null, json!({"name": "b"})),
    ];
    let document = document(changes, Vec::new());
    assert_eq!(
        document["koctl_risks"],
        json!([{
            "kind": "destroys", "address": "Acme/control_plane/prd/a", "effects": ["must be replaced (because of region)"],
        }])
    );
    let counts = |scope: &str, environment: Value, add: u32, replace: u32| {
        json!({
            "scope": scope, "environment": environment, "import": 0, "add": add, "change": 0, "destroy": replace,
            "replace": replace, "forget": 0, "deferred": 0,
        })
    };
    assert_eq!(
        document["koctl_counts"],
        json!([counts("Acme", Value::Null, 1, 0), counts("Acme", "prd".into(), 1, 1)])
    );
}

#[test]
fn r16_programs_get_what_a_changed_specification_means() {
    let spec =
        |path: &str| json!({"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {path: {"get": {}}}});
    let content = |path: &str| json!({ "content": spec(path).to_string() });
    let changes = vec![
        change("Acme/api_version/dev/a", Action::Update, content("/a"), content("/b")),
        change("Acme/api_version/dev/b", Action::Update, json!({"content": "no"}), content("/b")),
    ];
    let document = document(changes, Vec::new());
    let [known, unknown] = document["koctl_specifications"].as_array().unwrap().as_slice() else {
        panic!("{document}")
    };
    assert_eq!((&known["address"], &known["unknown"]), (&json!("Acme/api_version/dev/a"), &Value::Null));
    assert_eq!(known["changes"][0]["rule"], "operation-removed");
    assert_eq!(unknown["changes"], Value::Null);
    assert!(unknown["unknown"].as_str().unwrap().starts_with("the old text cannot be read"), "{unknown}");
}

#[test]
fn a_plan_has_the_change_the_values_and_the_configuration_of_a_resource() {
    let version = change("Acme/api_version/dev/flights", Action::Create, Value::Null, json!({"version": "1"}));
    let document = document(vec![unknown(version, "api_id", "Acme/api/dev/flights#id")], Vec::new());
    assert_json_snapshot!(document["resource_changes"], @r#"
    [
      {
        "address": "Acme/api_version/dev/flights",
        "change": {
          "actions": [
            "create"
          ],
          "after": {
            "version": "1"
          },
          "after_sensitive": {},
          "after_unknown": {
            "api_id": true,
            "id": true
          },
          "before": null,
          "before_sensitive": false
        },
        "mode": "managed",
        "name": "dev/flights",
        "provider_name": "koctl/konnect",
        "type": "api_version"
      }
    ]
    "#);
    assert_json_snapshot!(document["planned_values"], @r#"
    {
      "root_module": {
        "resources": [
          {
            "address": "Acme/api_version/dev/flights",
            "depends_on": [
              "Acme/api/dev/flights"
            ],
            "mode": "managed",
            "name": "dev/flights",
            "provider_name": "koctl/konnect",
            "schema_version": 0,
            "sensitive_values": {},
            "type": "api_version",
            "values": {
              "version": "1"
            }
          }
        ]
      }
    }
    "#);
    assert_json_snapshot!(document["configuration"], @r#"
    {
      "provider_config": {
        "koctl/konnect": {
          "full_name": "koctl/konnect",
          "name": "konnect"
        }
      },
      "root_module": {
        "resources": [
          {
            "address": "Acme/api_version/dev/flights",
            "depends_on": [
              "Acme/api/dev/flights"
            ],
            "expressions": {
              "api_id": {
                "references": [
                  "Acme/api/dev/flights.id",
                  "Acme/api/dev/flights"
                ]
              },
              "version": {
                "constant_value": "1"
              }
            },
            "mode": "managed",
            "name": "dev/flights",
            "provider_config_key": "koctl/konnect",
            "schema_version": 0,
            "type": "api_version"
          }
        ]
      }
    }
    "#);
}

#[test]
fn what_the_server_sets_is_known_after_apply() {
    let made = change("Acme/control_plane/dev/a", Action::Create, Value::Null, json!({"name": "a"}));
    let made = &change_of(made)["change"];
    assert_eq!(made["before"], Value::Null);
    assert_eq!(made["before_sensitive"], false);
    assert_eq!(made["after"], json!({"name": "a"}));
    assert_eq!(made["after_unknown"], json!({"endpoint": true, "id": true}));
    let before = json!({"name": "a", "endpoint": "https://a", "region": "eu"});
    let changed = change("Acme/control_plane/dev/a", Action::Update, before.clone(), json!({"name": "b"}));
    let changed = &change_of(changed)["change"];
    assert_eq!(changed["actions"], json!(["update"]));
    assert_eq!(changed["before"]["endpoint"], "https://a");
    assert_eq!(changed["after"], json!({"id": "id-control_plane", "name": "b", "region": "eu"}));
    assert_eq!(changed["after_unknown"], json!({"endpoint": true}));
}

#[test]
fn a_replacement_is_a_delete_and_a_create_with_the_paths_that_force_it() {
    let (before, after) = (json!({"region": "us", "name": "a"}), json!({"region": "eu", "name": "a"}));
    let replaced = change_of(change("Acme/control_plane/dev/a", Action::Replace, before, after));
    assert_eq!(replaced["action_reason"], "replace_because_cannot_update");
    assert_eq!(replaced["change"]["actions"], json!(["delete", "create"]));
    assert_eq!(replaced["change"]["replace_paths"], json!([["region"]]));
    assert_eq!(replaced["change"]["after_unknown"], json!({"endpoint": true, "id": true}));
}

#[test]
fn a_deletion_has_nothing_after_it_and_forgetting_deletes_nothing() {
    let deleted = change_of(change("Acme/team/a", Action::Delete, json!({"name": "a"}), Value::Null));
    assert_eq!(deleted["action_reason"], "delete_because_no_resource_config");
    assert_eq!(deleted["change"]["actions"], json!(["delete"]));
    assert_eq!(deleted["change"]["before"], json!({"id": "id-team", "name": "a"}));
    assert_eq!(deleted["change"]["after"], Value::Null);
    assert_eq!(deleted["change"]["after_sensitive"], false);
    let forgotten = change("Acme/user/a", Action::Forget, json!({"email": "a@acme.example"}), Value::Null);
    let forgotten = change_of(because(forgotten, "it left the configuration"));
    assert_eq!(forgotten["change"]["actions"], json!(["forget"]));
    assert_eq!(forgotten["koctl_reason"], "it left the configuration");
}

#[test]
fn an_import_is_a_no_op_or_an_update_with_the_id_that_is_imported() {
    let import = |name: &str| change("Acme/team/a", Action::Import, json!({"name": "a"}), json!({"name": name}));
    let document = document(vec![import("a")], Vec::new());
    assert_eq!(document["resource_changes"][0]["change"]["actions"], json!(["no-op"]));
    assert_eq!(document["resource_changes"][0]["change"]["importing"], json!({"id": "id-team"}));
    assert_eq!(document["prior_state"]["values"]["root_module"]["resources"], json!([]));
    assert_eq!(document["planned_values"]["root_module"]["resources"][0]["values"]["id"], "id-team");
    assert_eq!(change_of(import("b"))["change"]["actions"], json!(["update"]));
}

#[test]
fn labels_of_others_are_part_of_the_object_on_both_sides() {
    let labels = |value: &str| json!({"labels": {"env": value}});
    let mut relabelled = change("Acme/portal/dev", Action::Update, labels("a"), labels("b"));
    let labels = relabelled.attributes.get_mut("labels").unwrap();
    labels.others_labels.insert("theirs".to_owned(), "x".into());
    let relabelled = &change_of(relabelled)["change"];
    assert_eq!(relabelled["before"]["labels"], json!({"env": "a", "theirs": "x"}));
    assert_eq!(relabelled["after"]["labels"], json!({"env": "b", "theirs": "x"}));
}

#[test]
fn deferred_resources_stand_apart_and_make_the_plan_incomplete() {
    let waiting = change("Acme/api_implementation/dev/a", Action::Deferred, Value::Null, json!({"region": "eu"}));
    let document = document(vec![because(waiting, "no gateway service yet")], Vec::new());
    assert_eq!(document["complete"], false);
    assert_eq!(document["resource_changes"], json!([]));
    let deferred = &document["deferred_changes"][0];
    assert_eq!(deferred["reason"], "absent_prereq");
    assert_eq!(deferred["resource_change"]["address"], "Acme/api_implementation/dev/a");
    assert_eq!(deferred["resource_change"]["koctl_reason"], "no gateway service yet");
    assert_eq!(deferred["resource_change"]["change"]["after"], json!({"region": "eu"}));
}

#[test]
fn drift_is_told_as_changes_and_texts_by_their_digests() {
    let digest = engine::value::digest;
    let drift = vec![
        drifted("Acme/api_version/dev/a", &[("content", digest("a"), json!("b"))]),
        Drift { address: "Acme/team/b".parse().unwrap(), kind: DriftKind::Deleted },
        Drift { address: "Acme/team/c".parse().unwrap(), kind: DriftKind::Remade { id: "new".to_owned() } },
    ];
    let document = document(Vec::new(), drift);
    let changes: Vec<&Value> = document["resource_drift"].as_array().unwrap().iter().map(|d| &d["change"]).collect();
    assert_eq!(changes[0]["actions"], json!(["update"]));
    assert_eq!(changes[0]["before"], json!({"content": digest("a")}));
    assert_eq!(changes[0]["after"], json!({"content": digest("b")}));
    assert_eq!(changes[1]["actions"], json!(["delete"]));
    assert_eq!(changes[2]["actions"], json!(["delete", "create"]));
    assert_eq!(changes[2]["after"], json!({"id": "new"}));
}

#[test]
fn types_of_github_have_another_provider() {
    let pull_request = change("Acme/pull_request/dev", Action::Create, Value::Null, json!({}));
    assert_eq!(change_of(pull_request)["provider_name"], "koctl/github");
    assert_eq!(
        change_of(change("Acme/team/a", Action::Create, Value::Null, json!({})))["provider_name"],
        "koctl/konnect"
    );
}

#[test]
fn a_state_without_resources_is_a_whole_document() {
    let nothing: BTreeMap<Address, ResourceState> = BTreeMap::new();
    assert_eq!(
        state_json(&nothing, SCHEMAS),
        json!({
            "format_version": "1.0",
            "terraform_version": "1.9.0",
            "values": {"root_module": {"resources": []}},
        })
    );
}

#[test]
fn a_state_has_the_values_of_its_resources() {
    let mut state =
        ResourceState { type_name: "api_version".to_owned(), id: "1".to_owned(), ..ResourceState::default() };
    state.attributes.insert("version".to_owned(), json!("1.0.0"));
    state.dependencies.insert("Acme/api/dev/a".to_owned());
    let resources = BTreeMap::from([("Acme/api_version/dev/a".parse().unwrap(), state)]);
    assert_eq!(
        state_json(&resources, SCHEMAS)["values"]["root_module"]["resources"],
        json!([{
            "address": "Acme/api_version/dev/a",
            "mode": "managed",
            "type": "api_version",
            "name": "dev/a",
            "provider_name": "koctl/konnect",
            "schema_version": 0,
            "values": {"id": "1", "version": "1.0.0"},
            "sensitive_values": {},
            "depends_on": ["Acme/api/dev/a"],
        }])
    );
}

#[test]
fn a_secret_is_its_trace_marked_as_sensitive_and_no_constant_of_the_configuration() {
    let (before, after) = (json!({"key": {"hmac-sha256": "1a"}}), json!({"key": {"hmac-sha256": "2b"}}));
    let document = document(vec![change("Acme/door/a", Action::Update, before, after)], Vec::new());
    let change = &document["resource_changes"][0]["change"];
    assert_eq!(change["before_sensitive"], json!({"key": true}));
    assert_eq!(change["after_sensitive"], json!({"key": true}));
    assert_ne!(change["before"]["key"], change["after"]["key"]);
    let planned = &document["planned_values"]["root_module"]["resources"][0];
    assert_eq!(planned["sensitive_values"], json!({"key": true}));
    assert_eq!(document["configuration"]["root_module"]["resources"][0]["expressions"]["key"], json!({}));
}
