//! The parts that the documents of a plan and of a state share.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::report::schemas::Schemas;
use engine::{Address, Attribute, Attributes, Schema};

/// The version of Terraform whose format this is. Some tools refuse older ones.
pub(super) const TERRAFORM_VERSION: &str = "1.9.0";
/// The version of the format of values, as in a state.
pub(super) const STATE_FORMAT_VERSION: &str = "1.0";

/// The name of the provider of a type. Types without a schema are taken to be those of Konnect.
pub(super) fn provider_name(schema: Option<&Schema>) -> String {
    format!("koctl/{}", schema.map_or("konnect", |schema| schema.provider))
}

/// The fields that identify a resource, in changes, in values and in the configuration.
pub(super) fn identity(address: &Address, schemas: Schemas<'_>) -> Map<String, Value> {
    let mut identity = Map::new();
    identity.insert("address".to_owned(), address.as_str().into());
    identity.insert("mode".to_owned(), "managed".into());
    identity.insert("type".to_owned(), address.type_name().into());
    identity.insert("name".to_owned(), address.key().into());
    identity.insert("provider_name".to_owned(), provider_name(schemas.get(address.type_name())).into());
    identity
}

/// The attributes of an object as one JSON object, with its id.
pub(super) fn values(id: Option<&str>, attributes: &Attributes) -> Map<String, Value> {
    let mut values: Map<String, Value> = attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    values.extend(id.map(|id| ("id".to_owned(), id.into())));
    values
}

/// The sensitive ones of these values: write-only attributes, of which there is only a trace (R11).
pub(super) fn sensitive(schema: Option<&Schema>, values: &Map<String, Value>) -> Value {
    let is_secret =
        |name: &&String| schema.and_then(|schema| schema.attribute(name)).is_some_and(Attribute::is_write_only);
    values.keys().filter(is_secret).map(|name| (name.clone(), Value::from(true))).collect::<Map<_, _>>().into()
}

/// A resource of a values representation.
pub(super) fn resource(
    address: &Address,
    values: Map<String, Value>,
    depends_on: &BTreeSet<String>,
    schemas: Schemas<'_>,
) -> Value {
    let mut resource = identity(address, schemas);
    resource.insert("schema_version".to_owned(), 0.into());
    resource.insert("sensitive_values".to_owned(), sensitive(schemas.get(address.type_name()), &values));
    resource.insert("values".to_owned(), Value::Object(values));
    if !depends_on.is_empty() {
        resource.insert("depends_on".to_owned(), json!(depends_on));
    }
    Value::Object(resource)
}

/// A values representation: koctl has no modules and no outputs.
pub(super) fn root_module(resources: Vec<Value>) -> Value {
    json!({ "root_module": { "resources": resources } })
}

/// A state representation.
pub(super) fn state(resources: Vec<Value>) -> Value {
    json!({
        "format_version": STATE_FORMAT_VERSION,
        "terraform_version": TERRAFORM_VERSION,
        "values": root_module(resources),
    })
}
