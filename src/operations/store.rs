//! How stores of states are opened.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::failure::Failure;
use super::workspace::Environment;
use crate::manifest::git;
use crate::manifest::secret::Secret;
use engine::state::Store;
use transport::variable;

/// The access to stores: the variables of the process, except for GitHub's address and token, which are those of the
/// session.
pub(super) struct StoreAccess<'a> {
    pub(super) environment: &'a Environment,
    /// The directory that paths of secrets are relative to.
    pub(super) directory: &'a Path,
    pub(super) github_url: &'a str,
    /// The platform repository's token.
    pub(super) token: Option<&'a Secret>,
    /// True if a sandbox stands for GitHub, which takes any token.
    pub(super) in_sandbox: bool,
}

impl StoreAccess<'_> {
    /// Opens the store at `url`. Nothing is created.
    ///
    /// # Errors
    /// If the address is malformed, or the token cannot be read.
    pub(super) fn open(&self, url: &str) -> Result<Store, Failure> {
        // Other stores need no token, and must not fail if there is none.
        let token = if url.starts_with("github:") { self.github_token()? } else { None };
        Ok(Store::open(url, &variables(self.environment, self.github_url, token.as_ref()))?)
    }

    fn github_token(&self) -> Result<Option<SecretString>, Failure> {
        let from_variable = variable(self.environment, git::TOKEN_VARIABLE);
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

/// The variables as a store sees them: those of the process, with `github_url` and, if there is one, `token` for GitHub.
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
