//! `/identity-providers/{idpId}/team-group-mappings`: the groups of a provider whose members join a team.

use crate::konnect::framework::collection::{Listing, Paging, find, reference};
use crate::konnect::framework::resource::{self, Owner, Resource};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Call, Document, Field, Filter, Invalid, Problem, Route, Rule, Schema, Unknown};
use crate::konnect::kinds::{IDENTITY_PROVIDERS, TEAM_GROUP_MAPPINGS, TEAMS};
use crate::store::{Body, Kind, Taken, World};

const COLLECTION: &str = "/v3/identity-providers/{idpId}/team-group-mappings";
const ITEM: &str = "/v3/identity-providers/{idpId}/team-group-mappings/{id}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, COLLECTION, resource::list::<TeamGroupMapping>),
    Route::post(Document::Identity, COLLECTION, resource::create::<TeamGroupMapping>),
    Route::get(Document::Identity, ITEM, resource::get::<TeamGroupMapping>),
    Route::delete(Document::Identity, ITEM, resource::delete::<TeamGroupMapping>),
];

static MAPPING: Schema = Schema {
    fields: &[Field::new("team_id", Is::Uuid).required(), Field::new("group", Is::ANY_TEXT).required()],
    unknown: Unknown::Ignored,
};

struct TeamGroupMapping;

impl Resource for TeamGroupMapping {
    const KIND: &'static Kind = &TEAM_GROUP_MAPPINGS;
    const NOUN: &'static str = "team group mapping";
    const ID: &'static str = "id";
    const LISTING: &'static Listing =
        &Listing::new(&[Filter::new("team_id", &["eq"]), Filter::new("group", &["eq"])], &[]).paged(Paging::Cursor);
    const SHOWN: &'static [&'static str] = &["id", "team_id", "group", "created_at", "updated_at"];

    fn creation(_: &Body) -> &'static Schema {
        &MAPPING
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        let provider = find(world, &call.partition, &IDENTITY_PROVIDERS, "identity provider", call.id("idpId")?)?;
        Ok(Some(("identity_provider_id", provider.id.to_string())))
    }

    fn complete(world: &World, call: &Call, fields: &mut Body, _: Option<&Body>) -> Result<(), Problem> {
        let team = reference(fields, "team_id").and_then(|id| world.get(&call.partition, &TEAMS, id));
        team.map(|_| ())
            .ok_or_else(|| Invalid::body("team_id", Rule::Named("missing_reference"), "Team not found").into())
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("This group is already mapped to this team.")
    }
}
