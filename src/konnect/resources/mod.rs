//! One resource type a file: its schema, what a list of it looks like, and how it is written.
//!
//! A new type is a file with a `SCHEMA`, a struct over a client, [`Reader`](engine::Reader) for the
//! [`ReadClient`] and [`Writer`](engine::Writer) for the [`WriteClient`], and a line below.

pub mod api;
pub mod api_implementation;
pub mod api_publication;
pub mod api_version;
pub mod authentication_settings;
pub mod control_plane;
pub mod dashboard;
pub mod gateway_service;
pub mod identity_provider;
pub mod konnect_team;
pub mod notification_subscription;
pub mod portal;
pub mod team;
pub mod team_group_mapping;
pub mod team_role;
pub mod team_user;
pub mod user;

use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::client::{ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attributes, Error, ErrorKind, Kind, Readers, Remote, Schema, Writers};

/// The schemas of all of Konnect's types.
pub static SCHEMAS: &[&Schema] = &[
    &team::SCHEMA,
    &user::SCHEMA,
    &team_user::SCHEMA,
    &team_role::SCHEMA,
    &authentication_settings::SCHEMA,
    &identity_provider::SCHEMA,
    &team_group_mapping::SCHEMA,
    &notification_subscription::SCHEMA,
    &dashboard::SCHEMA,
    &control_plane::SCHEMA,
    &portal::SCHEMA,
    &api::SCHEMA,
    &api_version::SCHEMA,
    &api_publication::SCHEMA,
    &api_implementation::SCHEMA,
    &gateway_service::SCHEMA,
    &konnect_team::SCHEMA,
];

/// Adds the readers of Konnect's types.
pub fn add_readers(readers: &mut Readers, client: &ReadClient) {
    readers.add(team::Team(client.clone()));
    readers.add(user::User(client.clone()));
    readers.add(team_user::TeamUser(client.clone()));
    readers.add(team_role::TeamRole(client.clone()));
    readers.add(control_plane::ControlPlane(client.clone()));
    readers.add(portal::Portal(client.clone()));
    readers.add(api::Api(client.clone()));
    readers.add(api_version::ApiVersion(client.clone()));
    readers.add(api_publication::ApiPublication(client.clone()));
    readers.add(api_implementation::ApiImplementation(client.clone()));
    readers.add(gateway_service::GatewayService(client.clone()));
    readers.add(authentication_settings::AuthenticationSettings(client.clone()));
    readers.add(identity_provider::IdentityProvider(client.clone()));
    readers.add(team_group_mapping::TeamGroupMapping(client.clone()));
    readers.add(notification_subscription::NotificationSubscription(client.clone()));
    readers.add(dashboard::Dashboard(client.clone()));
    readers.add(konnect_team::KonnectTeam(client.clone()));
}

/// Adds the writers of Konnect's types.
pub fn add_writers(writers: &mut Writers, client: &WriteClient) {
    writers.add(&team::SCHEMA, team::Team(client.clone()));
    writers.add(&user::SCHEMA, user::User(client.clone()));
    writers.add(&team_user::SCHEMA, team_user::TeamUser(client.clone()));
    writers.add(&team_role::SCHEMA, team_role::TeamRole(client.clone()));
    writers.add(&control_plane::SCHEMA, control_plane::ControlPlane(client.clone()));
    writers.add(&portal::SCHEMA, portal::Portal(client.clone()));
    writers.add(&api::SCHEMA, api::Api(client.clone()));
    writers.add(&api_version::SCHEMA, api_version::ApiVersion(client.clone()));
    writers.add(&api_publication::SCHEMA, api_publication::ApiPublication(client.clone()));
    writers.add(&api_implementation::SCHEMA, api_implementation::ApiImplementation(client.clone()));
    writers.add(&authentication_settings::SCHEMA, authentication_settings::AuthenticationSettings(client.clone()));
    writers.add(&identity_provider::SCHEMA, identity_provider::IdentityProvider(client.clone()));
    writers.add(&team_group_mapping::SCHEMA, team_group_mapping::TeamGroupMapping(client.clone()));
    writers
        .add(&notification_subscription::SCHEMA, notification_subscription::NotificationSubscription(client.clone()));
    writers.add(&dashboard::SCHEMA, dashboard::Dashboard(client.clone()));
}

