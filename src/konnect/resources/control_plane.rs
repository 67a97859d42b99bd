//! `control_plane`: a gateway's control plane in a region (`control-planes-v2`, `/control-planes`).

use async_trait::async_trait;
use serde_json::Value;

use super::{body, lift, list_regions, remote, text};
use crate::konnect::client::{ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of control planes.
pub static SCHEMA: Schema = Schema {
    type_name: "control_plane",
    natural_key: &["region", "name"],
    guarded: true,
    environment_in_key: true,
    attributes: &[
        Attribute::plain("region").forces_replacement(),
        Attribute::plain("name"),
        Attribute::plain("description"),
        Attribute::plain("cluster_type").forces_replacement(),
        Attribute::labels("labels"),
    ],
    ..Schema::PLAIN
};

/// Control planes over a client.
pub struct ControlPlane<C>(pub C);

const PATH: &str = "/v2/control-planes";

/// Konnect takes the cluster type at the top of a request and gives it back under `config`.
fn control_plane(region: &str, mut json: Value) -> Result<Remote, Error> {
    lift(&mut json, "/config/cluster_type", "cluster_type");
    // Konnect has two words for serverless; a control plane with the other one is as wanted.
    if json["cluster_type"] == "CLUSTER_TYPE_SERVERLESS_V1" {
        json["cluster_type"] = "CLUSTER_TYPE_SERVERLESS".into();
    }
    remote(&SCHEMA, region, json)
}

#[async_trait]
impl Reader for ControlPlane<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let listed = list_regions(&self.0, scan, PATH).await?;
        listed.into_iter().map(|(region, json)| control_plane(&region, json)).collect()
    }
}

#[async_trait]
impl Writer for ControlPlane<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let region = text(planned, "region")?;
        let body = body(planned, &["name", "description", "cluster_type", "labels"]);
        control_plane(region, self.0.post(region, PATH, &body).await?)
    }

    /// Labels are replaced as a whole here: the document allows no `null` among them. So those that others set are
    /// read just before, and sent along.
    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let region = text(update.after, "region")?;
        let path = format!("{PATH}/{}", update.id);
        let mut body = body(&update.changes(), &["name", "description", "labels"]);
        if let Some(Value::Object(labels)) = body.get_mut("labels") {
            let now = self.0.reader().get(region, &path).await?;
            let ours = |key: &String| update.before.get("labels").is_some_and(|before| before.get(key).is_some());
            for (key, value) in now["labels"].as_object().into_iter().flatten().filter(|(key, _)| !ours(key)) {
                labels.entry(key).or_insert_with(|| value.clone());
            }
        }
        control_plane(region, self.0.patch(region, &path, &body).await?)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        self.0.delete(text(prior, "region")?, &format!("{PATH}/{id}")).await
    }
}
