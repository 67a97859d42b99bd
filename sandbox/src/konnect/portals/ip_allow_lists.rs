//! `/portals/{portalId}/ip-allow-list`: the addresses that may see a portal. The sandbox serves no portal, so that none is
//! kept out.

use std::net::IpAddr;

use serde_json::Value;

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

/// True if a text is an IP address or a network, `10.0.0.0/8`.
fn is_address(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest))
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

    fn complete(_: &World, _: &Call, fields: &mut Body, _: Option<&Body>) -> Result<(), Problem> {
        let addresses: Vec<&str> =
            fields["allowed_ips"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let is_repeated = |(index, address): (usize, &&str)| addresses[..index].contains(address);
        if let Some(wrong) = addresses.iter().find(|address| !is_address(address)) {
            let reason = format!("must be IP addresses or networks, and [{wrong}] is not one");
            return Err(Invalid::body("allowed_ips", Rule::Named("invalid"), reason).into());
        }
        if addresses.iter().enumerate().any(is_repeated) {
            return Err(Invalid::body("allowed_ips", Rule::Named("invalid"), "must not have an entry twice").into());
        }
        Ok(())
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
    }
}
