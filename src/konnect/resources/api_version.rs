//! `api_version`: the specification of an API (`api-builder-v3`, `/apis/{apiId}/versions`). koctl manages one
//! version an API, the current one, and changes it in place.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::api::{CURRENT_VERSION, CURRENT_VERSION_UPDATED};
use super::{id, if_there, lift, text};
use crate::konnect::client::{ReadClient, WriteClient};
use engine::refresh::{Scan, Wanted};
use engine::resource::Update;
use engine::value::digest;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of an API's specification.
pub static SCHEMA: Schema = Schema {
    type_name: "api_version",
    natural_key: &["region", "api_id"],
    reads_after: &["api"],
    environment_in_key: true,
    attributes: &[
        Attribute::plain("region").forces_replacement(),
        Attribute::plain("api_id").forces_replacement(),
        Attribute::plain("version"),
        Attribute::text("content"),
        Attribute::computed("updated_at"),
    ],
    ..Schema::PLAIN
};

/// Specifications over a client.
pub struct ApiVersion<C>(pub C);

fn version(region: &str, api: &str, mut json: Value) -> Result<Remote, Error> {
    let id = id(&SCHEMA, &json)?;
    json["region"] = region.into();
    json["api_id"] = api.into();
    lift(&mut json, "/spec/content", "content");
    Ok(Remote { id, attributes: super::known(&SCHEMA, &json) })
}

impl ApiVersion<ReadClient> {
    /// The current version of one API. What the list of APIs shows to be unchanged since the last apply, and is
    /// wanted as it was, is not asked for.
    async fn current(&self, scan: &Scan<'_>, wanted: &Wanted<'_>) -> Result<Option<Remote>, Error> {
        let (Some(region), Some(api)) = (wanted.last_text("region"), wanted.last_text("api_id")) else {
            return Ok(None);
        };
        let Some(listed) = scan.object("api", &api) else {
            return self.first(&region, &api).await;
        };
        let current = |name: &str| listed.attributes.get(name).and_then(Value::as_str);
        let Some(id) = current(CURRENT_VERSION) else { return Ok(None) };
        if let Some(unchanged) = unchanged(wanted, id, current(CURRENT_VERSION_UPDATED)) {
            return Ok(Some(unchanged));
        }
        let json = self.0.get(&region, &format!("/v3/apis/{api}/versions/{id}")).await?;
        version(&region, &api, json).map(Some)
    }

    /// The version of an API that was not listed before, as when the fate of a lost create is found out.
    async fn first(&self, region: &str, api: &str) -> Result<Option<Remote>, Error> {
        let path = format!("/v3/apis/{api}/versions");
        let found = if_there(self.0.list(region, &path).await)?;
        let Some(first) = found.first() else { return Ok(None) };
        let json = self.0.get(region, &format!("{path}/{}", id(&SCHEMA, first)?)).await?;
        version(region, api, json).map(Some)
    }
}

/// The version as the state remembers it, if the server has not touched it since and the same is wanted.
fn unchanged(wanted: &Wanted<'_>, id: &str, updated_at: Option<&str>) -> Option<Remote> {
    let state = wanted.state.filter(|state| state.id == id)?;
    if state.attributes.get("updated_at").and_then(Value::as_str) != Some(updated_at?) {
        return None;
    }
    let mut attributes = state.attributes.clone();
    if wanted.sets("content") {
        let content = wanted.text("content")?;
        if state.attributes.get("content") != Some(&digest(&content)) {
            return None;
        }
        attributes.insert("content".to_owned(), content.into());
    }
    Some(Remote { id: id.to_owned(), attributes })
}

#[async_trait]
impl Reader for ApiVersion<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let versions = scan.wanted().map(|wanted| self.current(scan, wanted));
        Ok(try_join_all(versions).await?.into_iter().flatten().collect())
    }
}

fn request(attributes: &Attributes) -> Value {
    let mut request = json!({});
    if let Some(content) = attributes.get("content") {
        request["spec"] = json!({ "content": content });
    }
    if let Some(version) = attributes.get("version") {
        request["version"] = version.clone();
    }
    request
}

#[async_trait]
impl Writer for ApiVersion<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let (region, api) = (text(planned, "region")?, text(planned, "api_id")?);
        let path = format!("/v3/apis/{api}/versions");
        version(region, api, self.0.post(region, &path, &request(planned)).await?)
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let (region, api) = (text(update.after, "region")?, text(update.after, "api_id")?);
        let path = format!("/v3/apis/{api}/versions/{}", update.id);
        version(region, api, self.0.patch(region, &path, &request(&update.changes())).await?)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        let (region, api) = (text(prior, "region")?, text(prior, "api_id")?);
        self.0.delete(region, &format!("/v3/apis/{api}/versions/{id}")).await
    }
}
