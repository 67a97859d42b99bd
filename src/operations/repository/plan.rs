//! Plans the scope `@platform`.

use std::collections::BTreeSet;

use super::{contents, relics};
use crate::compiler::platform::{self, Kept, PlatformContents, PlatformInput};
use crate::github::resources::actions_secret;
use crate::manifest::git::Remote;
use crate::operations::connect::{github, platform_repository};
use crate::operations::failure::{Failure, Failures};
use crate::operations::held::Holding;
use crate::operations::locks::Locks;
use crate::operations::moved::relocated;
use crate::operations::request::PlanRequest;
use crate::operations::scope_plan::{Compared, ScopeRequest};
use crate::operations::session::Session;
use crate::operations::warning::Warning;
use engine::address::PLATFORM_SCOPE;
use engine::refresh::Remembered;
use engine::{Address, Mode, ScopePlan};

/// True if a plan is about the platform repository, too. Destroying everything that the configuration describes does
/// not include the repository of the configuration, and comparing with the state only needs none of its files.
pub(in crate::operations) async fn is_planned(
    session: &Session,
    request: &PlanRequest,
    locks: Option<&Locks>,
) -> Result<bool, Failure> {
    if request.mode == Mode::Destroy || request.no_refresh {
        return Ok(false);
    }
    match locks {
        Some(locks) => Ok(locks.get(PLATFORM_SCOPE).is_some()),
        None => session.keeps_platform_repository().await,
    }
}

/// The plan of the scope `@platform`.
pub(in crate::operations) struct RepositoryPlan {
    pub(in crate::operations) plan: ScopePlan,
    /// The addresses that were compared.
    pub(in crate::operations) addresses: BTreeSet<Address>,
    /// The files of koctl that are left unchanged.
    pub(in crate::operations) kept: Vec<Kept>,
    pub(in crate::operations) warnings: Vec<Warning>,
}

/// Plans the scope `@platform`.
pub(in crate::operations) async fn plan(scope: &ScopeRequest<'_>) -> Result<RepositoryPlan, Failures> {
    let session = scope.session;
    let state = scope.state(PLATFORM_SCOPE).await?;
    let relocated = relocated(session, PLATFORM_SCOPE, state.clone(), None).await?;
    let mut remembered = Remembered::new(relocated.state.as_deref())?;
    let recovered = scope.recover(relocated.state.as_deref(), &mut remembered).await?;
    let repository = platform_repository(session)?;
    let client = github(session, session.platform.token.as_ref())?;
    let found = contents::read(&client, &repository, &remembered).await?;
    let found =
        found.unwrap_or_else(|| PlatformContents { default_branch: "main".to_owned(), ..PlatformContents::default() });
    let remote = format!("https://github.com/{repository}.git");
    let input = PlatformInput {
        repository: &repository.to_string(),
        remote: session.platform.remote.as_ref().map_or(remote.as_str(), Remote::as_str),
        found: &found,
        remembered: &remembered,
        work: &session.work,
    };
    let compiled = platform::compile(input)?;
    let remembered = without_other_secrets(remembered, &compiled);
    let compared = Compared {
        owner: None,
        desired: &compiled.desired,
        remembered: &remembered,
        recovered,
        protected: None,
        holding: &Holding::default(),
        relocated: &relocated,
    };
    let (plan, held_back, addresses) = scope.planned(PLATFORM_SCOPE, state.as_deref(), compared).await?;
    let plan = held_back.none_or(plan)?;
    Ok(RepositoryPlan { plan, addresses, kept: compiled.kept, warnings: relics::warnings(&compiled.relics) })
}

/// The state without the secrets that this plan is not about. Their values are not known here, and reading their names
/// takes a permission that a plan can do without.
fn without_other_secrets(mut remembered: Remembered, compiled: &platform::Platform) -> Remembered {
    let wanted: BTreeSet<_> = compiled.desired.iter().map(|resource| &resource.address).collect();
    remembered
        .0
        .retain(|address, _| address.type_name() != actions_secret::SCHEMA.type_name || wanted.contains(address));
    remembered
}
