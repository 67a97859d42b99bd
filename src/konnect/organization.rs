//! The organization that a token opens (`identity-v3`, `/organizations/me`).

use serde::Deserialize;

use super::client::{GLOBAL, ReadClient};
use engine::state::Owner;
use engine::{Error, ErrorKind};

const PATH: &str = "/v3/organizations/me";

/// The fields of the answer that identify the organization.
#[derive(Deserialize)]
struct MeOrganization {
    id: String,
    #[serde(default)]
    name: String,
}

/// Asks which organization the token of `client` opens.
///
/// # Errors
/// If it cannot be asked, or the answer does not say.
pub async fn organization(client: &ReadClient) -> Result<Owner, Error> {
    let answer = client.get(GLOBAL, PATH).await?;
    match serde_json::from_value(answer) {
        Ok(MeOrganization { id, name }) if !id.is_empty() => Ok(Owner { id, name }),
        Ok(_) => Err(unidentified("its `id` is empty")),
        Err(error) => Err(unidentified(&client.without_token(&error))),
    }
}

fn unidentified(cause: &str) -> Error {
    let cause = format!("the answer to {PATH} does not say it: {cause}");
    Error::new(ErrorKind::Unexpected, "find out which organization the token opens", cause)
        .help("check that KOCTL_KONNECT_URL is the address of Konnect")
}
