//! `koctl add user`

use crate::cli::change::{self, ChangeArgs, given};
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::manifest::changes::Change;
use crate::operations::Failures;

/// Add a member to a team. koctl invites people who are new to Konnect.
///
/// Opens a pull request with a line in konnect/teams.yaml; everything else in the file stays as it is. With --local,
/// edits the file here instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The team.
    #[arg(value_name = "TEAM")]
    team: Option<String>,

    /// The email address.
    #[arg(value_name = "EMAIL")]
    email: Option<String>,

    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    const USAGE: &str = "koctl add user TEAM EMAIL";
    let change = Change::AddUser {
        team: given(args.team.as_ref(), "team", USAGE, output)?,
        email: given(args.email.as_ref(), "email address", USAGE, output)?,
    };
    change::run(change, false, &args.change, output).await
}
