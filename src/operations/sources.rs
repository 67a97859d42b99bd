//! The sources of an organization apart from the manifest: specifications, documents, secrets of resources, and Konnect's events.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures::future::join_all;
use futures::join;

use super::connect::{clients, github, platform_repository, reachable};
use super::failure::Failure;
use super::former::former;
use super::session::Session;
use crate::compiler::documents::Documents;
use crate::compiler::{self, Events, Input, ReadSecrets, Spec, SpecAddress, Specs, placements};
use crate::github::documents;
use crate::github::fetch::Credentials;
use crate::github::specs::{self, Source, Wanted};
use crate::konnect::resources::notification_subscription;
use crate::manifest::git;
use crate::manifest::model::{Manifest, Notifications, Organization, Service};
use crate::manifest::path::KeyPath;
use crate::manifest::secret::Secret;
use engine::state::ResourceState;
use engine::{Address, Error, ErrorKind};

const MEBIBYTE: usize = 1024 * 1024;
/// The largest specification, in bytes: a plan shows it as a difference, and people read it in a pull request.
const LARGEST_SPECIFICATION: usize = 16 * MEBIBYTE;

/// The sources of an organization apart from the manifest.
#[derive(Default)]
pub(super) struct Sources {
    platform: String,
    specs: Specs,
    pub(super) secrets: ReadSecrets,
    events: Events,
}

impl Sources {
    /// Reads what the resources that are meant are made from, in these organizations.
    pub(super) async fn read(
        session: &Session,
        organizations: &[(&String, &Organization)],
        is_meant: &dyn Fn(&Address) -> bool,
    ) -> Result<Self, Failure> {
        Ok(Self {
            platform: platform_repository(session)?.to_string(),
            specs: specifications(session, organizations, is_meant).await,
            secrets: secrets(session, organizations),
            events: events(session, organizations).await,
        })
    }

    /// Takes all specifications of these organizations for empty ones.
    pub(super) fn skip_specs(&mut self, manifest: &Manifest, organizations: &[(&String, &Organization)]) {
        self.specs =
            organizations.iter().flat_map(|(_, organization)| compiler::unread_specs(manifest, organization)).collect();
    }

    pub(super) fn input<'a>(&'a self, manifest: &'a Manifest) -> Input<'a> {
        Input {
            manifest,
            specs: &self.specs,
            secrets: &self.secrets,
            events: &self.events,
            platform_repository: &self.platform,
        }
    }
}

/// The secrets of the resources of these organizations, or why they could not be read.
pub(super) fn secrets(session: &Session, organizations: &[(&String, &Organization)]) -> ReadSecrets {
    let all = organizations.iter().flat_map(|(name, organization)| organization.resource_secrets(name));
    let read = |(path, secret): (KeyPath, &Secret)| {
        let read = session.secret(secret, "sandbox");
        let attempted = || format!("read the secret `{path}`");
        let read = read.map_err(|failure| unobtainable(attempted(), failure));
        (path, read)
    };
    all.map(read).collect()
}

/// The events that each of these organizations can be notified of, if the configuration says something about that.
async fn events(session: &Session, organizations: &[(&String, &Organization)]) -> Events {
    let default = Notifications::default();
    let asking = organizations.iter().filter(|(_, organization)| organization.notifications != default).map(
        async |(name, organization)| {
            let attempted = || format!("list the events that `{name}` can be notified of");
            let events = match clients(session, name, organization) {
                Ok(clients) => match known_events(session, name).await {
                    Ok(known) => notification_subscription::events(clients.konnect(), &known).await,
                    Err(failure) => Err(unobtainable(attempted(), failure)),
                },
                Err(failure) => Err(unobtainable(attempted(), failure)),
            };
            ((*name).clone(), events)
        },
    );
    join_all(asking).await.into_iter().collect()
}

/// The ids of the subscriptions in the state, by event.
async fn known_events(session: &Session, scope: &str) -> Result<BTreeMap<String, String>, Failure> {
    let read = async |name: &str| session.workspace.state(name).await;
    let states = [read(scope).await?, former(session, scope, read).await?.map(|former| former.state)];
    let resources = states.iter().flatten().flat_map(|state| state.resources.values());
    let subscriptions = resources.filter(|one| one.type_name == notification_subscription::SCHEMA.type_name);
    let event = |one: &ResourceState| {
        Some(one.attributes.get(notification_subscription::EVENT_ID.text())?.as_str()?.to_owned())
    };
    Ok(subscriptions.filter_map(|one| Some((event(one)?, one.id.clone()))).collect())
}

