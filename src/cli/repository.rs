//! Commands on a platform repository: which one, the token for it, and carrying out what is asked of it. What is missing
//! in flags, variables and files, a person is asked for.

use std::path::Path;

use clap::Args;
use secrecy::SecretString;

use super::FAILED;
use super::apply::{ApprovalArgs, Run};
use super::common::SystemArgs;
use super::output::Output;
use crate::compiler::platform::PlatformWork;
use crate::manifest::git::{REPOSITORY_VARIABLE, TOKEN_VARIABLE};
use crate::manifest::secret::Secret;
use crate::operations::{Environment, Failure, PlanRequest, PlatformAccess, PlatformOptions, local_platform};

/// The variable that names the platform repository.
const URL_VARIABLE: &str = "PLATFORM_REPO_URL";
/// The variable with the token for it.
const PLATFORM_TOKEN_VARIABLE: &str = "PLATFORM_REPO_GITHUB_TOKEN";
/// The platform repository of the sandbox where nobody names one.
const SANDBOX_REPOSITORY: &str = "https://github.com/sandbox/platform.git";

/// The platform repository of a command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Platform repository")]
pub(super) struct RepositoryArgs {
    /// The platform repository, as an address or as `owner/name`.
    ///
    /// Without it: the variable PLATFORM_REPO_URL, then `platform.git.remote` of konnect/platform.yaml here, then
    /// GITHUB_REPO_URL. Variables may also stand in a file `.env`. The token for it comes from the variable
    /// PLATFORM_REPO_GITHUB_TOKEN or GITHUB_TOKEN. On a terminal, koctl asks for what is missing.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl RepositoryArgs {
    /// Looks at the repository; shows why that cannot be done.
    pub(super) async fn open(
        &self,
        system: &SystemArgs,
        environment: Environment,
        output: &Output,
    ) -> Option<(PlatformAccess, SecretString)> {
        let opened = self.try_open(system, environment, output).await;
        opened.map_err(|failure| output.failures(&[failure])).ok()
    }

    async fn try_open(
        &self,
        system: &SystemArgs,
        environment: Environment,
        output: &Output,
    ) -> Result<(PlatformAccess, SecretString), Failure> {
        let (remote, provided) = self.remote(system, &environment, output)?;
        let token = token(system, &environment, output)?;
        let value = token.resolve(Path::new("."), &environment).map_err(|error| Failure::new(error.to_string()))?;
        let sandbox = system.sandbox().map(Path::to_owned);
        let options = PlatformOptions { remote, token, sandbox, provided, environment };
        Ok((PlatformAccess::open(options).await?, value))
    }

    /// The address, and whether it is the one that the sandbox provides.
    fn remote(
        &self,
        system: &SystemArgs,
        environment: &Environment,
        output: &Output,
    ) -> Result<(String, bool), Failure> {
        let set = |name: &str| environment(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let named = match self.url.clone().or_else(|| set(URL_VARIABLE)) {
            Some(url) => Some(url),
            None => local_platform(Path::new("."))?.or_else(|| set(REPOSITORY_VARIABLE)),
        };
        if let Some(url) = named {
            return Ok((url, false));
        }
        let in_sandbox = system.sandbox().is_some();
        let url = match output.is_interactive() {
            true => output.prompt("Platform repository (owner/name)", in_sandbox.then_some(SANDBOX_REPOSITORY))?,
            false if in_sandbox => SANDBOX_REPOSITORY.to_owned(),
            false => {
                let failure = Failure::new("no platform repository is named, and there is no terminal to ask on");
                return Err(failure.help(format!("name it with --url, or in the variable {URL_VARIABLE}")));
            }
        };
        let provided = in_sandbox && url == SANDBOX_REPOSITORY;
        Ok((url, provided))
    }
}

fn token(system: &SystemArgs, environment: &Environment, output: &Output) -> Result<Secret, Failure> {
    let is_set = |name: &&str| environment(name).is_some_and(|value| !value.trim().is_empty());
    if let Some(name) = [PLATFORM_TOKEN_VARIABLE, TOKEN_VARIABLE].iter().find(|name| is_set(name)) {
        return Ok(Secret::Env((*name).to_owned()));
    }
    if system.sandbox().is_some() {
        // Any token opens the sandbox's GitHub.
        return Ok(Secret::Literal("sandbox".to_owned().into()));
    }
    if output.is_interactive() {
        return Ok(Secret::Literal(output.secret("GitHub token (not shown)")?));
    }
    let failure = Failure::new("there is no token for the platform repository, and no terminal to ask on");
    Err(failure.help(format!("set the variable {PLATFORM_TOKEN_VARIABLE}")))
}

/// Plans the work on a platform repository, asks, and applies it. The state is at `state`, or where the repository says.
pub(super) async fn carry_out(
    access: PlatformAccess,
    state: Option<&str>,
    work: PlatformWork,
    approval: &ApprovalArgs,
    output: &Output,
) -> u8 {
    let session = match access.session(state, work) {
        Ok(session) => session,
        Err(failure) => {
            output.failures(&[failure]);
            return FAILED;
        }
    };
    let stop = super::interrupt::watch();
    let run = Run { session: &session, request: PlanRequest::default(), approval, output, stop };
    let mut code = run.once().await;
    if let Err(failure) = session.settle().await {
        output.failures(&[failure]);
        code = FAILED;
    }
    session.close().await;
    code
}
