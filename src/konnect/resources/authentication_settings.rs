//! `authentication_settings`: how people sign in to the organization, and how they get into teams (`identity-v3`,
//! `/authentication-settings`, with the switch `enabled` of `/identity-providers`).
//!
//! A method of single sign-on has two switches in Konnect: one here, and one at its identity provider. It works only
//! with both, and one identity provider can be active at a time. This type answers for both, because only together
//! can they be turned such that somebody can sign in after every single request.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{identity_provider, known};
use crate::konnect::client::{GLOBAL, ReadClient, WriteClient};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::schema::OnRemoval;
use engine::{Attribute, Attributes, Error, ErrorKind, Reader, Remote, Schema, Writer};

/// What the engine knows of authentication settings: one object, which always exists. It is forgotten and not reset
/// when it leaves the configuration.
///
/// `oidc_auth_enabled` and `saml_auth_enabled` are true where people can sign in that way: where both switches are on.
/// `oidc_provider_id` and `saml_provider_id` are the ids of the identity providers that they sign in with.
pub static SCHEMA: Schema = Schema {
    type_name: "authentication_settings",
    on_removal: OnRemoval::Forget,
    attributes: &[
        Attribute::plain("basic_auth_enabled"),
        Attribute::plain("oidc_auth_enabled"),
        Attribute::plain("saml_auth_enabled"),
        Attribute::plain("idp_mapping_enabled"),
        Attribute::plain("konnect_mapping_enabled"),
        Attribute::plain("oidc_provider_id"),
        Attribute::plain("saml_provider_id"),
    ],
    ..Schema::PLAIN
};

/// Authentication settings over a client.
pub struct AuthenticationSettings<C>(pub C);

const PATH: &str = "/v3/authentication-settings";
/// The settings have no id of their own.
const ID: &str = "authentication-settings";
/// The switch of Konnect's own sign-in.
const BASIC: &str = "basic_auth_enabled";
/// What the settings themselves hold.
const SWITCHES: &[&str] =
    &[BASIC, "oidc_auth_enabled", "saml_auth_enabled", "idp_mapping_enabled", "konnect_mapping_enabled"];

/// A method of single sign-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Oidc,
    Saml,
}

impl Method {
    const ALL: [Self; 2] = [Self::Oidc, Self::Saml];

    /// The method of an identity provider.
    pub(super) fn of(provider_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.provider_type() == provider_type)
    }

    fn provider_type(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Saml => "saml",
        }
    }

    fn switch(self) -> &'static str {
        match self {
            Self::Oidc => "oidc_auth_enabled",
            Self::Saml => "saml_auth_enabled",
        }
    }

    fn provider_id(self) -> &'static str {
        match self {
            Self::Oidc => "oidc_provider_id",
            Self::Saml => "saml_provider_id",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Oidc => Self::Saml,
            Self::Saml => Self::Oidc,
        }
    }
}

/// Everything that decides who can sign in, as it is now.
pub(super) struct SignIn {
    settings: Value,
    providers: Vec<Value>,
}

impl SignIn {
    /// Reads it.
    pub(super) async fn read(client: &ReadClient) -> Result<Self, Error> {
        let (settings, providers) =
            futures::future::try_join(client.get(GLOBAL, PATH), client.list_bare(GLOBAL, identity_provider::PATH))
                .await?;
        Ok(Self { settings, providers })
    }

    fn provider(&self, method: Method) -> Option<&Value> {
        self.providers.iter().find(|provider| provider["type"] == method.provider_type())
    }

    fn is_on(&self, switch: &str) -> bool {
        self.settings[switch] == true
    }

    /// Whether people can sign in by single sign-on of this kind.
    fn works(&self, method: Method) -> bool {
        self.is_on(method.switch()) && self.provider(method).is_some_and(|provider| provider["enabled"] == true)
    }

    fn remote(&self) -> Remote {
        let mut json = self.settings.clone();
        for method in Method::ALL {
            json[method.switch()] = self.works(method).into();
            json[method.provider_id()] = self.provider(method).map(|provider| provider["id"].clone()).into();
        }
        Remote { id: ID.to_owned(), attributes: known(&SCHEMA, &json) }
    }

