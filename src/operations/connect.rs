//! From the configuration to clients: tokens, addresses, repositories.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures::future::join_all;
use secrecy::SecretString;

use super::session::sandbox_token;
use super::{Failure, Session};
use crate::compiler::{ClientSecrets, Events, Spec, SpecAddress, Specs, placements};
use crate::github::client::{Access, Author};
use crate::github::fetch::Credentials;
use crate::github::specs::{self, Source, Wanted};
use crate::github::{self, Repository};
use crate::konnect::Account;
use crate::konnect::resources::notification_subscription;
use crate::konnect::{self};
use crate::manifest::git;
use crate::manifest::model::{Notifications, Organization, Service};
use engine::{Error, ErrorKind, Readers, Writers};

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
        let client = github::WriteClient::new(self.read.clone(), self.author.clone());
        github::resources::TYPES.iter().for_each(|one| one.add_writer(&mut writers, &client));
        writers
    }
}

/// The clients of one organization.
pub(super) struct Clients {
    konnect: konnect::ReadClient,
    github: GitHubClients,
}

impl Clients {
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

impl Session {
    /// The clients of an organization. Each has its own limits, so that what one organization is told does not slow
    /// another; GitHub's are shared, as its token is.
    pub(super) fn clients(&self, name: &str, organization: &Organization) -> Result<Clients, Failure> {
        let token = self.secret(&organization.access_token, &sandbox_token(name)).map_err(|failure| {
            let message = format!("could not get the access token of organization `{name}`: {}", failure.message);
            Failure { message, ..failure }
        })?;
        let account = Account {
            organization: name.to_owned(),
            token,
            token_source: organization.access_token.to_string(),
            url: self.konnect_url.clone(),
        };
        let konnect = konnect::ReadClient::new(self.transport.with_own_limits(), account);
        Ok(Clients { konnect, github: self.github_clients()? })
    }

    /// The client of the platform repository.
    pub(super) fn github_clients(&self) -> Result<GitHubClients, Failure> {
        let author = match (&self.platform.author.name, &self.platform.author.email) {
            (Some(name), Some(email)) => Some(Author { name: name.clone(), email: email.clone() }),
            _ => None,
        };
        Ok(GitHubClients { read: self.github(self.platform.token.as_ref())?, author })
    }

    /// A client for GitHub with this token.
    pub(super) fn github(
        &self,
        token: Option<&crate::manifest::secret::Secret>,
    ) -> Result<github::ReadClient, Failure> {
        let token_source = token.map_or_else(|| "nowhere (none is configured)".to_owned(), ToString::to_string);
        let mut token = token.map(|secret| self.secret(secret, "sandbox")).transpose().map_err(|failure| {
            let message = format!("could not get the GitHub token: {}", failure.message);
            Failure { message, ..failure }
        })?;
        if self.in_sandbox() {
            token.get_or_insert_with(|| SecretString::from("sandbox"));
        }
        let access = Access { url: self.github_url.clone(), token, token_source };
        Ok(github::ReadClient::new(self.transport.clone(), access)?)
    }

    /// `owner/name` of the platform repository.
    pub(super) fn platform_repository(&self) -> Result<Repository, Failure> {
        let missing = || {
            Failure::new("there is no platform repository to stage specifications in").help(
                "set `platform.git.remote` in konnect/platform.yaml or the variable GITHUB_REPO_URL, \
                 or try things out with --sandbox",
            )
        };
        let remote = self.platform.remote.as_ref().ok_or_else(missing)?;
        on_github(remote, self.in_sandbox())
    }

    /// The OpenID Connect client secret of each of these organizations that has one, or why it could not be had.
    pub(super) fn client_secrets(&self, organizations: &[(&String, &Organization)]) -> ClientSecrets {
        let secret = |(name, organization): &(&String, &Organization)| {
            let oidc = organization.authorization.as_ref()?.oidc.as_ref()?;
            let secret = self.secret(oidc.client_secret.as_ref()?, "sandbox");
            let attempted = || format!("get the OIDC client secret of `{name}`");
            Some(((*name).clone(), secret.map_err(|failure| unobtainable(attempted(), failure))))
        };
        organizations.iter().filter_map(secret).collect()
    }

