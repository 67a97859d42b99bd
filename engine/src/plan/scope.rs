//! The plan of one scope.

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::change::ResourceChange;
use super::drift::Drift;
use super::duplicate::Duplicate;
use super::ignored::Ignored;
use super::moved::{Moved, Origin};
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
    /// The resources that get another address before anything else is done, by their old one (R15). The rest of the
    /// plan has the new addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Moved>,
    /// The state of another scope that resources move out of. `None` if they all stay in this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
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
    /// What differs from the configuration and is ignored, by address. The plan does nothing about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<Ignored>,
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
    /// True if applying it would write anything: also if that is only stale records or addresses in the state, or the
    /// intents of an unfinished apply.
    #[must_use]
    pub fn has_work(&self) -> bool {
        let changes = self.changes.iter().any(|change| change.action != Action::Deferred);
        changes || !self.recovered.is_empty() || !self.moved.is_empty()
    }

    /// Checks that the state of another scope that resources move out of is the one that the plan was made from: `found`
    /// is its lineage and serial.
    ///
    /// # Errors
    /// How it is not.
    pub fn check_origin(&self, found: Option<(&str, u64)>) -> Result<(), Stale> {
        let Some(Origin { scope, lineage, serial }) = &self.origin else { return Ok(()) };
        check(scope, Some((lineage, *serial)), found)
    }

    /// Checks that the state is the one that the plan was made from: `found` is its lineage and serial.
    ///
    /// # Errors
    /// How it is not.
    pub fn check(&self, found: Option<(&str, u64)>) -> Result<(), Stale> {
        check(&self.scope, self.serial.map(|serial| (self.lineage.as_str(), serial)), found)
    }

    /// Checks that what has become of the open intents is what the plan was made with.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_recovered(&self, found: &[Recovered]) -> Result<(), Stale> {
        if self.recovered == found { Ok(()) } else { Err(Stale::Recovered { scope: self.scope.clone() }) }
    }
}

/// Compares lineage and serial of the state of a scope with those that a plan was made from.
fn check(scope: &str, planned: Option<(&str, u64)>, found: Option<(&str, u64)>) -> Result<(), Stale> {
    let scope = scope.to_owned();
    match (planned, found) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Stale::Appeared { scope }),
        (Some(_), None) => Err(Stale::Vanished { scope }),
        (Some((planned, _)), Some((lineage, _))) if lineage != planned => {
            Err(Stale::Lineage { scope, planned: planned.to_owned(), found: lineage.to_owned() })
        }
        (Some((_, planned)), Some((_, found))) if planned != found => Err(Stale::Serial { scope, planned, found }),
        (Some(_), Some(_)) => Ok(()),
    }
}
