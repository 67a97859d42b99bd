//! One resource of a plan.

use super::attribute::{Delta, Marks, table};
use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::style::Tone;
use crate::report::{Schemas, count};
use engine::{Action, Address, Attributes, Kind, Planned, ResourceChange, Schema};

/// Where attributes begin, mark included.
const INDENT: usize = 4;

/// The symbol of an action, and how it looks.
pub(super) fn symbol(action: Action) -> (&'static str, Tone) {
    match action {
        Action::Create => ("+", Tone::Good),
        Action::Update => ("~", Tone::Change),
        Action::Replace => ("-/+", Tone::Bad),
        Action::Delete => ("-", Tone::Bad),
        Action::Import => ("<=", Tone::Import),
        Action::Forget => (".", Tone::Note),
        Action::Deferred => ("?", Tone::Note),
        Action::NoOp => ("", Tone::Plain),
    }
}

/// The line that names a resource: symbol, address, what happens to it, and its id in full where it has one.
pub(super) fn headline(screen: &mut Screen<'_>, mark: (&str, Tone), address: &Address, verb: &str, id: Option<&str>) {
    let (symbol, tone) = mark;
    let symbol = screen.paint(tone, &format!("{symbol:>3}"));
    let address = screen.paint(if tone == Tone::Danger { tone } else { Tone::Strong }, &escape(address.as_str()));
    let verb = if tone == Tone::Danger { screen.paint(tone, verb) } else { verb.to_owned() };
    let id = id.map(|id| screen.paint(Tone::Note, &format!("  [id={}]", escape(id)))).unwrap_or_default();
    screen.line(0, &format!("{symbol} {address}  {verb}{id}"));
}

/// The headline of a planned change.
pub(super) fn change_headline(screen: &mut Screen<'_>, change: &ResourceChange) {
    let (symbol, tone) = symbol(change.action);
    let tone = if change.destroys_guarded() { Tone::Danger } else { tone };
    let mut verb = change.action.future().to_owned();
    if change.action == Action::Import && !change.changed.is_empty() {
        verb.push_str(" and updated in place");
    }
    if change.destroys_guarded() {
        verb.push_str(" (guarded)");
    }
    headline(screen, (symbol, tone), &change.address, &verb, change.id.as_deref());
}

/// A resource with its attributes.
pub(super) fn change(screen: &mut Screen<'_>, change: &ResourceChange, schemas: Schemas<'_>) {
    change_headline(screen, change);
    if let Some(reason) = &change.reason {
        screen.note(INDENT + 2, reason);
    }
    let schema = schemas.get(change.address.type_name());
    match change.action {
        Action::Create => {
            let names = in_order(schema, change.attributes().into_iter().collect());
            let is_generated =
                |name: &str| schema.and_then(|schema| schema.attribute(name)).is_some_and(|found| found.generated);
            let deltas = names
                .into_iter()
                .map(|(name, kind)| Delta::new(name, kind, None, change.planned(name)).brief(is_generated(name)));
            table(screen, INDENT, Marks::Never, &deltas.collect::<Vec<_>>());
        }
        Action::Delete => {
            let named = |name: &&str| schema.is_none_or(|schema| schema.attribute(name).is_some());
            let names = in_order(schema, change.before.keys().map(String::as_str).filter(named).collect());
            let set = names.into_iter().filter(|(name, kind)| *kind != Kind::Computed && is_set(&change.before, name));
            let deltas = set.map(|(name, kind)| Delta::new(name, kind, change.before.get(name), None));
            table(screen, INDENT, Marks::Never, &deltas.collect::<Vec<_>>());
        }
        Action::Import if change.has_outstanding() => outstanding(screen, change, schema),
        Action::Update | Action::Replace | Action::Import => differences(screen, change, schema),
        Action::Forget | Action::NoOp | Action::Deferred => {}
    }
}

/// Whether a resource is told in its headline alone: it is taken over as it is, and differs in nothing.
pub(super) fn is_one_line(change: &ResourceChange) -> bool {
    change.action == Action::Import && change.reason.is_none() && change.changed.is_empty() && !change.has_outstanding()
}

fn is_set(attributes: &Attributes, name: &str) -> bool {
    attributes.get(name).is_some_and(|value| !value.is_null())
}

fn differences(screen: &mut Screen<'_>, change: &ResourceChange, schema: Option<&Schema>) {
    let names = in_order(schema, change.changed.iter().map(String::as_str).collect());
    let deltas: Vec<Delta<'_>> = names
        .into_iter()
        .map(|(name, kind)| {
            let forces = change.replaced_by.iter().any(|forcing| forcing == name);
            Delta::new(name, kind, change.before.get(name), change.planned(name)).forcing_replacement(forces)
        })
        .collect();
    table(screen, INDENT, Marks::Each, &deltas);
    let same = change.attributes().into_iter().filter(|name| !change.changed.iter().any(|changed| changed == name));
    let same = same.count();
    if same > 0 && !deltas.is_empty() {
        screen.note(INDENT + 2, &format!("({} unchanged)", count(same, "attribute")));
    }
}

/// What the configuration wants otherwise of an object that is taken over as it is.
fn outstanding(screen: &mut Screen<'_>, change: &ResourceChange, schema: Option<&Schema>) {
    screen.note(INDENT + 2, "would then differ:");
    let names = in_order(schema, change.outstanding_names().collect());
    let deltas: Vec<Delta<'_>> = names
        .into_iter()
        .map(|(name, kind)| {
            let forces = change.replaced_by.iter().any(|forcing| forcing == name);
            let wanted = change.outstanding.get(name).map(Planned::Known);
            let wanted = wanted.or_else(|| change.unknown.get(name).map(Planned::Unknown));
            Delta::new(name, kind, change.before.get(name), wanted).forcing_replacement(forces)
        })
        .collect();
    table(screen, INDENT, Marks::Each, &deltas);
}

/// Names of attributes with their kinds, in the order of the schema; those that it does not name come last.
pub(super) fn in_order<'a>(schema: Option<&Schema>, mut names: Vec<&'a str>) -> Vec<(&'a str, Kind)> {
    let attributes = schema.map(|schema| schema.attributes).unwrap_or_default();
    let rank = |name: &str| attributes.iter().position(|attribute| attribute.name == name).unwrap_or(attributes.len());
    names.sort_by_key(|name| rank(name));
    let kind = |name: &str| schema.and_then(|schema| schema.attribute(name)).map_or(Kind::Plain, |found| found.kind);
    names.into_iter().map(|name| (name, kind(name))).collect()
}
