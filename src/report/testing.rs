//! A small world for the tests: schemas of each kind of attribute, and changes in a line.

use serde_json::Value;

use crate::report::{Schemas, Style};
use engine::plan::{Drift, DriftKind, Drifted, Mode};
use engine::{Action, Attribute, Attributes, Plan, Reference, ResourceChange, Schema, ScopePlan};

pub(super) const PLAIN: Style = Style { color: false, width: 100 };

const KONNECT: Schema = Schema { provider: "konnect", ..Schema::PLAIN };
static TEAM: Schema = Schema {
    type_name: "team",
    guarded: true,
    attributes: &[Attribute::plain("name"), Attribute::plain("description")],
    ..KONNECT
};
static USER: Schema = Schema { type_name: "user", ..KONNECT };
static CONTROL_PLANE: Schema = Schema {
    type_name: "control_plane",
    guarded: true,
    environment_in_key: true,
    attributes: &[
        Attribute::plain("region").forces_replacement(),
        Attribute::plain("name"),
        Attribute::plain("cluster_type").forces_replacement(),
        Attribute::labels("labels"),
        Attribute::computed("endpoint"),
    ],
    ..KONNECT
};
static PORTAL: Schema = Schema { type_name: "portal", environment_in_key: true, ..TEAM_LIKE };
static API_VERSION: Schema = Schema {
    type_name: "api_version",
    environment_in_key: true,
    attributes: &[
        Attribute::plain("api_id").forces_replacement(),
        Attribute::plain("version"),
        Attribute::text("content"),
    ],
    ..KONNECT
};
static PULL_REQUEST: Schema = Schema {
    type_name: "pull_request",
    provider: "github",
    environment_in_key: true,
    attributes: &[Attribute::plain("branch"), Attribute::files("files")],
    ..KONNECT
};
static DOOR: Schema = Schema {
    type_name: "door",
    attributes: &[Attribute::plain("name"), Attribute::plain("colour"), Attribute::write_only("key")],
    ..KONNECT
};
const TEAM_LIKE: Schema = Schema {
    guarded: true,
    attributes: &[
        Attribute::plain("display_name"),
        Attribute::plain("authentication_enabled"),
        Attribute::labels("labels"),
    ],
    ..KONNECT
};

/// In the order of reports.
pub(super) const SCHEMAS: Schemas<'static> =
    Schemas(&[&TEAM, &USER, &CONTROL_PLANE, &PORTAL, &API_VERSION, &PULL_REQUEST, &DOOR]);

fn attributes(object: Value) -> Attributes {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A change from `before` to `after`. What differs is `changed`; an object that is there has the id `id-<type>`.
pub(super) fn change(address: &str, action: Action, before: Value, after: Value) -> ResourceChange {
    let address: engine::Address = address.parse().unwrap();
    let (before, after) = (attributes(before), attributes(after));
    let schema = SCHEMAS.get(address.type_name());
    let compared = !matches!(action, Action::Create | Action::Delete);
    let differs = |name: &&String| compared && before.get(*name) != after.get(*name);
    let changed: Vec<String> = after.keys().filter(differs).cloned().collect();
    let forces = |name: &&String| schema.and_then(|s| s.attribute(name)).is_some_and(|found| found.forces_replacement);
    let exists = !matches!(action, Action::Create | Action::Deferred);
    ResourceChange {
        id: exists.then(|| format!("id-{}", address.type_name())),
        replaced_by: changed.iter().filter(|_| action == Action::Replace).filter(forces).cloned().collect(),
        guarded: schema.is_some_and(|schema| schema.guarded),
        address,
        action,
        before,
        after,
        changed,
        unknown: std::collections::BTreeMap::new(),
        outstanding: Attributes::new(),
        foreign: Attributes::new(),
        reason: None,
        dependencies: std::collections::BTreeSet::new(),
        prior_dependencies: std::collections::BTreeSet::new(),
        protect: false,
    }
}

/// The same, where `name` is known once `reference` (`address#attribute`) is.
pub(super) fn unknown(mut change: ResourceChange, name: &str, reference: &str) -> ResourceChange {
    let (address, attribute) = reference.split_once('#').unwrap();
    let reference = Reference::new(&address.parse().unwrap(), attribute);
    if change.action != Action::Create {
        change.changed.push(name.to_owned());
    }
    change.dependencies.insert(reference.address.clone());
    change.unknown.insert(name.to_owned(), reference);
    change
}

/// The same with a reason.
pub(super) fn because(mut change: ResourceChange, reason: &str) -> ResourceChange {
    change.reason = Some(reason.to_owned());
    change
}

/// Something that changed outside koctl: names with what was and what is.
pub(super) fn drifted(address: &str, attributes: &[(&str, Value, Value)]) -> Drift {
    let attribute =
        |(name, was, is): &(&str, Value, Value)| ((*name).to_owned(), Drifted { was: was.clone(), is: is.clone() });
    let attributes = attributes.iter().map(attribute).collect();
    Drift { address: address.parse().unwrap(), kind: DriftKind::Changed { attributes } }
}

/// A plan of these changes, each in the scope of its address.
pub(super) fn plan(changes: Vec<ResourceChange>, drift: Vec<Drift>) -> Plan {
    let scopes: std::collections::BTreeSet<String> = changes
        .iter()
        .map(|c| &c.address)
        .chain(drift.iter().map(|d| &d.address))
        .map(|a| a.scope().to_owned())
        .collect();
    let scope = |scope: String| ScopePlan {
        lineage: "a lineage".to_owned(),
        serial: Some(1),
        changes: changes.iter().filter(|change| change.address.scope() == scope).cloned().collect(),
        drift: drift.iter().filter(|drift| drift.address.scope() == scope).cloned().collect(),
        recovered: Vec::new(),
        scope,
    };
    Plan::new("a digest".to_owned(), "the sandbox".to_owned(), Mode::Normal, scopes.into_iter().map(scope).collect())
}
