//! `identity_provider`: the service by which people sign in with OpenID Connect or SAML (`identity-v3`,
//! `/identity-providers`). [`authentication_settings`](super::authentication_settings) switch it on and off.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::sign_in::{Method, PROVIDERS, Place, SignIn};
use crate::konnect::client::WriteClient;
use crate::konnect::collection::{Collection, Paging, text};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::resource::Update;
use engine::schema::Location;
use engine::{Attributes, Error, Remote, Schema};

engine::schema! {
    /// An identity provider. There is one of each `type`, `oidc` or `saml`, which cannot be changed.
    IdentityProvider = "identity_provider" {
        KIND: Attribute::plain("type").forces_replacement(),
        /// The document allows no `null` (schema `UpdateIdentityProvider`).
        LOGIN_PATH: Attribute::plain("login_path").blank_as(""),
        ISSUER_URL: Attribute::plain("issuer_url").inside("/config/issuer_url"),
        CLIENT_ID: Attribute::plain("client_id").inside("/config/client_id"),
        CLIENT_SECRET: Attribute::write_only("client_secret").inside("/config/client_secret"),
        SCOPES: Attribute::plain("scopes").inside("/config/scopes").defaults_to(default_scopes),
        CLAIM_MAPPINGS: Attribute::plain("claim_mappings").inside("/config/claim_mappings").defaults_to(default_claims),
        IDP_METADATA_URL: Attribute::plain("idp_metadata_url").inside("/config/idp_metadata_url"),
    }
    natural_key: &[KIND.text()],
    guarded: true,
    ..PLAIN
}

/// Everything that is said of identity providers.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: reader::<IdentityProvider>,
    writer: Some(writer::<IdentityProvider>),
    watch: &[Watch::Access {
        gained: "a further way to sign in",
        changed: "a way to sign in changes",
        lost: "a way to sign in is gone",
        shown: &[KIND.text(), ISSUER_URL.text(), IDP_METADATA_URL.text()],
    }],
    generate: Generate::Read {
        plural: "the identity providers",
        listing: Listing::Global,
        part: Some(Part::Authorization),
        unmanaged: Some(Unmanaged {
            reason: "how people sign in is not described",
            below: &[],
            title: &[Title::Attribute(KIND.text())],
        }),
    },
};

/// The default of the document (schema `OIDCIdentityProviderScopes`).
pub(super) fn default_scopes() -> Value {
    json!(["email", "openid", "profile"])
}

/// The same (schema `OIDCIdentityProviderClaimMappings`).
pub(super) fn default_claims() -> Value {
    json!({ "name": "name", "email": "email", "groups": "groups" })
}

/// True for attributes that Konnect nests under `config`.
fn is_nested(schema: &Schema, name: &str) -> bool {
    schema.attribute(name).is_some_and(|attribute| matches!(attribute.location, Location::Inside(_)))
}

/// As [`Resource::create`]. A new provider is not in use yet.
pub(super) async fn create<T: Resource>(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
    let (region, path) = T::COLLECTION.url(planned)?;
    let mut body = T::body(planned)?;
    body["enabled"] = false.into();
    T::read(planned, client.post(&region, &path, &body).await?)
}

/// As [`Resource::update`]. The documents do not say whether a `config` is merged with the present one: it is sent whole,
/// with the secret.
pub(super) async fn update<T: Resource>(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
    let (region, path) = T::COLLECTION.object_url(update.after, update.id)?;
    let is_nested = |name: &str| is_nested(T::COLLECTION.schema(), name);
    let mut attributes = update.changes();
    if update.changed.iter().any(|name| is_nested(name)) {
        attributes.extend(update.after.clone().into_iter().filter(|(name, _)| is_nested(name)));
    }
    T::read(update.after, client.patch(&region, &path, &T::body(&attributes)?).await?)
}

#[async_trait]
impl Resource for IdentityProvider {
    const COLLECTION: Collection = Collection::new(&SCHEMA, PROVIDERS).paged(Paging::Bare);

    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        create::<Self>(client, planned).await
    }

    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        self::update::<Self>(client, update).await
    }

    /// A method that people sign in with is taken out of use before its provider is deleted, unless it is the only one.
    async fn delete(client: &WriteClient, id: &str, prior: &Attributes) -> Result<(), Error> {
        if let Some(method) = Method::of(text(prior, KIND.text())?) {
            SignIn::read(client.reader(), Place::organization()).await?.leave(client, method).await?;
        }
        let (region, path) = Self::COLLECTION.object_url(prior, id)?;
        client.delete(&region, &path).await
    }
}
