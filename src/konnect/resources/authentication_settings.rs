//! `authentication_settings`: how people sign in to the organization, and how they get into teams (`identity-v3`,
//! `/authentication-settings`, with the switch `enabled` of `/identity-providers`).
//!
//! A method of single sign-on has two switches in Konnect: one here, and one at its identity provider. It needs both, and
//! one identity provider can be active at a time. This type manages both, so that people can sign in after every single
//! request.

use async_trait::async_trait;

use super::sign_in::{Place, SETTINGS, SignIn};
use crate::konnect::client::{ReadClient, WriteClient};
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Watch};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::schema::OnRemoval;
use engine::{Attributes, Error, ErrorKind, Remote};

engine::schema! {
    /// The authentication settings: one object, which always exists. It is removed from the state, and not reset, when it
    /// leaves the configuration.
    AuthenticationSettings = "authentication_settings" {
        BASIC_AUTH_ENABLED: Attribute::plain("basic_auth_enabled"),
        /// True if people can sign in that way: if both switches are on.
        OIDC_AUTH_ENABLED: Attribute::plain("oidc_auth_enabled"),
        /// The same for SAML.
        SAML_AUTH_ENABLED: Attribute::plain("saml_auth_enabled"),
        IDP_MAPPING_ENABLED: Attribute::plain("idp_mapping_enabled"),
        KONNECT_MAPPING_ENABLED: Attribute::plain("konnect_mapping_enabled"),
        /// The id of the identity provider that people sign in with.
        OIDC_PROVIDER_ID: Attribute::plain("oidc_provider_id"),
        /// The same for SAML.
        SAML_PROVIDER_ID: Attribute::plain("saml_provider_id"),
    }
    on_removal: OnRemoval::Forget,
    ..PLAIN
}

/// Everything that is said of authentication settings.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: reader::<AuthenticationSettings>,
    writer: Some(writer::<AuthenticationSettings>),
    watch: &[Watch::Access {
        gained: "how people sign in is set",
        changed: "how people sign in changes",
        lost: "how people sign in is no longer set",
        shown: &[],
    }],
    generate: Generate::Read {
        plural: "the authentication settings",
        listing: Listing::Global,
        part: Some(Part::Authorization),
        unmanaged: None,
    },
};

/// The settings have no id of their own.
const ID: &str = "authentication-settings";

fn remote(sign_in: &SignIn) -> Remote {
    let json = sign_in.settings();
    Remote { id: ID.to_owned(), attributes: AuthenticationSettings::COLLECTION.attributes(&Attributes::new(), &json) }
}

/// Reads everything just before: the plan may be older, and a request too many could lock people out.
async fn bring(client: &WriteClient, wanted: &Attributes) -> Result<Remote, Error> {
    let mut sign_in = SignIn::read(client.reader(), Place::organization()).await?;
    sign_in.bring(client, wanted).await?;
    Ok(remote(&sign_in))
}

#[async_trait]
impl Resource for AuthenticationSettings {
    const COLLECTION: Collection = Collection::new(&SCHEMA, SETTINGS);

    async fn list(client: &ReadClient, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        Ok(vec![remote(&SignIn::read(client, Place::organization()).await?)])
    }

    /// They always exist, which a plan that was made without looking may not know.
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        bring(client, planned).await
    }

    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        bring(client, update.after).await
    }

    async fn delete(_: &WriteClient, _: &str, _: &Attributes) -> Result<(), Error> {
        let cause = "an organization always has them";
        Err(Error::new(ErrorKind::Refused, "delete the authentication settings", cause))
    }
}
