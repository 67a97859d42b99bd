//! `api_publication`: an API in a portal (`api-builder-v3`, `/api-publications` and
//! `/apis/{apiId}/publications/{portalId}`).

use async_trait::async_trait;
use serde_json::Value;

use super::{body, known, list_regions, text};
use crate::konnect::client::{ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of publications.
pub static SCHEMA: Schema = Schema {
    type_name: "api_publication",
    natural_key: &["region", "api_id", "portal_id"],
    environment_in_key: true,
    attributes: &[
        Attribute::plain("region").forces_replacement(),
        Attribute::plain("api_id").forces_replacement(),
        Attribute::plain("portal_id").forces_replacement(),
        Attribute::plain("visibility"),
    ],
    ..Schema::PLAIN
};

/// Publications over a client.
pub struct ApiPublication<C>(pub C);

/// What others set on a publication. A PUT replaces the whole, so these are sent along.
const OTHERS: &[&str] = &["auto_approve_registrations", "auth_strategy_ids"];

fn publication(region: &str, api: &str, portal: &str, mut json: Value) -> Remote {
    json["region"] = region.into();
    json["api_id"] = api.into();
    json["portal_id"] = portal.into();
    Remote { id: format!("{api}/{portal}"), attributes: known(&SCHEMA, &json) }
}

fn path(attributes: &Attributes) -> Result<String, Error> {
    Ok(format!("/v3/apis/{}/publications/{}", text(attributes, "api_id")?, text(attributes, "portal_id")?))
}

#[async_trait]
impl Reader for ApiPublication<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let listed = list_regions(&self.0, scan, "/v3/api-publications").await?;
        let of_apis = listed.into_iter().filter(|(_, json)| json["entity_type"] != "api_package");
        let ends = |json: &Value, name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let publications = of_apis.map(|(region, json)| {
            let (api, portal) = (ends(&json, "api_id"), ends(&json, "portal_id"));
            publication(&region, &api, &portal, json)
        });
        Ok(publications.collect())
    }
}

impl ApiPublication<WriteClient> {
    async fn put(&self, attributes: &Attributes, others: &Value) -> Result<Remote, Error> {
        let (region, api, portal) =
            (text(attributes, "region")?, text(attributes, "api_id")?, text(attributes, "portal_id")?);
        let mut request = body(attributes, &["visibility"]);
        for name in OTHERS {
            if let Some(value) = others.get(*name) {
                request[*name] = value.clone();
            }
        }
        let json = self.0.put(region, &path(attributes)?, &request).await?;
        Ok(publication(region, api, portal, json))
    }
}

#[async_trait]
impl Writer for ApiPublication<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        self.put(planned, &Value::Null).await
    }

    /// What others set is read just before: the plan may be older, or made from the state alone.
    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let now = self.0.reader().get(text(update.after, "region")?, &path(update.after)?).await?;
        self.put(update.after, &now).await
    }

    async fn delete(&self, _: &str, prior: &Attributes) -> Result<(), Error> {
        self.0.delete(text(prior, "region")?, &path(prior)?).await
    }
}
