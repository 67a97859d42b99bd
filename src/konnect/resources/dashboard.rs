//! `dashboard`: charts of how APIs are used (`analytics-dashboards-v2`, `/dashboards`). Each region has its own, over
//! what was measured there.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{list_regions, remote, text};
use crate::konnect::client::{ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attribute, Attributes, Error, ErrorKind, Reader, Remote, Schema, Writer};

/// What the engine knows of dashboards. `definition` is the JSON document that the API has as an object: a text, so
/// that a plan shows what changes in it line by line.
pub static SCHEMA: Schema = Schema {
    type_name: "dashboard",
    natural_key: &["region", "name"],
    attributes: &[
        Attribute::plain("region").forces_replacement(),
        Attribute::plain("name"),
        Attribute::text("definition").generated(),
        Attribute::labels("labels"),
    ],
    ..Schema::PLAIN
};

/// Dashboards over a client.
pub struct Dashboard<C>(pub C);

const PATH: &str = "/v2/dashboards";

/// As a text, keys in alphabetical order.
fn dashboard(region: &str, mut json: Value) -> Result<Remote, Error> {
    json["definition"] = format!("{:#}\n", json["definition"]).into();
    remote(&SCHEMA, region, json)
}

/// The whole of it: an update replaces what is there.
fn request(attributes: &Attributes) -> Result<Value, Error> {
    let definition: Value = serde_json::from_str(text(attributes, "definition")?)
        .map_err(|error| Error::new(ErrorKind::Refused, "prepare the request", format!("no definition: {error}")))?;
    let labels = attributes.get("labels").cloned().unwrap_or_else(|| json!({}));
    Ok(json!({ "name": text(attributes, "name")?, "definition": definition, "labels": labels }))
}

#[async_trait]
impl Reader for Dashboard<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let listed = list_regions(&self.0, scan, PATH).await?;
        listed.into_iter().map(|(region, json)| dashboard(&region, json)).collect()
    }
}

#[async_trait]
impl Writer for Dashboard<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let region = text(planned, "region")?;
        dashboard(region, self.0.post(region, PATH, &request(planned)?).await?)
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let region = text(update.after, "region")?;
        dashboard(region, self.0.put(region, &format!("{PATH}/{}", update.id), &request(update.after)?).await?)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        self.0.delete(text(prior, "region")?, &format!("{PATH}/{id}")).await
    }
}
