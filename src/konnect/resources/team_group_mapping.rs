//! `team_group_mapping`: the people of a group of the identity provider are in a team (`identity-v3`,
//! `/identity-providers/{idpId}/team-group-mappings`).

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::Value;

use super::{body, id, identity_provider, if_there, known, text};
use crate::konnect::client::{GLOBAL, ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of mappings. Konnect cannot change one in place. Names of groups differ by case.
pub static SCHEMA: Schema = Schema {
    type_name: "team_group_mapping",
    natural_key: &["identity_provider_id", "team_id", "group"],
    reads_after: &["identity_provider", "team", "konnect_team"],
    attributes: &[
        Attribute::plain("identity_provider_id").forces_replacement(),
        Attribute::plain("team_id").forces_replacement(),
        Attribute::plain("group").forces_replacement(),
    ],
    ..Schema::PLAIN
};

/// Mappings over a client.
pub struct TeamGroupMapping<C>(pub C);

fn path(provider: &str) -> String {
    format!("{}/team-group-mappings", identity_provider::path(provider))
}

fn mapping(provider: &str, mut json: Value) -> Result<Remote, Error> {
    json["identity_provider_id"] = provider.into();
    Ok(Remote { id: id(&SCHEMA, &json)?, attributes: known(&SCHEMA, &json) })
}

#[async_trait]
impl Reader for TeamGroupMapping<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let providers = scan.distinct(["identity_provider_id"]).into_iter().map(async |[provider]| {
            // The provider was deleted outside koctl, and its mappings with it.
            let mappings = if_there(self.0.list_by_cursor(GLOBAL, &path(&provider)).await)?;
            mappings.into_iter().map(|json| mapping(&provider, json)).collect::<Result<Vec<_>, Error>>()
        });
        Ok(try_join_all(providers).await?.into_iter().flatten().collect())
    }
}

#[async_trait]
impl Writer for TeamGroupMapping<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let provider = text(planned, "identity_provider_id")?;
        mapping(provider, self.0.post(GLOBAL, &path(provider), &body(planned, &["team_id", "group"])).await?)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        let provider = text(prior, "identity_provider_id")?;
        self.0.delete(GLOBAL, &format!("{}/{id}", path(provider))).await
    }
}
