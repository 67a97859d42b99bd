//! `api_publication`: an API in a portal (`api-builder-v3`, `/api-publications` and
//! `/apis/{apiId}/publications/{portalId}`).

use async_trait::async_trait;
use serde_json::{Value, json};

use super::api::Api;
use super::portal::Portal;
use crate::konnect::client::{ReadClient, WriteClient};
use crate::konnect::collection::{Collection, text};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Opening, Part, Title, Unmanaged, Watch};
use engine::resource::Update;
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// An API in a portal.
    ApiPublication = "api_publication" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        API_ID: Attribute::plain("api_id").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        VISIBILITY: Attribute::plain("visibility"),
        /// The one of `auth_strategy_ids`, which has at most one. `null` if applications need no authentication (schema
        /// `ApiPublicationAuthStrategyIds`).
        AUTH_STRATEGY_ID: Attribute::plain("auth_strategy_id").answered_inside("/auth_strategy_ids/0").nullable(),
    }
    natural_key: &[REGION.text(), API_ID.text(), PORTAL_ID.text()],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of publications.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndService,
    reader: reader::<ApiPublication>,
    writer: Some(writer::<ApiPublication>),
    watch: &[
        Watch::Opens { attribute: VISIBILITY.text(), to: Opening::Text("public"), effect: "everyone sees the API" },
        Watch::Opens {
            attribute: AUTH_STRATEGY_ID.text(),
            to: Opening::Nothing,
            effect: "applications no longer identify themselves to the API",
        },
        Watch::Link {
            cut: "the API is taken out of the portal",
            moved: "the API is taken out of the portal before it is published again",
        },
    ],
    generate: Generate::Read {
        plural: "the publications of APIs",
        listing: Listing::Regions { except: &[] },
        part: Some(Part::Api),
        unmanaged: Some(Unmanaged {
            reason: "an API is published to the portal of its environment alone",
            below: &[(Api::SCHEMA, API_ID.text())],
            title: &[
                Title::NameOf(Api::SCHEMA, API_ID.text()),
                Title::Text(" in "),
                Title::NameOf(Portal::SCHEMA, PORTAL_ID.text()),
            ],
        }),
    },
};

/// Fields that others set on a publication. A request replaces the whole publication, so it repeats these.
const OTHERS: &[&str] = &["auto_approve_registrations", AUTH_STRATEGY_IDS];
/// The list of which the configuration sets the one item.
const AUTH_STRATEGY_IDS: &str = "auth_strategy_ids";

async fn put(client: &WriteClient, attributes: &Attributes, others: &Value) -> Result<Remote, Error> {
    let (region, path) = ApiPublication::COLLECTION.url(attributes)?;
    let mut body = ApiPublication::COLLECTION.body(attributes);
    for name in OTHERS {
        if let Some(value) = others.get(*name) {
            body[*name] = value.clone();
        }
    }
    if let Some(strategy) = body.as_object_mut().and_then(|body| body.remove(AUTH_STRATEGY_ID.text())) {
        body[AUTH_STRATEGY_IDS] = if strategy.is_null() { Value::Null } else { json!([strategy]) };
    }
    ApiPublication::read(attributes, client.put(&region, &path, &body).await?)
}

/// An API has one publication in a portal, which has no id of its own: the path of the collection is that of the object.
#[async_trait]
impl Resource for ApiPublication {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/apis/{api_id}/publications/{portal_id}").listed_at("/v3/api-publications");

    fn is_listed(json: &Value) -> bool {
        json["entity_type"] != "api_package"
    }

    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        let attributes = Self::COLLECTION.attributes(address, &json);
        let id = format!("{}/{}", text(&attributes, API_ID.text())?, text(&attributes, PORTAL_ID.text())?);
        Ok(Remote { id, attributes })
    }

    async fn read_one(client: &ReadClient, _: &str, known: &Attributes) -> Result<Option<Remote>, Error> {
        let Ok((region, path)) = Self::COLLECTION.url(known) else { return Ok(None) };
        Self::read_at(client, &region, &path, known).await
    }

    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        put(client, planned, &Value::Null).await
    }

    /// Fields that others set are read just before: the plan may be older, or made from the state alone.
    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.url(update.after)?;
        let now = client.reader().get(&region, &path).await?;
        put(client, update.after, &now).await
    }

    async fn delete(client: &WriteClient, _: &str, prior: &Attributes) -> Result<(), Error> {
        let (region, path) = Self::COLLECTION.url(prior)?;
        client.delete(&region, &path).await
    }
}
