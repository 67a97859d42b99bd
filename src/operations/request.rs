//! The request for a plan: its targets, its mode and its limits.

use super::import::Choice;
use crate::compiler::api_documents;
use engine::address::Targets;
use engine::{Address, Mode};

/// The request for a plan.
#[derive(Debug, Clone, Default)]
pub struct PlanRequest {
    /// Only these addresses, as globs, with what they depend on; empty means all.
    pub targets: Vec<String>,
    /// The purpose of the plan.
    pub mode: Mode,
    /// The one object to import.
    pub choice: Option<Choice>,
    /// Compare with the state only, without reading the live systems.
    pub no_refresh: bool,
    /// Fail if an object exists that is not in the state, instead of importing it.
    pub no_adopt: bool,
    /// Leave out guarded deletions and replacements, and what goes with them: they wait for a person (R12).
    pub skip_guarded: bool,
}

impl PlanRequest {
    /// True if the plan may be about this resource, or about one in this folder of documents. `targets` are the parsed ones of
    /// the request.
    pub(super) fn is_meant(&self, targets: Option<&Targets>, address: &Address) -> bool {
        let is_folder = api_documents::is_folder(address);
        let is_targeted = |targets: &Targets| targets.contains(address) || (is_folder && targets.reach_below(address));
        let is_chosen = |choice: &Choice| {
            choice.address == *address
                || (is_folder && api_documents::folder_of(&choice.address).as_ref() == Some(address))
        };
        targets.is_none_or(is_targeted) && self.choice.as_ref().is_none_or(is_chosen)
    }
}
