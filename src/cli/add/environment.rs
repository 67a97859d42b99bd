//! `koctl add environment`

use crate::cli::change::{self, ChangeArgs, given};
use crate::cli::common::region;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::manifest::changes::Change;
use crate::manifest::model::{EnvironmentType, Region};
use crate::operations::{Failure, Failures};

/// Add an environment to an organization.
///
/// Opens a pull request with a few lines in konnect/organizations.yaml; everything else in the file stays as it is. With
/// --local, edits the file here instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The organization and the name of the environment.
    #[arg(value_name = "ORGANIZATION/NAME")]
    name: Option<String>,

    /// The type of the environment: DEV or PROD.
    #[arg(long = "type", value_name = "TYPE", value_parser = environment_type)]
    kind: Option<EnvironmentType>,

    /// The region of the environment: us, eu, au, me, in or sg.
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<Region>,

    /// A team that takes part. May be given several times; without it, all teams do.
    #[arg(long = "team", value_name = "TEAM")]
    members: Vec<String>,

    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    const USAGE: &str = "koctl add environment ORGANIZATION/NAME --type TYPE --region REGION";
    let name = given(args.name.as_ref(), "environment", USAGE, output)?;
    let environment = change::environment_of(&name)?;
    let kind = match args.kind {
        Some(kind) => kind,
        None => {
            let answer = given(None, "type (DEV or PROD)", USAGE, output)?;
            environment_type(&answer)
                .map_err(|help| Failure::new(format!("`{answer}` is not a valid type")).help(help))?
        }
    };
    let region = match args.region {
        Some(region) => region,
        None => {
            let answer = given(None, "region (us, eu, au, me, in, sg)", USAGE, output)?;
            region(&answer).map_err(|help| Failure::new(format!("`{answer}` is not a valid region")).help(help))?
        }
    };
    let change = Change::AddEnvironment { environment, kind, region, teams: args.members.clone() };
    change::run(change, false, &args.change, output).await
}

/// A type, as a flag or an answer names it.
fn environment_type(text: &str) -> Result<EnvironmentType, String> {
    let all = [EnvironmentType::Dev, EnvironmentType::Prod];
    let found = all.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "a type is DEV or PROD".to_owned())
}
