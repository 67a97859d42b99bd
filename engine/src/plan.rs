//! The plan as a document (R7).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::address::Address;
use super::desired::Reference;
use super::resource::Attributes;
use crate::state::IntentAction;

/// What the first field of a plan file says.
const FORMAT: &str = "koctl-plan";
/// The version of the plan format that this koctl writes and reads.
const VERSION: u32 = 1;

/// What `koctl plan` found out, and exactly what `koctl apply FILE` will do: nothing more, nothing else.
///
/// The same inputs give the same bytes: there is no time and no chance in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    format: String,
    version: u32,
    /// The koctl that made it.
    pub koctl: String,
    /// The digest of the configuration that it was made from.
    pub configuration: String,
    /// The systems that it is about, in words; it is applied to no others.
    pub systems: String,
    /// Whether it was made to destroy everything.
    destroy: bool,
    /// What it writes the state for, where it writes nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state_only: Option<StateOnly>,
    /// One part a scope, by name.
    pub scopes: Vec<ScopePlan>,
}

/// What a plan is to bring about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// What the configuration says.
    #[default]
    Normal,
    /// That nothing of what the state knows is left.
    Destroy,
    /// That the state knows more. Nothing is sent to the systems.
    StateOnly(StateOnly),
}

impl Mode {
    /// Whether the plan follows from the configuration, and not from the state alone.
    #[must_use]
    pub fn heeds_configuration(self) -> bool {
        match self {
            Self::Normal | Self::StateOnly(StateOnly::Import) => true,
            Self::Destroy | Self::StateOnly(StateOnly::Refresh) => false,
        }
    }
}

/// What the state is to know, where a plan writes nothing but the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateOnly {
    /// What the configuration declares and exists, and no state knows, as it is.
    Import,
    /// What changed outside koctl of what it knows, whatever the configuration says.
    Refresh,
}

/// A plan with its seal, as a file holds it.
#[derive(Serialize, Deserialize)]
struct Sealed {
    plan: Plan,
    sha256: String,
}

/// A file that cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPlan {
    /// Not JSON, or not of this shape.
    #[error("it is not a plan: {0}")]
    NotAPlan(#[from] serde_json::Error),
    /// Written by a koctl with another format.
    #[error("it has plan format {0}, and this koctl reads format {VERSION}; make a new plan")]
    Version(u32),
    /// Its seal does not fit its content.
    #[error("it was changed after it was made (its digest does not fit); make a new plan")]
    Edited,
}

impl Plan {
    /// A plan of these parts, which are put in order.
    #[must_use]
    pub fn new(configuration: String, systems: String, mode: Mode, mut scopes: Vec<ScopePlan>) -> Self {
        scopes.sort_by(|a, b| a.scope.cmp(&b.scope));
        let state_only = match mode {
            Mode::StateOnly(what) => Some(what),
            Mode::Normal | Mode::Destroy => None,
        };
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            koctl: env!("CARGO_PKG_VERSION").to_owned(),
            configuration,
            systems,
            destroy: mode == Mode::Destroy,
            state_only,
            scopes,
        }
    }

    /// The plan as a file holds it: JSON with a digest over all of it.
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
    /// When it is no plan, of another format, or was edited.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidPlan> {
        /// As much as every version of the format has.
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
        hex(&serde_json::to_vec(self).expect("a plan has only text keys"))
    }

    /// What it was made to bring about.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match (self.state_only, self.destroy) {
            (Some(what), _) => Mode::StateOnly(what),
            (None, true) => Mode::Destroy,
            (None, false) => Mode::Normal,
        }
    }

    /// How many of what.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.scopes.iter().flat_map(|scope| &scope.changes).collect()
    }

    /// Whether applying it would do anything.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        let accepts_drift = self.state_only == Some(StateOnly::Refresh);
        self.scopes.iter().any(|scope| {
            let mut changes = scope.changes.iter();
            changes.any(|change| change.action.is_change()) || accepts_drift && !scope.drift.is_empty()
        })
    }

    /// Whether applying it would write anything, if only records in the state that are stale, or intents that an
    /// apply left which did not end.
    #[must_use]
    pub fn has_work(&self) -> bool {
        let works = |change: &ResourceChange| change.action != Action::Deferred;
        self.scopes.iter().any(|scope| scope.changes.iter().any(works) || !scope.recovered.is_empty())
    }

    /// The deletions and replacements of guarded types (R12).
    pub fn guarded(&self) -> impl Iterator<Item = &ResourceChange> {
        self.scopes.iter().flat_map(|scope| &scope.changes).filter(|change| change.destroys_guarded())
    }
}

