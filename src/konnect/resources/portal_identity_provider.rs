//! `portal_identity_provider`: the service by which developers sign in to a portal with OpenID Connect or SAML
//! (`portal-management-v3`, `/portals/{portalId}/identity-providers`).
//! [`portal_authentication_settings`](super::portal_authentication_settings) switch it on and off.

use async_trait::async_trait;

use super::identity_provider::{self, default_claims, default_scopes};
use super::portal::Portal;
use crate::konnect::client::WriteClient;
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::resource::Update;
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// An identity provider of a portal. There is one of each `type`, `oidc` or `saml`, which cannot be changed. The
    /// defaults are those of organizations (schema `OIDCIdentityProviderConfig`, which both documents have).
    PortalIdentityProvider = "portal_identity_provider" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        KIND: Attribute::plain("type").forces_replacement(),
        ISSUER_URL: Attribute::plain("issuer_url").inside("/config/issuer_url"),
        CLIENT_ID: Attribute::plain("client_id").inside("/config/client_id"),
        CLIENT_SECRET: Attribute::write_only("client_secret").inside("/config/client_secret"),
        SCOPES: Attribute::plain("scopes").inside("/config/scopes").defaults_to(default_scopes),
        CLAIM_MAPPINGS: Attribute::plain("claim_mappings").inside("/config/claim_mappings").defaults_to(default_claims),
        IDP_METADATA_URL: Attribute::plain("idp_metadata_url").inside("/config/idp_metadata_url"),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text(), KIND.text()],
    reads_after: &[Portal::SCHEMA.type_name],
    guarded: true,
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of identity providers of portals.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAnd,
    reader: reader::<PortalIdentityProvider>,
    writer: Some(writer::<PortalIdentityProvider>),
    watch: &[Watch::Access {
        gained: "a further way for developers to sign in",
        changed: "a way for developers to sign in changes",
        lost: "a way for developers to sign in is gone",
        shown: &[KIND.text(), ISSUER_URL.text(), IDP_METADATA_URL.text()],
    }],
    generate: Generate::Read {
        plural: "the identity providers of portals",
        listing: Listing::Below { parent: Portal::SCHEMA, attribute: PORTAL_ID.text(), with_parents: false },
        part: Some(Part::PortalAuthorization),
        unmanaged: Some(Unmanaged {
            reason: "how developers sign in is not described",
            below: &[(Portal::SCHEMA, PORTAL_ID.text())],
            title: &[
                Title::Attribute(KIND.text()),
                Title::Text(" of "),
                Title::NameOf(Portal::SCHEMA, PORTAL_ID.text()),
            ],
        }),
    },
};

#[async_trait]
impl Resource for PortalIdentityProvider {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/portals/{portal_id}/identity-providers").paged(Paging::Bare);

    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        identity_provider::create::<Self>(client, planned).await
    }

    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        identity_provider::update::<Self>(client, update).await
    }
}
