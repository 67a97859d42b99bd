//! The flags that say what to plan, as `plan`, `apply` and `destroy` take them.

use super::complete::address;
use crate::operations::PlanRequest;
use engine::Mode;
use engine::state::shell_word;

/// What to plan.
#[derive(Debug, clap::Args)]
pub(super) struct RequestArgs {
    /// Only addresses that match this glob, and what they depend on; may be given more than once.
    #[arg(long = "target", value_name = "GLOB", add = address(), value_hint = clap::ValueHint::Other)]
    targets: Vec<String>,

    /// Compare with the state only, without reading Konnect and GitHub.
    #[arg(long)]
    no_refresh: bool,

    /// Fail if an object exists that is not in the state, instead of importing it.
    #[arg(long)]
    no_adopt: bool,
}

impl RequestArgs {
    /// The flags that plan the same again, each with a blank before it.
    pub(super) fn flags(&self) -> String {
        let targets = self.targets.iter().map(|glob| format!(" --target {}", shell_word(glob)));
        let switches = [(self.no_refresh, " --no-refresh"), (self.no_adopt, " --no-adopt")];
        let switches = switches.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned());
        targets.chain(switches).collect()
    }

    pub(super) fn request(&self, mode: Mode) -> PlanRequest {
        PlanRequest {
            targets: self.targets.clone(),
            mode,
            choice: None,
            no_refresh: self.no_refresh,
            no_adopt: self.no_adopt,
            skip_guarded: false,
        }
    }
}
