//! A control plane with one of each entity that others are below, for the tests of gateway configuration.

use serde_json::{Value, json};

use super::world::{World, id};

/// A certificate: nothing reads more of it than its block.
pub(super) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";

/// A control plane.
pub(super) struct Gateway {
    pub(super) world: World,
    /// The control plane's id.
    pub(super) id: String,
}

impl Gateway {
    pub(super) async fn new() -> Gateway {
        let world = World::new().await;
        let id = world.control_plane("dev").await;
        Gateway { world, id }
    }

    /// The path of a collection below the control plane's entities.
    pub(super) fn at(&self, rest: &str) -> String {
        format!("/v2/control-planes/{}/core-entities/{rest}", self.id)
    }

    /// Creates an entity, and returns its id.
    pub(super) async fn make(&self, collection: &str, body: Value) -> String {
        id(&self.world.created(&self.at(collection), body).await)
    }

    /// One of each entity that collections are below, by the name of its parameter: `{ServiceId}`.
    pub(super) async fn parents(&self) -> Vec<(&'static str, String)> {
        let route = json!({ "name": "parent", "paths": ["/parent"] });
        let certificate = json!({ "cert": CERTIFICATE, "key": "secret" });
        vec![
            ("{ServiceId}", self.make("services", json!({ "name": "parent", "host": "example.com" })).await),
            ("{RouteId}", self.make("routes", route).await),
            ("{ConsumerId}", self.make("consumers", json!({ "username": "parent" })).await),
            ("{ConsumerGroupId}", self.make("consumer_groups", json!({ "name": "parent" })).await),
            ("{UpstreamId}", self.make("upstreams", json!({ "name": "parent" })).await),
            ("{CertificateId}", self.make("certificates", certificate).await),
            ("{KeySetId}", self.make("key-sets", json!({ "name": "parent" })).await),
        ]
    }
}

/// A collection that is read and written: its path, a body, the field that differs between two of its entities, and the
/// one by which a path may name an entity.
pub(super) struct Collection {
    pub(super) path: &'static str,
    body: fn(&str) -> Value,
    pub(super) key: Option<&'static str>,
}

impl Collection {
    /// A body of an entity that has `name` as what is unique in it.
    pub(super) fn body(&self, name: &str) -> Value {
        (self.body)(name)
    }
}

const fn named(path: &'static str, key: &'static str, body: fn(&str) -> Value) -> Collection {
    Collection { path, body, key: Some(key) }
}

const fn unnamed(path: &'static str, body: fn(&str) -> Value) -> Collection {
    Collection { path, body, key: None }
}

fn plugin(name: &str) -> Value {
    json!({ "name": name, "instance_name": name, "config": { "minute": 5 } })
}

/// Every collection of entities that is written.
pub(super) const COLLECTIONS: [Collection; 28] = [
    named("services", "name", |name| json!({ "name": name, "host": "example.com" })),
    named("routes", "name", |name| json!({ "name": name, "paths": ["/a"] })),
    named("services/{ServiceId}/routes", "name", |name| json!({ "name": name, "hosts": ["a.example"] })),
    named("plugins", "instance_name", plugin),
    named("services/{ServiceId}/plugins", "instance_name", plugin),
    named("routes/{RouteId}/plugins", "instance_name", plugin),
    named("consumers/{ConsumerId}/plugins", "instance_name", plugin),
    named("consumer_groups/{ConsumerGroupId}/plugins", "instance_name", plugin),
    named("consumers", "username", |name| json!({ "username": name })),
    named("consumer_groups", "name", |name| json!({ "name": name })),
    named("consumers/{ConsumerId}/acls", "group", |name| json!({ "group": name })),
    named("consumers/{ConsumerId}/basic-auth", "username", |name| json!({ "username": name, "password": "secret" })),
    named("consumers/{ConsumerId}/hmac-auth", "username", |name| json!({ "username": name })),
    named("consumers/{ConsumerId}/jwt", "key", |name| json!({ "key": name })),
    named("consumers/{ConsumerId}/key-auth", "key", |name| json!({ "key": name })),
    unnamed("consumers/{ConsumerId}/mtls-auth", |name| json!({ "subject_name": name })),
    named("upstreams", "name", |name| json!({ "name": name })),
    named("upstreams/{UpstreamId}/targets", "target", |name| json!({ "target": name })),
    unnamed("certificates", |name| json!({ "cert": CERTIFICATE, "key": name })),
    named("certificates/{CertificateId}/snis", "name", |name| json!({ "name": name })),
    named("key-sets", "name", |name| json!({ "name": name })),
    named("keys", "name", |name| json!({ "kid": name, "name": name })),
    named("key-sets/{KeySetId}/keys", "name", |name| json!({ "kid": name, "name": name })),
    named("vaults", "prefix", |name| json!({ "name": "env", "prefix": name })),
    named("partials", "name", |name| json!({ "name": name, "type": "redis-ce", "config": { "host": "redis" } })),
    named("custom-plugins", "name", |name| json!({ "name": name, "handler": "return {}", "schema": "return {}" })),
    unnamed("services/{ServiceId}/degraphql/routes", |name| json!({ "uri": name, "query": "{ a }" })),
    unnamed("services/{ServiceId}/graphql-rate-limiting-advanced/costs", |name| json!({ "type_path": name })),
];

/// The collections that only list what others write.
pub(super) const READABLE: [(&str, &str); 9] = [
    ("acls", "consumers/{ConsumerId}/acls"),
    ("basic-auths", "consumers/{ConsumerId}/basic-auth"),
    ("hmac-auths", "consumers/{ConsumerId}/hmac-auth"),
    ("jwts", "consumers/{ConsumerId}/jwt"),
    ("key-auths", "consumers/{ConsumerId}/key-auth"),
    ("mtls-auths", "consumers/{ConsumerId}/mtls-auth"),
    ("targets", "upstreams/{UpstreamId}/targets"),
    ("degraphql_routes", "services/{ServiceId}/degraphql/routes"),
    ("graphql-rate-limiting-advanced/costs", "services/{ServiceId}/graphql-rate-limiting-advanced/costs"),
];

/// A path with the ids of parents in the places of their parameters.
pub(super) fn below(path: &str, parents: &[(&'static str, String)]) -> String {
    parents.iter().fold(path.to_owned(), |path, (parameter, id)| path.replace(parameter, id))
}
