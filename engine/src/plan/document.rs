//! The plan as a document (R7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::ResourceChange;
use super::scope::ScopePlan;
use super::summary::Summary;
use crate::digest::sha256;
use crate::state::Owner;

/// The name of the format, in the first field of a plan file.
const FORMAT: &str = "koctl-plan";
/// The version of the format that this koctl writes and reads.
const VERSION: u32 = 5;

/// The result of `koctl plan`, and exactly what `koctl apply FILE` will do.
///
/// The same inputs give the same bytes: no time and no random number is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    format: String,
    version: u32,
    /// The version of the koctl that made it.
    pub koctl: String,
    /// The digest of what the configuration said of each scope, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configuration: BTreeMap<String, String>,
    /// The systems that it is about, as text; it is applied to no others.
    pub systems: String,
    /// Where the states are kept, as text. It is there if a scope had no state: then nothing else says which state the
    /// plan is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// True if it was made to destroy everything.
    destroy: bool,
    /// Set if it writes nothing but the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state_only: Option<StateOnly>,
    /// The plan of each scope, by name.
    pub scopes: Vec<ScopePlan>,
    /// Whose the scopes were when the plan was made (R14); only those that have an owner.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub owners: BTreeMap<String, Owner>,
    /// The patterns of addresses that it is limited to; empty if it is about all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// True if the live systems were not read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unread: bool,
    /// The parts of the configuration that could not be planned, and stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unplanned: Vec<Unplanned>,
    /// What a person should look at, although no change of the plan shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warned>,
}

/// Something to look at, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warned {
    /// What there is, in sentences.
    pub message: String,
    /// The next step for a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A part of the configuration that could not be planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unplanned {
    /// The scope that it belongs to. `None` if it concerns all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The part, and why it could not be planned.
    pub message: String,
    /// The next step for a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// The purpose of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Bring about what the configuration says.
    #[default]
    Normal,
    /// Destroy everything in the state.
    Destroy,
    /// Update the state only. Nothing is sent to the systems.
    StateOnly(StateOnly),
}

impl Mode {
    /// True if the plan follows from the configuration, and not from the state alone.
    #[must_use]
    pub fn heeds_configuration(self) -> bool {
        match self {
            Self::Normal | Self::StateOnly(StateOnly::Import) => true,
            Self::Destroy | Self::StateOnly(StateOnly::Refresh) => false,
        }
    }
}

/// The purpose of a plan that writes nothing but the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateOnly {
    /// Import objects that the configuration declares and that are not managed yet, as they are.
    Import,
    /// Accept drift of the resources in the state, whatever the configuration says.
    Refresh,
}

/// The content of a plan file: the plan and its seal.
#[derive(Serialize, Deserialize)]
struct Sealed {
    plan: Plan,
    sha256: String,
}

/// A file that cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPlan {
    /// It is not JSON, or not of this shape.
    #[error("it is not a plan: {0}")]
    NotAPlan(#[from] serde_json::Error),
    /// It was written by a koctl with another format.
    #[error("it has plan format {0}, and this koctl reads format {VERSION}; make a new plan")]
    Version(u32),
    /// It was edited: the seal does not fit.
    #[error("it was changed after it was made (its digest does not fit); make a new plan")]
    Edited,
}

