//! The sandbox's Konnect, written from the published API documents alone.
//!
//! `framework` holds what all documents share. Beside it, each collection has a short file that repeats its document: a
//! table of routes, a table of fields, a table of filters, and the few rules that no table can hold. A new collection
//! is such a file, its routes in [`routes`], its kinds of record in [`kinds`], and its lines removed from `unserved`.
//!
//! Nothing of koctl's own client may enter. Both sides are written from the documents, so that a wrong belief about the
//! API cannot hide in both.

mod apis;
mod audit_logs;
mod auth_strategies;
mod control_plane_groups;
mod control_planes;
mod dashboards;
mod framework;
mod gateway;
mod gateway_kinds;
mod identity;
mod kinds;
mod notifications;
mod portals;
mod undocumented;
mod unserved;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use secrecy::ExposeSecret;

use crate::error::SandboxError;
use crate::options::Account;
use crate::store::{Kind, Store};
use framework::journal::Journal;
use framework::{Route, serve};
use gateway_kinds::GATEWAY_KINDS;
use kinds::KINDS;

pub(crate) use framework::Konnect;
pub(crate) use framework::journal::FILE as JOURNAL;

/// Every operation that the sandbox offers.
fn routes() -> impl Iterator<Item = &'static Route> {
    identity::routes()
        .chain(notifications::ROUTES)
        .chain(audit_logs::ROUTES)
        .chain(dashboards::ROUTES)
        .chain(control_planes::ROUTES)
        .chain(control_plane_groups::ROUTES)
        .chain(gateway::routes())
        .chain(auth_strategies::ROUTES)
        .chain(portals::routes())
        .chain(apis::routes())
}

/// Opens the store at `file` and creates the organizations that it does not hold yet.
pub(crate) fn open(file: &Path, accounts: &[Account]) -> Result<Konnect, SandboxError> {
    let kinds: Vec<&'static Kind> = KINDS.iter().chain(GATEWAY_KINDS).copied().collect();
    let store = Store::open(file, &kinds)?;
    let mut tokens = HashMap::new();
    for account in accounts {
        store.write(|world, batch| identity::create_organization(world, batch, &account.organization))?;
        let token = account.token.expose_secret().to_owned();
        let other = tokens.insert(token, account.organization.clone());
        if let Some(other) = other.filter(|other| *other != account.organization) {
            return Err(SandboxError::SharedToken { one: other, other: account.organization.clone() });
        }
    }
    let journal = Journal::open(file.parent().unwrap_or(Path::new(".")));
    Ok(Konnect::new(store, journal, audit_logs::record, tokens))
}

impl Konnect {
    /// The names of all organizations.
    pub(crate) fn organizations(&self) -> Vec<String> {
        identity::organization_names(&self.store.read())
    }

    /// True if a request has changed something in the organization.
    pub(crate) fn has_changed(&self, organization: &str) -> bool {
        self.journal.has(organization)
    }
}

/// The routes, to be nested below `/konnect`.
pub(crate) fn router(konnect: Arc<Konnect>) -> Router {
    serve::router(konnect, routes().chain(undocumented::routes()), unserved::operations())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::routing::MethodFilter;

    use super::framework::Document;
    use super::*;

    /// The files of the published documents, and the version in the path of each.
    const FILES: [(Document, &str, &str); 9] = [
        (Document::Identity, "identity-v3.yaml", "/v3"),
        (Document::Notifications, "notification-hub-v1.yaml", "/v1"),
        (Document::ControlPlanes, "control-planes-v2.yaml", "/v2"),
        (Document::GatewayConfiguration, "control-planes-config-v2.yaml", "/v2"),
        (Document::Dashboards, "analytics-dashboards-v2.yaml", "/v2"),
        (Document::AuthStrategies, "application-auth-strategies-v2.yaml", "/v2"),
        (Document::ApiCatalog, "api-builder-v3.yaml", "/v3"),
        (Document::Portals, "portal-management-v3.yaml", "/v3"),
        (Document::AuditLogs, "../more/audit-logs-v3.yaml", "/v3"),
    ];

    const METHODS: [(&str, MethodFilter); 5] = [
        ("GET", MethodFilter::GET),
        ("POST", MethodFilter::POST),
        ("PUT", MethodFilter::PUT),
        ("PATCH", MethodFilter::PATCH),
        ("DELETE", MethodFilter::DELETE),
    ];

    /// The names of the documents on the page, in its order.
    const NAMES: [(Document, &str); 9] = [
        (Document::ControlPlanes, "Control planes"),
        (Document::GatewayConfiguration, "Control planes' configuration"),
        (Document::ApiCatalog, "API catalog"),
        (Document::Portals, "Portals"),
        (Document::AuthStrategies, "Application auth strategies"),
        (Document::Identity, "Identity"),
        (Document::Notifications, "Notifications"),
        (Document::Dashboards, "Dashboards"),
        (Document::AuditLogs, "Audit logs"),
    ];

    /// The part of the page about what is offered: how many operations of each document, and which not.
    fn offered() -> String {
        let mut lines = vec!["| document | operations | offered |".to_owned(), "| --- | --- | --- |".to_owned()];
        let (mut all, mut served, mut missing) = (0, 0, Vec::new());
        for (document, name) in NAMES {
            let offered = routes().filter(|route| route.operation().0 == document).count();
            let left = unserved::operations().filter(|(of, ..)| *of == document).count();
            lines.push(format!("| {name} | {} | {offered} |", offered + left));
            (all, served) = (all + offered + left, served + offered);
            if left > 0 {
                missing.push(format!("- {name}: {}", unserved::listed(document).join(", ")));
            }
        }
        lines.push(format!("| together | {all} | {served} |"));
        format!("{}\n\nNot offered:\n\n{}\n", lines.join("\n"), missing.join("\n"))
    }

    #[test]
    fn the_page_says_which_operations_are_offered() {
        const MARKS: (&str, &str) = ("<!-- operations -->\n", "<!-- end of operations -->\n");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sandbox.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(MARKS.0).unwrap();
        let (found, after) = rest.split_once(MARKS.1).unwrap();
        let wanted = format!("\n{}\n", offered());
        if std::env::var_os("KOCTL_UPDATE_DOCS").is_some() {
            std::fs::write(&path, format!("{before}{}{wanted}{}{after}", MARKS.0, MARKS.1)).unwrap();
            return;
        }
        assert_eq!(found, wanted, "KOCTL_UPDATE_DOCS=1 writes the page");
    }

    /// The operations of a document, as one text each, read from the indentation of its lines.
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
