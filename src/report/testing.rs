//! A small world for the tests: schemas of each kind of attribute, and changes in a line.

use serde_json::Value;

use crate::report::{Schemas, Style};
use engine::plan::{Drift, DriftKind, Drifted, Mode};
use engine::{Action, Attribute, Attributes, Goal, Plan, Planned, Reference, ResourceChange, Schema, ScopePlan};

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
    attributes: &[Attribute::plain("branch"), Attribute::files("files").generated()],
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

/// A change from `before` to `after`. An existing object has the id `id-<type>`.
pub(super) fn change(address: &str, action: Action, before: Value, after: Value) -> ResourceChange {
    let address: engine::Address = address.parse().unwrap();
    let schema = SCHEMAS.get(address.type_name());
    let exists = !matches!(action, Action::Create | Action::Deferred);
    let mut change = ResourceChange {
        action,
        id: exists.then(|| format!("id-{}", address.type_name())),
        ..ResourceChange::untouched(address, schema.is_some_and(|schema| schema.guarded))
    };
    change.extend_before(attributes(before));
    for (name, value) in attributes(after) {
        let forces = schema.and_then(|schema| schema.attribute(&name)).is_some_and(|found| found.forces_replacement);
        let goal = match action {
            Action::Create | Action::Delete | Action::Deferred => Goal::Set(Planned::Known(value)),
            _ if change.before(&name) == Some(&value) => Goal::Same(value),
            _ => {
                let forces_replacement = action == Action::Replace && forces;
                Goal::Change { to: Planned::Known(value), forces_replacement }
            }
        };
        change.set(&name, goal);
    }
    change
}

/// The same change, with a `name` that is known once `reference` (`address#attribute`) is.
pub(super) fn unknown(mut change: ResourceChange, name: &str, reference: &str) -> ResourceChange {
    let (address, attribute) = reference.split_once('#').unwrap();
    let reference = Reference::new(&address.parse().unwrap(), attribute);
    change.dependencies.insert(reference.address.clone());
    let to = Planned::Unknown(reference);
    let goal = match change.action {
        Action::Create => Goal::Set(to),
        _ => Goal::Change { to, forces_replacement: false },
    };
    change.set(name, goal);
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
        scope,
        ..ScopePlan::default()
    };
    Plan::new("the sandbox".to_owned(), Mode::Normal, scopes.into_iter().map(scope).collect())
}