impl Plan {
    /// A plan of these scopes, which are sorted.
    #[must_use]
    pub fn new(systems: String, mode: Mode, mut scopes: Vec<ScopePlan>) -> Self {
        scopes.sort_by(|a, b| a.scope.cmp(&b.scope));
        let state_only = match mode {
            Mode::StateOnly(what) => Some(what),
            Mode::Normal | Mode::Destroy => None,
        };
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            koctl: env!("CARGO_PKG_VERSION").to_owned(),
            configuration: BTreeMap::new(),
            systems,
            store: None,
            destroy: mode == Mode::Destroy,
            state_only,
            scopes,
            owners: BTreeMap::new(),
            targets: Vec::new(),
            unread: false,
            unplanned: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The same plan, for states in `store`.
    #[must_use]
    pub fn kept_in(mut self, store: String) -> Self {
        self.store = self.scopes.iter().any(|scope| scope.serial.is_none()).then_some(store);
        self
    }

    /// The same plan, which was made from a configuration with these digests, by scope.
    #[must_use]
    pub fn made_from(mut self, configuration: BTreeMap<String, String>) -> Self {
        self.configuration = configuration;
        self
    }

    /// The same plan, which is for these owners alone.
    #[must_use]
    pub fn owned_by(mut self, owners: BTreeMap<String, Owner>) -> Self {
        self.owners = owners;
        self
    }

    /// The same plan, which looked only at these addresses, and without the live systems if they are `unread`.
    #[must_use]
    pub fn limited(mut self, targets: Vec<String>, unread: bool) -> Self {
        self.targets = targets;
        self.unread = unread;
        self
    }

    /// The same plan, which leaves these parts out.
    #[must_use]
    pub fn without(mut self, unplanned: Vec<Unplanned>) -> Self {
        self.unplanned = unplanned;
        self
    }

    /// The same plan, with these warnings.
    #[must_use]
    pub fn warning_of(mut self, warnings: Vec<Warned>) -> Self {
        self.warnings = warnings;
        self
    }

    /// The content of a plan file: JSON with a digest of all of it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let sealed = Sealed { sha256: self.seal(), plan: self.clone() };
        let mut bytes = serde_json::to_vec_pretty(&sealed).expect("a plan has only text keys");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a plan back.
    ///
    /// # Errors
    /// It is not a plan, has another format, or was edited.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidPlan> {
        /// The part that every version of the format has.
        #[derive(Deserialize)]
        struct Head {
            plan: HeadPlan,
        }
        #[derive(Deserialize)]
        struct HeadPlan {
            version: u32,
        }
        let head: Head = serde_json::from_slice(bytes)?;
        if head.plan.version != VERSION {
            return Err(InvalidPlan::Version(head.plan.version));
        }
        let sealed: Sealed = serde_json::from_slice(bytes)?;
        if sealed.plan.seal() != sealed.sha256 || sealed.plan.format != FORMAT {
            return Err(InvalidPlan::Edited);
        }
        Ok(sealed.plan)
    }

    fn seal(&self) -> String {
        sha256(&serde_json::to_vec(self).expect("a plan has only text keys"))
    }

    /// Its purpose.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match (self.state_only, self.destroy) {
            (Some(what), _) => Mode::StateOnly(what),
            (None, true) => Mode::Destroy,
            (None, false) => Mode::Normal,
        }
    }

    /// Counts by action.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.scopes.iter().flat_map(|scope| &scope.changes).collect()
    }

    /// True if applying it would do anything, which includes that resources are protected, or no longer, and that they
    /// get other addresses.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        let accepts_drift = self.state_only == Some(StateOnly::Refresh);
        self.scopes.iter().any(|scope| {
            let mut changes = scope.changes.iter();
            changes.any(|change| change.action.is_change() || change.new_protection().is_some())
                || accepts_drift && !scope.drift.is_empty()
                || !scope.moved.is_empty()
        })
    }

    /// True if applying it would write anything: also if that is only stale records in the state, or the intents of
    /// an unfinished apply.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.scopes.iter().any(ScopePlan::has_work)
    }

    /// The deletions and replacements of guarded types (R12).
    pub fn guarded(&self) -> impl Iterator<Item = &ResourceChange> {
        self.scopes.iter().flat_map(|scope| &scope.changes).filter(|change| change.destroys_guarded())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::drift::{Drift, DriftKind, Drifted};
    use super::*;
    use crate::address::Address;

    #[test]
    fn r7_every_kind_of_drift_is_read_back() {
        let attributes = BTreeMap::from([("name".to_owned(), Drifted { was: "a".into(), is: Value::Null })]);
        let kinds = [DriftKind::Deleted, DriftKind::Remade { id: "1".to_owned() }, DriftKind::Changed { attributes }];
        let address = Address::new("Acme", "team", "a");
        let drift = kinds.into_iter().map(|kind| Drift { address: address.clone(), kind }).collect();
        let (scope, lineage) = ("Acme".to_owned(), String::new());
        let scope = ScopePlan { scope, lineage, drift, ..ScopePlan::default() };
        let plan = Plan::new(String::new(), Mode::Normal, vec![scope]);
        assert_eq!(Plan::from_bytes(&plan.to_bytes()).unwrap(), plan);
    }
}
