//! `portal_authentication_settings`: how developers sign in to a portal, and how they get into its teams
//! (`portal-management-v3`, `/portals/{portalId}/authentication-settings`, with the switch `enabled` of
//! `/portals/{portalId}/identity-providers`).
//!
//! A method of single sign-on is switched on at its identity provider, and one of them can be active at a time. This type
//! manages these switches too, so that developers can sign in after every single request.

use async_trait::async_trait;
use futures::future::try_join_all;

use super::portal::Portal;
use super::portal_identity_provider::PortalIdentityProvider;
use super::sign_in::{Place, SignIn};
use crate::konnect::client::{ReadClient, WriteClient};
use crate::konnect::collection::{Collection, Paging, if_there};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::konnect::single;
use crate::resource_type::{Generate, KeyShape, Listing, Part, Watch};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::schema::OnRemoval;
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// The authentication settings of a portal: one object, which always exists. It is removed from the state, and not
    /// reset, when it leaves the configuration.
    PortalAuthenticationSettings = "portal_authentication_settings" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        BASIC_AUTH_ENABLED: Attribute::plain("basic_auth_enabled"),
        /// The switch of the identity provider.
        OIDC_AUTH_ENABLED: Attribute::plain("oidc_auth_enabled"),
        /// The same for SAML.
        SAML_AUTH_ENABLED: Attribute::plain("saml_auth_enabled"),
        IDP_MAPPING_ENABLED: Attribute::plain("idp_mapping_enabled"),
        KONNECT_MAPPING_ENABLED: Attribute::plain("konnect_mapping_enabled"),
        /// The id of the identity provider that developers sign in with.
        OIDC_PROVIDER_ID: Attribute::plain("oidc_provider_id"),
        /// The same for SAML.
        SAML_PROVIDER_ID: Attribute::plain("saml_provider_id"),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text()],
    on_removal: OnRemoval::Forget,
    reads_after: &[Portal::SCHEMA.type_name],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of authentication settings of portals.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Environment,
    reader: reader::<PortalAuthenticationSettings>,
    writer: Some(writer::<PortalAuthenticationSettings>),
    watch: &[Watch::Access {
        gained: "how developers sign in is set",
        changed: "how developers sign in changes",
        lost: "how developers sign in is no longer set",
        shown: &[],
    }],
    generate: Generate::Read {
        plural: "the authentication settings of portals",
        listing: Listing::Below { parent: Portal::SCHEMA, attribute: PORTAL_ID.text(), with_parents: false },
        part: Some(Part::PortalAuthorization),
        unmanaged: None,
    },
};

/// The word in ids.
const PART: &str = "authentication-settings";

/// The switches of the portal at an address.
fn place(address: &Attributes) -> Result<Place, Error> {
    let settings = PortalAuthenticationSettings::COLLECTION.url(address)?;
    Ok(Place::portal(settings, PortalIdentityProvider::COLLECTION.url(address)?))
}

fn remote(address: &Attributes, sign_in: &SignIn) -> Result<Remote, Error> {
    single::read::<PortalAuthenticationSettings>(address, PORTAL_ID.text(), PART, &sign_in.settings())
}

/// Reads everything just before: the plan may be older, and a request too many could lock developers out.
async fn bring(client: &WriteClient, wanted: &Attributes) -> Result<Remote, Error> {
    let mut sign_in = SignIn::read(client.reader(), place(wanted)?).await?;
    sign_in.bring(client, wanted).await?;
    remote(wanted, &sign_in)
}

#[async_trait]
impl Resource for PortalAuthenticationSettings {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/portals/{portal_id}/authentication-settings").paged(Paging::Single);

    async fn list(client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let addresses = Self::COLLECTION.addresses(scan);
        let all = addresses.iter().map(async |address| {
            // Settings of a portal that was deleted outside koctl are deleted with it.
            let sign_in = if_there(SignIn::read(client, place(address)?).await)?;
            sign_in.map(|sign_in| remote(address, &sign_in)).transpose()
        });
        Ok(try_join_all(all).await?.into_iter().flatten().collect())
    }

    /// They exist as soon as their portal does, which a plan that makes the portal does not know.
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        bring(client, planned).await
    }

    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        bring(client, update.after).await
    }

    /// They go with their portal, which another one replaces.
    async fn delete(_: &WriteClient, _: &str, _: &Attributes) -> Result<(), Error> {
        Ok(())
    }
}
