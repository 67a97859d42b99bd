//! Who hears of an event: the webhooks of the repository, and the GitHub Apps that are installed on it.

use serde_json::{Value, json};

use super::delivery::{Deliveries, Outgoing, Source};
use super::hook::Target;
use super::payload::{Message, message};
use super::snapshot::Snapshot;
use crate::github::errors::ApiError;
use crate::github::identity::directory::Directory;
use crate::github::ids::node_id;
use crate::github::links::Links;
use crate::github::repository::Repo;

/// Frames an operation on a repository, and sends the events that follow from it.
#[derive(Debug)]
pub(in crate::github) struct Announcer {
    /// The state before, `None` if nobody listens.
    before: Option<Snapshot>,
}

/// One who hears of some events.
struct Listener {
    source: Source,
    target: Target,
    events: Vec<String>,
    /// The installation of an app.
    installation: Option<u64>,
}

impl Announcer {
    /// Remembers the state before the operation.
    pub(in crate::github) fn before(repo: &Repo, directory: &Directory) -> Result<Self, ApiError> {
        let is_heard = !listeners(repo, directory).is_empty();
        let before = if is_heard { Some(Snapshot::of(repo)?) } else { None };
        Ok(Self { before })
    }

    /// True if anyone listens.
    pub(in crate::github) fn is_heard(&self) -> bool {
        self.before.is_some()
    }

    /// Sends what happened since, in the name of `sender`.
    pub(in crate::github) fn announce(
        self,
        repo: &Repo,
        directory: &Directory,
        links: &Links,
        sender: &Value,
        deliveries: &Deliveries,
    ) -> Result<(), ApiError> {
        let Some(before) = self.before else { return Ok(()) };
        let events = before.events_until(&Snapshot::of(repo)?);
        let listeners = if events.is_empty() { Vec::new() } else { listeners(repo, directory) };
        for event in &events {
            let Some(message) = message(repo, links, sender, &before, event)? else { continue };
            let hear = |listener: &&Listener| listener.events.iter().any(|name| name == "*" || name == message.event);
            for listener in listeners.iter().filter(hear) {
                deliveries.send(outgoing(repo, listener, &message));
            }
        }
        Ok(())
    }
}

fn outgoing(repo: &Repo, listener: &Listener, message: &Message) -> Outgoing {
    let mut payload = message.payload.clone();
    if let Some(id) = listener.installation {
        payload["installation"] = json!({"id": id, "node_id": node_id("Installation", id)});
    }
    Outgoing {
        source: listener.source,
        target: listener.target.clone(),
        event: message.event.to_owned(),
        action: message.action.map(str::to_owned),
        installation: listener.installation,
        repository: repo.metadata.id,
        payload,
    }
}

fn listeners(repo: &Repo, directory: &Directory) -> Vec<Listener> {
    let own = repo.metadata.hooks.iter().filter(|hook| hook.active).map(|hook| Listener {
        source: Source::Repository { hook: hook.id },
        target: hook.target.clone(),
        events: hook.events.clone(),
        installation: None,
    });
    let apps = directory.apps.iter().filter_map(|app| {
        let installation =
            app.installed_on(repo.name.owner()).filter(|installation| installation.covers(&repo.name))?;
        let github_app = installation.github_app;
        let url = github_app.webhook_url.clone()?;
        Some(Listener {
            source: Source::App { app: github_app.id },
            target: Target { url, as_json: true, secret: github_app.webhook_secret.clone() },
            events: github_app.events.clone(),
            installation: Some(installation.id),
        })
    });
    own.chain(apps).collect()
}
