//! `api_version`: the specification of an API (`api-builder-v3`, `/apis/{apiId}/versions`). koctl manages one
//! version of an API, the current one, and changes it in place.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::Value;

use super::api::{self, Api, CURRENT_VERSION, CURRENT_VERSION_UPDATED};
use crate::konnect::client::ReadClient;
use crate::konnect::collection::{Collection, if_there};
use crate::konnect::content::unchanged;
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
        CONTENT: Attribute::text("content").inside("/spec/content"),
        UPDATED_AT: Attribute::computed("updated_at"),
    }
    natural_key: &[REGION.text(), API_ID.text()],
    reads_after: &[Api::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of specifications.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndService,
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
        let versions = scan.wanted().map(|wanted| current(client, scan, wanted));
        Ok(try_join_all(versions).await?.into_iter().flatten().collect())
    }

    /// It was read by its id already, or is not the current version any more.
    async fn read_one(_: &ReadClient, _: &str, _: &Attributes) -> Result<Option<Remote>, Error> {
        Ok(None)
    }
}

/// The current version of one API. It is not read if the list of APIs shows that it is unchanged since the last
/// apply, and the configuration wants it unchanged.
async fn current(client: &ReadClient, scan: &Scan<'_>, wanted: &Wanted<'_>) -> Result<Option<Remote>, Error> {
    let (Some(region), Some(api)) = (wanted.last_text(REGION.text()), wanted.last_text(API_ID.text())) else {
        return Ok(None);
    };
    let listed = scan.object(Api::SCHEMA.type_name, &api);
    // The API may still be in the region that its environment leaves.
    let region = listed.and_then(|api| api.attributes.get(api::REGION.text()).cloned()).unwrap_or(region.into());
    let address =
        Attributes::from([(REGION.text().to_owned(), region), (API_ID.text().to_owned(), api.as_str().into())]);
    let Some(listed) = listed else {
        return first(client, &address).await;
    };
    let current = |name: &str| listed.attributes.get(name).and_then(Value::as_str);
    let Some(id) = current(CURRENT_VERSION) else { return Ok(None) };
    if let Some(unchanged) = unchanged(wanted, id, current(CURRENT_VERSION_UPDATED)) {
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