/// The SHA-256 of `bytes`, in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// `bytes` themselves, in hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The plan of one scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopePlan {
    /// An organization, or [`PLATFORM_SCOPE`](super::address::PLATFORM_SCOPE).
    pub scope: String,
    /// The lineage of the state that it was made from, or that it will create.
    pub lineage: String,
    /// The serial of that state; none where there was no state yet.
    pub serial: Option<u64>,
    /// What will be done, by address. No-ops are left out, but for those whose record in the state is stale.
    pub changes: Vec<ResourceChange>,
    /// What changed outside koctl since the last apply, by address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// What became of the intents that the state held, which the plan counts on, by address (R10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovered: Vec<Recovered>,
}

/// Why a plan does not fit the state as it is now. Each is told before the first request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// There was no state when the plan was made.
    #[error("`{scope}` had no state when the plan was made, and has one now; make a new plan")]
    Appeared {
        /// The scope.
        scope: String,
    },
    /// There is no state any more.
    #[error("the state of `{scope}` that the plan was made from is gone; make a new plan")]
    Vanished {
        /// The scope.
        scope: String,
    },
    /// The state was begun anew since, or is another one.
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
    /// Work of an apply that did not end has shown, or has gone, since.
    #[error(
        "what an apply that did not end has left in `{scope}` is not what it was when the plan was made; make a new \
         plan"
    )]
    Recovered {
        /// The scope.
        scope: String,
    },
}

impl ScopePlan {
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

/// What is done to a resource (R4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It does not exist, and is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted and made again.
    Replace,
    /// It is deleted.
    Delete,
    /// It exists and no state knows it: it is taken over, and changed where it differs (R5).
    Import,
    /// Only the state forgets it.
    Forget,
    /// Nothing but the state's record of it is written again.
    NoOp,
    /// It waits for something that is not there yet (R9).
    Deferred,
}

impl Action {
    /// Whether it changes anything, the state included.
    #[must_use]
    pub fn is_change(self) -> bool {
        !matches!(self, Self::NoOp | Self::Deferred)
    }

    /// As a heading says it: `will be created`.
    #[must_use]
    pub fn future(self) -> &'static str {
        match self {
            Self::Create => "will be created",
            Self::Update => "will be updated in place",
            Self::Replace => "must be replaced",
            Self::Delete => "will be destroyed",
            Self::Import => "will be imported",
            Self::Forget => "will be forgotten",
            Self::NoOp => "is unchanged",
            Self::Deferred => "is deferred",
        }
    }
}

/// What is done to one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceChange {
    /// Its name.
    pub address: Address,
    /// What is done.
    pub action: Action,
    /// The object that it is done to, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The object as it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub before: Attributes,
    /// The attributes that the configuration sets, as they will be, as far as they are known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub after: Attributes,
    /// Those known only after something else was done.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, Reference>,
    /// The attributes that differ and are changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Those attributes that force a replacement: now, or where the object is taken over as it is, by the next plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_by: Vec<String>,
    /// What the configuration wants otherwise, by attribute, of an object that is taken over as it is: the next plan
    /// is about it. What of this is not known yet is in `unknown`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outstanding: Attributes,
    /// Labels that somebody else set, by attribute; they stay.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub foreign: Attributes,
    /// Why, where the action does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it will depend on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Address>,
    /// What it depended on so far.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub prior_dependencies: BTreeSet<Address>,
    /// Its type holds other people's work (R12).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guarded: bool,
    /// `protect: true` covers it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
}

