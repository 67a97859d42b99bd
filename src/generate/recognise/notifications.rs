//! The channels of notifications, if they are the same for every event.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::generate::inventory::{Inventory, text};
use crate::konnect::resources::notification_subscription;
use crate::manifest::model::Notifications;
use engine::Remote;

/// The channels of all events. Both, as in a new organization, if events differ or an event has no subscription.
pub(super) fn channels(inventory: &Inventory) -> Notifications {
    let subscriptions = inventory.of(notification_subscription::SCHEMA.type_name);
    let subscribed: BTreeSet<&str> = subscriptions.iter().map(|one| text(one, "event_id")).collect();
    let all = inventory.events.iter().all(|event| subscribed.contains(event.as_str()));
    let mut found = subscriptions.iter().map(of_subscription);
    match found.next() {
        Some(Some(first)) if all && found.all(|other| other.as_ref() == Some(&first)) => first,
        _ => Notifications::default(),
    }
}

fn of_subscription(subscription: &Remote) -> Option<Notifications> {
    let channels = subscription.attributes.get("channels")?.as_array()?;
    let is_on = |name: &str| {
        let channel = channels.iter().find(|channel| channel["type"] == name)?;
        channel.get("enabled").and_then(Value::as_bool)
    };
    Some(Notifications { email: is_on("EMAIL")?, in_app: is_on("IN_APP")? })
}
