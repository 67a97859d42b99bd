//! `koctl remove`: removes something from the configuration.

use clap::Subcommand;

use super::change::{self, ChangeArgs, given};
use super::outcome::Outcome;
use super::output::Output;
use crate::manifest::changes::Change;
use crate::operations::Failures;

/// Remove something from the configuration in the platform repository, or in the files here.
///
/// Nothing is destroyed by this: the next plan shows what the configuration does not want any more, and a person approves
/// that.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Remove a team, from environments that list it, too.
    Team {
        /// The name of the team.
        #[arg(value_name = "NAME")]
        name: Option<String>,

        #[command(flatten)]
        change: Box<ChangeArgs>,
    },
    /// Remove a service from a team, and from environments that list it.
    Service {
        /// The team.
        #[arg(value_name = "TEAM")]
        team: Option<String>,

        /// The key of the service.
        #[arg(value_name = "KEY")]
        key: Option<String>,

        #[command(flatten)]
        change: Box<ChangeArgs>,
    },
    /// Remove an environment from an organization, with all that koctl derives from it.
    Environment {
        /// The organization and the name of the environment; the name may also be an argument of its own.
        #[arg(value_name = "ORGANIZATION/NAME", num_args = ..=2)]
        name: Vec<String>,

        #[command(flatten)]
        change: Box<ChangeArgs>,
    },
    /// Remove a member from a team. The person stays in Konnect.
    User {
        /// The team.
        #[arg(value_name = "TEAM")]
        team: Option<String>,

        /// The email address.
        #[arg(value_name = "EMAIL")]
        email: Option<String>,

        #[command(flatten)]
        change: Box<ChangeArgs>,
    },
}

impl Args {
    fn change(&self) -> &ChangeArgs {
        match &self.what {
            What::Team { change, .. }
            | What::Service { change, .. }
            | What::Environment { change, .. }
            | What::User { change, .. } => change,
        }
    }

    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.change().streams_events()
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let change = match &args.what {
        What::Team { name, .. } => {
            Change::RemoveTeam { team: given(name.as_ref(), "name of the team", "koctl remove team NAME", output)? }
        }
        What::Service { team, key, .. } => {
            const USAGE: &str = "koctl remove service TEAM KEY";
            Change::RemoveService {
                team: given(team.as_ref(), "team", USAGE, output)?,
                key: given(key.as_ref(), "key of the service", USAGE, output)?,
            }
        }
        What::Environment { name, .. } => {
            const USAGE: &str = "koctl remove environment ORGANIZATION/NAME";
            let name = (!name.is_empty()).then(|| name.join("/"));
            let name = given(name.as_ref(), "environment", USAGE, output)?;
            Change::RemoveEnvironment { environment: change::environment_of(&name)? }
        }
        What::User { team, email, .. } => {
            const USAGE: &str = "koctl remove user TEAM EMAIL";
            Change::RemoveUser {
                team: given(team.as_ref(), "team", USAGE, output)?,
                email: given(email.as_ref(), "email address", USAGE, output)?,
            }
        }
    };
    change::run(change, false, args.change(), output).await
}
