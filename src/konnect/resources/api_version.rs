//! `api_version`: the specification of an API (`api-builder-v3`, `/apis/{apiId}/versions`).
//!
//! The document says in the description of the list that an API has one version, and in that of the document that versioned
//! specifications are attached to it. Konnect takes several (<https://github.com/Kong/kongctl/issues/49>), and a portal lets
//! developers choose. So there are two ways: of a service with one specification, koctl manages the current version,
//! whichever it is, and changes it in place. Of a service with several, it manages each, and tells them apart by their names.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::future::{try_join, try_join_all};
use serde_json::Value;

use super::api::{self, Api, CURRENT_VERSION, CURRENT_VERSION_UPDATED};
use crate::konnect::client::ReadClient;
use crate::konnect::collection::{Collection, if_there};
use crate::konnect::content::{unchanged, with_content};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Watch};
use engine::refresh::{Scan, Wanted};
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// The specification of an API.
    ApiVersion = "api_version" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        API_ID: Attribute::plain("api_id").forces_replacement().in_address(),
        VERSION: Attribute::plain("version"),
        /// The same as `version` if the service has several, which it tells apart. Nothing if the service has one: the
        /// current version of the API then, whatever its name is.
        BESIDE: Attribute::computed("beside").in_address(),
        CONTENT: Attribute::text("content").inside("/spec/content"),
        UPDATED_AT: Attribute::computed("updated_at"),
    }
    natural_key: &[REGION.text(), API_ID.text(), BESIDE.text()],
    reads_after: &[Api::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of specifications.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndServiceOrBelow,
    reader: reader::<ApiVersion>,
    writer: Some(writer::<ApiVersion>),
    watch: &[Watch::Specification { attribute: CONTENT.text(), file: None }],
    generate: Generate::Read {
        plural: "the specifications of APIs",
        listing: Listing::Below { parent: Api::SCHEMA, attribute: API_ID.text(), with_parents: true },
        part: Some(Part::Api),
        unmanaged: None,
    },
};

#[async_trait]
impl Resource for ApiVersion {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/apis/{api_id}/versions");

    async fn list(client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let of_several = apis_of_several(scan);
        let single = scan.wanted().filter(|wanted| wanted.last_text(BESIDE.text()).is_none() || is_single(wanted));
        let current = try_join_all(single.map(|wanted| current(client, scan, wanted)));
        let beside = try_join_all(of_several.values().map(|address| beside(client, scan, address)));
        let (current, beside) = try_join(current, beside).await?;
        Ok(current.into_iter().flatten().chain(beside.into_iter().flatten()).collect())
    }

    /// One of several is still there if the service has only one now. Otherwise it was listed, or is not the current version
    /// any more.
    async fn read_one(client: &ReadClient, id: &str, known: &Attributes) -> Result<Option<Remote>, Error> {
        if !known.get(BESIDE.text()).is_some_and(Value::is_string) {
            return Ok(None);
        }
        let Ok((region, path)) = Self::COLLECTION.object_url(known, id) else { return Ok(None) };
        Self::read_at(client, &region, &path, known).await
    }
}

/// The address of the API of `wanted`, if that exists. It may still be in the region that its environment leaves.
fn address(scan: &Scan<'_>, wanted: &Wanted<'_>) -> Option<Attributes> {
    let (region, api) = (wanted.last_text(REGION.text())?, wanted.last_text(API_ID.text())?);
    let listed = scan.object(Api::SCHEMA.type_name, &api);
    let region = listed.and_then(|api| api.attributes.get(api::REGION.text()).cloned()).unwrap_or(region.into());
    Some(Attributes::from([(REGION.text().to_owned(), region), (API_ID.text().to_owned(), api.into())]))
}

/// True if the configuration wants one version of an API.
fn is_single(wanted: &Wanted<'_>) -> bool {
    wanted.sets(API_ID.text()) && wanted.text(BESIDE.text()).is_none()
}

/// The addresses of APIs of which several versions are wanted, or known if the configuration does not say, by their ids.
fn apis_of_several(scan: &Scan<'_>) -> BTreeMap<String, Attributes> {
    let api = |wanted: &Wanted<'_>| wanted.last_text(API_ID.text());
    let single: BTreeSet<String> = scan.wanted().filter(|wanted| is_single(wanted)).filter_map(api).collect();
    let several = scan.wanted().filter(|wanted| wanted.last_text(BESIDE.text()).is_some());
    let found = several.filter_map(|wanted| Some((api(wanted)?, address(scan, wanted)?)));
    found.filter(|(api, _)| !single.contains(api)).collect()
}

/// All versions of one API, each with its name as what tells it apart. Those that are wanted come with their specifications.
async fn beside(client: &ReadClient, scan: &Scan<'_>, address: &Attributes) -> Result<Vec<Remote>, Error> {
    let (region, path) = ApiVersion::COLLECTION.url(address)?;
    // If the API was deleted, its versions are gone with it.
    let listed = if_there(client.list(&region, &path).await)?.unwrap_or_default();
    let versions = listed.into_iter().map(async |version| {
        let mut address = address.clone();
        address.insert(BESIDE.text().to_owned(), version["version"].clone());
        with_content::<ApiVersion>(client, scan, &address, version, BESIDE.text()).await
    });
    Ok(try_join_all(versions).await?.into_iter().flatten().collect())
}

/// The current version of one API. It is not read if the list of APIs shows that it is unchanged since the last
/// apply, and the configuration wants it unchanged.
async fn current(client: &ReadClient, scan: &Scan<'_>, wanted: &Wanted<'_>) -> Result<Option<Remote>, Error> {
    let (Some(address), Some(api)) = (address(scan, wanted), wanted.last_text(API_ID.text())) else {
        return Ok(None);
    };
    let Some(listed) = scan.object(Api::SCHEMA.type_name, &api) else {
        return first(client, &address).await;
    };
    let current = |name: &str| listed.attributes.get(name).and_then(Value::as_str);
    let Some(id) = current(CURRENT_VERSION) else { return Ok(None) };
    if let Some(mut unchanged) = unchanged(wanted, id, current(CURRENT_VERSION_UPDATED)) {
        // It may have been one of several before.
        unchanged.attributes.remove(BESIDE.text());
        return Ok(Some(unchanged));
    }
    get(client, &address, id).await
}

/// The version of an API that was not listed before, as when the fate of a lost create is found out.
async fn first(client: &ReadClient, address: &Attributes) -> Result<Option<Remote>, Error> {
    let (region, path) = ApiVersion::COLLECTION.url(address)?;
    // If the API was deleted, its versions are gone with it.
    let listed = if_there(client.list(&region, &path).await)?.unwrap_or_default();
    let Some(first) = listed.first() else { return Ok(None) };
    let id = ApiVersion::COLLECTION.remote(address, first)?.id;
    get(client, address, &id).await
}

/// One version with its specification, which lists leave out. `None` if it was deleted after the list was read.
async fn get(client: &ReadClient, address: &Attributes, id: &str) -> Result<Option<Remote>, Error> {
    let (region, path) = ApiVersion::COLLECTION.object_url(address, id)?;
    let version = if_there(client.get(&region, &path).await)?;
    version.map(|json| ApiVersion::read(address, json)).transpose()
}
