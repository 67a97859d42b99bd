//! Konnect Notification Hub, `/v1` of the global region: the events, and the subscriptions to them.
//!
//! The document gives one event as an example, and lists the namespaces and entity types of events. The sandbox has
//! that event and one for each of the others, named in the same way. It sends no notifications: the operations of the
//! inbox are not offered.

use serde_json::{Value, json};

use super::framework::collection::{Listing, Paging, fields, pick, text};
use super::framework::problem::Source;
use super::framework::resource::{self, Owner, Resource};
use super::framework::schema::Kind as Is;
use super::framework::{
    Answer, Call, Document, Field, Filter, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use super::kinds::SUBSCRIPTIONS;
use crate::store::{Body, Kind, Partition, World};

const CONFIGURATIONS: &str = "/v1/notifications/configurations";
const COLLECTION: &str = "/v1/notifications/configurations/{eventId}/subscriptions";
const ITEM: &str = "/v1/notifications/configurations/{eventId}/subscriptions/{subscriptionId}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Notifications, CONFIGURATIONS, list_events),
    Route::get(Document::Notifications, COLLECTION, list_subscriptions),
    Route::post(Document::Notifications, COLLECTION, resource::create::<Subscription>),
    Route::get(Document::Notifications, ITEM, resource::get::<Subscription>),
    Route::patch(Document::Notifications, ITEM, resource::update::<Subscription>),
    Route::delete(Document::Notifications, ITEM, resource::delete::<Subscription>),
];

/// An event that users can be notified of.
struct Event {
    id: &'static str,
    title: &'static str,
    description: &'static str,
    namespace: &'static str,
    /// The type of the entities that it concerns.
    entity_type: &'static str,
}

const fn event(
    id: &'static str,
    title: &'static str,
    description: &'static str,
    namespace: &'static str,
    entity_type: &'static str,
) -> Event {
    Event { id, title, description, namespace, entity_type }
}

static EVENTS: [Event; 8] = [
    event(
        "billing.invoice.unpaid-reminder",
        "Unpaid invoice reminder",
        "Reminder for an unpaid invoice",
        "plan-and-usage",
        "billing-invoice",
    ),
    event(
        "billing.trial.ending",
        "Trial ends soon",
        "The trial of the enterprise plan ends soon",
        "plan-and-usage",
        "enterprise-trial",
    ),
    event(
        "organization.access-token.expiring",
        "Access token expires soon",
        "A personal or system access token expires soon",
        "organization",
        "access-token",
    ),
    event(
        "organization.webhook.failing",
        "Webhook fails",
        "The webhook for audit logs cannot be reached",
        "organization",
        "webhook",
    ),
    event(
        "organization.kai.enabled",
        "Assistant enabled",
        "The assistant was enabled for the organization",
        "organization",
        "kai-enablement",
    ),
    event(
        "dev-portal.access.requested",
        "Access requested",
        "A developer asks for access to a portal",
        "dev-portal",
        "dev-portal",
    ),
    event(
        "cloud-gateways.dataplane-group.unhealthy",
        "Data plane group unhealthy",
        "A group of data planes in the cloud does not answer",
        "cloud-gateways",
        "dataplane-group",
    ),
    event(
        "gateway-manager.dataplane.disconnected",
        "Data plane disconnected",
        "A data plane has lost its connection to the control plane",
        "gateway-manager",
        "dataplane",
    ),
];

const REGIONS: Is = Is::List(0, usize::MAX, &Is::Choice(&["US", "EU", "AU", "ME", "IN", "*"]));
const ENTITIES: Is = Is::List(0, usize::MAX, &Is::ANY_TEXT);
const CHANNELS: Is = Is::List(0, usize::MAX, &Is::Object(&CHANNEL));

static CHANNEL: Schema = Schema {
    fields: &[
        Field::new("type", Is::Choice(&["EMAIL", "IN_APP"])).required(),
        Field::new("enabled", Is::Boolean).required(),
    ],
    unknown: Unknown::Ignored,
};

static SUBSCRIPTION: Schema = Schema {
    fields: &[
        Field::new("regions", REGIONS).required(),
        Field::new("entities", ENTITIES).required(),
        Field::new("channels", CHANNELS).required(),
        Field::new("enabled", Is::Boolean).required(),
        Field::new("name", Is::ANY_TEXT).required(),
    ],
    unknown: Unknown::Ignored,
};

static EVENT_FILTERS: &[Filter] = &[
    Filter::new("event_title", &["eq", "contains"]),
    Filter::new("event_description", &["eq", "contains"]),
    Filter::new("event_namespace", &["eq", "contains"]),
    Filter::new("region", &["eq", "contains"]),
];

/// The event that the path names.
fn event_of_path(call: &Call) -> Result<&'static Event, Problem> {
    let id = call.parameter("eventId");
    EVENTS.iter().find(|event| event.id == id).ok_or_else(|| Problem::not_found("event", id))
}

/// An event, with the regions of its subscriptions as a field to filter by.
fn describe(world: &World, partition: &Partition, event: &Event) -> Body {
    let subscriptions = world.referring(partition, &SUBSCRIPTIONS, "event", event.id);
    let count = subscriptions.len();
    let regions: Vec<&Value> =
        subscriptions.filter_map(|found| found.body.get("regions")?.as_array()).flatten().collect();
    fields(json!({
        "event_id": event.id,
        "event_title": event.title,
        "event_description": event.description,
        "event_namespace": event.namespace,
        "event_subscription_count": count,
        "default_subscription": [{ "channel": "IN_APP", "enabled": true }, { "channel": "EMAIL", "enabled": true }],
        "region": regions,
    }))
}

fn list_events(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let conditions = call.query.conditions(EVENT_FILTERS)?;
    let world = konnect.store.read();
    let data: Vec<Value> = EVENTS
        .iter()
        .map(|event| describe(&world, &call.partition, event))
        .filter(|event| conditions.iter().all(|condition| condition.holds(event)))
        .map(|mut event| {
            event.remove("region");
            Value::Object(event)
        })
        .collect();
    Ok(Answer::ok(json!({ "data": data })))
}

/// Here the document lists 400 for an event that does not exist; everywhere else it lists 404.
fn list_subscriptions(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    event_of_path(call).map_err(|_| {
        Problem::from(Invalid::at(Source::Path, "eventId", Rule::Named("missing_reference"), "Event not found"))
    })?;
    resource::list::<Subscription>(konnect, call)
}

struct Subscription;

impl Resource for Subscription {
    const KIND: &'static Kind = &SUBSCRIPTIONS;
    const NOUN: &'static str = "subscription to this event";
    const ID: &'static str = "subscriptionId";
    const LISTING: &'static Listing = &Listing::new(&[], &[]).paged(Paging::WholeCursor);
    const SHOWN: &'static [&'static str] =
        &["id", "regions", "entities", "channels", "enabled", "name", "created_at", "updated_at"];

    fn creation(_: &Body) -> &'static Schema {
        &SUBSCRIPTION
    }

    fn owner(_: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("event", event_of_path(call)?.id.to_owned())))
    }

    fn view(_: &World, _: &Partition, subscription: &Body) -> Value {
        let mut shown = pick(subscription, Self::SHOWN);
        let event = EVENTS.iter().find(|event| event.id == text(subscription, "event"));
        shown.insert("entity_type".to_owned(), json!(event.map(|event| event.entity_type)));
        Value::Object(shown)
    }
}
