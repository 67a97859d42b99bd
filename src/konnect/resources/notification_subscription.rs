//! `notification_subscription`: the channels through which the organization learns of an event (`notification-hub-v1`,
//! `/notifications/configurations/{eventId}/subscriptions`). Without one, Konnect uses every channel.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::konnect::client::{GLOBAL, ReadClient, WriteClient};
use crate::konnect::collection::{Collection, Paging, if_there, if_valid_and_there};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attributes, Error, ErrorKind, Remote};

engine::schema! {
    /// A subscription to an event. Of those to one event, koctl knows the one that is about everything.
    NotificationSubscription = "notification_subscription" {
        EVENT_ID: Attribute::plain("event_id").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        REGIONS: Attribute::plain("regions"),
        ENTITIES: Attribute::plain("entities"),
        CHANNELS: Attribute::plain("channels"),
        ENABLED: Attribute::plain("enabled"),
    }
    natural_key: &[EVENT_ID.text()],
    // The document has no conflict for a second subscription to an event (`create-event-subscription`).
    may_repeat: true,
    ..PLAIN
}

/// Everything that is said of subscriptions.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: reader::<NotificationSubscription>,
    writer: Some(writer::<NotificationSubscription>),
    watch: &[],
    generate: Generate::Read {
        plural: "the subscriptions to notifications",
        listing: Listing::Events { attribute: EVENT_ID.text() },
        part: Some(Part::Notifications),
        unmanaged: Some(Unmanaged {
            reason: "only channels that are the same for all events can be described",
            below: &[],
            title: &[Title::Attribute(NAME.text()), Title::Text(" of "), Title::Attribute(EVENT_ID.text())],
        }),
    },
};

const EVENTS: &str = "/v1/notifications/configurations";

/// The ids of the events that Konnect notifies of. Its document does not list them. Of `known`, which are
/// the subscriptions of the state by event, an event that the list passes over is gone only if the subscription is: else
/// that would be deleted.
///
/// # Errors
/// If the list, or the subscription to such an event, cannot be read.
pub async fn events(client: &ReadClient, known: &BTreeMap<String, String>) -> Result<Vec<String>, Error> {
    let listed = client.list_unpaged(GLOBAL, EVENTS).await?;
    let mut events = listed.iter().map(|event| event_id(event).map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
    let missed = known.iter().filter(|(event, _)| !events.contains(event)).map(async |(event, id)| {
        let (region, path) = NotificationSubscription::COLLECTION.object_url(&of_event(event), id)?;
        Ok::<_, Error>(if_valid_and_there(client.get(&region, &path).await)?.map(|_| event.clone()))
    });
    let missed = try_join_all(missed).await?;
    events.extend(missed.into_iter().flatten());
    Ok(events)
}

fn of_event(event: &str) -> Attributes {
    Attributes::from([(EVENT_ID.text().to_owned(), event.into())])
}

fn event_id(event: &Value) -> Result<&str, Error> {
    event["event_id"].as_str().ok_or_else(|| {
        let cause = format!("the answer has no `event_id`: {event}");
        Error::new(ErrorKind::Unexpected, "read an event of Konnect's notifications", cause)
    })
}

#[async_trait]
impl Resource for NotificationSubscription {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v1/notifications/configurations/{event_id}/subscriptions").paged(Paging::Unpaged);

    /// True if a subscription is about all entities everywhere. One for a part of them belongs to someone else.
    fn is_listed(json: &Value) -> bool {
        let everything = |name: &str| json[name].as_array().is_some_and(|items| items.contains(&json!("*")));
        everything(REGIONS.text()) && everything(ENTITIES.text())
    }

    /// The list of events says which of them have no subscriptions: these are not asked for.
    async fn list(client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let mut without = BTreeSet::new();
        for event in client.list_unpaged(GLOBAL, EVENTS).await? {
            if event["event_subscription_count"] == 0 {
                without.insert(event_id(&event)?.to_owned());
            }
        }
        let wanted = scan.distinct(EVENT_ID.text()).into_iter().filter(|event| !without.contains(event));
        let lists = wanted.map(async |event| {
            let event = of_event(&event);
            let (region, path) = Self::COLLECTION.url(&event)?;
            let listed = if_there(client.list_unpaged(&region, &path).await)?.unwrap_or_default();
            let ours = listed.into_iter().filter(Self::is_listed);
            ours.map(|json| Self::read(&event, json)).collect::<Result<Vec<_>, Error>>()
        });
        Ok(try_join_all(lists).await?.into_iter().flatten().collect())
    }

    /// A request holds all attributes, also if only one of them changes (schema `EventSubscription`).
    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.object_url(update.after, update.id)?;
        Self::read(update.after, client.patch(&region, &path, &Self::body(update.after)?).await?)
    }
}
