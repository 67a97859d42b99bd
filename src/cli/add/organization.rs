//! `koctl add organization`

use secrecy::SecretString;

use crate::cli::FAILED;
use crate::cli::apply::ApprovalArgs;
use crate::cli::common::{SystemArgs, region};
use crate::cli::environment::with_dotenv;
use crate::cli::output::Output;
use crate::cli::repository::{RepositoryArgs, carry_out};
use crate::compiler::platform::{AddOrganization, PlatformWork};
use crate::manifest::model::Region;
use crate::operations::{Environment, Failure, sandbox_token};

/// Add a Konnect organization.
///
/// Plans a DEV environment `dev` and a PROD environment `prd` in konnect/organizations.yaml, the organization's token
/// for the workflows, and the Actions secret with the token; shows all of it, asks, and opens one pull request. All else
/// in these files stays as it is. For an organization that is there already, only the secret is set.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name of the organization in the configuration.
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// The region of its environments: us, eu, au, me, in or sg.
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<Region>,

    /// The variable with its access token, which the Actions secret is named after, too [default: KONNECT_TOKEN_<NAME>].
    ///
    /// The variable may also stand in a file `.env`. On a terminal, koctl asks for the token where it is not set.
    #[arg(long, value_name = "VARIABLE", value_parser = variable)]
    token_env: Option<String>,

    #[command(flatten)]
    repository: RepositoryArgs,

    #[command(flatten)]
    approval: ApprovalArgs,

    #[command(flatten)]
    system: SystemArgs,
}

pub(crate) async fn run(args: &Args, output: &Output) -> u8 {
    let Some(environment) = with_dotenv(output) else { return FAILED };
    let organization = match organization(args, &environment, output) {
        Ok(organization) => organization,
        Err(failure) => {
            output.failures(&[failure]);
            return FAILED;
        }
    };
    let state = args.system.state(&environment);
    let Some((access, _)) = args.repository.open(&args.system, environment, output).await else { return FAILED };
    let work = PlatformWork::AddOrganization(organization);
    carry_out(access, state.as_deref(), work, &args.approval, output).await
}

fn organization(args: &Args, environment: &Environment, output: &Output) -> Result<AddOrganization, Failure> {
    let name = match (&args.name, output.is_interactive()) {
        (Some(name), _) => name.clone(),
        (None, true) => output.prompt("Name of the organization", None)?,
        (None, false) => return Err(missing("the name of the organization", "koctl add organization NAME")),
    };
    let region = match (args.region, output.is_interactive()) {
        (Some(region), _) => region,
        (None, true) => {
            let answer = output.prompt("Region (us, eu, au, me, in, sg)", None)?;
            crate::cli::common::region(&answer)
                .map_err(|cause| Failure::new(format!("`{answer}` is no region")).help(cause))?
        }
        (None, false) => return Err(missing("the region", "--region REGION")),
    };
    let variable = args.token_env.clone().unwrap_or_else(|| default_variable(&name));
    let token = token(args, &name, &variable, environment, output)?;
    Ok(AddOrganization { name, region, variable, token })
}

fn token(
    args: &Args,
    name: &str,
    variable: &str,
    environment: &Environment,
    output: &Output,
) -> Result<SecretString, Failure> {
    if let Some(value) = environment(variable).filter(|value| !value.trim().is_empty()) {
        return Ok(value.trim().to_owned().into());
    }
    if args.system.sandbox().is_some() {
        return Ok(sandbox_token(name).into());
    }
    if output.is_interactive() {
        return output.secret(&format!("Access token of {name} (not shown)"));
    }
    let failure = Failure::new(format!("there is no access token of `{name}`, and no terminal to ask on"));
    Err(failure.help(format!("set the variable {variable}, or name another one with --token-env")))
}

fn missing(what: &str, flag: &str) -> Failure {
    Failure::new(format!("{what} is missing, and there is no terminal to ask on")).help(format!("give it: `{flag}`"))
}

/// The variable of an organization's token: its name in the characters that secrets of Actions may have.
fn default_variable(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("KONNECT_TOKEN_{}", name.chars().map(word).collect::<String>())
}

/// GitHub's rules for names of secrets.
fn variable(text: &str) -> Result<String, String> {
    let word = text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if text.is_empty() || !word || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("it has capital letters, digits and underscores, and no digit first".to_owned());
    }
    if text.starts_with("GITHUB_") {
        return Err("GitHub keeps names that begin with GITHUB_ to itself".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_variable_is_one_that_github_takes() {
        for (name, expected) in [
            ("Acme", "KONNECT_TOKEN_ACME"),
            ("github-1.de", "KONNECT_TOKEN_GITHUB_1_DE"),
            ("Zürich", "KONNECT_TOKEN_Z_RICH"),
        ] {
            assert_eq!(variable(&default_variable(name)).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn names_that_github_refuses_are_refused_before_anything_is_asked_of_it() {
        for name in ["", "1_TOKEN", "GITHUB_TOKEN", "a", "MY-TOKEN", "MY TOKEN"] {
            assert!(variable(name).is_err(), "{name}");
        }
    }
}
