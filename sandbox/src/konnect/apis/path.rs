//! The API that a path names.

use crate::konnect::framework::collection::find;
use crate::konnect::framework::{Call, Problem};
use crate::konnect::kinds::APIS;
use crate::store::{Record, World};

/// The API that the path names.
pub(super) fn api<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    find(world, &call.partition, &APIS, "API", call.id("apiId")?)
}
