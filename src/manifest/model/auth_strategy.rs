//! The keys under `auth-strategies`: how applications identify themselves to APIs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The word that stands for no strategy, so that no strategy can have it as its key.
pub const NO_STRATEGY: &str = "none";

/// A way in which applications identify themselves to APIs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AuthStrategy {
    /// What applications identify themselves with. It cannot be changed: another type replaces the strategy.
    pub strategy_type: StrategyType,
    /// The name in Konnect, which is unique in the region. Without it, the key, followed by `-` and the environment in
    /// environments of type DEV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name that developers see. Without it, the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The headers in which an application may send its key, for `key_auth`. Without it, `apikey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_names: Option<Vec<String>>,
    /// The longest time for which a key is valid, for `key_auth`: a number of `days`, `weeks` or `years`, as in `90 days`.
    /// Without it, keys do not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
    /// The address of the identity provider of applications, for `openid_connect`, which needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The claim of a token that names the application, for `openid_connect`, with a claim inside a claim as a further
    /// item. Without it, `client_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_claim: Option<Vec<String>>,
    /// The scopes that are asked for, for `openid_connect`. Without it, `openid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The ways in which an application may present itself, as Kong's plugin calls them, for `openid_connect`. Without it,
    /// `bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_methods: Option<Vec<String>>,
    /// Labels, beside those that koctl sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl AuthStrategy {
    /// The default of `key-names`.
    pub const KEY_NAMES: &[&str] = &["apikey"];
    /// The default of `credential-claim`.
    pub const CREDENTIAL_CLAIM: &[&str] = &["client_id"];
    /// The default of `scopes`.
    pub const SCOPES: &[&str] = &["openid"];
    /// The default of `auth-methods`.
    pub const AUTH_METHODS: &[&str] = &["bearer"];

    /// A strategy without optional keys.
    #[must_use]
    pub fn new(strategy_type: StrategyType) -> Self {
        let (name, display_name, key_names, ttl, issuer) = Default::default();
        let (credential_claim, scopes, auth_methods, labels) = Default::default();
        Self {
            strategy_type,
            name,
            display_name,
            key_names,
            ttl,
            issuer,
            credential_claim,
            scopes,
            auth_methods,
            labels,
        }
    }
}

/// What applications identify themselves with, as Konnect calls it (`application-auth-strategies-v2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StrategyType {
    /// With a key that the portal gives them.
    KeyAuth,
    /// With a token of an identity provider.
    OpenidConnect,
}

impl StrategyType {
    /// The type as in the manifest and in Konnect.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyAuth => "key_auth",
            Self::OpenidConnect => "openid_connect",
        }
    }
}

/// A time for which keys are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl {
    /// How many units, at least 1.
    pub value: u32,
    /// The unit, as in Konnect.
    pub unit: &'static str,
}

impl Ttl {
    /// The units, as in Konnect.
    const UNITS: [&str; 3] = ["days", "weeks", "years"];

    /// Reads a time such as `90 days`. `None` if it is not a valid one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (value, unit) = text.split_once(' ')?;
        let unit = Self::UNITS.into_iter().find(|known| *known == unit || known.strip_suffix('s') == Some(unit))?;
        value.parse().ok().filter(|value| *value > 0).map(|value| Self { value, unit })
    }
}

#[cfg(test)]
mod tests {
    use super::Ttl;

    #[test]
    fn a_time_is_a_number_from_one_and_a_unit() {
        assert_eq!(Ttl::parse("90 days"), Some(Ttl { value: 90, unit: "days" }));
        assert_eq!(Ttl::parse("1 year"), Some(Ttl { value: 1, unit: "years" }));
        for wrong in ["", "90", "days", "0 days", "-1 days", "1.5 weeks", "90  days", "3 months"] {
            assert_eq!(Ttl::parse(wrong), None, "{wrong}");
        }
    }
}
