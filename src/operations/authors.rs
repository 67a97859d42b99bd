//! Who made the differences that a look for drift found, and when, from the audit log of Konnect.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use crate::konnect;
use crate::konnect::audit_logs::{self, Record};
use engine::drift::{Author, Findings};
use engine::plan::DriftKind;
use engine::refresh::Remembered;

/// The number of people and accounts whose names are asked for.
const NAMES: usize = 5;

/// The authors of these differences, as [`Findings::authors`] has them. Where the log is refused, empty or too long,
/// nothing is claimed, and the look is as good without it.
pub(super) async fn find(
    client: &konnect::ReadClient,
    region: &str,
    known: &Remembered,
    findings: &Findings,
) -> BTreeMap<String, Author> {
    if !findings.has_drift() {
        return BTreeMap::new();
    }
    let Ok(Some(changes)) = audit_logs::changes(client, region).await else { return BTreeMap::new() };
    let drifted = findings.drift.iter().filter_map(|drift| {
        let id = match &drift.kind {
            DriftKind::Remade { id } => id,
            DriftKind::Deleted | DriftKind::Changed { .. } => &known.0.get(&drift.address)?.id,
        };
        Some((drift.address.to_string(), audit_logs::last(&changes, id)?))
    });
    let unmanaged = findings.unmanaged.iter();
    let unmanaged = unmanaged.filter_map(|one| Some((one.id.clone(), audit_logs::last(&changes, &one.id)?)));
    let found: Vec<(String, &Record)> = drifted.chain(unmanaged).collect();
    let names = names(client, &found).await;
    let author = |(key, record): (String, &Record)| {
        let id = record.principal_id.clone();
        let who = names.get(&id).cloned().flatten().unwrap_or_else(|| id.clone());
        (key, Author { who, id, at: record.ts })
    };
    found.into_iter().map(author).collect()
}

/// The names of those who made these changes, by id.
async fn names(client: &konnect::ReadClient, found: &[(String, &Record)]) -> BTreeMap<String, Option<String>> {
    let ids: BTreeSet<&String> = found.iter().map(|(_, record)| &record.principal_id).collect();
    let named = ids.into_iter().take(NAMES).map(async |id| (id.clone(), audit_logs::name(client, id).await));
    join_all(named).await.into_iter().collect()
}
