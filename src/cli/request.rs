//! The flags that say what to plan, as `plan`, `apply` and `destroy` take them.

use crate::operations::PlanRequest;
use engine::Mode;

/// What to plan.
#[derive(Debug, clap::Args)]
pub(super) struct RequestArgs {
    /// Only addresses that match this glob, and what they depend on; may be given more than once.
    #[arg(long = "target", value_name = "GLOB")]
    targets: Vec<String>,

    /// Compare with the state only, without reading Konnect and GitHub.
    #[arg(long)]
    no_refresh: bool,

    /// Fail if an object exists that is not in the state, instead of importing it.
    #[arg(long)]
    no_adopt: bool,
}

impl RequestArgs {
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
