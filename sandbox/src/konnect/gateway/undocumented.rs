//! What decK asks a gateway for, and no document describes: as much of it as the documented entities allow.

use serde_json::json;

use super::operations::{Place, at};
use super::{services, traffic, upstreams};
use crate::konnect::framework::{Answer, Call, Document, Konnect, Problem, Route, Schema};

/// These operations.
pub(in crate::konnect) static ROUTES: [Route; 2] = [
    Route::get(Document::GatewayConfiguration, at!("/filter-chains"), list_filter_chains),
    Route::get(Document::GatewayConfiguration, at!("/v1/schemas/json/{entity}"), schema),
];

/// The entities whose defaults decK looks up.
const SCHEMAS: [(&str, &Schema); 4] = [
    ("service", &services::SCHEMA),
    ("route", &traffic::BY_ATTRIBUTES),
    ("upstream", &upstreams::SCHEMA),
    ("target", &upstreams::TARGET_SCHEMA),
];

/// Filter chains cannot be written, so there are none.
fn list_filter_chains(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    Place::of_path(&konnect.store.read(), call, None)?;
    Ok(Answer::ok(json!({ "data": [] })))
}

fn schema(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    Place::of_path(&konnect.store.read(), call, None)?;
    let named = call.parameter("entity");
    let found = SCHEMAS.iter().find(|(name, _)| *name == named);
    let (_, schema) = found.ok_or_else(|| Problem::not_found("entity", named))?;
    Ok(Answer::ok(schema.as_json_schema()))
}
