//! Notification events and the subscriptions to them.

use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

const EVENTS: &str = "/v1/notifications/configurations";
const INVOICES: &str = "/v1/notifications/configurations/billing.invoice.unpaid-reminder";

fn subscription(email: bool) -> Value {
    json!({
        "name": "Invoices",
        "enabled": true,
        "regions": ["*"],
        "entities": ["*"],
        "channels": [{ "type": "EMAIL", "enabled": email }, { "type": "IN_APP", "enabled": true }],
    })
}

#[tokio::test]
async fn every_event_has_both_channels_by_default_and_no_subscription() {
    let world = World::new().await;
    let events = world.get(EVENTS).await;
    assert_eq!(events.get("meta"), None);
    let events = events["data"].as_array().unwrap();
    let invoices = json!({
        "event_id": "billing.invoice.unpaid-reminder",
        "event_title": "Unpaid invoice reminder",
        "event_description": "Reminder for an unpaid invoice",
        "event_namespace": "plan-and-usage",
        "event_subscription_count": 0,
        "default_subscription": [{ "channel": "IN_APP", "enabled": true }, { "channel": "EMAIL", "enabled": true }],
    });
    assert_eq!(events[0], invoices);
    assert!(events.iter().all(|event| event["default_subscription"] == invoices["default_subscription"]));
    let none = json!({ "data": [], "meta": { "page": { "next": null, "previous": null, "size": 1 } } });
    assert_eq!(world.get(&format!("{INVOICES}/subscriptions")).await, none);
}

#[tokio::test]
async fn a_subscription_is_created_counted_changed_and_deleted() {
    let world = World::new().await;
    let path = format!("{INVOICES}/subscriptions");
    let created = world.created(&path, subscription(false)).await;
    assert_eq!(
        (&created["entity_type"], &created["channels"][0]["enabled"]),
        (&json!("billing-invoice"), &json!(false))
    );
    assert_eq!(world.get(EVENTS).await["data"][0]["event_subscription_count"], 1);
    let item = format!("{path}/{}", id(&created));
    assert_eq!(world.get(&item).await, created);
    let changed = world.patch(&item, subscription(true)).await;
    assert_eq!((changed.status, &changed.body["channels"][0]["enabled"]), (200, &json!(true)));
    assert_eq!(world.get(&path).await["data"], json!([changed.body]));
    let other = format!("{EVENTS}/billing.trial.ending/subscriptions/{}", id(&created));
    assert_eq!(world.try_get(&other).await.status, 404);
    assert_eq!(world.delete(&item).await, 204);
    assert_eq!(world.delete(&item).await, 404);
    assert_eq!(world.get(EVENTS).await["data"][0]["event_subscription_count"], 0);
}

#[tokio::test]
async fn events_are_found_by_title_namespace_and_the_regions_of_their_subscriptions() {
    let world = World::new().await;
    world.created(&format!("{INVOICES}/subscriptions"), subscription(true)).await;
    for (query, ids) in [
        ("filter[event_title][contains]=invoice", vec!["billing.invoice.unpaid-reminder"]),
        ("filter[event_namespace][eq]=dev-portal", vec!["dev-portal.access.requested"]),
        ("filter[region][eq]=*", vec!["billing.invoice.unpaid-reminder"]),
        ("filter[region][eq]=US", vec![]),
    ] {
        assert_eq!(each(&world.get(&format!("{EVENTS}?{query}")).await, "event_id"), ids, "{query}");
    }
    let refused = world.try_get(&format!("{EVENTS}?filter[event_title][neq]=x")).await;
    assert_eq!(invalid(&refused), [("filter[event_title][neq]", "unknown_property")]);
}

#[tokio::test]
async fn an_event_that_does_not_exist_has_no_subscriptions() {
    let world = World::new().await;
    let path = format!("{EVENTS}/nonsense/subscriptions");
    assert_eq!(invalid(&world.try_get(&path).await), [("eventId", "missing_reference")]);
    assert_eq!(world.post(&path, subscription(true)).await.status, 404);
    assert_eq!(world.try_get(&format!("{path}/{NOWHERE}")).await.status, 404);
}

#[tokio::test]
async fn a_subscription_names_everything() {
    let world = World::new().await;
    let path = format!("{INVOICES}/subscriptions");
    let missing: Vec<&str> = ["regions", "entities", "channels", "enabled", "name"].into();
    let answer = world.post(&path, json!({})).await;
    assert_eq!(invalid(&answer).into_iter().map(|(field, _)| field).collect::<Vec<_>>(), missing);
    let mut wrong = subscription(true);
    wrong["regions"] = json!(["MARS"]);
    wrong["channels"][0] = json!({ "type": "PIGEON" });
    let answer = world.post(&path, wrong).await;
    let expected = [("regions.0", "enum"), ("channels.0.type", "enum"), ("channels.0.enabled", "required")];
    assert_eq!(invalid(&answer), expected);
}
