//! Who changed what in an organization (`audit-logs-v3`, `/audit-logs`).

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::client::{GLOBAL, ReadClient};
use engine::Error;
use transport::encode::segment;

/// The number of records in a page: the maximum of the document.
const PAGE_SIZE: usize = 1000;
/// The number of pages that are read at most.
const PAGES: usize = 3;
/// How far back to look if the last days, which the document lists by default, have more than that.
const SHORT: SignedDuration = SignedDuration::from_hours(1);
/// The beginning of koctl's own user agent.
const OWN_AGENT: &str = "koctl/";
/// Words in the name of an action that changes something. Others may be reads, of which nothing follows.
const CHANGES: [&str; 10] =
    ["add", "assign", "create", "delete", "edit", "remove", "replace", "update", "upsert", "write"];

/// A record of the log.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    resource: String,
    action: String,
    granted: bool,
    /// When it happened.
    pub ts: Timestamp,
    /// The id of who did it.
    pub principal_id: String,
    #[serde(default)]
    uri: String,
    #[serde(default)]
    user_agent: String,
}

impl Record {
    fn is_change(&self) -> bool {
        let mut words = self.action.split(|c: char| !c.is_ascii_alphabetic());
        self.granted && words.any(|word| CHANGES.contains(&word.to_ascii_lowercase().as_str()))
    }

    /// True if it is about the object with this id. The id of a part of other objects has theirs before its own.
    fn is_about(&self, id: &str) -> bool {
        let path = self.uri.split('?').next().unwrap_or_default();
        let last = id.rsplit('/').next().unwrap_or(id);
        !last.is_empty()
            && [self.resource.as_str(), path].iter().any(|place| {
                let ends = place.strip_suffix(last).is_some_and(|before| before.ends_with(['/', ':']));
                ends && id.split('/').all(|part| place.contains(part))
            })
    }
}

/// The changes of the last days in an organization, or of the last hour if there are too many. `None` if these are too
/// many as well: then the last change of an object is not known.
///
/// # Errors
/// If it cannot be sent, or the server refuses it.
pub async fn changes(client: &ReadClient, region: &str) -> Result<Option<Vec<Record>>, Error> {
    let hour = Timestamp::now().checked_sub(SHORT).unwrap_or(Timestamp::MIN);
    for since in [String::new(), format!("&filter%5Bts%5D%5Bgte%5D={}", segment(&hour.to_string()))] {
        let path = format!("/v3/audit-logs?filter%5Btype%5D=authorization{since}");
        if let Some(records) = client.first_by_cursor(region, &path, PAGE_SIZE, PAGES).await? {
            let records = records.into_iter().filter_map(|record| serde_json::from_value(record).ok());
            return Ok(Some(records.filter(Record::is_change).collect()));
        }
    }
    Ok(None)
}

/// The last change of the object with this id. `None` if there is none, or koctl made it.
#[must_use]
pub fn last<'a>(changes: &'a [Record], id: &str) -> Option<&'a Record> {
    let last = changes.iter().filter(|record| record.is_about(id)).max_by_key(|record| record.ts)?;
    (!last.user_agent.starts_with(OWN_AGENT)).then_some(last)
}

/// The name of a user or of a system account. `None` if it is not known.
pub async fn name(client: &ReadClient, principal: &str) -> Option<String> {
    let id = segment(principal);
    if let Ok(user) = client.get(GLOBAL, &format!("/v3/users/{id}")).await {
        let text = |name: &str| user[name].as_str().filter(|text| !text.is_empty());
        return match (text("full_name"), text("email")) {
            (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
            (name, email) => name.or(email).map(str::to_owned),
        };
    }
    let account = client.get(GLOBAL, &format!("/v3/system-accounts/{id}")).await.ok()?;
    account["name"].as_str().map(|name| format!("the system account {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const API: &str = "0b4c3a1e-0000-4000-8000-000000000001";
    const PORTAL: &str = "0b4c3a1e-0000-4000-8000-000000000002";

    fn record(resource: &str, action: &str, second: u8, more: Value) -> Record {
        let mut record = json!({
            "resource": resource, "action": action, "granted": true, "principal_id": "p",
            "ts": format!("2026-01-01T00:00:{second:02}Z"),
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            record[name] = value.clone();
        }
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn of_an_object_that_no_record_is_about_nothing_is_claimed() {
        let records = [record(&format!("krn:org:apis/{PORTAL}"), "update", 1, json!({}))];
        assert!(last(&records, API).is_none());
        assert!(last(&records, "").is_none());
        assert!(last(&[], API).is_none());
    }

    #[test]
    fn a_record_is_about_what_its_resource_or_its_address_ends_with_and_not_about_what_that_is_a_part_of() {
        let part = record(&format!("krn:org:apis/{API}/publications/{PORTAL}"), "replace", 1, json!({}));
        assert!(part.is_about(&format!("{API}/{PORTAL}")));
        assert!(!part.is_about(API));
        assert!(!part.is_about(&format!("{PORTAL}/{PORTAL}x")));
        let addressed = record("krn:org", "update", 1, json!({ "uri": format!("/v3/apis/{API}?force=true") }));
        assert!(addressed.is_about(API));
    }

    #[test]
    fn only_granted_changes_are_changes() {
        for (action, expected) in
            [("update", true), ("konnect.api.edit", true), ("retrieve", false), ("kong.gateway.request", false)]
        {
            assert_eq!(record("krn", action, 1, json!({})).is_change(), expected, "{action}");
        }
        assert!(!record("krn", "update", 1, json!({ "granted": false })).is_change());
    }

    #[test]
    fn the_last_change_counts_and_says_nothing_if_koctl_made_it() {
        let resource = format!("krn:org:apis/{API}");
        let theirs = record(&resource, "update", 2, json!({}));
        let ours = |second| record(&resource, "update", second, json!({ "user_agent": "koctl/0.1.0" }));
        let found = |records: &[Record]| last(records, API).map(|record| record.ts.to_string());
        assert_eq!(found(&[theirs.clone(), ours(1)]).as_deref(), Some("2026-01-01T00:00:02Z"));
        assert_eq!(found(&[theirs, ours(3)]), None);
    }
}
