//! The account that requests are sent with.

use secrecy::SecretString;

/// The Konnect of one organization, with its credentials.
#[derive(Debug, Clone)]
pub struct Account {
    /// The organization, as the configuration calls it.
    pub organization: String,
    /// Its access token.
    pub token: SecretString,
    /// The source of the token, for messages: `the variable KONGAIRLINES_KONNECT_TOKEN`.
    pub token_source: String,
    /// The address with `{region}` in it.
    pub url: String,
}
