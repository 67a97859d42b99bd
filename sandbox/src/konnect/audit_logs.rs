//! Konnect Audit Logs, `/v3` of every region: the changes that requests to the sandbox made.
//!
//! The document lists the audit logs of an organization in each region. It does not say which of them are listed where:
//! the sandbox lists all of them everywhere. Requests that only read are not recorded, and neither are refused ones.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::framework::collection::{now, text};
use super::framework::journal::Entry;
use super::framework::problem::Source;
use super::framework::query::encode_cursor;
use super::framework::{Answer, Call, Document, Invalid, Konnect, Problem, Route, Rule};
use super::identity::lookups;
use crate::store::{Body, GLOBAL, Partition};

pub(super) static ROUTES: &[Route] = &[Route::get(Document::AuditLogs, "/v3/audit-logs", list)];

/// The sizes of a page that the document gives.
const PAGE_SIZE: usize = 20;
const GREATEST_PAGE_SIZE: usize = 1000;

const TYPES: [&str; 3] = ["authorization", "authentication", "gateway_access"];

fn list(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let size = call.query.number("page[size]", 1, GREATEST_PAGE_SIZE, PAGE_SIZE)?;
    let (after, before) = (call.query.cursor("page[after]")?, call.query.cursor("page[before]")?);
    let (from, to) = (time(call, "filter[ts][gte]")?, time(call, "filter[ts][lte]")?);
    let kind = call.query.get("filter[type]").filter(|kind| !kind.is_empty());
    if kind.is_some_and(|kind| !TYPES.contains(&kind)) {
        let choices = Rule::Choices(TYPES.map(str::to_owned).to_vec());
        return Err(Invalid::at(Source::Query, "filter[type]", choices, "must be a type of audit logs").into());
    }
    let to = to.unwrap_or(Timestamp::now());
    let week = jiff::SignedDuration::from_hours(7 * 24);
    let from = from.or_else(|| to.checked_sub(week).ok()).unwrap_or(Timestamp::MIN);
    let is_meant = |record: &Body| {
        let at: Option<Timestamp> = text(record, "ts").parse().ok();
        at.is_some_and(|at| from <= at && at <= to) && kind.is_none_or(|kind| text(record, "type") == kind)
    };
    let all: Vec<_> = konnect.journal.of(&call.partition.organization);
    let all: Vec<_> = all.into_iter().filter(|(_, record)| is_meant(record)).collect();
    let start = all.partition_point(|(position, _)| after.is_some_and(|after| *position <= after));
    let end = all.partition_point(|(position, _)| before.is_none_or(|before| *position < before)).max(start);
    let (start, end) = match before {
        Some(_) => (start.max(end.saturating_sub(size)), end),
        None => (start, end.min(start.saturating_add(size))),
    };
    let shown = &all[start..end];
    let link = |is_there: bool, name: &str, edge: Option<&(u64, Body)>| {
        edge.filter(|_| is_there).map(|(position, _)| call.link(name, &encode_cursor(*position)))
    };
    let page = json!({
        "size": size,
        "next": link(end < all.len(), "page[after]", shown.last()),
        "previous": link(start > 0, "page[before]", shown.first()),
    });
    let data: Vec<&Body> = shown.iter().map(|(_, record)| record).collect();
    Ok(Answer::ok(json!({ "data": data, "meta": { "page": page } })))
}

/// The time of a filter.
fn time(call: &Call, name: &str) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = call.query.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let reason = "must be a time in the format of RFC 3339";
    let invalid = |_| Invalid::at(Source::Query, name, Rule::Named("is_date_time"), reason).into();
    text.parse().map(Some).map_err(invalid)
}

/// Records the change that a request made.
pub(super) fn record(konnect: &Konnect, call: &Call, answer: &Answer) {
    let Partition { organization, region } = &call.partition;
    let (method, uri) = &call.sent;
    let (organization_id, owner) = {
        let world = konnect.store.read();
        let global = Partition { organization: organization.clone(), region: GLOBAL.to_owned() };
        let found = lookups::organization(&world, &global);
        let field = |name: &str| found.map(|found| text(found, name).to_owned()).unwrap_or_default();
        (field("id"), field("owner_id"))
    };
    let below = call.address.trim_start_matches('/');
    let object = match answer.made() {
        Some(id) if !below.contains(id) => format!("{below}/{id}"),
        _ => below.to_owned(),
    };
    let action = match method.as_str() {
        "POST" => "create",
        "DELETE" => "delete",
        "PUT" => "replace",
        _ => "update",
    };
    let mut record = json!({
        "type": "authorization",
        "service": "sandbox",
        "resource": format!("krn:konnect:{region}:{organization_id}:{object}"),
        "action": action,
        "granted": true,
        "org_id": organization_id,
        "ts": now(),
        "principal_id": call.principal.as_ref().unwrap_or(&owner),
        "client_ip": "127.0.0.1",
        "uri": uri,
        "user_agent": call.user_agent,
    });
    record["signature"] = hex::encode(Sha256::digest(record.to_string())).into();
    let Value::Object(record) = record else { unreachable!("it is written as an object above") };
    konnect.journal.add(Entry { organization: organization.clone(), record });
}
