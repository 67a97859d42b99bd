//! Git repositories of the manifest: their addresses, and the credentials for each.

mod remote;

use thiserror::Error;
use transport::variable;

use super::credentials;
use super::model::{Author, GitAuth, GitAuthType, Manifest, Service};
use super::secret::Secret;

pub use remote::{Remote, RemoteError};

/// The variable with the address of the platform repository, for a manifest that does not name it.
pub const REPOSITORY_VARIABLE: &str = "GITHUB_REPO_URL";

/// The variable with a token that overrides the platform's configured ones.
pub const TOKEN_VARIABLE: &str = "GITHUB_TOKEN";

/// The host of `GITHUB_TOKEN`, unless the platform repository is on another.
const GITHUB_HOST: &str = "github.com";

/// The access to a repository.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A token, over HTTPS and for GitHub's API.
    Token(Secret),
    /// A private key, over SSH.
    SshKey(Secret),
}

/// The platform repository and the access to it, from the manifest and the environment.
#[derive(Clone, Debug, Default)]
pub struct PlatformRepository {
    /// The address. `None` if neither the manifest nor `GITHUB_REPO_URL` has one.
    pub remote: Option<Remote>,
    /// The configured author of koctl's commits.
    pub author: Author,
    /// The token for GitHub's API.
    pub token: Option<Secret>,
    /// The access to the repository, and to repositories of services that configure none.
    pub credentials: Option<Credentials>,
}

/// A service's repository and the access to it.
#[derive(Clone, Debug)]
pub struct ServiceRepository {
    /// The address.
    pub remote: Remote,
    /// The access to it. `None` for a public repository.
    pub credentials: Option<Credentials>,
}

/// An invalid address of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("invalid address `{address}` of {what}: {reason}")]
pub struct RepositoryError {
    /// The address without any password.
    pub address: String,
    /// The repository, and the source of its address.
    pub what: String,
    /// The problem.
    pub reason: RemoteError,
}

fn remote(address: &str, what: impl Into<String>) -> Result<Remote, RepositoryError> {
    Remote::parse(address).map_err(|reason| {
        // What does not look like an address may be a token in the wrong place.
        let is_shown = reason != RemoteError::Password && address.contains(['/', ':']);
        let address = if is_shown { credentials::address(address) } else { "…".to_owned() };
        RepositoryError { address, what: what.into(), reason }
    })
}

/// The platform repository. `GITHUB_REPO_URL` is used if the manifest names none. `GITHUB_TOKEN` overrides the
/// configured tokens, as GitHub Actions sets it, but not a configured SSH key.
///
/// # Errors
///
/// `GITHUB_REPO_URL` is not a valid address. The address in the manifest was checked when it was loaded.
pub fn platform_repository(
    manifest: &Manifest,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<PlatformRepository, RepositoryError> {
    let git = manifest.platform.as_ref().and_then(|platform| platform.git.clone()).unwrap_or_default();
    let remote = match (git.remote, variable(env, REPOSITORY_VARIABLE)) {
        (Some(address), _) => Some(remote(&address, "the platform repository (platform.git.remote)")?),
        (None, Some(address)) => Some(remote(
            address.trim(),
            format!("the platform repository (environment variable {REPOSITORY_VARIABLE})"),
        )?),
        (None, None) => None,
    };
    let configured = git.auth.and_then(credentials);
    let auth_token = match &configured {
        Some(Credentials::Token(token)) => Some(token.clone()),
        _ => None,
    };
    let token = match variable(env, TOKEN_VARIABLE) {
        Some(_) => Some(Secret::Env(TOKEN_VARIABLE.to_owned())),
        None => git.github.map(|github| github.token).or_else(|| auth_token.clone()),
    };
    let credentials = match (configured, variable(env, TOKEN_VARIABLE)) {
        (Some(key @ Credentials::SshKey(_)), _) => Some(key),
        (Some(configured), None) => Some(configured),
        (_, _) => token.clone().map(Credentials::Token),
    };
    Ok(PlatformRepository { remote, author: git.author.unwrap_or_default(), token, credentials })
}

fn credentials(auth: GitAuth) -> Option<Credentials> {
    match auth.r#type {
        GitAuthType::Ssh => auth.ssh.map(|ssh| Credentials::SshKey(ssh.key)),
        GitAuthType::Token => auth.token.map(Credentials::Token),
    }
}

impl PlatformRepository {
    /// A service's repository. Without access of its own it uses the platform's, if that fits: a key for SSH, a token
    /// only on the platform's own host, so that no other host sees it.
    ///
    /// # Errors
    ///
    /// The address is not valid, which loading the manifest rules out.
    pub fn service_repository(&self, service: &Service) -> Result<ServiceRepository, RepositoryError> {
        let git = &service.git;
        let remote = remote(&git.remote, format!("the repository of the service `{}`", service.name))?;
        let api_token = git.github.as_ref().map(|github| Credentials::Token(github.token.clone()));
        let own = git.auth.clone().and_then(credentials).or(api_token);
        let credentials = own.or_else(|| self.credentials_for(&remote));
        Ok(ServiceRepository { remote, credentials })
    }

