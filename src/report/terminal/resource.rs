//! One resource of a plan.

use serde_json::Value;

use super::attribute::{Delta, Marks, table};
use super::screen::Screen;
use super::specification;
use crate::report::escape::escape;
use crate::report::order;
use crate::report::plan_view::PlanView;
use crate::report::style::Tone;
use crate::report::words::count;
use engine::{Action, Address, Kind, ResourceChange, Schema};

/// The indent of attributes, mark included.
const INDENT: usize = 4;

/// The symbol of an action, and its tone.
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

/// The line of a resource: symbol, address, verb, and its full id if it has one.
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
    if change.action == Action::Import && change.has_changed() {
        verb.push_str(" and updated in place");
    }
    if change.destroys_guarded() {
        verb.push_str(" (guarded)");
    }
    headline(screen, (symbol, tone), &change.address, &verb, change.id.as_deref());
}

/// Writes a resource with its attributes.
pub(super) fn change(screen: &mut Screen<'_>, change: &ResourceChange, view: PlanView<'_>) {
    change_headline(screen, change);
    if let Some(reason) = &change.reason {
        screen.note(INDENT + 2, reason);
    }
    specification::section(screen, INDENT + 2, &change.address, view);
    let schema = view.schemas.get(change.address.type_name());
    match change.action {
        Action::Create => {
            let names = in_order(schema, change.configured().collect());
            let deltas = names
                .into_iter()
                .map(|(name, kind)| Delta::new(name, kind, None, change.planned(name)))
                .map(|delta| shortened(delta, change, view));
            table(screen, INDENT, Marks::Never, &deltas.collect::<Vec<_>>());
        }
        Action::Delete => {
            let named = |name: &&str| schema.is_none_or(|schema| schema.attribute(name).is_some());
            let names = in_order(schema, change.attributes.keys().map(String::as_str).filter(named).collect());
            let is_none = |name: &str, value: &Value| {
                let attribute = schema.and_then(|schema| schema.attribute(name));
                value.is_null() || attribute.is_some_and(|attribute| attribute.is_no_value(value))
            };
            let is_set = |name: &str| change.before(name).is_some_and(|value| !is_none(name, value));
            let set = names.into_iter().filter(|(name, kind)| *kind != Kind::Computed && is_set(name));
            let deltas = set.map(|(name, kind)| Delta::new(name, kind, change.before(name), None));
            table(screen, INDENT, Marks::Each, &deltas.collect::<Vec<_>>());
        }
        Action::Import if change.has_outstanding() => outstanding(screen, change, schema, view),
        Action::Update | Action::Replace | Action::Import => differences(screen, change, schema, view),
        Action::Forget | Action::NoOp | Action::Deferred => {}
    }
}

/// True if the headline of a resource is enough: it is imported as it is, and has no differences.
pub(super) fn is_one_line(change: &ResourceChange) -> bool {
    change.action == Action::Import && change.reason.is_none() && !change.has_changed() && !change.has_outstanding()
}

/// A value is shown as the address of its resource if the resource refers to only one of the type.
fn shortened<'a>(delta: Delta<'a>, change: &'a ResourceChange, view: PlanView<'a>) -> Delta<'a> {
    let type_name = delta.name().strip_suffix("_id");
    let mut of_type = change.dependencies.iter().filter(|address| Some(address.type_name()) == type_name);
    let named = of_type.next().filter(|_| of_type.next().is_none());
    let schema = view.schemas.get(change.address.type_name());
    let is_generated = schema.and_then(|schema| schema.attribute(delta.name())).is_some_and(|found| found.generated);
    delta.named(named).brief(is_generated).short(view.shortened())
}

fn differences(screen: &mut Screen<'_>, change: &ResourceChange, schema: Option<&Schema>, view: PlanView<'_>) {
    let deltas = deltas(change, schema, change.changed().collect(), view);
    table(screen, INDENT, Marks::Each, &deltas);
    let same = change.configured().count() - deltas.len();
    if same > 0 && !deltas.is_empty() {
        screen.note(INDENT + 2, &format!("({} unchanged)", count(same, "attribute")));
    }
}

/// Writes the differences that an import leaves to the next plan.
fn outstanding(screen: &mut Screen<'_>, change: &ResourceChange, schema: Option<&Schema>, view: PlanView<'_>) {
    screen.note(INDENT + 2, "will differ from the configuration:");
    table(screen, INDENT, Marks::Each, &deltas(change, schema, change.outstanding().collect(), view));
}

/// The changes from the values of the object to those of the configuration, for the attributes `names`.
fn deltas<'a>(
    change: &'a ResourceChange,
    schema: Option<&Schema>,
    names: Vec<&'a str>,
    view: PlanView<'a>,
) -> Vec<Delta<'a>> {
    let delta = |(name, kind): (&'a str, Kind)| {
        let attribute = change.attributes.get(name)?;
        let delta = Delta::new(name, kind, attribute.before.as_ref(), attribute.goal.asked());
        Some(shortened(delta.forcing_replacement(attribute.forces_replacement()), change, view))
    };
    in_order(schema, names).into_iter().filter_map(delta).collect()
}

/// Names of attributes with their kinds, in the order of the schema.
pub(super) fn in_order<'a>(schema: Option<&Schema>, names: Vec<&'a str>) -> Vec<(&'a str, Kind)> {
    let kind = |name: &str| schema.and_then(|schema| schema.attribute(name)).map_or(Kind::Plain, |found| found.kind);
    order::attributes(schema, names).into_iter().map(|name| (name, kind(name))).collect()
}
