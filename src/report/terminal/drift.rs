//! What changed outside koctl since the last apply, in a section of its own.

use super::attribute::{Delta, Marks, table};
use super::resource::{headline, in_order};
use super::screen::Screen;
use crate::engine::Planned;
use crate::engine::plan::{Drift, DriftKind, Plan};
use crate::report::style::Tone;
use crate::report::{Schemas, order};

/// Writes the section, where there is anything to tell.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan, schemas: Schemas<'_>) {
    if plan.scopes.iter().all(|scope| scope.drift.is_empty()) {
        return;
    }
    let heading = screen.paint(Tone::Strong, "Changed outside of koctl since the last apply:");
    screen.sentence(&heading);
    for scope in &plan.scopes {
        let mut drift: Vec<&Drift> = scope.drift.iter().collect();
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
        DriftKind::Deleted => headline(screen, ("-", Tone::Bad), address, "was deleted", None),
        DriftKind::Remade { id } => {
            headline(screen, ("-/+", Tone::Bad), address, "was deleted and made again", Some(id));
        }
        DriftKind::Changed { attributes } => {
            headline(screen, ("~", Tone::Change), address, "was changed", None);
            let schema = schemas(address.type_name());
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