/// Reads every specification that the resources that are meant are made from, and the documents beside it, each once.
async fn specifications(
    session: &Session,
    organizations: &[(&String, &Organization)],
    is_meant: &dyn Fn(&Address) -> bool,
) -> Specs {
    let manifest = &session.workspace.loaded.manifest;
    let mut wanted: BTreeMap<SpecAddress, Wanted> = BTreeMap::new();
    let mut specs = Specs::new();
    for (name, organization) in organizations {
        let needed = compiler::needed_specs(manifest, name, organization, is_meant);
        let placed = organization.environments.values().flat_map(|environment| placements(manifest, environment));
        for placement in placed.filter(|placement| needed.contains(&placement.spec())) {
            let SpecAddress { remote, branch, path, .. } = placement.spec();
            if let Entry::Vacant(entry) = wanted.entry(placement.spec()) {
                match source(session, placement.service) {
                    Ok(source) => drop(entry.insert(Wanted { remote, branch, path, source })),
                    // It concerns this service only, and the organizations that have it.
                    Err(failure) => drop(specs.insert(placement.spec(), Err(unreachable(&remote, failure)))),
                }
            }
        }
    }
    specs.extend(read(wanted).await);
    specs
}

/// Reads specifications and the documents beside them.
pub(super) async fn read(wanted: BTreeMap<SpecAddress, Wanted>) -> Specs {
    let folder = |(address, wanted): (&SpecAddress, &Wanted)| {
        let path = address.docs.clone()?;
        Some((address.clone(), Wanted { path, ..wanted.clone() }))
    };
    let folders = wanted.iter().filter_map(folder).collect();
    let (files, mut documents) = join!(specs::read(wanted), documents::read(folders));
    let spec = |(address, file)| {
        let spec = parse(&address, file);
        let spec = match documents.remove(&address) {
            Some(files) => spec.and_then(|spec| Ok(Spec { documents: read_documents(&address, files)?, ..spec })),
            None => spec,
        };
        (address, spec)
    };
    files.into_iter().map(spec).collect()
}

/// The documents in the files that were read.
fn read_documents(
    SpecAddress { remote, branch, docs, .. }: &SpecAddress,
    files: Result<documents::Files, Error>,
) -> Result<Documents, Error> {
    compiler::documents::read(files?).map_err(|reason| {
        let folder = docs.as_deref().unwrap_or_default();
        let attempted = format!("read the documents in {folder} on the branch {branch} of {remote}");
        Error::new(ErrorKind::Refused, attempted, reason).help("correct the files in the service's repository")
    })
}

/// How the repository of a service is read.
pub(super) fn source(session: &Session, service: &Service) -> Result<Source, Failure> {
    let in_sandbox = session.systems.are_sandboxed();
    let repository = session.platform.service_repository(service).map_err(|error| Failure::new(error.to_string()))?;
    let token = match &repository.credentials {
        Some(git::Credentials::SshKey(key)) if !in_sandbox => {
            return Ok(Source::Git(Credentials::SshKey(session.secret(key, "")?)));
        }
        Some(git::Credentials::Token(token)) => Some(token),
        _ => None,
    };
    if let Some(name) = reachable(&repository.remote, in_sandbox) {
        return Ok(Source::GitHub(Box::new(github(session, token)?), name));
    }
    let credentials = match token {
        Some(token) => Credentials::Token(session.secret(token, "")?),
        None => Credentials::None,
    };
    Ok(Source::Git(credentials))
}

fn unobtainable(attempted: String, failure: Failure) -> Error {
    let error = Error::new(ErrorKind::Unauthorized, attempted, failure.message);
    Error { help: failure.help, ..error }
}

fn unreachable(remote: &str, failure: Failure) -> Error {
    let help = failure.help.unwrap_or_else(|| "check `git:` of the service".to_owned());
    Error::new(ErrorKind::Unauthorized, format!("get the credentials for {remote}"), failure.message).help(help)
}

/// The specification in a file that was read.
pub(super) fn parse(address: &SpecAddress, file: Result<Vec<u8>, Error>) -> Result<Spec, Error> {
    let file = file?;
    let parsed = if file.len() > LARGEST_SPECIFICATION {
        let (size, limit) = (file.len().div_ceil(MEBIBYTE), LARGEST_SPECIFICATION / MEBIBYTE);
        Err(format!("it has {size} MiB, and koctl stages specifications of up to {limit} MiB"))
    } else {
        Spec::read(file)
    };
    parsed.map_err(|reason| {
        let SpecAddress { remote, branch, path, .. } = address;
        let attempted = format!("read {path} on the branch {branch} of {remote}");
        Error::new(ErrorKind::Refused, attempted, reason).help("correct the specification in the service's repository")
    })
}
