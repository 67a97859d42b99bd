//! `/portals/{portalId}/ip-allow-list`: the addresses that may see a portal. The sandbox serves no portal, so that none is
//! kept out.

use super::portal::of_path;
use crate::konnect::framework::collection::{Listing, Paging};
use crate::konnect::framework::resource::{Owner, Resource, create, delete, get, list, replace, update};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::PORTAL_IP_ALLOW_LISTS;
use crate::store::{Body, Kind, World};

const LISTS: &str = "/v3/portals/{portalId}/ip-allow-list";
const LIST: &str = "/v3/portals/{portalId}/ip-allow-list/{id}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, LISTS, list::<IpAllowList>),
    Route::post(Document::Portals, LISTS, create::<IpAllowList>),
    Route::get(Document::Portals, LIST, get::<IpAllowList>),
    Route::put(Document::Portals, LIST, replace::<IpAllowList>),
    Route::patch(Document::Portals, LIST, change),
    Route::delete(Document::Portals, LIST, delete::<IpAllowList>),
];

const ADDRESSES: Field = Field::new("allowed_ips", Is::List(1, 25, &Is::ANY_TEXT));

static CREATE: Schema = Schema { fields: &[ADDRESSES.required()], unknown: Unknown::Refused };

/// Changes a list. The document wants at least one field, and there is one.
fn change(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    if call.body()?.is_empty() {
        return Err(Invalid::body("allowed_ips", Rule::Named("required"), "is a required field").into());
    }
    update::<IpAllowList>(konnect, call)
}

struct IpAllowList;

impl Resource for IpAllowList {
    const KIND: &'static Kind = &PORTAL_IP_ALLOW_LISTS;
    const NOUN: &'static str = "IP allow list of this portal";
    const ID: &'static str = "id";
    const LISTING: &'static Listing = &Listing::new(&[], &[]).paged(Paging::FlatCursor);
    const SHOWN: &'static [&'static str] = &["id", "allowed_ips"];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
    }
}
