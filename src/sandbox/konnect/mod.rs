//! The sandbox's Konnect, written from the published API documents alone.
//!
//! What lives here: the plumbing that all documents share (`serve`, `call`, `query`, `schema`, `problem`,
//! `collection`, `resource`), and one short file a collection below it, which says what its document says: a table of
//! routes, a table of fields, a table of filters, and the few rules that no table can hold. A new
//! collection is such a file, its routes in [`routes`], its kinds of record in [`KINDS`], and its lines
//! taken out of `unserved`.
//!
//! What must not enter: anything of koctl's own client. Both sides are written from the documents, so that
//! a wrong belief about the API cannot hide in both.

mod apis;
mod call;
mod collection;
mod control_planes;
mod dashboards;
mod document;
mod gateway_services;
mod identity;
mod notifications;
mod portals;
mod problem;
mod query;
mod resource;
mod schema;
mod serve;
mod unserved;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use secrecy::ExposeSecret;

use super::store::{Kind, Store};
use super::{Account, SandboxError};
use call::{Answer, Call};
use document::Document;
use problem::{Invalid, Problem, Rule};
use query::Filter;
use schema::{Field, Initial, Schema, Unknown};
use serve::Route;

/// Every kind of record that the store may hold.
const KINDS: &[&Kind] = &[
    &identity::ORGANIZATIONS,
    &identity::TEAMS,
    &identity::TEAM_USERS,
    &identity::USERS,
    &identity::ASSIGNED_ROLES,
    &identity::AUTHENTICATION_SETTINGS,
    &identity::IMPERSONATION_SETTINGS,
    &identity::IDENTITY_PROVIDERS,
    &identity::TEAM_GROUP_MAPPINGS,
    &notifications::SUBSCRIPTIONS,
    &dashboards::DASHBOARDS,
    &control_planes::CONTROL_PLANES,
    &gateway_services::SERVICES,
    &portals::PORTALS,
    &portals::PAGES,
    &portals::SNIPPETS,
    &apis::APIS,
    &apis::VERSIONS,
    &apis::PUBLICATIONS,
    &apis::IMPLEMENTATIONS,
];

/// Every operation that the sandbox offers.
fn routes() -> impl Iterator<Item = &'static Route> {
    identity::routes()
        .chain(notifications::ROUTES)
        .chain(dashboards::ROUTES)
        .chain(control_planes::ROUTES)
        .chain(gateway_services::ROUTES)
        .chain(portals::routes())
        .chain(apis::routes())
}

/// Konnect's state: its records, and which token opens which organization.
#[derive(Debug)]
pub(super) struct Konnect {
    store: Store,
    tokens: HashMap<String, String>,
}

impl Konnect {
    /// Opens the store at `file` and founds the organizations that it does not know yet.
    pub(super) fn open(file: &Path, accounts: &[Account]) -> Result<Konnect, SandboxError> {
        let store = Store::open(file, KINDS)?;
        let mut tokens = HashMap::new();
        for account in accounts {
            store.write(|world, batch| identity::found(world, batch, &account.organization))?;
            let token = account.token.expose_secret().to_owned();
            let other = tokens.insert(token, account.organization.clone());
            if let Some(other) = other.filter(|other| *other != account.organization) {
                return Err(SandboxError::SharedToken { one: other, other: account.organization.clone() });
            }
        }
        Ok(Konnect { store, tokens })
    }

    /// The routes, to be nested below `/konnect`.
    pub(super) fn router(self: Arc<Konnect>) -> Router {
        serve::router(self, routes())
    }

    /// Closes the store once the change in progress is done.
    pub(super) fn close(&self) {
        self.store.close();
    }
}
