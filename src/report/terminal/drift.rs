//! The changes outside koctl since the last apply: in a section of a plan, and as a screen of its own.

use std::collections::BTreeMap;

use super::attribute::{Delta, Marks, table};
use super::resource::{headline, in_order};
use super::screen::Screen;
use crate::report::drift::{by, gone, label, summary};
use crate::report::escape::escape;
use crate::report::order;
use crate::report::schemas::Schemas;
use crate::report::style::{Style, Tone};
use crate::report::words::count;
use engine::Planned;
use engine::drift::{Author, DriftReport, Unmanaged};
use engine::plan::{Drift, DriftKind, Plan};

/// Writes the section, if there is drift.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan, schemas: Schemas<'_>) {
    let unknown = BTreeMap::new();
    entries(screen, plan.scopes.iter().map(|scope| (scope.drift.as_slice(), &unknown)), schemas);
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
    let all = report.findings().map(|(_, findings)| (findings.drift.as_slice(), &findings.authors));
    entries(&mut screen, all, schemas);
    unmanaged(&mut screen, report);
    super::waiting::section(&mut screen, report.findings().flat_map(|(_, findings)| &findings.waiting));
    screen.blank();
    let tone = if report.has_drift() { Tone::Danger } else { Tone::Strong };
    let summary = screen.paint(tone, &summary(report));
    screen.sentence(&summary);
    screen.finish()
}

fn unmanaged(screen: &mut Screen<'_>, report: &DriftReport) {
    let all = report.findings().flat_map(|(scope, findings)| {
        findings.unmanaged.iter().map(move |one| (scope, one, findings.authors.get(&one.id)))
    });
    let all: Vec<(&str, &Unmanaged, Option<&Author>)> = all.collect();
    if all.is_empty() {
        return;
    }
    let heading = screen.paint(Tone::Strong, "In Konnect, but not managed:");
    screen.blank();
    screen.sentence(&heading);
    screen.blank();
    for (scope, one, author) in all {
        let symbol = screen.paint(Tone::Change, "  +");
        let name = escape(&format!("{scope}/{} {}", one.type_name, label(one)));
        let name = screen.paint(Tone::Strong, &name);
        let id = screen.paint(Tone::Note, &format!("[id={}]", escape(&one.id)));
        screen.line(0, &format!("{symbol} {name}  is not managed  {id}"));
        said_by(screen, author);
    }
}

/// Writes the drift of each scope that has any.
fn entries<'a>(
    screen: &mut Screen<'_>,
    scopes: impl Iterator<Item = (&'a [Drift], &'a BTreeMap<String, Author>)>,
    schemas: Schemas<'_>,
) {
    let mut scopes = scopes.filter(|(drift, _)| !drift.is_empty()).peekable();
    if scopes.peek().is_none() {
        return;
    }
    let heading = screen.paint(Tone::Strong, "Changed outside of koctl since the last apply:");
    screen.sentence(&heading);
    for (scope, authors) in scopes {
        let mut drift: Vec<&Drift> = scope.iter().collect();
        drift.sort_by(|a, b| order::key(&a.address, schemas).cmp(&order::key(&b.address, schemas)));
        for drift in drift {
            screen.blank();
            entry(screen, drift, authors.get(drift.address.as_str()), schemas);
        }
    }
    screen.blank();
}

/// Who made a difference, below its headline.
fn said_by(screen: &mut Screen<'_>, author: Option<&Author>) {
    if let Some(author) = author {
        screen.note(6, &escape(&by(author)));
    }
}

fn entry(screen: &mut Screen<'_>, drift: &Drift, author: Option<&Author>, schemas: Schemas<'_>) {
    let address = &drift.address;
    match &drift.kind {
        DriftKind::Deleted => {
            headline(screen, ("-", Tone::Bad), address, gone(drift, schemas), None);
            said_by(screen, author);
        }
        DriftKind::Remade { id } => {
            headline(screen, ("-/+", Tone::Bad), address, "was deleted and created again", Some(id));
            said_by(screen, author);
        }
        DriftKind::Changed { attributes } => {
            headline(screen, ("~", Tone::Change), address, "was changed", None);
            said_by(screen, author);
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
