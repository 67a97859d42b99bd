//! The sandbox's Konnect, written from the published API documents alone.
//!
//! What lives here: the plumbing that all documents share (`serve`, `call`, `query`, `schema`, `problem`,
//! `collection`, `resource`, `membership`, `tree`), and one short file a collection below it, which says what its document says: a table of
//! routes, a table of fields, a table of filters, and the few rules that no table can hold. A new
//! collection is such a file, its routes in [`routes`], its kinds of record in [`KINDS`], and its lines
//! taken out of `unserved`.
//!
//! What must not enter: anything of koctl's own client. Both sides are written from the documents, so that
//! a wrong belief about the API cannot hide in both.

mod apis;
mod auth_strategies;
mod call;
mod collection;
mod control_plane_groups;
mod control_planes;
mod dashboards;
mod document;
mod gateway_services;
mod identity;
mod membership;
mod notifications;
mod portals;
mod problem;
mod query;
mod resource;
mod schema;
mod serve;
mod tree;
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
    &identity::SYSTEM_ACCOUNTS,
    &identity::SYSTEM_ACCOUNT_TOKENS,
    &identity::PERSONAL_TOKENS,
    &identity::TEAM_SYSTEM_ACCOUNTS,
    &identity::AUTHENTICATION_SETTINGS,
    &identity::IMPERSONATION_SETTINGS,
    &identity::IDENTITY_PROVIDERS,
    &identity::TEAM_GROUP_MAPPINGS,
    &notifications::SUBSCRIPTIONS,
    &dashboards::DASHBOARDS,
    &control_planes::CONTROL_PLANES,
    &control_plane_groups::GROUP_MEMBERS,
    &gateway_services::SERVICES,
    &portals::PORTALS,
    &portals::PAGES,
    &portals::SNIPPETS,
    &portals::CUSTOMIZATIONS,
    &portals::DEVELOPERS,
    &portals::PORTAL_TEAMS,
    &portals::TEAM_DEVELOPERS,
    &portals::TEAM_ROLES,
    &auth_strategies::AUTH_STRATEGIES,
    &apis::APIS,
    &apis::DOCUMENTS,
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
        .chain(control_plane_groups::ROUTES)
        .chain(gateway_services::ROUTES)
        .chain(auth_strategies::ROUTES)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::routing::MethodFilter;

    use super::*;

    /// The files of the published documents, and the version in the path of each.
    const FILES: [(Document, &str, &str); 8] = [
        (Document::Identity, "identity-v3.yaml", "/v3"),
        (Document::Notifications, "notification-hub-v1.yaml", "/v1"),
        (Document::ControlPlanes, "control-planes-v2.yaml", "/v2"),
        (Document::GatewayConfiguration, "control-planes-config-v2.yaml", "/v2"),
        (Document::Dashboards, "analytics-dashboards-v2.yaml", "/v2"),
        (Document::AuthStrategies, "application-auth-strategies-v2.yaml", "/v2"),
        (Document::ApiCatalog, "api-builder-v3.yaml", "/v3"),
        (Document::Portals, "portal-management-v3.yaml", "/v3"),
    ];

    const METHODS: [(&str, MethodFilter); 5] = [
        ("GET", MethodFilter::GET),
        ("POST", MethodFilter::POST),
        ("PUT", MethodFilter::PUT),
        ("PATCH", MethodFilter::PATCH),
        ("DELETE", MethodFilter::DELETE),
    ];

    /// The operations of a document, one text each, read from the indentation of its lines.
    fn documented(yaml: &str, document: Document, version: &str) -> BTreeSet<String> {
        let mut path = None;
        let mut operations = BTreeSet::new();
        let below_paths = yaml.lines().skip_while(|line| *line != "paths:").skip(1);
        for line in below_paths.take_while(|line| line.is_empty() || line.starts_with(' ')) {
            let key = line.trim().trim_end_matches(':').trim_matches(['"', '\'']);
            match line.len() - line.trim_start().len() {
                2 => path = Some(key),
                4 if METHODS.iter().any(|(name, _)| name.eq_ignore_ascii_case(key)) => {
                    let path = path.expect("a method stands below a path");
                    operations.insert(format!("{document:?} {} {version}{path}", key.to_uppercase()));
                }
                _ => {}
            }
        }
        operations
    }

    #[test]
    fn every_documented_operation_is_offered_or_listed_as_not_offered() {
        let Some(contracts) = std::env::var_os("KOCTL_CONTRACTS") else {
            eprintln!("skipped: KOCTL_CONTRACTS does not name the folder of the published documents");
            return;
        };
        let known: BTreeSet<String> = routes()
            .map(Route::operation)
            .chain(unserved::operations())
            .map(|(document, method, path)| {
                let (name, _) = METHODS.into_iter().find(|(_, filter)| *filter == method).unwrap();
                format!("{document:?} {name} {path}")
            })
            .collect();
        let mut documented_operations = BTreeSet::new();
        for (document, file, version) in FILES {
            let yaml = std::fs::read_to_string(Path::new(&contracts).join("konnect").join(file)).unwrap();
            documented_operations.extend(documented(&yaml, document, version));
        }
        assert_eq!(known, documented_operations);
    }
}
