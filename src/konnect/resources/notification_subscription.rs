//! `notification_subscription`: through which channels the organization is told of an event (`notification-hub-v1`,
//! `/notifications/configurations/{eventId}/subscriptions`). Without one, Konnect uses every channel.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::{body, id, known, text};
use crate::konnect::client::{GLOBAL, ReadClient, WriteClient, encode};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attribute, Attributes, Error, ErrorKind, Reader, Remote, Schema, Writer};

/// What the engine knows of subscriptions. Of those to one event, it knows the one that is about everything.
pub static SCHEMA: Schema = Schema {
    type_name: "notification_subscription",
    natural_key: &["event_id"],
    attributes: &[
        Attribute::plain("event_id").forces_replacement(),
        Attribute::plain("name"),
        Attribute::plain("regions"),
        Attribute::plain("entities"),
        Attribute::plain("channels"),
        Attribute::plain("enabled"),
    ],
    ..Schema::PLAIN
};

/// Subscriptions over a client.
pub struct NotificationSubscription<C>(pub C);

const EVENTS: &str = "/v1/notifications/configurations";
/// What a request holds: all of it, also when only one of them changes (schema `EventSubscription`).
const WRITABLE: &[&str] = &["name", "regions", "entities", "channels", "enabled"];

fn path(event: &str) -> String {
    format!("{EVENTS}/{}/subscriptions", encode(event))
}

/// The ids of the events that Konnect tells of. Its document does not list them.
///
/// # Errors
/// What the server answered, in its own words.
pub async fn events(client: &ReadClient) -> Result<Vec<String>, Error> {
    client.list_unpaged(GLOBAL, EVENTS).await?.iter().map(|event| event_id(event).map(str::to_owned)).collect()
}

fn event_id(event: &Value) -> Result<&str, Error> {
    event["event_id"].as_str().ok_or_else(|| {
        let cause = format!("the answer has no `event_id`: {event}");
        Error::new(ErrorKind::Unexpected, "read an event of Konnect's notifications", cause)
    })
}

fn subscription(event: &str, mut json: Value) -> Result<Remote, Error> {
    json["event_id"] = event.into();
    Ok(Remote { id: id(&SCHEMA, &json)?, attributes: known(&SCHEMA, &json) })
}

/// Whether a subscription is about all entities everywhere. One for a part of them is somebody's own.
fn is_about_everything(json: &Value) -> bool {
    let everything = |name: &str| json[name].as_array().is_some_and(|items| items.contains(&json!("*")));
    everything("regions") && everything("entities")
}

#[async_trait]
impl Reader for NotificationSubscription<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// The list of events says which of them have subscriptions: the others are not asked for.
    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let wanted = scan.distinct(["event_id"]);
        let mut subscribed = Vec::new();
        for event in self.0.list_unpaged(GLOBAL, EVENTS).await? {
            let event_id = event_id(&event)?.to_owned();
            if event["event_subscription_count"] != 0 && wanted.contains(std::slice::from_ref(&event_id)) {
                subscribed.push(event_id);
            }
        }
        let lists = subscribed.into_iter().map(async |event| {
            let listed = self.0.list_unpaged(GLOBAL, &path(&event)).await?;
            let ours = listed.into_iter().filter(is_about_everything);
            ours.map(|json| subscription(&event, json)).collect::<Result<Vec<_>, Error>>()
        });
        Ok(try_join_all(lists).await?.into_iter().flatten().collect())
    }
}

#[async_trait]
impl Writer for NotificationSubscription<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let event = text(planned, "event_id")?;
        subscription(event, self.0.post(GLOBAL, &path(event), &body(planned, WRITABLE)).await?)
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let event = text(update.after, "event_id")?;
        let path = format!("{}/{}", path(event), update.id);
        subscription(event, self.0.patch(GLOBAL, &path, &body(update.after, WRITABLE)).await?)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        self.0.delete(GLOBAL, &format!("{}/{id}", path(text(prior, "event_id")?))).await
    }
}
