//! `koctl init`

use super::approval::ApprovalArgs;
use super::common::SystemArgs;
use super::environment::with_dotenv;
use super::next;
use super::outcome::Outcome;
use super::output::Output;
use super::repository::{self, RepositoryArgs};
use crate::compiler::platform::{Init, PlatformWork};
use crate::operations::{Failure, Failures, RepositoryAccess};
use crate::platform_repository::GITHUB_TOKEN_SECRET;
use engine::plan::Waiting;
use transport::variable;

/// Set up a platform repository.
///
/// Plans the workflows, the first configuration and the rules for specifications and gateways, shows the plan, asks for
/// approval, and opens one pull request. Also sets the Actions secret KONNECT_ORCHESTRATOR_GITHUB_TOKEN, which koctl uses
/// there: to the variable of that name, or else to the token of the platform repository.
///
/// Run it again to update the workflows and rules. Files that were edited are shown with their differences, and not
/// changed without --force; the configuration is never overwritten.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    repository: RepositoryArgs,

    /// Create the repository if it does not exist: private, with a README.
    #[arg(long)]
    create: bool,

    /// Overwrite workflows and rules that were edited.
    #[arg(long)]
    force: bool,

    /// Delete the workflows and rules of the Go koctl, which do the same: in the same pull request, and only those that
    /// nobody edited. On a terminal, koctl asks.
    #[arg(long)]
    remove_go_koctl: bool,

    #[command(flatten)]
    approval: ApprovalArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl Args {
    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.approval.streams_events()
    }

    /// A repository that is set up for the first time has more steps before it.
    fn next(&self, waiting: &[&Waiting], is_new: bool, repository: &str) -> Option<String> {
        let merge = next::merge(waiting, &self.system);
        if !is_new {
            return merge;
        }
        let steps = [
            merge,
            Some(format!("koctl add organization NAME{}{}", self.repository.flags(), self.system.flags())),
            Some(format!(
                "set the variables KOCTL_DOWNLOAD_URL, KOCTL_SHA256 and DECK_SHA256 of {repository}, which its workflows \
                 need"
            )),
        ];
        Some(steps.into_iter().flatten().map(|step| format!("\n  - {step}")).collect())
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let environment = with_dotenv(None, output)?;
    let working_token = variable(&environment, GITHUB_TOKEN_SECRET);
    let state = args.system.state(&environment);
    let (access, token) = args.repository.open(&args.system, environment, output).await?;
    let is_new = !access.is_set_up();
    let repository = access.repository().to_string();
    let asked = configured_state(args, &access, state.clone(), output)
        .and_then(|configured| Ok((configured, removes_go_tool(args, &access, output)?)));
    let (configured, remove_go_tool) = match asked {
        Ok(asked) => asked,
        Err(failure) => {
            access.close().await;
            return Err(failure.into());
        }
    };
    let init = Init {
        create: args.create,
        force: args.force,
        remove_go_tool,
        state: configured,
        token: working_token.map_or(token, Into::into),
    };
    let next = |waiting: &[&Waiting]| args.next(waiting, is_new, &repository);
    repository::carry_out(access, state.as_deref(), PlatformWork::Init(init), &args.approval, &next, output).await
}

/// The address of the state for the new configuration. An address that the repository has already stays.
fn configured_state(
    args: &Args,
    access: &RepositoryAccess,
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
        return output.prompt("Where to store the state", Some(&suggested));
    }
    Ok(suggested)
}

/// True if the files of the Go koctl are to be deleted: the flag says so, or a person does.
fn removes_go_tool(args: &Args, access: &RepositoryAccess, output: &Output) -> Result<bool, Failure> {
    if args.remove_go_koctl || !output.is_interactive() || args.approval.auto_approve() {
        return Ok(args.remove_go_koctl);
    }
    let Some(question) = access.go_tool_question() else { return Ok(false) };
    output.note(&question);
    let answer = output.prompt("Delete them in the same pull request (yes or no)", Some("no"))?;
    Ok(answer == "yes")
}
