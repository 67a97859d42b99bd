//! `team_user`: a person's membership of a team (`identity-v3`, `/teams/{teamId}/users`).

use async_trait::async_trait;
use serde_json::Value;

use super::team::Team;
use super::user::User;
use crate::konnect::client::{ReadClient, WriteClient};
use crate::konnect::collection::{Collection, text};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Watch};
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// A membership. Konnect cannot change one in place.
    TeamUser = "team_user" {
        TEAM_ID: Attribute::plain("team_id").forces_replacement().in_address(),
        USER_ID: Attribute::plain("user_id").forces_replacement().inside("/id"),
    }
    natural_key: &[TEAM_ID.text(), USER_ID.text()],
    reads_after: &[Team::SCHEMA.type_name, User::SCHEMA.type_name],
    ..PLAIN
}

/// Everything that is said of memberships.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::TeamAnd,
    reader: reader::<TeamUser>,
    writer: Some(writer::<TeamUser>),
    watch: &[Watch::Access {
        gained: "joins the team",
        changed: "joins the team again, as another user",
        lost: "leaves the team",
        shown: &[],
    }],
    generate: Generate::Read {
        plural: "the members of teams",
        listing: Listing::Below { parent: Team::SCHEMA, attribute: TEAM_ID.text(), with_parents: false },
        part: Some(Part::Membership),
        unmanaged: None,
    },
};

#[async_trait]
impl Resource for TeamUser {
    const COLLECTION: Collection = Collection::new(&SCHEMA, "/v3/teams/{team_id}/users");

    /// The list is of people: a membership has no id of its own.
    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        let user = Self::COLLECTION.remote(address, &json)?;
        let id = format!("{}/{}", text(&user.attributes, TEAM_ID.text())?, user.id);
        Ok(Remote { id, ..user })
    }

    /// Memberships are in the list only.
    async fn read_one(_: &ReadClient, _: &str, _: &Attributes) -> Result<Option<Remote>, Error> {
        Ok(None)
    }

    /// The answer has no body.
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.url(planned)?;
        let body = Self::body(planned)?;
        client.post(&region, &path, &body).await?;
        Self::read(planned, body)
    }

    async fn delete(client: &WriteClient, _: &str, prior: &Attributes) -> Result<(), Error> {
        let (region, path) = Self::COLLECTION.object_url(prior, text(prior, USER_ID.text())?)?;
        client.delete(&region, &path).await
    }
}
