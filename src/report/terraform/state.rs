//! A state.

use serde_json::Value;

use super::resource;
use crate::report::Schemas;
use engine::Address;
use engine::state::ResourceState;

/// Resources of one state or several as `terraform show -json` shows a state: `values.root_module.resources`, in the
/// order in which they are given. Long texts are the digests that the state keeps of them.
#[must_use]
pub fn state_json<'a>(
    resources: impl IntoIterator<Item = (&'a Address, &'a ResourceState)>,
    schemas: Schemas<'_>,
) -> Value {
    let resources = resources.into_iter().map(|(address, state)| {
        let values = super::values(Some(&state.id), &state.attributes);
        resource(address, values, &state.dependencies, schemas)
    });
    super::state(resources.collect())
}