    fn credentials_for(&self, remote: &Remote) -> Option<Credentials> {
        let host = self.remote.as_ref().map_or(GITHUB_HOST, Remote::host);
        match &self.credentials {
            Some(key @ Credentials::SshKey(_)) if remote.is_ssh() => Some(key.clone()),
            Some(token @ Credentials::Token(_)) if remote.host() == host => Some(token.clone()),
            _ if remote.host() == host => self.token.clone().map(Credentials::Token),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    fn platform(git: serde_json::Value, set: &[(&str, &str)]) -> PlatformRepository {
        let manifest: Manifest = serde_json::from_value(json!({"platform": {"git": git}})).unwrap();
        platform_repository(&manifest, &variables(set)).unwrap()
    }

    fn service(git: serde_json::Value) -> Service {
        serde_json::from_value(json!({"name": "flights", "git": git})).unwrap()
    }

    fn env_secret(name: &str) -> serde_json::Value {
        json!({"type": "env", "value": name})
    }

    /// The access to a repository in words: its kind and the variable with the secret.
    fn opens(credentials: Option<&Credentials>) -> String {
        match credentials {
            None => "nothing".to_owned(),
            Some(Credentials::Token(secret)) => format!("token from {secret}"),
            Some(Credentials::SshKey(secret)) => format!("key from {secret}"),
        }
    }

    #[test]
    fn without_any_configuration_there_is_no_platform_repository() {
        let platform = platform_repository(&Manifest::default(), &variables(&[])).unwrap();
        assert_eq!((platform.remote, opens(platform.credentials.as_ref())), (None, "nothing".to_owned()));
        assert!(platform.token.is_none());
    }

    #[test]
    fn within_github_actions_the_variables_are_enough() {
        let set = [(REPOSITORY_VARIABLE, "https://github.com/air/platform"), (TOKEN_VARIABLE, "hush")];
        let platform = platform_repository(&Manifest::default(), &variables(&set)).unwrap();
        assert_eq!(platform.remote.unwrap().owner_and_name(), Some(("air", "platform")));
        assert_eq!(opens(platform.credentials.as_ref()), "token from the variable `GITHUB_TOKEN`");
    }

    #[test]
    fn the_configured_address_wins_over_the_variable() {
        let set = [(REPOSITORY_VARIABLE, "https://github.com/other/platform")];
        let platform = platform(json!({"remote": "git@github.com:air/platform.git"}), &set);
        assert_eq!(platform.remote.unwrap().as_str(), "git@github.com:air/platform.git");
    }

    #[test]
    fn a_variable_that_holds_no_address_is_named() {
        let error = platform_repository(&Manifest::default(), &variables(&[(REPOSITORY_VARIABLE, "air/platform")]));
        let message = error.unwrap_err().to_string();
        assert!(message.starts_with(
            "invalid address `air/platform` of the platform repository (environment variable GITHUB_REPO_URL)"
        ));
    }

    #[test]
    fn github_token_wins_over_configured_tokens_but_not_over_a_key() {
        let tokens = json!({"github": {"token": env_secret("A")}, "auth": {"type": "token", "token": env_secret("B")}});
        let configured = platform(tokens.clone(), &[]);
        assert_eq!(configured.token.unwrap().to_string(), "the variable `A`");
        assert_eq!(opens(configured.credentials.as_ref()), "token from the variable `B`");
        let actions = platform(tokens, &[(TOKEN_VARIABLE, "hush")]);
        assert_eq!(actions.token.unwrap().to_string(), "the variable `GITHUB_TOKEN`");
        assert_eq!(opens(actions.credentials.as_ref()), "token from the variable `GITHUB_TOKEN`");

        let key = json!({"auth": {"type": "ssh", "ssh": {"key": env_secret("KEY")}}});
        let actions = platform(key, &[(TOKEN_VARIABLE, "hush")]);
        assert_eq!(opens(actions.credentials.as_ref()), "key from the variable `KEY`");
        assert_eq!(actions.token.unwrap().to_string(), "the variable `GITHUB_TOKEN`");
    }

    #[test]
    fn a_service_falls_back_to_what_opens_the_platform_repository() {
        let platform = platform(json!({"github": {"token": env_secret("A")}}), &[]);
        let opened = |git| opens(platform.service_repository(&service(git)).unwrap().credentials.as_ref());
        assert_eq!(opened(json!({"remote": "https://github.com/air/flights"})), "token from the variable `A`");
        let own =
            json!({"remote": "https://github.com/air/flights", "auth": {"type": "token", "token": env_secret("OWN")}});
        assert_eq!(opened(own), "token from the variable `OWN`");
        let own = json!({"remote": "https://github.com/air/flights", "github": {"token": env_secret("API")}});
        assert_eq!(opened(own), "token from the variable `API`");
    }

    #[test]
    fn the_platforms_token_is_not_handed_to_another_host() {
        let platform = platform(json!({"github": {"token": env_secret("A")}}), &[(TOKEN_VARIABLE, "hush")]);
        let elsewhere = service(json!({"remote": "https://gitlab.com/air/flights"}));
        assert_eq!(opens(platform.service_repository(&elsewhere).unwrap().credentials.as_ref()), "nothing");
    }

    #[test]
    fn the_platforms_key_opens_only_what_is_reached_by_ssh() {
        let git = json!({
            "auth": {"type": "ssh", "ssh": {"key": env_secret("KEY")}},
            "github": {"token": env_secret("A")},
        });
        let platform = platform(git, &[]);
        let opened = |remote: &str| {
            opens(platform.service_repository(&service(json!({"remote": remote}))).unwrap().credentials.as_ref())
        };
        assert_eq!(opened("git@gitlab.com:air/flights"), "key from the variable `KEY`");
        assert_eq!(opened("https://github.com/air/flights"), "token from the variable `A`");
    }
}
