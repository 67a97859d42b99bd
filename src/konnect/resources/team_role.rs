//! `team_role`: a role that a team has on a control plane (`identity-v3`, `/teams/{teamId}/assigned-roles`).

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::Value;

use super::{body, id, if_there, known, text};
use crate::konnect::client::{GLOBAL, ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of assigned roles. Konnect cannot change one in place.
pub static SCHEMA: Schema = Schema {
    type_name: "team_role",
    natural_key: &["team_id", "role_name", "entity_id"],
    reads_after: &["team", "control_plane"],
    environment_in_key: true,
    attributes: &[
        Attribute::plain("team_id").forces_replacement(),
        Attribute::plain("role_name").forces_replacement(),
        Attribute::plain("entity_id").forces_replacement(),
        Attribute::plain("entity_type_name").forces_replacement(),
        Attribute::plain("entity_region").forces_replacement(),
    ],
    ..Schema::PLAIN
};

/// Assigned roles over a client.
pub struct TeamRole<C>(pub C);

fn role(team: &str, mut json: Value) -> Result<Remote, Error> {
    json["team_id"] = team.into();
    Ok(Remote { id: id(&SCHEMA, &json)?, attributes: known(&SCHEMA, &json) })
}

#[async_trait]
impl Reader for TeamRole<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let teams = scan.distinct(["team_id"]).into_iter().map(async |[team]| {
            // The team was deleted outside koctl, and its roles with it.
            let roles = if_there(self.0.list_unpaged(GLOBAL, &format!("/v3/teams/{team}/assigned-roles")).await)?;
            roles.into_iter().map(|json| role(&team, json)).collect::<Result<Vec<_>, Error>>()
        });
        Ok(try_join_all(teams).await?.into_iter().flatten().collect())
    }
}

#[async_trait]
impl Writer for TeamRole<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let team = text(planned, "team_id")?;
        let body = body(planned, &["role_name", "entity_id", "entity_type_name", "entity_region"]);
        role(team, self.0.post(GLOBAL, &format!("/v3/teams/{team}/assigned-roles"), &body).await?)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        let team = text(prior, "team_id")?;
        self.0.delete(GLOBAL, &format!("/v3/teams/{team}/assigned-roles/{id}")).await
    }
}
