//! What services of GraphQL have for two plugins: queries at addresses, and the costs of types.

use super::entity::{Anywhere, CREATED, Entity, ID, Of, REFERENCE, TEXT, TEXTS, Times, UPDATED, optional};
use super::operations::{at, collection, readable};
use super::services::{OfService, SERVICE_REFERENCE};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Field, Initial, Route, Schema, Unknown};
use crate::konnect::gateway_kinds::{COST_DECORATIONS, DEGRAPHQL_ROUTES};

/// Queries at addresses.
pub(super) struct DegraphqlRoutes;

impl Of for DegraphqlRoutes {
    const ENTITY: &'static Entity = &DEGRAPHQL_ROUTE;
    const ID: &'static str = "Degraphql_routeId";
}

/// Costs of types.
pub(super) struct CostDecorations;

impl Of for CostDecorations {
    const ENTITY: &'static Entity = &COST_DECORATION;
    const ID: &'static str = "GraphQLCostDecorationId";
}

static ROUTES_OF_SERVICE: [Route; 5] = collection::<DegraphqlRoutes, OfService>(
    at!("/services/{ServiceId}/degraphql/routes"),
    at!("/services/{ServiceId}/degraphql/routes/{Degraphql_routeId}"),
);
static ROUTES: [Route; 2] =
    readable::<DegraphqlRoutes, Anywhere>(at!("/degraphql_routes"), at!("/degraphql_routes/{Degraphql_routeId}"));
static COSTS_OF_SERVICE: [Route; 5] = collection::<CostDecorations, OfService>(
    at!("/services/{ServiceId}/graphql-rate-limiting-advanced/costs"),
    at!("/services/{ServiceId}/graphql-rate-limiting-advanced/costs/{GraphQLCostDecorationId}"),
);
static COSTS: [Route; 2] = readable::<CostDecorations, Anywhere>(
    at!("/graphql-rate-limiting-advanced/costs"),
    at!("/graphql-rate-limiting-advanced/costs/{GraphQLCostDecorationId}"),
);

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES_OF_SERVICE.iter().chain(&ROUTES).chain(&COSTS_OF_SERVICE).chain(&COSTS)
}

static DEGRAPHQL_ROUTE: Entity = Entity {
    foreign: &[SERVICE_REFERENCE],
    ..Entity::new(&DEGRAPHQL_ROUTES, "degraphql route", "degraphql_routes", |body| {
        static SCHEMA: Schema = Schema {
            fields: &[
                ID,
                Field::new("uri", TEXT).required(),
                Field::new("query", TEXT).required(),
                Field::new("methods", TEXTS).nullable().or(Initial::Texts(&["GET"])),
                Field::new("service", REFERENCE),
                CREATED,
                UPDATED,
            ],
            unknown: Unknown::Refused,
        };
        SCHEMA.create(body)
    })
};

static COST_DECORATION: Entity = Entity {
    times: Times::Created,
    foreign: &[SERVICE_REFERENCE],
    ..Entity::new(&COST_DECORATIONS, "cost decoration", "graphql_ratelimiting_advanced_cost_decoration", |body| {
        static SCHEMA: Schema = Schema {
            fields: &[
                ID,
                Field::new("type_path", TEXT).required(),
                Field::new("add_arguments", TEXTS).nullable().or(Initial::List),
                Field::new("add_constant", Is::Number).nullable().or(Initial::Integer(1)),
                Field::new("mul_arguments", TEXTS).nullable().or(Initial::List),
                Field::new("mul_constant", Is::Number).nullable().or(Initial::Integer(1)),
                optional("service", REFERENCE),
                CREATED,
            ],
            unknown: Unknown::Refused,
        };
        SCHEMA.create(body)
    })
};
