//! The plan of one scope.

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::change::ResourceChange;
use super::drift::Drift;
use super::duplicate::Duplicate;
use super::recovered::Recovered;
use super::waiting::Waiting;

/// The plan of one scope.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopePlan {
    /// An organization, or [`PLATFORM_SCOPE`](crate::address::PLATFORM_SCOPE).
    pub scope: String,
    /// The lineage of the state that it was made from, or that it will create.
    pub lineage: String,
    /// The serial of that state; `None` if there was no state yet.
    pub serial: Option<u64>,
    /// The planned changes, by address. A no-op is among them only if its record in the state is stale.
    pub changes: Vec<ResourceChange>,
    /// The changes outside koctl since the last apply, by address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// Second objects of koctl's own, by address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<Duplicate>,
    /// The result of each intent in the state, which the plan relies on, by address (R10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovered: Vec<Recovered>,
    /// The resources that wait for others, by address. The plan does nothing about them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
}

/// Why a plan does not fit the state as it is now. Reported before the first request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// There was no state when the plan was made.
    #[error("`{scope}` had no state when the plan was made, and has one now; make a new plan")]
    Appeared {
        /// The scope.
        scope: String,
    },
    /// The state no longer exists.
    #[error("the state of `{scope}` that the plan was made from is gone; make a new plan")]
    Vanished {
        /// The scope.
        scope: String,
    },
    /// It is another state, or a new one.
    #[error(
        "the plan was made from a state of `{scope}` with lineage {planned}, and this one has lineage {found}; make a \
         new plan, or check where the state is kept"
    )]
    Lineage {
        /// The scope.
        scope: String,
        /// That of the plan.
        planned: String,
        /// That of the state.
        found: String,
    },
    /// The state was written since.
    #[error(
        "the state of `{scope}` changed after the plan was made (it had serial {planned}, and has {found} now); make \
         a new plan"
    )]
    Serial {
        /// The scope.
        scope: String,
        /// That of the plan.
        planned: u64,
        /// That of the state.
        found: u64,
    },
    /// The result of an unfinished apply looks different now.
    #[error("what an unfinished apply left in `{scope}` is not what it was when the plan was made; make a new plan")]
    Recovered {
        /// The scope.
        scope: String,
    },
}

impl ScopePlan {
    /// True if applying it would write anything: also if that is only stale records in the state, or the intents of an
    /// unfinished apply.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.changes.iter().any(|change| change.action != Action::Deferred) || !self.recovered.is_empty()
    }

    /// Checks that the state is the one that the plan was made from: `found` is its lineage and serial.
    ///
    /// # Errors
    /// How it is not.
    pub fn check(&self, found: Option<(&str, u64)>) -> Result<(), Stale> {
        let scope = self.scope.clone();
        match (self.serial, found) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(Stale::Appeared { scope }),
            (Some(_), None) => Err(Stale::Vanished { scope }),
            (Some(_), Some((lineage, _))) if lineage != self.lineage => {
                Err(Stale::Lineage { scope, planned: self.lineage.clone(), found: lineage.to_owned() })
            }
            (Some(planned), Some((_, found))) if planned != found => Err(Stale::Serial { scope, planned, found }),
            (Some(_), Some(_)) => Ok(()),
        }
    }

    /// Checks that what has become of the open intents is what the plan was made with.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_recovered(&self, found: &[Recovered]) -> Result<(), Stale> {
        if self.recovered == found { Ok(()) } else { Err(Stale::Recovered { scope: self.scope.clone() }) }
    }
}
