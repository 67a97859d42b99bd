//! `koctl init`

use super::apply::ApprovalArgs;
use super::common::SystemArgs;
use super::environment::with_dotenv;
use super::output::Output;
use super::repository::{self, RepositoryArgs};
use super::{DONE, FAILED};
use crate::compiler::platform::{Init, PlatformWork};
use crate::operations::{Failure, PlatformAccess};
use crate::platform_repository::GITHUB_TOKEN_SECRET;

/// Set up a platform repository.
///
/// Plans the workflows, the first configuration and the rules for specifications and gateways, shows all of it, asks,
/// and opens one pull request. Also sets the Actions secret KONNECT_ORCHESTRATOR_GITHUB_TOKEN, with which koctl works
/// there: from the variable of that name, or else the token of the platform repository.
///
/// Run again, it brings the workflows and rules up to date. Files that somebody edited are shown with how they differ,
/// and left alone unless --force is given; the configuration is never overwritten.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    repository: RepositoryArgs,

    /// Make the repository, if there is none: private, with a README.
    #[arg(long)]
    create: bool,

    /// Overwrite workflows and rules that somebody edited.
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    approval: ApprovalArgs,

    #[command(flatten)]
    system: SystemArgs,
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let Some(environment) = with_dotenv(output) else { return FAILED };
    let working_token = environment(GITHUB_TOKEN_SECRET).filter(|value| !value.trim().is_empty());
    let state = args.system.state(&environment);
    let Some((access, token)) = args.repository.open(&args.system, environment, output).await else { return FAILED };
    let is_new = !access.is_set_up();
    let repository = access.repository().to_string();
    let configured = match configured_state(args, &access, state.clone(), output) {
        Ok(configured) => configured,
        Err(failure) => {
            access.close().await;
            output.failures(&[failure]);
            return FAILED;
        }
    };
    let init = Init {
        create: args.create,
        force: args.force,
        state: configured,
        token: working_token.map_or(token, Into::into),
    };
    let code = repository::carry_out(access, state.as_deref(), PlatformWork::Init(init), &args.approval, output).await;
    if code == DONE && is_new && !args.approval.json() {
        output.note(&next_steps(&repository, &args.system.sandbox_flag()));
    }
    code
}

/// What the configuration is to say about where the state is kept. What the repository says already stays.
fn configured_state(
    args: &Args,
    access: &PlatformAccess,
    named: Option<String>,
    output: &Output,
) -> Result<String, Failure> {
    let known = match named {
        Some(state) => Some(state),
        None => access.configured_state()?,
    };
    if let Some(state) = known {
        return Ok(state);
    }
    let suggested = access.suggested_state();
    if output.is_interactive() && !args.approval.auto_approve() {
        return output.prompt("Where the state is kept", Some(&suggested));
    }
    Ok(suggested)
}

fn next_steps(repository: &str, sandbox: &str) -> String {
    format!(
        "Next: merge the pull request in {repository}, and add an organization with \
         `koctl add organization NAME{sandbox}`. The workflows also need the repository's variables \
         KOCTL_DOWNLOAD_URL, KOCTL_SHA256 and DECK_SHA256."
    )
}
