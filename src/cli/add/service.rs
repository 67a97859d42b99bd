//! `koctl add service`

use crate::cli::change::{self, ChangeArgs, given};
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::manifest::changes::{Change, EnvironmentName, NewService};
use crate::operations::{Failure, Failures};

/// Add a service to a team.
///
/// Reads the specification of the service on the branches that the environments stage, and then opens a pull request with a
/// few lines in konnect/teams.yaml; everything else in the file stays as it is. With --local, edits the files here instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The team.
    #[arg(value_name = "TEAM")]
    team: Option<String>,

    /// The key of the service, usually `OWNER/REPOSITORY`.
    #[arg(value_name = "KEY")]
    key: Option<String>,

    /// The name of the service and its APIs [default: the last part of KEY].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// The purpose of the service.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// The address of its repository [default: https://github.com/KEY.git].
    #[arg(long, value_name = "URL")]
    repository: Option<String>,

    /// The path of its OpenAPI document [default: openapi.yaml].
    #[arg(long, value_name = "PATH")]
    spec_path: Option<String>,

    /// Its branch for environments of type PROD [default: main].
    #[arg(long, value_name = "BRANCH")]
    prod_branch: Option<String>,

    /// Its branch for environments of type DEV [default: dev].
    #[arg(long, value_name = "BRANCH")]
    dev_branch: Option<String>,

    /// An environment that lists its teams or services, and in which the service takes part. May be given several times.
    #[arg(long = "environment", value_name = "ORGANIZATION/ENVIRONMENT", value_parser = change::environment)]
    environments: Vec<EnvironmentName>,

    /// Do not look at the service's repository.
    #[arg(long)]
    no_check: bool,

    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let service = service(args, output)?;
    change::run(Change::AddService(Box::new(service)), !args.no_check, &args.change, output).await
}

fn service(args: &Args, output: &Output) -> Result<NewService, Failure> {
    const USAGE: &str = "koctl add service TEAM KEY";
    let team = given(args.team.as_ref(), "team", USAGE, output)?;
    let key = given(args.key.as_ref(), "key of the service (owner/repository)", USAGE, output)?;
    let remote = match (&args.repository, key.split('/').collect::<Vec<_>>().as_slice()) {
        (Some(remote), _) => remote.clone(),
        (None, [owner, name]) if !owner.is_empty() && !name.is_empty() => format!("https://github.com/{key}.git"),
        (None, _) => {
            // An address in the wrong place may have a password.
            let cause = "the key of the service is not `OWNER/REPOSITORY`, so that its repository is not known";
            return Err(Failure::new(cause).help("give its address: `--repository URL`"));
        }
    };
    let last = key.rsplit('/').next().unwrap_or(&key).to_owned();
    Ok(NewService {
        team,
        name: args.name.clone().unwrap_or(last),
        key,
        description: args.description.clone(),
        remote,
        spec_path: args.spec_path.clone(),
        prod_branch: args.prod_branch.clone(),
        dev_branch: args.dev_branch.clone(),
        environments: args.environments.clone(),
    })
}
