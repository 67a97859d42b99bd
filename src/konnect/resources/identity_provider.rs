//! `identity_provider`: where people sign in who do so by OpenID Connect or SAML (`identity-v3`,
//! `/identity-providers`). Whether it is in use is up to [`authentication_settings`](super::authentication_settings).

use async_trait::async_trait;
use serde_json::Value;

use super::authentication_settings::{Method, SignIn};
use super::{body, lift, remote, text};
use crate::konnect::client::{GLOBAL, ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attribute, Attributes, Error, Reader, Remote, Schema, Writer};

/// What the engine knows of identity providers: one of each `type`, `oidc` or `saml`, which cannot be changed.
pub static SCHEMA: Schema = Schema {
    type_name: "identity_provider",
    natural_key: &["type"],
    guarded: true,
    attributes: &[
        Attribute::plain("type").forces_replacement(),
        Attribute::plain("login_path"),
        Attribute::plain("issuer_url"),
        Attribute::plain("client_id"),
        Attribute::write_only("client_secret"),
        Attribute::plain("scopes"),
        Attribute::plain("claim_mappings"),
        Attribute::plain("idp_metadata_url"),
    ],
    ..Schema::PLAIN
};

/// Identity providers over a client.
pub struct IdentityProvider<C>(pub C);

/// The collection.
pub(super) const PATH: &str = "/v3/identity-providers";
/// What Konnect nests under `config`.
const CONFIG: &[&str] = &["issuer_url", "client_id", "client_secret", "scopes", "claim_mappings", "idp_metadata_url"];

/// One of them.
pub(super) fn path(id: &str) -> String {
    format!("{PATH}/{id}")
}

fn provider(mut json: Value) -> Result<Remote, Error> {
    for name in CONFIG {
        lift(&mut json, &format!("/config/{name}"), name);
    }
    remote(&SCHEMA, GLOBAL, json)
}

#[async_trait]
impl Reader for IdentityProvider<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        self.0.list_bare(GLOBAL, PATH).await?.into_iter().map(provider).collect()
    }
}

#[async_trait]
impl Writer for IdentityProvider<WriteClient> {
    /// It is not in use at first.
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let mut request = body(planned, &["type", "login_path"]);
        request["enabled"] = false.into();
        request["config"] = body(planned, CONFIG);
        provider(self.0.post(GLOBAL, PATH, &request).await?)
    }

    /// The document does not say whether a `config` is merged with what is there: it is sent whole, with the secret.
    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let mut request = body(&update.changes(), &["login_path"]);
        if update.changed.iter().any(|name| CONFIG.contains(&name.as_str())) {
            request["config"] = body(update.after, CONFIG);
        }
        provider(self.0.patch(GLOBAL, &path(update.id), &request).await?)
    }

    /// A method that people sign in with is taken out of use before its provider goes, unless it is the only one.
    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        if let Some(method) = Method::of(text(prior, "type")?) {
            SignIn::read(self.0.reader()).await?.leave(&self.0, method).await?;
        }
        self.0.delete(GLOBAL, &path(id)).await
    }
}
