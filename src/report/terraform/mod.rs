//! A plan or a state as Terraform's JSON, which policy engines, cost estimators and review tools read.
//!
//! The shapes follow the documented JSON output format of `terraform show -json`
//! (<https://developer.hashicorp.com/terraform/internals/json-format>): a plan has `format_version` 1.2, a state 1.0.
//! Where koctl has no counterpart, a field is empty, as `output_changes`. What koctl adds is `koctl_version` and
//! `koctl_reason`; readers of the format ignore what they do not know.
//!
//! - An `address` is koctl's own, which Terraform's documents let be any text; `name` is its key.
//! - `provider_name` is `koctl/konnect` or `koctl/github`.
//! - The attributes of a resource are its values, with the `id` among them. A secret is not: the value of a
//!   write-only attribute is its trace, which is marked as sensitive and differs where the secret does.

mod plan;
mod state;
#[cfg(test)]
mod tests;

pub use plan::plan_json;
pub use state::state_json;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::report::Schemas;
use engine::{Address, Attribute, Attributes, Schema};

/// The version of Terraform whose documents these shapes follow. Some tools refuse what is older than they like.
const TERRAFORM_VERSION: &str = "1.9.0";
/// The version of the format of values, as a state has it.
const STATE_FORMAT_VERSION: &str = "1.0";
/// The provider of a type, as Terraform names it. Types without a schema are taken to be Konnect's.
fn provider_name(schema: Option<&Schema>) -> String {
    format!("koctl/{}", schema.map_or("konnect", |schema| schema.provider))
}

/// What names a resource, in changes as in values and in the configuration.
fn identity(address: &Address, schemas: Schemas<'_>) -> Map<String, Value> {
    let mut identity = Map::new();
    identity.insert("address".to_owned(), address.as_str().into());
    identity.insert("mode".to_owned(), "managed".into());
    identity.insert("type".to_owned(), address.type_name().into());
    identity.insert("name".to_owned(), address.key().into());
    identity.insert("provider_name".to_owned(), provider_name(schemas.get(address.type_name())).into());
    identity
}

/// The attributes of an object as one JSON object, with its id.
fn values(id: Option<&str>, attributes: &Attributes) -> Map<String, Value> {
    let mut values: Map<String, Value> = attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    values.extend(id.map(|id| ("id".to_owned(), id.into())));
    values
}

/// Which of these values are sensitive: those of write-only attributes, of which there is only a trace (R11).
fn sensitive(schema: Option<&Schema>, values: &Map<String, Value>) -> Value {
    let is_secret =
        |name: &&String| schema.and_then(|schema| schema.attribute(name)).is_some_and(Attribute::is_write_only);
    values.keys().filter(is_secret).map(|name| (name.clone(), Value::from(true))).collect::<Map<_, _>>().into()
}

/// A resource of a values representation.
fn resource(
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
fn root_module(resources: Vec<Value>) -> Value {
    json!({ "root_module": { "resources": resources } })
}

/// A state representation.
fn state(resources: Vec<Value>) -> Value {
    json!({
        "format_version": STATE_FORMAT_VERSION,
        "terraform_version": TERRAFORM_VERSION,
        "values": root_module(resources),
    })
}
