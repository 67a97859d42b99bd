//! Reports for the tests of every format.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use engine::Address;
use engine::drift::{DriftReport, Findings, Look, Reason, ScopeDrift, Unmanaged};
use engine::plan::{Drift, DriftKind, Drifted};

/// A look at these scopes.
pub(in crate::report) fn report(scopes: impl IntoIterator<Item = ScopeDrift>) -> DriftReport {
    DriftReport { at: "2026-01-02T03:04:05Z".parse().unwrap(), scopes: scopes.into_iter().collect() }
}

/// A look that found nothing.
pub(in crate::report) fn quiet() -> DriftReport {
    report([compared("Acme", Vec::new(), Vec::new())])
}

/// A scope with every kind of drift, with values of others that try to be more than values.
pub(in crate::report) fn drifted(scope: &str) -> ScopeDrift {
    let address = |type_name: &str, key: &str| Address::new(scope, type_name, key);
    let attributes = [
        ("name", json!("orders"), json!("`@everyone` <b>|\n# orders")),
        ("description", json!("Takes orders."), Value::Null),
    ];
    let attributes = attributes.map(|(name, was, is)| (name.to_owned(), Drifted { was, is }));
    let changed = DriftKind::Changed { attributes: BTreeMap::from(attributes) };
    let drift = [
        (address("team", "orders"), changed),
        (address("portal", "dev"), DriftKind::Deleted),
        (address("control_plane", "dev/orders"), DriftKind::Remade { id: "b-2".to_owned() }),
    ];
    let unmanaged = |type_name: &str, key: &[(&str, &str)], id: &str| Unmanaged {
        type_name: type_name.to_owned(),
        key: key.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        id: id.to_owned(),
    };
    let unmanaged = vec![
        unmanaged("portal", &[("region", "eu"), ("name", "docs")], "p-1"),
        unmanaged("team", &[("name", "Rogue \"one\"\u{1b}[2J")], "t-1"),
    ];
    compared(scope, drift.map(|(address, kind)| Drift { address, kind }).into(), unmanaged)
}

fn compared(scope: &str, drift: Vec<Drift>, unmanaged: Vec<Unmanaged>) -> ScopeDrift {
    let resources = [("team", 1), ("portal", 1), ("control_plane", 2), ("api", 0)];
    let resources = resources.map(|(name, number)| (name.to_owned(), number)).into();
    let findings = Findings { drift, unmanaged, resources, ..Findings::default() };
    ScopeDrift { scope: scope.to_owned(), outcome: Look::Compared(findings) }
}

/// A scope that could not be read.
pub(in crate::report) fn failed(scope: &str) -> ScopeDrift {
    let reason = Reason {
        message: "could not list /v3/teams: 401 Unauthorized".to_owned(),
        help: Some("check the token in the variable ACME_TOKEN".to_owned()),
    };
    ScopeDrift { scope: scope.to_owned(), outcome: Look::Failed(vec![reason]) }
}

/// A scope that is locked by an apply.
pub(in crate::report) fn skipped(scope: &str) -> ScopeDrift {
    let outcome = Look::Skipped("the state is locked by ada@host for `apply`".to_owned());
    ScopeDrift { scope: scope.to_owned(), outcome }
}
