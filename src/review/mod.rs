//! What a reviewer must see of a plan before all else (R16): its risks, and what changed specifications mean for the
//! callers of the APIs.
//!
//! A pure function of the plan. Which changes are risks is said by each resource type, in its
//! [`Watch`](crate::resource_type::Watch)es.
//!
//! | module | contents |
//! | --- | --- |
//! | `risk` | the kinds of risks, and one risk |
//! | `rules` | the risks of one change |
//! | `specifications` | changed specifications, compared |

mod risk;
mod rules;
mod specifications;

use std::collections::BTreeSet;

use engine::{Address, Mode, Plan};

pub use risk::{Effect, Kind, Risk};
pub use specifications::{Judged, Specifications, Verdict};

/// What a reviewer must see of a plan.
#[derive(Debug, Default)]
pub struct Review {
    /// The risks, by kind, then by address.
    pub risks: Vec<Risk>,
    /// The changed specifications.
    pub specifications: Specifications,
}

impl Review {
    /// The review of a plan. A plan that writes only the state has no risks, since nothing is sent.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        if matches!(plan.mode(), Mode::StateOnly(_)) {
            return Self::default();
        }
        let specifications = Specifications::of(plan);
        let destroyed: BTreeSet<&Address> = plan.guarded().map(|change| &change.address).collect();
        let changes = plan.scopes.iter().flat_map(|scope| &scope.changes);
        let mut risks: Vec<Risk> = changes.flat_map(|change| rules::of(change, &destroyed)).collect();
        risks.extend(specifications.risks());
        risks.sort_by(|a, b| (a.kind, &a.address).cmp(&(b.kind, &b.address)));
        Self { risks, specifications }
    }

    /// The risks of a kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Risk> {
        self.risks.iter().filter(move |risk| risk.kind == kind)
    }
}

#[cfg(test)]
mod tests;
