//! Git repositories as the manifest means them: parsed addresses, and which access goes with which.

use std::fmt;

use thiserror::Error;

use super::model::{Author, GitAuth, GitAuthType, Manifest, Service};
use super::secret::Secret;

/// The variable that names the platform repository where the manifest does not.
pub const REPOSITORY_VARIABLE: &str = "GITHUB_REPO_URL";

/// The variable whose token wins over the platform's configured ones.
pub const TOKEN_VARIABLE: &str = "GITHUB_TOKEN";

/// The host that `GITHUB_TOKEN` is for, as long as no platform repository says otherwise.
const GITHUB_HOST: &str = "github.com";

/// The address of a git repository, known to be well-formed and to hold no password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Remote {
    address: String,
    host: String,
    path: String,
    ssh: bool,
}

/// Why an address is none of a git repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RemoteError {
    /// Neither a URL of a known kind nor `user@host:path`.
    #[error("it begins neither with `https://`, `http://` or `ssh://`, nor is it like `git@host:owner/repository.git`")]
    Form,
    /// No host between the scheme and the path.
    #[error("it names no host")]
    Host,
    /// No owner or no repository after the host.
    #[error("it names no repository, as in `https://host/owner/repository.git`")]
    Path,
    /// A password or token stands in it.
    #[error("it holds a password or token, which would be shown in plans and logs; configure `auth` instead")]
    Password,
    /// White space or a control character stands in it.
    #[error("it holds white space or a control character")]
    Characters,
}

impl Remote {
    /// Reads an address: `https://`, `http://`, `ssh://`, or like `git@host:owner/repository.git`.
    ///
    /// # Errors
    ///
    /// Where it is none of these, or holds a password.
    pub fn parse(address: &str) -> Result<Self, RemoteError> {
        if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(RemoteError::Characters);
        }
        let (ssh, (host, path)) = match address.split_once("://") {
            Some((scheme @ ("https" | "http" | "ssh"), rest)) => (scheme == "ssh", url(scheme, rest)?),
            Some(_) => return Err(RemoteError::Form),
            None => (true, scp_like(address)?),
        };
        if host.is_empty() {
            return Err(RemoteError::Host);
        }
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        if path.is_empty() || path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(RemoteError::Path);
        }
        Ok(Self { address: address.to_owned(), host: host.to_lowercase(), path: path.to_owned(), ssh })
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The host, in lower case and without its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the repository is reached by SSH, where a token opens nothing but the host's API.
    pub fn is_ssh(&self) -> bool {
        self.ssh
    }

    /// Owner and repository, without `.git`, where the path has just these two, as GitHub's have.
    pub fn owner_and_name(&self) -> Option<(&str, &str)> {
        self.path.split_once('/').filter(|(_, name)| !name.contains('/'))
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// Host and path of what follows the scheme. A user name is no secret with SSH; with HTTP it is likely a token.
fn url<'a>(scheme: &str, rest: &'a str) -> Result<(&'a str, &'a str), RemoteError> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if user.is_some_and(|user| scheme != "ssh" || user.contains(':')) {
        return Err(RemoteError::Password);
    }
    Ok((host.split(':').next().unwrap_or_default(), path))
}

fn scp_like(address: &str) -> Result<(&str, &str), RemoteError> {
    let (login, path) = address.split_once(':').ok_or(RemoteError::Form)?;
    let (user, host) = login.split_once('@').ok_or(RemoteError::Form)?;
    if user.is_empty() || login.contains('/') { Err(RemoteError::Form) } else { Ok((host, path)) }
}

/// What opens a repository.
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
    /// Its address; none where neither the manifest nor `GITHUB_REPO_URL` has one.
    pub remote: Option<Remote>,
    /// The author of koctl's commits, as far as one is configured.
    pub author: Author,
    /// The token for GitHub's API.
    pub token: Option<Secret>,
    /// What opens the repository itself, and the services' repositories that have nothing of their own.
    pub credentials: Option<Credentials>,
}

/// A service's repository and the access to it.
#[derive(Clone, Debug)]
pub struct ServiceRepository {
    /// Its address.
    pub remote: Remote,
    /// What opens it; none for a public repository.
    pub credentials: Option<Credentials>,
}

/// Why a repository's address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the address `{address}` of {what} cannot be used: {reason}")]
pub struct RepositoryError {
    /// The address, without any password in it.
    pub address: String,
    /// Which repository, and where its address comes from.
    pub what: String,
    /// What is wrong with it.
    pub reason: RemoteError,
}

