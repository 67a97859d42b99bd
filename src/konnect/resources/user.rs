//! `user`: a person in the organization (`identity-v3`, `/users` and `/invites`). People are invited, and never
//! deleted: who leaves the configuration is removed from the state only.

use async_trait::async_trait;
use serde_json::Value;

use crate::konnect::client::{GLOBAL, WriteClient};
use crate::konnect::collection::{Collection, text};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::schema::OnRemoval;
use engine::{Attributes, Error, ErrorKind, Remote};
use transport::encode::segment;

engine::schema! {
    /// A person in the organization.
    User = "user" {
        EMAIL: Attribute::plain("email"),
    }
    natural_key: &[EMAIL.text()],
    on_removal: OnRemoval::Forget,
    ..PLAIN
}

/// Everything that is said of users.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: reader::<User>,
    writer: Some(writer::<User>),
    watch: &[Watch::Access { gained: "is invited", changed: "is changed", lost: "is deleted", shown: &[] }],
    generate: Generate::Read {
        plural: "the users",
        listing: Listing::Global,
        part: Some(Part::User),
        unmanaged: Some(Unmanaged {
            reason: "the user is in no team of the configuration",
            below: &[],
            title: &[Title::Attribute(EMAIL.text())],
        }),
    },
};

const PATH: &str = "/v3/users";

/// The person with that address. The filter only shortens the list. Each address in it is compared, because the person
/// who is found here is added to teams.
async fn find(client: &WriteClient, email: &str) -> Result<Option<Remote>, Error> {
    let path = format!("{PATH}?filter%5Bemail%5D%5Beq%5D={}", segment(email));
    for json in client.reader().list(GLOBAL, &path).await? {
        let found = User::read(&Attributes::new(), json)?;
        if found.attributes.get(EMAIL.text()).and_then(Value::as_str) == Some(email) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

#[async_trait]
impl Resource for User {
    const COLLECTION: Collection = Collection::new(&SCHEMA, PATH);

    /// Addresses are compared in lower case, which is how Konnect keeps them.
    fn read(address: &Attributes, mut json: Value) -> Result<Remote, Error> {
        if let Some(email) = json[EMAIL.text()].as_str() {
            json[EMAIL.text()] = email.to_lowercase().into();
        }
        Self::COLLECTION.remote(address, &json)
    }

    /// The answer to an invitation has no body: the person is found in the list afterwards.
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        let email = text(planned, EMAIL.text())?;
        match client.post(GLOBAL, "/v3/invites", &Self::body(planned)?).await {
            // Someone else invited the person since the plan was made.
            Err(error) if error.kind == ErrorKind::Conflict => find(client, email).await?.ok_or(error),
            other => {
                other?;
                find(client, email).await?.ok_or_else(|| {
                    let cause = format!("{email} was invited, but is not among the users of the organization yet");
                    Error::new(ErrorKind::Unexpected, "read the invited user", cause).help("apply again in a moment")
                })
            }
        }
    }

    async fn delete(_: &WriteClient, id: &str, _: &Attributes) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Refused, format!("delete the user {id}"), "koctl never deletes people"))
    }
}
