//! `team`: a team of the organization (`identity-v3`, `/teams`). System teams are Konnect's own and left alone.

use async_trait::async_trait;

use super::{body, changes, remote};
use crate::konnect::client::{GLOBAL, ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of teams.
pub static SCHEMA: Schema = Schema {
    type_name: "team",
    natural_key: &["name"],
    guarded: true,
    attributes: &[Attribute::plain("name"), Attribute::plain("description"), Attribute::labels("labels")],
    ..Schema::PLAIN
};

/// Teams over a client.
pub struct Team<C>(pub C);

/// The collection.
pub(super) const PATH: &str = "/v3/teams";
const WRITABLE: &[&str] = &["name", "description", "labels"];

#[async_trait]
impl Reader for Team<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let teams = self.0.list(GLOBAL, PATH).await?;
        let ours = teams.into_iter().filter(|team| team["system_team"] != true);
        ours.map(|team| remote(&SCHEMA, GLOBAL, team)).collect()
    }
}

#[async_trait]
impl Writer for Team<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let made = self.0.post(GLOBAL, PATH, &body(planned, WRITABLE)).await?;
        remote(&SCHEMA, GLOBAL, made)
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let path = format!("{PATH}/{}", update.id);
        remote(&SCHEMA, GLOBAL, self.0.patch(GLOBAL, &path, &changes(&SCHEMA, update, WRITABLE)).await?)
    }

    async fn delete(&self, id: &str, _: &Attributes) -> Result<(), Error> {
        self.0.delete(GLOBAL, &format!("{PATH}/{id}")).await
    }
}
