//! `portal`: a developer portal in a region (`portal-management-v3`, `/portals`).

use async_trait::async_trait;

use super::{body, changes, list_regions, remote, text};
use crate::konnect::client::{ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of portals.
pub static SCHEMA: Schema = Schema {
    type_name: "portal",
    natural_key: &["region", "name"],
    guarded: true,
    environment_in_key: true,
    attributes: &[
        Attribute::plain("region").forces_replacement(),
        Attribute::plain("name"),
        Attribute::plain("display_name"),
        Attribute::plain("authentication_enabled"),
        Attribute::plain("default_api_visibility"),
        Attribute::plain("default_page_visibility"),
        Attribute::labels("labels"),
    ],
    ..Schema::PLAIN
};

/// Portals over a client.
pub struct Portal<C>(pub C);

const PATH: &str = "/v3/portals";
const WRITABLE: &[&str] =
    &["name", "display_name", "authentication_enabled", "default_api_visibility", "default_page_visibility", "labels"];

#[async_trait]
impl Reader for Portal<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let listed = list_regions(&self.0, scan, PATH).await?;
        listed.into_iter().map(|(region, json)| remote(&SCHEMA, &region, json)).collect()
    }
}

#[async_trait]
impl Writer for Portal<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let region = text(planned, "region")?;
        remote(&SCHEMA, region, self.0.post(region, PATH, &body(planned, WRITABLE)).await?)
    }

    /// A new portal gets Konnect's default pages, once; by its document, what is there already stays as it is. What
    /// is in the portal afterwards belongs to its authors.
    async fn complete(&self, made: &Remote) -> Result<(), Error> {
        let region = text(&made.attributes, "region")?;
        self.0.post_repeatable(region, &format!("{PATH}/{}/default-content", made.id)).await.map(drop)
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let region = text(update.after, "region")?;
        let body = changes(&SCHEMA, update, WRITABLE);
        remote(&SCHEMA, region, self.0.patch(region, &format!("{PATH}/{}", update.id), &body).await?)
    }

    /// Without `force`: a portal in which others have published stays, and Konnect says so.
    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        self.0.delete(text(prior, "region")?, &format!("{PATH}/{id}")).await
    }
}
