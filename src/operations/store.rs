//! How stores of states are opened.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::Failure;
use super::session::Environment;
use crate::manifest::git;
use crate::manifest::secret::Secret;
use engine::state::Store;

/// What stores are opened with: the variables of the process, but for GitHub the address and the token that are used
/// for everything else there.
pub(super) struct Access<'a> {
    pub(super) environment: &'a Environment,
    /// What paths of secrets are relative to.
    pub(super) directory: &'a Path,
    pub(super) github_url: &'a str,
    /// The platform repository's token.
    pub(super) token: Option<&'a Secret>,
    /// Whether a sandbox plays GitHub, which takes any token.
    pub(super) in_sandbox: bool,
}

impl Access<'_> {
    /// Opens the store at `url`. Nothing is created.
    ///
    /// # Errors
    /// Where the address is malformed, or the token cannot be had.
    pub(super) fn open(&self, url: &str) -> Result<Store, Failure> {
        // Nobody else needs the token, so that nobody else fails for want of it.
        let token = if url.starts_with("github:") { self.github_token()? } else { None };
        Ok(Store::open(url, &variables(self.environment, self.github_url, token.as_ref()))?)
    }

    fn github_token(&self) -> Result<Option<SecretString>, Failure> {
        let from_variable = (self.environment)(git::TOKEN_VARIABLE).filter(|token| !token.trim().is_empty());
        if let Some(token) = from_variable {
            return Ok(Some(token.into()));
        }
        match self.token.map(|token| token.resolve(self.directory, self.environment)).transpose() {
            Ok(None) | Err(_) if self.in_sandbox => Ok(Some("sandbox".to_owned().into())),
            Ok(token) => Ok(token),
            Err(error) => Err(Failure::new(format!("could not get the GitHub token for the state: {error}"))),
        }
    }
}

/// The variables as a store sees them: those of the process, but for GitHub `github_url` and, where there is one, `token`.
pub(super) fn variables<'a>(
    environment: &'a Environment,
    github_url: &'a str,
    token: Option<&'a SecretString>,
) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| match (name, token) {
        ("KOCTL_GITHUB_URL", _) => Some(github_url.to_owned()),
        (git::TOKEN_VARIABLE, Some(token)) => Some(token.expose_secret().to_owned()),
        _ => environment(name),
    }
}