/// The value of an attribute after the plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Planned<'a> {
    /// It is known now.
    Known(&'a Value),
    /// It is known after apply.
    Unknown(&'a Reference),
}

impl ResourceChange {
    /// The names of the attributes that the configuration sets, in order.
    #[must_use]
    pub fn attributes(&self) -> BTreeSet<&str> {
        self.after.keys().chain(self.unknown.keys()).map(String::as_str).collect()
    }

    /// The value of an attribute after the plan.
    #[must_use]
    pub fn planned(&self, name: &str) -> Option<Planned<'_>> {
        let known = self.after.get(name).map(Planned::Known);
        known.or_else(|| self.unknown.get(name).map(Planned::Unknown))
    }

    /// The attributes that the configuration wants otherwise of an object that is taken over as it is.
    pub fn outstanding_names(&self) -> impl Iterator<Item = &str> {
        let unknown = self.unknown.keys().filter(|name| !self.outstanding.contains_key(*name));
        self.outstanding.keys().chain(unknown).map(String::as_str)
    }

    /// Whether there are any.
    #[must_use]
    pub fn has_outstanding(&self) -> bool {
        self.action == Action::Import && self.changed.is_empty() && self.outstanding_names().next().is_some()
    }

    /// Whether the object goes.
    #[must_use]
    pub fn destroys(&self) -> bool {
        matches!(self.action, Action::Delete | Action::Replace)
    }

    /// Whether other people's work is lost by it.
    #[must_use]
    pub fn destroys_guarded(&self) -> bool {
        self.guarded && self.destroys()
    }
}

/// What changed outside koctl since the last apply (R3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// What happened to it.
    pub kind: DriftKind,
}

/// What happened to a resource outside koctl.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DriftKind {
    /// It is gone.
    Deleted,
    /// It was deleted and made again; the id that it has now.
    Remade {
        /// The new id.
        id: String,
    },
    /// Attributes differ from what the last apply left.
    Changed {
        /// By name: what the last apply left, and what is there.
        attributes: BTreeMap<String, Drifted>,
    },
}

/// An attribute that changed outside koctl.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drifted {
    /// As the last apply left it.
    pub was: Value,
    /// As it is.
    pub is: Value,
}

/// What became of something that an apply was about to do which did not end (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovered {
    /// The resource.
    pub address: Address,
    /// What was to be done to it.
    pub action: IntentAction,
    /// What is to be seen of it.
    pub fate: Fate,
}

/// What is to be seen of something that an apply was about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fate {
    /// The object was made, and belongs to the state from now on.
    Made {
        /// Its id.
        id: String,
    },
    /// The object was changed, or is gone.
    Done,
    /// Nothing.
    NotDone,
}

/// How many of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Objects taken over.
    pub import: usize,
    /// Objects made, replacements included.
    pub add: usize,
    /// Objects changed in place.
    pub change: usize,
    /// Objects deleted, replacements included.
    pub destroy: usize,
    /// Objects that only the state forgets.
    pub forget: usize,
    /// Objects that wait for something.
    pub deferred: usize,
}

impl<'a> FromIterator<&'a ResourceChange> for Summary {
    fn from_iter<T: IntoIterator<Item = &'a ResourceChange>>(changes: T) -> Self {
        let mut summary = Self::default();
        for change in changes {
            match change.action {
                Action::Create => summary.add += 1,
                Action::Update => summary.change += 1,
                Action::Delete => summary.destroy += 1,
                Action::Forget => summary.forget += 1,
                Action::Deferred => summary.deferred += 1,
                Action::NoOp => {}
                Action::Replace => {
                    summary.add += 1;
                    summary.destroy += 1;
                }
                Action::Import => {
                    summary.import += 1;
                    summary.change += usize::from(!change.changed.is_empty());
                }
            }
        }
        summary
    }
}

impl fmt::Display for Summary {
    /// `3 to import, 5 to add, 2 to change, 0 to destroy`; imports and forgotten ones only where there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.import > 0 {
            write!(f, "{} to import, ", self.import)?;
        }
        write!(f, "{} to add, {} to change, {} to destroy", self.add, self.change, self.destroy)?;
        if self.forget > 0 {
            write!(f, ", {} to forget", self.forget)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_one_that_everybody_else_computes() {
        // The first example of FIPS 180-4's test vectors.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(b"abc"), expected);
    }

    #[test]
    fn r7_every_kind_of_drift_is_read_back() {
        let attributes = BTreeMap::from([("name".to_owned(), Drifted { was: "a".into(), is: Value::Null })]);
        let kinds = [DriftKind::Deleted, DriftKind::Remade { id: "1".to_owned() }, DriftKind::Changed { attributes }];
        let address = Address::new("Acme", "team", "a");
        let drift = kinds.into_iter().map(|kind| Drift { address: address.clone(), kind }).collect();
        let (scope, lineage) = ("Acme".to_owned(), String::new());
        let scope = ScopePlan { scope, lineage, serial: None, changes: Vec::new(), drift, recovered: Vec::new() };
        let plan = Plan::new(String::new(), String::new(), Mode::Normal, vec![scope]);
        assert_eq!(Plan::from_bytes(&plan.to_bytes()).unwrap(), plan);
    }
}
