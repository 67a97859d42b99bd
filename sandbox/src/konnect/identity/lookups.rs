//! Records that several collections look up.

use serde_json::json;

use crate::konnect::kinds::{IDENTITY_PROVIDERS, ORGANIZATIONS};
use crate::store::{Body, Partition, Record, World};

/// The organization of a partition.
pub(in crate::konnect) fn organization<'a>(world: &'a World, partition: &Partition) -> Option<&'a Body> {
    world.all(partition, &ORGANIZATIONS).next().map(|record| &*record.body)
}

/// The identity provider of a type, `None` if the organization has none.
pub(super) fn provider_of_type<'a>(world: &'a World, partition: &Partition, kind: &str) -> Option<&'a Record> {
    let key = Body::from_iter([("type".to_owned(), json!(kind))]);
    world.holding(partition, &IDENTITY_PROVIDERS, IDENTITY_PROVIDERS.unique[0], &key)
}
