//! `koctl add organization`

use secrecy::SecretString;

use crate::cli::approval::ApprovalArgs;
use crate::cli::change::{given, missing};
use crate::cli::common::{SystemArgs, region};
use crate::cli::complete;
use crate::cli::environment::with_dotenv;
use crate::cli::next::merge;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::cli::repository::{RepositoryArgs, carry_out};
use crate::compiler::platform::{AddOrganization, PlatformWork, is_secret_name};
use crate::manifest::model::Region;
use crate::operations::{Failure, Failures, RepositoryAccess, sandbox_token};
use crate::platform_repository::ORGANIZATIONS;
use engine::plan::Waiting;

/// Add a Konnect organization.
///
/// Plans a DEV environment `dev` and a PROD environment `prd` in konnect/organizations.yaml, the organization's token
/// for the workflows, and the Actions secret with the token; shows the plan, asks for approval, and opens one pull
/// request. Everything else in these files stays as it is. If the organization exists already, its token keeps the
/// variable that the configuration names, and only the workflows and the secret get what they lack.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name of the organization in the configuration.
    #[arg(value_name = "NAME", add = complete::organization(), value_hint = clap::ValueHint::Other)]
    name: Option<String>,

    /// The region of its environments: us, eu, au, me, in or sg [default: the one of an organization that exists].
    #[arg(long, value_name = "REGION", value_parser = region, add = complete::region(), value_hint = clap::ValueHint::Other)]
    region: Option<Region>,

    /// The variable with its access token; the Actions secret gets the same name [default: KONNECT_TOKEN_<NAME>].
    ///
    /// For an organization that exists, the default is the variable that konnect/organizations.yaml names.
    /// The variable may also be in a file `.env`. On a terminal, koctl asks for the token if the variable is not set.
    #[arg(long, value_name = "VARIABLE", value_parser = variable)]
    token_env: Option<String>,

    #[command(flatten)]
    repository: RepositoryArgs,

    #[command(flatten)]
    approval: ApprovalArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl Args {
    /// True if a program reads what happens, as JSON events on stdout.
    pub(crate) fn streams_events(&self) -> bool {
        self.approval.streams_events()
    }
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let environment = with_dotenv(args.token_env.as_deref(), output)?;
    let name = given(args.name.as_ref(), "name of the organization", "koctl add organization NAME", output)?;
    let state = args.system.state(&environment);
    let (access, _) = args.repository.open(&args.system, environment, output).await?;
    let organization = match organization(args, name, &access, output) {
        Ok(organization) => organization,
        Err(failure) => {
            access.close().await;
            return Err(failure.into());
        }
    };
    let work = PlatformWork::AddOrganization(organization);
    let next = |waiting: &[&Waiting]| merge(waiting, &args.system);
    carry_out(access, state.as_deref(), work, &args.approval, &next, output).await
}

fn organization(
    args: &Args,
    name: String,
    access: &RepositoryAccess,
    output: &Output,
) -> Result<AddOrganization, Failure> {
    let known = access.organization(&name)?;
    let region = match (args.region.or(known.as_ref().and_then(|known| known.region)), output.is_interactive()) {
        (Some(region), _) => region,
        (None, true) => {
            let answer = output.prompt("Region (us, eu, au, me, in, sg)", None)?;
            crate::cli::common::region(&answer)
                .map_err(|cause| Failure::new(format!("`{answer}` is not a valid region")).help(cause))?
        }
        (None, false) => return Err(missing("region", "--region REGION")),
    };
    let variable = match (&args.token_env, known.and_then(|known| known.variable)) {
        (Some(named), _) => named.clone(),
        (None, Some(configured)) => configured_variable(&name, &configured)?,
        (None, None) => default_variable(&name),
    };
    let token = token(args, &name, &variable, access, output)?;
    Ok(AddOrganization { name, region, variable, token })
}

fn token(
    args: &Args,
    name: &str,
    variable: &str,
    access: &RepositoryAccess,
    output: &Output,
) -> Result<SecretString, Failure> {
    if let Some(value) = access.variable(variable) {
        return Ok(value.trim().to_owned().into());
    }
    if args.system.sandbox().is_some() {
        return Ok(sandbox_token(name).into());
    }
    if output.is_interactive() {
        return output.secret(&format!("Access token of {name} (not shown)"));
    }
    let failure = Failure::new(format!("there is no access token for `{name}`, and no terminal to ask on"));
    Err(failure.help(format!("set the variable {variable}, or give the name of another one in --token-env")))
}

/// The variable of an organization's token: its name, in the characters that names of Actions secrets may have.
fn default_variable(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("KONNECT_TOKEN_{}", name.chars().map(word).collect::<String>())
}

/// The variable that the configuration names, which becomes a secret of the same name.
fn configured_variable(name: &str, configured: &str) -> Result<String, Failure> {
    if is_secret_name(configured) {
        return Ok(configured.to_owned());
    }
    let failure = Failure::new(format!(
        "{ORGANIZATIONS}: the token of `{name}` is in the variable `{configured}`, and no Actions secret can have that name"
    ));
    Err(failure.help("give the variable another name there: letters, digits and underscores, and not GITHUB_ first"))
}

/// GitHub's rules for names of secrets, with capital letters only, as it shows them.
fn variable(text: &str) -> Result<String, String> {
    let word = text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if text.is_empty() || !word || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("use capital letters, digits and underscores, and do not begin with a digit".to_owned());
    }
    if text.starts_with("GITHUB_") {
        return Err("GitHub reserves names that begin with GITHUB_".to_owned());
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