/// The object in `json` with the attributes that the schema names, in `region`.
fn remote(schema: &Schema, region: &str, mut json: Value) -> Result<Remote, Error> {
    let id = id(schema, &json)?;
    json["region"] = region.into();
    Ok(Remote { id, attributes: known(schema, &json) })
}

/// The attributes of `json` that the schema names. `null` counts as not there.
fn known(schema: &Schema, json: &Value) -> Attributes {
    let value = |name: &str| json.get(name).filter(|value| !value.is_null()).cloned();
    let named =
        schema.attributes.iter().filter_map(|attribute| Some((attribute.name.to_owned(), value(attribute.name)?)));
    named.collect()
}

fn id(schema: &Schema, json: &Value) -> Result<String, Error> {
    json["id"].as_str().map(str::to_owned).ok_or_else(|| {
        let attempted = format!("read a {}", schema.type_name);
        Error::new(ErrorKind::Unexpected, attempted, format!("the answer has no `id`: {json}"))
    })
}

/// Moves a value from inside of `json` to its top, under the name that the schema has for it.
fn lift(json: &mut Value, pointer: &str, name: &str) {
    let value = json.pointer_mut(pointer).map(Value::take).unwrap_or_default();
    json[name] = value;
}

/// A list below an object, which is empty where the object is gone.
fn if_there(listed: Result<Vec<Value>, Error>) -> Result<Vec<Value>, Error> {
    match listed {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

/// Lists `path` in every region that the scan is about, all regions at the same time.
async fn list_regions(client: &ReadClient, scan: &Scan<'_>, path: &str) -> Result<Vec<(String, Value)>, Error> {
    let lists = scan.distinct(["region"]).into_iter().map(async |[region]| {
        let objects = client.list(&region, path).await?;
        Ok::<_, Error>(objects.into_iter().map(|object| (region.clone(), object)).collect::<Vec<_>>())
    });
    Ok(try_join_all(lists).await?.into_iter().flatten().collect())
}

/// The text value of an attribute that every object of the type has.
fn text<'a>(attributes: &'a Attributes, name: &str) -> Result<&'a str, Error> {
    attributes.get(name).and_then(Value::as_str).ok_or_else(|| {
        let cause = format!("the attribute `{name}` is missing");
        Error::new(ErrorKind::Refused, "prepare the request", cause).help("make a new plan")
    })
}

/// A request body of those of the attributes that `names` lists.
fn body(attributes: &Attributes, names: &[&str]) -> Value {
    let pick = |name: &&str| Some(((*name).to_owned(), attributes.get(*name)?.clone()));
    Value::Object(names.iter().filter_map(pick).collect())
}

/// A request body of the attributes that change, among `names`. Labels that went are `null`, which Konnect's
/// documents define as removal; the others are repeated, so that they stay whether the server merges or replaces.
fn changes(schema: &Schema, update: &Update<'_>, names: &[&str]) -> Value {
    let mut changes = update.changes();
    for attribute in schema.attributes.iter().filter(|attribute| attribute.kind == Kind::Labels) {
        if let Some(Value::Object(labels)) = changes.get_mut(attribute.name) {
            let before = update.before.get(attribute.name).and_then(Value::as_object);
            for gone in
                before.into_iter().flat_map(Map::keys).filter(|key| !has_label(update.after, attribute.name, key))
            {
                labels.insert(gone.clone(), Value::Null);
            }
        }
    }
    body(&changes, names)
}

fn has_label(attributes: &Attributes, name: &str, label: &str) -> bool {
    attributes.get(name).is_some_and(|labels| labels.get(label).is_some())
}
