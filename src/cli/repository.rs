//! The parts that commands on a platform repository share: its address, its token, and a round of planning and
//! applying. A person is asked for values that no flag, variable or file gives.

use std::path::Path;

use clap::Args;
use secrecy::SecretString;

use super::approval::ApprovalArgs;
use super::common::SystemArgs;
use super::interrupt;
use super::outcome::Outcome;
use super::output::Output;
use super::rounds::{Next, Rounds};
use crate::compiler::platform::PlatformWork;
use crate::manifest::git::{REPOSITORY_VARIABLE, TOKEN_VARIABLE};
use crate::manifest::model::Author;
use crate::manifest::secret::Secret;
use crate::operations::{
    Environment, Failure, Failures, FirstFiles, PlanRequest, RepositoryAccess, RepositoryOptions, RepositorySession,
    local_repository,
};
use engine::state::shell_word;
use transport::variable;

/// The variable that names the platform repository.
const URL_VARIABLE: &str = "PLATFORM_REPO_URL";
/// The variable with the token for it.
const PLATFORM_TOKEN_VARIABLE: &str = "PLATFORM_REPO_GITHUB_TOKEN";
/// The platform repository of the sandbox by default.
const SANDBOX_REPOSITORY: &str = "https://github.com/sandbox/platform.git";

/// The platform repository of a command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Platform repository")]
pub(super) struct RepositoryArgs {
    /// The platform repository, as an address or as `owner/name`.
    ///
    /// The default is the variable PLATFORM_REPO_URL, then `platform.git.remote` of konnect/platform.yaml here, then
    /// GITHUB_REPO_URL. Variables may also be in a file `.env`. The token for it is in the variable
    /// PLATFORM_REPO_GITHUB_TOKEN or GITHUB_TOKEN. On a terminal, koctl asks for what is missing.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl RepositoryArgs {
    /// The flag that names the same repository again, with a blank before it.
    pub(super) fn flags(&self) -> String {
        self.url.as_ref().map(|url| format!(" --url {}", shell_word(url))).unwrap_or_default()
    }

    /// The same with an address for the sandbox, if neither a flag nor a variable names one.
    pub(super) fn or_in_sandbox(&self, address: Option<String>, environment: &Environment) -> Self {
        let is_named = self.url.is_some() || variable(environment, URL_VARIABLE).is_some();
        if is_named { self.clone() } else { Self { url: address } }
    }

    /// Reads the repository. Also returns the token for it.
    pub(super) async fn open(
        &self,
        system: &SystemArgs,
        environment: Environment,
        output: &Output,
    ) -> Result<(RepositoryAccess, SecretString), Failure> {
        self.open_as(system, environment, Author::default(), FirstFiles::default(), output).await
    }

    /// The same, with another author of commits, and with the files that the sandbox's repository begins with.
    pub(super) async fn open_as(
        &self,
        system: &SystemArgs,
        environment: Environment,
        author: Author,
        first_files: FirstFiles,
        output: &Output,
    ) -> Result<(RepositoryAccess, SecretString), Failure> {
        let (remote, provided) = self.remote(system, &environment, output)?;
        let token = token(system, &environment, output)?;
        let value = token.resolve(Path::new("."), &environment).map_err(|error| Failure::new(error.to_string()))?;
        let sandbox = system.sandbox().map(Path::to_owned);
        let options = RepositoryOptions { remote, token, author, sandbox, provided, first_files, environment };
        Ok((RepositoryAccess::open(options).await?, value))
    }

    /// What flags and variables lack, for a program that asks nobody.
    pub(super) fn missing(&self, environment: &Environment) -> Result<Vec<Failure>, Failure> {
        let is_set = |name: &&str| variable(environment, name).is_some();
        let mut missing = Vec::new();
        let names = [URL_VARIABLE, REPOSITORY_VARIABLE];
        if self.url.is_none() && !names.iter().any(is_set) && local_repository(Path::new("."))?.is_none() {
            let failure = Failure::new(format!("the variable {URL_VARIABLE} is not set"));
            missing.push(failure.help("set it to the address of the platform repository, or give that in --url"));
        }
        if ![PLATFORM_TOKEN_VARIABLE, TOKEN_VARIABLE].iter().any(is_set) {
            let failure = Failure::new(format!("the variable {PLATFORM_TOKEN_VARIABLE} is not set"));
            missing.push(failure.help("set it to a token that may write contents and pull requests of the repository"));
        }
        Ok(missing)
    }

    /// The address. Also true if it is the one that the sandbox provides.
    fn remote(
        &self,
        system: &SystemArgs,
        environment: &Environment,
        output: &Output,
    ) -> Result<(String, bool), Failure> {
        let set = |name: &str| variable(environment, name).map(|value| value.trim().to_owned());
        let named = match self.url.clone().or_else(|| set(URL_VARIABLE)) {
            Some(url) => Some(url),
            None => local_repository(Path::new("."))?.or_else(|| set(REPOSITORY_VARIABLE)),
        };
        if let Some(url) = named {
            return Ok((url, false));
        }
        let in_sandbox = system.sandbox().is_some();
        let url = match output.is_interactive() {
            true => output.prompt("Platform repository (owner/name)", in_sandbox.then_some(SANDBOX_REPOSITORY))?,
            false if in_sandbox => SANDBOX_REPOSITORY.to_owned(),
            false => {
                let failure = Failure::new("the platform repository is not known, and there is no terminal to ask on");
                return Err(failure.help(format!("give its address in --url, or in the variable {URL_VARIABLE}")));
            }
        };
        let provided = in_sandbox && url == SANDBOX_REPOSITORY;
        Ok((url, provided))
    }
}

fn token(system: &SystemArgs, environment: &Environment, output: &Output) -> Result<Secret, Failure> {
    let is_set = |name: &&&str| variable(environment, name).is_some();
    if let Some(name) = [PLATFORM_TOKEN_VARIABLE, TOKEN_VARIABLE].iter().find(is_set) {
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

/// Plans the work on a platform repository, asks for approval, and applies it. The state is at `state`, or where the
/// repository says. After that, says what `next` is.
pub(super) async fn carry_out(
    access: RepositoryAccess,
    state: Option<&str>,
    work: PlatformWork,
    approval: &ApprovalArgs,
    next: &Next<'_>,
    output: &Output,
) -> Result<Outcome, Failures> {
    carry_out_in(access.session(state, work)?, approval, next, output).await
}

/// Plans the work of a session on a platform repository, asks for approval, and applies it.
pub(super) async fn carry_out_in(
    repository: RepositorySession,
    approval: &ApprovalArgs,
    next: &Next<'_>,
    output: &Output,
) -> Result<Outcome, Failures> {
    let stop = interrupt::watch();
    // The files of the repository are renamed by no flag.
    let flags = String::new();
    let (session, request) = (repository.session(), PlanRequest::default());
    let rounds = Rounds { session, request, approval, reviewed: None, output, flags, stop, next };
    let result = rounds.once().await;
    let settled = repository.settle().await;
    repository.close().await;
    match (result, settled) {
        (result, Ok(())) => result,
        (Ok(_), Err(failure)) => Err(failure.into()),
        (Err(mut failures), Err(failure)) => {
            failures.push(failure);
            Err(failures)
        }
    }
}
