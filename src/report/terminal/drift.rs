//! The changes outside koctl since the last apply: in a section of a plan, and as a screen of its own.

use super::attribute::{Delta, Marks, table};
use super::resource::{headline, in_order};
use super::screen::Screen;
use crate::report::drift::{gone, label, summary};
use crate::report::escape::escape;
use crate::report::order;
use crate::report::schemas::Schemas;
use crate::report::style::{Style, Tone};
use crate::report::words::count;
use engine::Planned;
use engine::drift::{DriftReport, Unmanaged};
use engine::plan::{Drift, DriftKind, Plan};

/// Writes the section, if there is drift.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan, schemas: Schemas<'_>) {
    entries(screen, plan.scopes.iter().map(|scope| scope.drift.as_slice()), schemas);
}

/// Writes how many resources drifted.
pub(super) fn number(screen: &mut Screen<'_>, plan: &Plan) {
    let number = plan.scopes.iter().map(|scope| scope.drift.len()).sum::<usize>();
    if number > 0 {
        let verb = if number == 1 { "was" } else { "were" };
        screen.blank();
        screen
            .sentence(&format!("{} {verb} changed outside of koctl since the last apply.", count(number, "resource")));
    }
}

/// The screen of a look for drift: drift of resources, then objects that are not managed, and the summary last. Scopes
/// that could not be read are not in it.
#[must_use]
pub fn drift(report: &DriftReport, schemas: Schemas<'_>, style: &Style) -> String {
    let mut screen = Screen::new(style);
    super::recovered::entries(&mut screen, report.findings().flat_map(|(_, findings)| &findings.recovered));
    entries(&mut screen, report.findings().map(|(_, findings)| findings.drift.as_slice()), schemas);
    unmanaged(&mut screen, report);
    super::waiting::section(&mut screen, report.findings().flat_map(|(_, findings)| &findings.waiting));
    screen.blank();
    let tone = if report.has_drift() { Tone::Danger } else { Tone::Strong };
    let summary = screen.paint(tone, &summary(report));
    screen.sentence(&summary);
    screen.finish()
}

fn unmanaged(screen: &mut Screen<'_>, report: &DriftReport) {
    let all = report.findings().flat_map(|(scope, findings)| findings.unmanaged.iter().map(move |one| (scope, one)));
    let all: Vec<(&str, &Unmanaged)> = all.collect();
    if all.is_empty() {
        return;
    }
    let heading = screen.paint(Tone::Strong, "In Konnect, but not managed:");
    screen.blank();
    screen.sentence(&heading);
    screen.blank();
    for (scope, one) in all {
        let symbol = screen.paint(Tone::Change, "  +");
        let name = escape(&format!("{scope}/{} {}", one.type_name, label(one)));
        let name = screen.paint(Tone::Strong, &name);
        let id = screen.paint(Tone::Note, &format!("[id={}]", escape(&one.id)));
        screen.line(0, &format!("{symbol} {name}  is not managed  {id}"));
    }
}

/// Writes the drift of each scope that has any.
fn entries<'a>(screen: &mut Screen<'_>, scopes: impl Iterator<Item = &'a [Drift]>, schemas: Schemas<'_>) {
    let mut scopes = scopes.filter(|drift| !drift.is_empty()).peekable();
    if scopes.peek().is_none() {
        return;
    }
    let heading = screen.paint(Tone::Strong, "Changed outside of koctl since the last apply:");
    screen.sentence(&heading);
    for scope in scopes {
        let mut drift: Vec<&Drift> = scope.iter().collect();
        drift.sort_by(|a, b| order::key(&a.address, schemas).cmp(&order::key(&b.address, schemas)));
        for drift in drift {
            screen.blank();
            entry(screen, drift, schemas);
        }
    }
    screen.blank();
}

fn entry(screen: &mut Screen<'_>, drift: &Drift, schemas: Schemas<'_>) {
    let address = &drift.address;
    match &drift.kind {
        DriftKind::Deleted => headline(screen, ("-", Tone::Bad), address, gone(drift, schemas), None),
        DriftKind::Remade { id } => {
            headline(screen, ("-/+", Tone::Bad), address, "was deleted and created again", Some(id));
        }
        DriftKind::Changed { attributes } => {
            headline(screen, ("~", Tone::Change), address, "was changed", None);
            let schema = schemas.get(address.type_name());
            let names = in_order(schema, attributes.keys().map(String::as_str).collect());
            let drifted = names.into_iter().filter_map(|(name, kind)| Some((name, kind, attributes.get(name)?)));
            let deltas: Vec<Delta<'_>> = drifted
                .map(|(name, kind, drifted)| {
                    Delta::new(name, kind, Some(&drifted.was), Some(Planned::Known(&drifted.is)))
                })
                .collect();
            table(screen, 4, Marks::Each, &deltas);
        }
    }
}
