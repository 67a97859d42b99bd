//! Access to GitHub.

use secrecy::SecretString;

/// Address of the API, and credentials.
#[derive(Debug, Clone)]
pub struct Access {
    /// The address of the API.
    pub url: String,
    /// A token; without one, only public repositories can be read.
    pub token: Option<SecretString>,
    /// The source of the token, for messages: `the variable GITHUB_TOKEN`.
    pub token_source: String,
}