    /// Changes switches of the settings, where that changes anything.
    async fn set(&mut self, client: &WriteClient, switches: &Map<String, Value>) -> Result<(), Error> {
        if switches.iter().any(|(name, value)| self.settings[name] != *value) {
            self.settings = client.patch(GLOBAL, PATH, &Value::Object(switches.clone())).await?;
        }
        Ok(())
    }

    /// Turns one switch of the settings, where it is not there yet.
    async fn turn(&mut self, client: &WriteClient, switch: &str, on: bool) -> Result<(), Error> {
        self.set(client, &Map::from_iter([(switch.to_owned(), on.into())])).await
    }

    /// Turns the switch of an identity provider, where there is one and it is not there yet.
    async fn turn_provider(&mut self, client: &WriteClient, method: Method, on: bool) -> Result<(), Error> {
        let of_method = |provider: &&mut Value| provider["type"] == method.provider_type();
        let Some(provider) = self.providers.iter_mut().find(of_method).filter(|found| found["enabled"] != on) else {
            return Ok(());
        };
        let id = provider["id"].as_str().unwrap_or_default();
        *provider = client.patch(GLOBAL, &identity_provider::path(id), &json!({ "enabled": on })).await?;
        Ok(())
    }

    /// Takes a method out of use because its identity provider goes.
    ///
    /// # Errors
    /// Where nobody could sign in then. Nothing was changed.
    pub(super) async fn leave(&mut self, client: &WriteClient, method: Method) -> Result<(), Error> {
        if !self.is_on(method.switch()) {
            return Ok(());
        }
        if !self.is_on(BASIC) && !self.works(method.other()) {
            let attempted = format!("delete the {} identity provider", method.provider_type());
            let error = Error::new(ErrorKind::Refused, attempted, "people have no other way to sign in");
            return Err(error.help("set `authorization.built-in.enabled: true` and apply that first"));
        }
        self.turn(client, method.switch(), false).await
    }

    /// Brings the switches to what `wanted` says: a new method first, then the settings, then what is left of an old
    /// method. One identity provider can be active at a time: where one takes over from another while Konnect's own
    /// sign-in is off, that is on in between.
    async fn bring(&mut self, client: &WriteClient, wanted: &Attributes) -> Result<(), Error> {
        let is = |switch: &str, on: bool| wanted.get(switch).and_then(Value::as_bool) == Some(on);
        let had_basic = self.is_on(BASIC);
        for method in Method::ALL.into_iter().filter(|method| is(method.switch(), true)) {
            let other = method.other();
            if self.provider(other).is_some_and(|provider| provider["enabled"] == true) {
                if self.is_on(other.switch()) {
                    self.turn(client, BASIC, true).await?;
                    self.turn(client, other.switch(), false).await?;
                }
                self.turn_provider(client, other, false).await?;
            }
            self.turn_provider(client, method, true).await?;
        }
        let switches = SWITCHES.iter().filter_map(|name| Some(((*name).to_owned(), wanted.get(*name)?.clone())));
        let mut switches: Map<String, Value> = switches.collect();
        switches.entry(BASIC).or_insert(had_basic.into());
        self.set(client, &switches).await?;
        for method in Method::ALL.into_iter().filter(|method| is(method.switch(), false)) {
            self.turn_provider(client, method, false).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Reader for AuthenticationSettings<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        Ok(vec![SignIn::read(&self.0).await?.remote()])
    }
}

impl AuthenticationSettings<WriteClient> {
    /// What is there is read just before: the plan may be older, and a request too many could lock people out.
    async fn bring(&self, wanted: &Attributes) -> Result<Remote, Error> {
        let mut sign_in = SignIn::read(self.0.reader()).await?;
        sign_in.bring(&self.0, wanted).await?;
        Ok(sign_in.remote())
    }
}

#[async_trait]
impl Writer for AuthenticationSettings<WriteClient> {
    /// They always exist; a plan that was made without looking may not know.
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        self.bring(planned).await
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        self.bring(update.after).await
    }

    async fn delete(&self, _: &str, _: &Attributes) -> Result<(), Error> {
        let cause = "an organization always has them";
        Err(Error::new(ErrorKind::Refused, "delete the authentication settings", cause))
    }
}
