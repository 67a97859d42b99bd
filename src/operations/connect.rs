//! The clients of a session: tokens, addresses and repositories of the configuration become clients, readers and
//! writers.

use secrecy::SecretString;

use super::asked::TokenDigest;
use super::failure::Failure;
use super::sandbox::sandbox_token;
use super::session::Session;
use super::unfit::Unfit;
use crate::github::{self, Access, Author, Repository};
use crate::konnect;
use crate::konnect::Account;
use crate::manifest::git;
use crate::manifest::model::Organization;
use crate::manifest::secret::Secret;
use engine::address::PLATFORM_SCOPE;
use engine::{Readers, Writers};

/// The client of the platform repository.
pub(super) struct GitHubClients {
    read: github::ReadClient,
    author: Option<Author>,
}

impl GitHubClients {
    pub(super) fn readers(&self) -> Readers {
        let mut readers = Readers::default();
        github::resources::TYPES.iter().for_each(|one| one.add_reader(&mut readers, &self.read));
        readers
    }

    pub(super) fn writers(&self) -> Writers {
        let mut writers = Writers::default();
        let client = self.writer();
        github::resources::TYPES.iter().for_each(|one| one.add_writer(&mut writers, &client));
        writers
    }

    /// The client that may also write.
    pub(super) fn writer(&self) -> github::WriteClient {
        github::WriteClient::new(self.read.clone(), self.author.clone())
    }
}

/// The clients of one organization.
pub(super) struct Clients {
    token: TokenDigest,
    konnect: konnect::ReadClient,
    github: GitHubClients,
}

impl Clients {
    /// The token that it sends.
    pub(super) fn token(&self) -> TokenDigest {
        self.token
    }

    /// The client of its Konnect, which only reads.
    pub(super) fn konnect(&self) -> &konnect::ReadClient {
        &self.konnect
    }

    pub(super) fn readers(&self) -> Readers {
        let mut readers = self.github.readers();
        konnect::resources::TYPES.iter().for_each(|one| one.add_reader(&mut readers, &self.konnect));
        readers
    }

    pub(super) fn writers(&self) -> Writers {
        let mut writers = self.github.writers();
        let client = konnect::WriteClient::new(self.konnect.clone());
        konnect::resources::TYPES.iter().for_each(|one| one.add_writer(&mut writers, &client));
        writers
    }
}

/// The clients of an organization. Each has limits of its own, so that one organization does not slow another down;
/// those of GitHub are shared, as its token is.
pub(super) fn clients(session: &Session, name: &str, organization: &Organization) -> Result<Clients, Failure> {
    let token = session.secret(&organization.access_token, &sandbox_token(name)).map_err(|failure| {
        let message = format!("could not get the access token of organization `{name}`: {}", failure.message);
        Failure { message, ..failure }
    })?;
    let digest = TokenDigest::of(&token);
    let account = Account {
        organization: name.to_owned(),
        token,
        token_source: organization.access_token.to_string(),
        url: session.systems.addresses.konnect.clone(),
    };
    let konnect = konnect::ReadClient::new(session.systems.transport.with_own_limits(), account);
    Ok(Clients { token: digest, konnect, github: github_clients(session)? })
}

/// The readers of an organization without its token: they know the types, and can read nothing.
pub(super) fn tokenless_readers(session: &Session, name: &str) -> Result<Readers, Failure> {
    let account = Account {
        organization: name.to_owned(),
        token: SecretString::default(),
        token_source: "nowhere".to_owned(),
        url: session.systems.addresses.konnect.clone(),
    };
    let token = SecretString::default();
    let konnect = konnect::ReadClient::new(session.systems.transport.clone(), account);
    let clients = Clients { token: TokenDigest::of(&token), konnect, github: github_clients(session)? };
    Ok(clients.readers())
}

/// The client of the platform repository.
pub(super) fn github_clients(session: &Session) -> Result<GitHubClients, Failure> {
    let author = match (&session.platform.author.name, &session.platform.author.email) {
        (Some(name), Some(email)) => Some(Author { name: name.clone(), email: email.clone() }),
        _ => None,
    };
    Ok(GitHubClients { read: github(session, session.platform.token.as_ref())?, author })
}

/// A client for GitHub with this token.
pub(super) fn github(session: &Session, token: Option<&Secret>) -> Result<github::ReadClient, Failure> {
    let token_source = token.map_or_else(|| "nowhere (none is configured)".to_owned(), ToString::to_string);
    let mut token = token.map(|secret| session.secret(secret, "sandbox")).transpose().map_err(|failure| {
        let message = format!("could not get the GitHub token: {}", failure.message);
        Failure { message, ..failure }
    })?;
    if session.systems.are_sandboxed() {
        token.get_or_insert_with(|| SecretString::from("sandbox"));
    }
    let access = Access { url: session.systems.addresses.github.clone(), token, token_source };
    let client = github::ReadClient::new(session.systems.transport.clone(), access)?;
    Ok(client.noting(session.listed.clone()))
}

/// The readers of `scope`.
pub(super) fn readers(session: &Session, scope: &str) -> Result<Readers, Failure> {
    if scope == PLATFORM_SCOPE {
        return Ok(github_clients(session)?.readers());
    }
    Ok(clients(session, scope, configured(session, scope)?)?.readers())
}

/// The readers and writers of `scope`.
pub(super) fn access(session: &Session, scope: &str) -> Result<(Readers, Writers), Failure> {
    if scope == PLATFORM_SCOPE {
        let github = github_clients(session)?;
        return Ok((github.readers(), github.writers()));
    }
    let clients = clients(session, scope, configured(session, scope)?)?;
    Ok((clients.readers(), clients.writers()))
}

/// An organization of the configuration.
pub(super) fn configured<'a>(session: &'a Session, scope: &str) -> Result<&'a Organization, Failure> {
    session.organizations().get(scope).ok_or_else(|| Unfit::unknown(scope))
}

/// `owner/name` of the platform repository.
pub(super) fn platform_repository(session: &Session) -> Result<Repository, Failure> {
    let missing = || {
        Failure::new("there is no platform repository to stage specifications in").help(
            "set `platform.git.remote` in konnect/platform.yaml or the variable GITHUB_REPO_URL, \
             or try things out with --sandbox",
        )
    };
    let remote = session.platform.remote.as_ref().ok_or_else(missing)?;
    on_github(remote, session.systems.are_sandboxed())
}

/// The repository behind a remote. `None` if neither GitHub's API nor the sandbox, which stands for every host, has it.
pub(super) fn reachable(remote: &git::Remote, in_sandbox: bool) -> Option<Repository> {
    let (owner, name) = remote.owner_and_name()?;
    let reachable = in_sandbox || remote.host() == "github.com";
    reachable.then(|| Repository { owner: owner.to_owned(), name: name.to_owned() })
}

/// The platform repository behind a remote.
///
/// # Errors
/// If it is not on GitHub.
pub(super) fn on_github(remote: &git::Remote, in_sandbox: bool) -> Result<Repository, Failure> {
    reachable(remote, in_sandbox).ok_or_else(|| {
        Failure::new(format!("the platform repository {remote} is not on GitHub"))
            .help("koctl opens pull requests through GitHub's API: use a repository on github.com")
    })
}
