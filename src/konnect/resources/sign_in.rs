//! The switches that decide who can sign in, of the settings and of the identity providers: to an organization, and to a
//! developer portal. The types of both read and write them: [`authentication_settings`](super::authentication_settings)
//! and [`identity_provider`](super::identity_provider),
//! [`portal_authentication_settings`](super::portal_authentication_settings) and
//! [`portal_identity_provider`](super::portal_identity_provider).

use serde_json::{Map, Value, json};

use crate::konnect::client::{GLOBAL, ReadClient, WriteClient};
use crate::konnect::collection::{Url, if_there};
use engine::{Attributes, Error, ErrorKind};

/// The authentication settings of an organization.
pub(super) const SETTINGS: &str = "/v3/authentication-settings";
/// The identity providers of an organization.
pub(super) const PROVIDERS: &str = "/v3/identity-providers";
/// The switch of Konnect's own sign-in.
const BASIC: &str = "basic_auth_enabled";
/// The switches of the settings themselves.
const SWITCHES: &[&str] =
    &[BASIC, "oidc_auth_enabled", "saml_auth_enabled", "idp_mapping_enabled", "konnect_mapping_enabled"];

/// Where the switches are.
#[derive(Debug, Clone)]
pub(super) struct Place {
    region: String,
    settings: String,
    providers: String,
    /// True if the settings have a switch for each method, beside that of its identity provider.
    switches_methods: bool,
}

impl Place {
    /// The sign-in to an organization.
    pub(super) fn organization() -> Self {
        let (region, settings, providers) = (GLOBAL.to_owned(), SETTINGS.to_owned(), PROVIDERS.to_owned());
        Self { region, settings, providers, switches_methods: true }
    }

    /// The sign-in to a portal, whose document deprecates the switches of the settings in favour of those of the identity
    /// providers (schema `PortalAuthenticationSettingsUpdateRequest`).
    pub(super) fn portal((region, settings): Url, (_, providers): Url) -> Self {
        Self { region, settings, providers, switches_methods: false }
    }

    /// True if the settings here have this switch.
    fn has(&self, switch: &str) -> bool {
        self.switches_methods || Method::ALL.iter().all(|method| method.switch() != switch)
    }
}

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

/// Everything that decides who can sign in, as Konnect has it.
pub(super) struct SignIn {
    place: Place,
    settings: Value,
    providers: Vec<Value>,
}

impl SignIn {
    /// Reads it.
    pub(super) async fn read(client: &ReadClient, place: Place) -> Result<Self, Error> {
        let settings = client.get(&place.region, &place.settings);
        let providers = client.list_bare(&place.region, &place.providers);
        let (settings, providers) = futures::future::try_join(settings, providers).await?;
        Ok(Self { place, settings, providers })
    }

    fn provider(&self, method: Method) -> Option<&Value> {
        self.providers.iter().find(|provider| provider["type"] == method.provider_type())
    }

    fn is_on(&self, switch: &str) -> bool {
        self.settings[switch] == true
    }

    /// True if the identity provider of this method is enabled.
    fn is_enabled(&self, method: Method) -> bool {
        self.provider(method).is_some_and(|provider| provider["enabled"] == true)
    }

    /// True if people can sign in by this method.
    fn works(&self, method: Method) -> bool {
        self.is_enabled(method) && (!self.place.switches_methods || self.is_on(method.switch()))
    }

    /// The settings with the ids of the identity providers. A method is enabled if both of its switches are on.
    pub(super) fn settings(&self) -> Value {
        let mut json = self.settings.clone();
        for method in Method::ALL {
            json[method.switch()] = self.works(method).into();
            json[method.provider_id()] = self.provider(method).map(|provider| provider["id"].clone()).into();
        }
        json
    }

    /// Changes switches of the settings, if they differ.
    async fn set(&mut self, client: &WriteClient, switches: &Map<String, Value>) -> Result<(), Error> {
        if switches.iter().any(|(name, value)| self.settings[name] != *value) {
            let Place { region, settings, .. } = &self.place;
            self.settings = client.patch(region, settings, &Value::Object(switches.clone())).await?;
        }
        Ok(())
    }

    /// Turns one switch of the settings, if it differs.
    async fn turn(&mut self, client: &WriteClient, switch: &str, on: bool) -> Result<(), Error> {
        self.set(client, &Map::from_iter([(switch.to_owned(), on.into())])).await
    }

    /// Turns the switch of an identity provider, if there is one and its switch differs. One that is gone is off.
    async fn turn_provider(&mut self, client: &WriteClient, method: Method, on: bool) -> Result<(), Error> {
        let of_method = |provider: &&mut Value| provider["type"] == method.provider_type();
        let Some(provider) = self.providers.iter_mut().find(of_method).filter(|found| found["enabled"] != on) else {
            return Ok(());
        };
        let id = provider["id"].as_str().unwrap_or_default();
        let path = format!("{}/{id}", self.place.providers);
        let changed = client.patch(&self.place.region, &path, &json!({ "enabled": on })).await;
        if on {
            *provider = changed?;
        } else if let Some(changed) = if_there(changed)? {
            *provider = changed;
        } else {
            // It was deleted since it was read: nobody signs in with it any more.
            self.providers.retain(|provider| provider["type"] != method.provider_type());
        }
        Ok(())
    }

    /// Takes a method of an organization out of use because its identity provider is about to be deleted.
    ///
    /// # Errors
    /// If people could not sign in afterwards. Nothing was changed then.
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

    /// Turns the switches as `wanted` says: a new method first, then the settings, then the rest of an old method. One
    /// identity provider can be active at a time: when one takes over from another while Konnect's own sign-in is off,
    /// that is on in between.
    pub(super) async fn bring(&mut self, client: &WriteClient, wanted: &Attributes) -> Result<(), Error> {
        let is = |switch: &str, on: bool| wanted.get(switch).and_then(Value::as_bool) == Some(on);
        let had_basic = self.is_on(BASIC);
        for method in Method::ALL.into_iter().filter(|method| is(method.switch(), true)) {
            let other = method.other();
            if self.is_enabled(other) {
                if self.works(other) {
                    self.turn(client, BASIC, true).await?;
                    if self.place.has(other.switch()) {
                        self.turn(client, other.switch(), false).await?;
                    }
                }
                self.turn_provider(client, other, false).await?;
            }
            self.turn_provider(client, method, true).await?;
        }
        let here = SWITCHES.iter().filter(|name| self.place.has(name));
        let switches = here.filter_map(|name| Some(((*name).to_owned(), wanted.get(*name)?.clone())));
        let mut switches: Map<String, Value> = switches.collect();
        switches.entry(BASIC).or_insert(had_basic.into());
        self.set(client, &switches).await?;
        for method in Method::ALL.into_iter().filter(|method| is(method.switch(), false)) {
            self.turn_provider(client, method, false).await?;
        }
        Ok(())
    }
}