    /// The events that each of these organizations can be told of, where the configuration has a say in that.
    pub(super) async fn events(&self, organizations: &[(&String, &Organization)]) -> Events {
        let default = Notifications::default();
        let asking = organizations.iter().filter(|(_, organization)| organization.notifications != default).map(
            async |(name, organization)| {
                let attempted = || format!("list the events that `{name}` can be told of");
                let events = match self.clients(name, organization) {
                    Ok(clients) => notification_subscription::events(&clients.konnect).await,
                    Err(failure) => Err(unobtainable(attempted(), failure)),
                };
                ((*name).clone(), events)
            },
        );
        join_all(asking).await.into_iter().collect()
    }

    /// Reads every specification that an environment of these organizations is made from, each once.
    pub(super) async fn specs(&self, organizations: impl Iterator<Item = &Organization>) -> Specs {
        let manifest = &self.loaded.manifest;
        let mut wanted: BTreeMap<SpecAddress, Wanted> = BTreeMap::new();
        let mut specs = Specs::new();
        for environment in organizations.flat_map(|organization| organization.environments.values()) {
            for placement in placements(manifest, environment) {
                let SpecAddress { remote, branch, path } = placement.spec();
                if let Entry::Vacant(entry) = wanted.entry(placement.spec()) {
                    match self.source(placement.service) {
                        Ok(source) => drop(entry.insert(Wanted { remote, branch, path, source })),
                        // It concerns this service, and with it the organizations that have it.
                        Err(failure) => drop(specs.insert(placement.spec(), Err(unreachable(&remote, failure)))),
                    }
                }
            }
        }
        let texts = specs::read(wanted).await;
        specs.extend(texts.into_iter().map(|(address, text)| (address.clone(), parse(&address, text))));
        specs
    }

    fn source(&self, service: &Service) -> Result<Source, Failure> {
        let repository = self.platform.service_repository(service).map_err(|error| Failure::new(error.to_string()))?;
        let token = match &repository.credentials {
            Some(git::Credentials::SshKey(key)) if !self.in_sandbox() => {
                return Ok(Source::Git(Credentials::SshKey(self.secret(key, "")?)));
            }
            Some(git::Credentials::Token(token)) => Some(token),
            _ => None,
        };
        if let Some(name) = reachable(&repository.remote, self.in_sandbox()) {
            return Ok(Source::GitHub(self.github(token)?, name));
        }
        let credentials = match token {
            Some(token) => Credentials::Token(self.secret(token, "")?),
            None => Credentials::None,
        };
        Ok(Source::Git(credentials))
    }
}

/// The repository behind a remote, where GitHub's API, or the sandbox for every host, can give it.
fn reachable(remote: &git::Remote, in_sandbox: bool) -> Option<Repository> {
    let (owner, name) = remote.owner_and_name()?;
    let reachable = in_sandbox || remote.host() == "github.com";
    reachable.then(|| Repository { owner: owner.to_owned(), name: name.to_owned() })
}

/// The platform repository behind a remote.
///
/// # Errors
/// When it is not on GitHub.
pub(super) fn on_github(remote: &git::Remote, in_sandbox: bool) -> Result<Repository, Failure> {
    reachable(remote, in_sandbox).ok_or_else(|| {
        Failure::new(format!("the platform repository {remote} is not on GitHub"))
            .help("koctl opens pull requests through GitHub's API: use a repository on github.com")
    })
}

fn unobtainable(attempted: String, failure: Failure) -> Error {
    let error = Error::new(ErrorKind::Unauthorized, attempted, failure.message);
    Error { help: failure.help, ..error }
}

fn unreachable(remote: &str, failure: Failure) -> Error {
    let help = failure.help.unwrap_or_else(|| "check `git:` of the service".to_owned());
    Error::new(ErrorKind::Unauthorized, format!("get the credentials for {remote}"), failure.message).help(help)
}

fn parse(address: &SpecAddress, text: Result<String, Error>) -> Result<Spec, Error> {
    Spec::parse(text?).map_err(|reason| {
        let SpecAddress { remote, branch, path } = address;
        let attempted = format!("read {path} on the branch {branch} of {remote}");
        Error::new(ErrorKind::Refused, attempted, reason).help("correct the specification in the service's repository")
    })
}
