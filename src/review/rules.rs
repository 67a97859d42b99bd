//! The risks of one change.

use std::collections::BTreeSet;

use serde_json::Value;

use super::risk::{Effect, Kind, Risk};
use crate::registry;
use crate::resource_type::Watch;
use engine::secret::SENSITIVE;
use engine::{Action, Address, Planned, Reference, ResourceChange, Schema};

/// The maximum length of a shown value.
const VALUE: usize = 120;

/// The risks of a change. `destroyed` are the guarded resources that the plan destroys: what goes because it is a part
/// of one of them is not a risk of its own.
pub(super) fn of(change: &ResourceChange, destroyed: &BTreeSet<&Address>) -> Vec<Risk> {
    let risk = |kind: Kind, effects: Vec<Effect>| Risk { kind, address: change.address.clone(), effects };
    if change.destroys_guarded() {
        return vec![risk(Kind::Destroys, vec![destroys(change)])];
    }
    let type_name = change.address.type_name();
    let goes_along = change.destroys() && change.prior_dependencies.iter().any(|one| destroyed.contains(one));
    let (mut opens, mut access, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
    for watch in registry::watch(type_name) {
        match *watch {
            Watch::Opens { attribute, to, effect } => {
                let is_open = |value: Option<&Value>| value.is_some_and(|value| to.is(value));
                if sends(change) && is_open(change.after(attribute)) && !is_open(change.before(attribute)) {
                    opens.push(plain(effect));
                }
            }
            // Another role on an object that is made again is still another role.
            Watch::Access { gained, changed, lost, shown } if !goes_along || change.action != Action::Delete => {
                access.extend(self::access(change, [gained, changed, lost], shown));
            }
            Watch::Link { cut, moved } if !goes_along => match change.action {
                Action::Delete => cuts.push(plain(cut)),
                Action::Replace => cuts.push(plain(moved)),
                _ => {}
            },
            Watch::Address { attribute, effect } => {
                let is_known = change.before(attribute).is_some_and(|before| !before.is_null());
                if sends(change) && is_known && change.is_changed(attribute) {
                    cuts.push(plain(effect));
                }
            }
            Watch::Access { .. } | Watch::Link { .. } | Watch::Specification { .. } => {}
        }
    }
    let found = [(Kind::Opens, opens), (Kind::Access, access), (Kind::Cuts, cuts)];
    found.into_iter().filter(|(_, effects)| !effects.is_empty()).map(|(kind, effects)| risk(kind, effects)).collect()
}

/// True if the change sends values of the configuration.
fn sends(change: &ResourceChange) -> bool {
    match change.action {
        Action::Create | Action::Update | Action::Replace => true,
        Action::Import => change.has_changed(),
        Action::Delete | Action::Forget | Action::NoOp | Action::Deferred => false,
    }
}

fn plain(text: &'static str) -> Effect {
    Effect { text, values: String::new() }
}

fn destroys(change: &ResourceChange) -> Effect {
    let causes = change.replaced_by().collect::<Vec<_>>().join(", ");
    let values = if causes.is_empty() { causes } else { format!("because of {causes}") };
    Effect { text: change.action.future(), values }
}

/// The effect on who may do what, with the values that say it. `None` if there is none.
fn access(change: &ResourceChange, [gained, changed, lost]: [&'static str; 3], shown: &[&str]) -> Option<Effect> {
    let schema = registry::schema(change.address.type_name());
    let (text, values) = match change.action {
        Action::Create => (gained, values(schema, shown, |name| change.planned(name))),
        Action::Delete => (lost, values(schema, shown, |name| change.before(name).map(Planned::Known))),
        Action::Update | Action::Replace | Action::Import if change.has_changed() => {
            (changed, change.changed().filter_map(|name| difference(schema, change, name)).collect())
        }
        _ => return None,
    };
    Some(Effect { text, values: values.join(", ") })
}

fn values<'a>(
    schema: Option<&Schema>,
    names: &[&str],
    value: impl Fn(&str) -> Option<Planned<&'a Value, &'a Reference>>,
) -> Vec<String> {
    names.iter().filter_map(|name| Some(format!("{name} {}", shown(schema, name, value(name)?)?))).collect()
}

fn difference(schema: Option<&Schema>, change: &ResourceChange, name: &str) -> Option<String> {
    let before = change.before(name).and_then(|value| shown(schema, name, Planned::Known(value)));
    let after = change.planned(name).and_then(|planned| shown(schema, name, planned));
    match (before, after) {
        // Also a secret looks the same on both sides.
        (Some(before), Some(after)) if before == after => Some(format!("{name} {after}")),
        (Some(before), Some(after)) => Some(format!("{name} {before} -> {after}")),
        (None, Some(after)) => Some(format!("{name} {after}")),
        (Some(before), None) => Some(format!("{name} {before} -> null")),
        (None, None) => None,
    }
}

/// A value on one line. `None` if there is none.
fn shown(schema: Option<&Schema>, name: &str, value: Planned<&Value, &Reference>) -> Option<String> {
    if schema.and_then(|schema| schema.attribute(name)).is_some_and(engine::Attribute::is_write_only) {
        return Some(SENSITIVE.to_owned());
    }
    match value {
        Planned::Known(Value::Null) => None,
        Planned::Known(value) => {
            let text = value.to_string();
            let short: String = text.chars().take(VALUE).collect();
            Some(if short.len() < text.len() { format!("{short}…") } else { short })
        }
        Planned::Unknown(reference) => Some(reference.address.to_string()),
    }
}
