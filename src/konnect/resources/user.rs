//! `user`: a person in the organization (`identity-v3`, `/users` and `/invites`). People are invited, and never
//! deleted: who leaves the configuration is forgotten.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::remote;
use crate::konnect::client::{GLOBAL, ReadClient, WriteClient, encode};
use engine::refresh::Scan;
use engine::schema::OnRemoval;
use engine::{Attribute, Attributes, Error, ErrorKind, Reader, Remote, Schema, Writer};

/// What the engine knows of users.
pub static SCHEMA: Schema = Schema {
    type_name: "user",
    natural_key: &["email"],
    on_removal: OnRemoval::Forget,
    attributes: &[Attribute::plain("email")],
    ..Schema::PLAIN
};

/// Users over a client.
pub struct User<C>(pub C);

const PATH: &str = "/v3/users";

/// Addresses of people are compared in lower case, which is how Konnect keeps them.
fn user(mut json: Value) -> Result<Remote, Error> {
    if let Some(email) = json["email"].as_str() {
        json["email"] = email.to_lowercase().into();
    }
    remote(&SCHEMA, GLOBAL, json)
}

#[async_trait]
impl Reader for User<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        self.0.list(GLOBAL, PATH).await?.into_iter().map(user).collect()
    }
}

impl User<WriteClient> {
    /// The person with that address. The filter only shortens the list: whom it lets through is looked at, since
    /// who is found here gets into teams.
    async fn find(&self, email: &str) -> Result<Option<Remote>, Error> {
        let path = format!("{PATH}?filter%5Bemail%5D%5Beq%5D={}", encode(email));
        for json in self.0.reader().list(GLOBAL, &path).await? {
            let found = user(json)?;
            if found.attributes.get("email").and_then(Value::as_str) == Some(email) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl Writer for User<WriteClient> {
    /// The invitation's answer has no body: the person is found in the list afterwards.
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let email = super::text(planned, "email")?;
        let invited = self.0.post(GLOBAL, "/v3/invites", &json!({ "email": email })).await;
        let found = match invited {
            // Somebody else invited the person meanwhile: as good as done.
            Err(error) if error.kind == ErrorKind::Conflict => self.find(email).await?.ok_or(error)?,
            other => {
                other?;
                self.find(email).await?.ok_or_else(|| {
                    let cause = format!("{email} was invited, but is not among the users of the organization yet");
                    Error::new(ErrorKind::Unexpected, "read the invited user", cause).help("apply again in a moment")
                })?
            }
        };
        Ok(found)
    }

    async fn delete(&self, id: &str, _: &Attributes) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Refused, format!("delete the user {id}"), "koctl never deletes people"))
    }
}
