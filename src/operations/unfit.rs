//! Plans that do not fit the run that should apply them (R7). [`ScopePlan::check`](engine::ScopePlan::check) says if a
//! plan fits the state.

use super::failure::Failure;

/// Why a plan does not fit this run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("what the configuration says of `{scope}` has changed since the plan was made; make a new plan")]
    Configuration {
        /// The organization, or the platform repository.
        scope: String,
    },
    #[error(
        "the plan is about {planned}, but this run is about {found}; use the same --sandbox and addresses as when the \
         plan was made"
    )]
    OtherSystems {
        /// The systems that the plan is about.
        planned: String,
        /// The systems that this run is about.
        found: String,
    },
    #[error(
        "the plan was made when there was no state in {planned}, and this run keeps its state in {found}; use the same \
         --state as when the plan was made, or make a new plan"
    )]
    OtherStore {
        /// Where the plan keeps the state.
        planned: String,
        /// Where this run does.
        found: String,
    },
    #[error("the plan is about the organization `{scope}`, which is not in the configuration; make a new plan")]
    UnknownScope {
        /// The organization.
        scope: String,
    },
}

impl Unfit {
    pub(super) fn unknown(scope: &str) -> Failure {
        Self::UnknownScope { scope: scope.to_owned() }.into()
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::caused_by(unfit)
    }
}
