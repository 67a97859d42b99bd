//! `team_user`: a person's membership of a team (`identity-v3`, `/teams/{teamId}/users`).

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::json;

use super::{id, if_there, text};
use crate::konnect::client::{GLOBAL, ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of memberships.
pub static SCHEMA: Schema = Schema {
    type_name: "team_user",
    natural_key: &["team_id", "user_id"],
    reads_after: &["team", "user"],
    attributes: &[Attribute::plain("team_id").forces_replacement(), Attribute::plain("user_id").forces_replacement()],
    ..Schema::PLAIN
};

/// Memberships over a client.
pub struct TeamUser<C>(pub C);

/// A membership has no id of its own.
fn membership(team: &str, user: &str) -> Remote {
    let attributes = [("team_id".to_owned(), team.into()), ("user_id".to_owned(), user.into())];
    Remote { id: format!("{team}/{user}"), attributes: attributes.into() }
}

#[async_trait]
impl Reader for TeamUser<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let teams = scan.distinct(["team_id"]).into_iter().map(async |[team]| {
            // The team was deleted outside koctl, and its memberships with it.
            let users = if_there(self.0.list(GLOBAL, &format!("/v3/teams/{team}/users")).await)?;
            users.iter().map(|user| Ok(membership(&team, &id(&SCHEMA, user)?))).collect::<Result<Vec<_>, Error>>()
        });
        Ok(try_join_all(teams).await?.into_iter().flatten().collect())
    }
}

#[async_trait]
impl Writer for TeamUser<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let (team, user) = (text(planned, "team_id")?, text(planned, "user_id")?);
        self.0.post(GLOBAL, &format!("/v3/teams/{team}/users"), &json!({ "id": user })).await?;
        Ok(membership(team, user))
    }

    async fn delete(&self, _: &str, prior: &Attributes) -> Result<(), Error> {
        let (team, user) = (text(prior, "team_id")?, text(prior, "user_id")?);
        self.0.delete(GLOBAL, &format!("/v3/teams/{team}/users/{user}")).await
    }
}