fn remote(address: &str, what: impl Into<String>) -> Result<Remote, RepositoryError> {
    Remote::parse(address).map_err(|reason| {
        let address = if reason == RemoteError::Password { "…".to_owned() } else { address.to_owned() };
        RepositoryError { address, what: what.into(), reason }
    })
}

/// The platform repository. `GITHUB_REPO_URL` stands in where the manifest names none, and `GITHUB_TOKEN`, where
/// it is set, wins over the configured tokens: so it is within GitHub Actions. An SSH key stays what opens the
/// repository even then.
///
/// # Errors
///
/// Where the address is none of a git repository. The manifest's own has been checked when it was loaded.
pub fn platform_repository(
    manifest: &Manifest,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<PlatformRepository, RepositoryError> {
    let set = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let git = manifest.platform.as_ref().and_then(|platform| platform.git.clone()).unwrap_or_default();
    let remote = match (git.remote, set(REPOSITORY_VARIABLE)) {
        (Some(address), _) => Some(remote(&address, "the platform repository (platform.git.remote)")?),
        (None, Some(address)) => {
            Some(remote(address.trim(), format!("the platform repository (the variable {REPOSITORY_VARIABLE})"))?)
        }
        (None, None) => None,
    };
    let configured = git.auth.and_then(credentials);
    let auth_token = match &configured {
        Some(Credentials::Token(token)) => Some(token.clone()),
        _ => None,
    };
    let token = match set(TOKEN_VARIABLE) {
        Some(_) => Some(Secret::Env(TOKEN_VARIABLE.to_owned())),
        None => git.github.map(|github| github.token).or_else(|| auth_token.clone()),
    };
    let credentials = match (configured, set(TOKEN_VARIABLE)) {
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
    /// A service's repository. What the service configures itself opens it; else what opens the platform
    /// repository does, if it fits: a key where SSH is spoken, a token only on the platform's own host, so that
    /// it is not handed to others.
    ///
    /// # Errors
    ///
    /// Where the address is none of a git repository, which loading the manifest has ruled out.
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

    /// What opens a repository, in a word: the kind and the variable that holds it.
    fn opens(credentials: Option<&Credentials>) -> String {
        match credentials {
            None => "nothing".to_owned(),
            Some(Credentials::Token(secret)) => format!("token from {secret}"),
            Some(Credentials::SshKey(secret)) => format!("key from {secret}"),
        }
    }

    #[test]
    fn addresses_of_every_usual_kind_are_read() {
        for address in [
            "https://github.com/air/flights.git",
            "https://GitHub.com/air/flights",
            "http://github.com:8080/air/flights/",
            "ssh://git@github.com:22/air/flights.git",
            "git@github.com:air/flights.git",
        ] {
            let remote = Remote::parse(address).unwrap();
            assert_eq!(remote.host(), "github.com", "{address}");
            assert_eq!(remote.owner_and_name(), Some(("air", "flights")), "{address}");
            assert_eq!(remote.to_string(), address);
        }
    }

    #[test]
    fn a_path_of_more_than_owner_and_name_is_none_of_github() {
        assert_eq!(Remote::parse("https://gitlab.com/air/data/flights").unwrap().owner_and_name(), None);
        assert_eq!(Remote::parse("https://example.com/flights.git").unwrap().owner_and_name(), None);
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for (address, reason) in [
            ("", RemoteError::Form),
            ("flights", RemoteError::Form),
            ("air/flights", RemoteError::Form),
            ("./repos:flights", RemoteError::Form),
            ("file:///srv/flights", RemoteError::Form),
            ("ftp://github.com/air/flights", RemoteError::Form),
            ("https:///air/flights", RemoteError::Host),
            ("https://github.com", RemoteError::Path),
            ("https://github.com/", RemoteError::Path),
            ("https://github.com/air/../flights", RemoteError::Path),
            ("git@github.com:", RemoteError::Path),
            ("https://me:hush@github.com/air/flights", RemoteError::Password),
            ("https://hush@github.com/air/flights", RemoteError::Password),
            ("ssh://git:hush@github.com/air/flights", RemoteError::Password),
            ("https://github.com/air/my flights", RemoteError::Characters),
        ] {
            assert_eq!(Remote::parse(address), Err(reason), "{address}");
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
        assert!(
            message.starts_with("the address `air/platform` of the platform repository (the variable GITHUB_REPO_URL)")
        );
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
