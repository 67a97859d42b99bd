//! A state.

use serde_json::Value;

use super::values::{resource, state, values};
use crate::report::schemas::Schemas;
use engine::Address;
use engine::state::ResourceState;

/// The resources of one or several states as in `terraform show -json` of a state: `values.root_module.resources`, in
/// the given order. Long texts are the digests of the state.
#[must_use]
pub fn state_json<'a>(
    resources: impl IntoIterator<Item = (&'a Address, &'a ResourceState)>,
    schemas: Schemas<'_>,
) -> Value {
    let resources = resources.into_iter().map(|(address, recorded)| {
        let values = values(Some(&recorded.id), &recorded.attributes);
        resource(address, values, &recorded.dependencies, schemas)
    });
    state(resources.collect())
}
