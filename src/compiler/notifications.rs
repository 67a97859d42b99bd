//! The channels through which an organization is notified of events. Both are on by default in Konnect, which needs no
//! resource.

use serde_json::json;

use super::scope::{Output, Scope};
use crate::konnect::resources::notification_subscription::{
    CHANNELS, ENABLED, ENTITIES, EVENT_ID, NAME, NotificationSubscription, REGIONS,
};
use crate::manifest::model::Notifications;
use engine::{Desired, Error, ErrorKind};

/// The name under which a subscription is shown in Konnect.
const SHOWN_AS: &str = "Konnect Orchestrator";

pub(super) fn compile(scope: &Scope<'_>, out: &mut Output) {
    let wanted = &scope.organization.notifications;
    if *wanted == Notifications::default() {
        return;
    }
    match scope.input.events.get(scope.name) {
        Some(Ok(events)) => out.extend(events.iter().map(|event| subscription(scope, event, wanted))),
        Some(Err(error)) => out.errors.push(error.clone()),
        None => {
            let attempted = format!("list the events that `{}` can be notified of", scope.name);
            out.errors.push(Error::new(ErrorKind::NotFound, attempted, "they were not asked for"));
        }
    }
}

/// An enabled subscription that sets each channel. A disabled one could be taken for a missing one, which means every
/// channel.
fn subscription(scope: &Scope<'_>, event: &str, wanted: &Notifications) -> Desired<NotificationSubscription> {
    Desired::of(scope.name, event)
        .with(EVENT_ID, event)
        .with(NAME, SHOWN_AS)
        .with(REGIONS, json!(["*"]))
        .with(ENTITIES, json!(["*"]))
        .with(
            CHANNELS,
            json!([{ "type": "EMAIL", "enabled": wanted.email }, { "type": "IN_APP", "enabled": wanted.in_app }]),
        )
        .with(ENABLED, true)
}
