//! `api`: an API of the catalog in a region (`api-builder-v3`, `/apis`).

use async_trait::async_trait;
use serde_json::Value;

use super::{body, changes, list_regions, remote, text};
use crate::konnect::client::{ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of APIs.
pub static SCHEMA: Schema = Schema {
    type_name: "api",
    natural_key: &["region", "name", "version"],
    guarded: true,
    environment_in_key: true,
    attributes: &[
        Attribute::plain("region").forces_replacement(),
        Attribute::plain("name"),
        Attribute::plain("version").nullable(),
        Attribute::plain("description").nullable(),
        Attribute::labels("labels"),
    ],
    ..Schema::PLAIN
};

/// APIs over a client.
pub struct Api<C>(pub C);

/// Where a list of APIs tells the id of the current version; no attribute of the resource.
pub(super) const CURRENT_VERSION: &str = "current_version_id";
/// Where it tells when that version changed last.
pub(super) const CURRENT_VERSION_UPDATED: &str = "current_version_updated_at";

const PATH: &str = "/v3/apis";
const WRITABLE: &[&str] = &["name", "version", "description", "labels"];

#[async_trait]
impl Reader for Api<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// Keeps of the current version what tells whether it changed, so that an unchanged specification costs no
    /// request of its own.
    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let listed = list_regions(&self.0, scan, PATH).await?;
        let api = |(region, mut json): (String, Value)| {
            let current = json.get_mut("current_version_summary").map(Value::take).unwrap_or_default();
            let mut api = remote(&SCHEMA, &region, json)?;
            api.attributes.entry("version".to_owned()).or_insert(Value::Null);
            for (name, field) in [(CURRENT_VERSION, "id"), (CURRENT_VERSION_UPDATED, "updated_at")] {
                api.attributes.insert(name.to_owned(), current[field].clone());
            }
            Ok(api)
        };
        listed.into_iter().map(api).collect()
    }
}

#[async_trait]
impl Writer for Api<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let region = text(planned, "region")?;
        remote(&SCHEMA, region, self.0.post(region, PATH, &body(planned, WRITABLE)).await?)
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let region = text(update.after, "region")?;
        let body = changes(&SCHEMA, update, WRITABLE);
        remote(&SCHEMA, region, self.0.patch(region, &format!("{PATH}/{}", update.id), &body).await?)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        self.0.delete(text(prior, "region")?, &format!("{PATH}/{id}")).await
    }
}
