//! `koctl add team`

use crate::cli::change::{self, ChangeArgs, given};
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::manifest::changes::{Change, EnvironmentName};
use crate::operations::Failures;

/// Add a team.
///
/// Opens a pull request with a few lines in konnect/teams.yaml; everything else in the file stays as it is. With --local,
/// edits the files here instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name of the team.
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// The purpose of the team.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// The email address of a member. May be given several times.
    #[arg(long = "user", value_name = "EMAIL")]
    users: Vec<String>,

    /// An environment that lists its teams, and in which the team takes part. May be given several times.
    #[arg(long = "environment", value_name = "ORGANIZATION/ENVIRONMENT", value_parser = change::environment)]
    environments: Vec<EnvironmentName>,

    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let change = Change::AddTeam {
        team: given(args.name.as_ref(), "name of the team", "koctl add team NAME", output)?,
        description: args.description.clone(),
        users: args.users.clone(),
        environments: args.environments.clone(),
    };
    change::run(change, false, &args.change, output).await
}
