//! Which channels an organization is told of events through. Both are Konnect's default, for which nothing is needed.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Output, Scope};
use crate::manifest::model::Notifications;
use engine::{Desired, Error, ErrorKind};

/// The ids of the events that each organization can be told of, or why they could not be had. Only organizations
/// whose notifications are not Konnect's default need them.
pub type Events = BTreeMap<String, Result<Vec<String>, Error>>;

/// The name under which a subscription is shown in Konnect.
const NAME: &str = "Konnect Orchestrator";

pub(super) fn compile(scope: &Scope<'_>, out: &mut Output) {
    let wanted = &scope.organization.notifications;
    if *wanted == Notifications::default() {
        return;
    }
    match scope.input.events.get(scope.name) {
        Some(Ok(events)) => out.desired.extend(events.iter().map(|event| subscription(scope, event, wanted))),
        Some(Err(error)) => out.errors.push(error.clone()),
        None => {
            let attempted = format!("list the events that `{}` can be told of", scope.name);
            out.errors.push(Error::new(ErrorKind::NotFound, attempted, "they were not asked for"));
        }
    }
}

/// One that is in force, and says for each channel whether it is used. A subscription that is not in force could be
/// taken for none at all, which means every channel.
fn subscription(scope: &Scope<'_>, event: &str, wanted: &Notifications) -> Desired {
    Desired::new(scope.name, "notification_subscription", event)
        .with("event_id", event)
        .with("name", NAME)
        .with("regions", json!(["*"]))
        .with("entities", json!(["*"]))
        .with(
            "channels",
            json!([{ "type": "EMAIL", "enabled": wanted.email }, { "type": "IN_APP", "enabled": wanted.in_app }]),
        )
        .with("enabled", true)
}
