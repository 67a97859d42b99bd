//! Addresses of stores that cannot be used.

use std::fmt;

use transport::suspect;

use crate::Error;

/// Environment variables, which have what an address leaves out: credentials above all. Those of the process, or of a
/// test.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The forms of an address, one for each kind of store, in the order of messages.
pub(crate) const FORMS: &[&str] = &[
    "file:DIR",
    "github://OWNER/REPOSITORY/BRANCH",
    "s3://BUCKET/PREFIX",
    "gs://BUCKET/PREFIX",
    "az://CONTAINER/PREFIX",
    "postgres://USER@HOST/DATABASE",
    "https://HOST/PATH",
];

/// Why a URL opens no backend.
#[derive(Debug)]
pub enum OpenError {
    /// The text does not name a store.
    Address(AddressError),
    /// The store cannot keep documents.
    Store(Error),
}

/// An error in the address of a store. It shows the address without what may be secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressError {
    address: String,
    reason: String,
    help: String,
}

impl AddressError {
    /// The address `url` cannot be used for `reason`. The next step is to write one of the forms.
    pub(crate) fn new(url: &str, reason: impl Into<String>) -> Self {
        let (first, others) = (FORMS[0], FORMS[1..].iter().map(|form| format!(", `{form}`")).collect::<String>());
        let help = format!("Name a store as `{first}`{others}; `file:.koctl/state` is the one without `--state`.");
        Self { address: masked(url), reason: reason.into(), help }
    }

    /// The same with another next step.
    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// The address, masked.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The reason why it cannot be used.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// One thing to do about it, as a sentence.
    pub fn next_step(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot open the store `{}`: {}", self.address, self.reason)
    }
}

impl std::error::Error for AddressError {}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Address(error) => error.fmt(f),
            OpenError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<AddressError> for OpenError {
    fn from(error: AddressError) -> Self {
        OpenError::Address(error)
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        OpenError::Store(error)
    }
}

/// True if the address `url` has something that may be secret: a password, or a parameter that is not a setting of its
/// store. Such an address must not be written into a file.
#[must_use]
pub fn carries_secret(url: &str) -> bool {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let rest = match place.split_once(':') {
        Some(("file", _)) | None => None,
        Some((_, rest)) => Some(rest.trim_start_matches('/')),
    };
    let login = rest.and_then(|rest| rest.rsplit_once('@')).map(|(login, _)| login);
    let is_setting = |pair: &str| SETTINGS.contains(&pair.split('=').next().unwrap_or_default());
    let has_other = parameters.split(['&', '#']).any(|pair| !pair.is_empty() && !is_setting(pair));
    login.is_some_and(|login| login.contains(':')) || has_other
}

/// The parameters of addresses that are no secrets: those of PostgreSQL, and of HTTP.
const SETTINGS: &[&str] = &[
    "host",
    "schema",
    "sslmode",
    "sslrootcert",
    "allow_http",
    "lock_address",
    "lock_method",
    "unlock_address",
    "unlock_method",
    "update_method",
    "username",
];

/// An address without its password and its query, which may be secret. The text may be malformed, so a password is
/// assumed to be as long as possible.
pub(crate) fn masked(url: &str) -> String {
    let (url, query) = match url.split_once(['?', '#']) {
        Some((url, _)) => (url, "?…"),
        None => (url, ""),
    };
    // Without a kind of store, it may be a token in the wrong place.
    let Some((scheme, rest)) = url.split_once("://") else {
        // With a slash too few, what is before the last `@` may be a password all the same.
        let login = url.split_once(':').filter(|(scheme, _)| *scheme != "file");
        return match login.and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
            Some((scheme, place)) => format!("{scheme}:…@{place}{query}"),
            None => suspect::without(url) + query,
        };
    };
    match rest.rsplit_once('@') {
        Some((login, place)) => {
            let user = login.split_once(':').map_or(login, |(user, _)| user);
            let password = if user.len() < login.len() { ":…" } else { "" };
            format!("{scheme}://{user}{password}@{place}{query}")
        }
        None => format!("{scheme}://{rest}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_an_address_with_a_password_or_an_unknown_parameter_carries_a_secret() {
        for url in [
            "file:.koctl/state",
            "github://Acme/platform/koctl-state",
            "s3://states/a@b",
            "postgres://ada@db/platform?sslmode=require&schema=acme",
            "https://ada@host/state?lock_method=POST&username=ada",
        ] {
            assert!(!carries_secret(url), "{url}");
        }
        for url in [
            "postgres://ada:sesame@db/platform",
            "postgres://ada@db/platform?sslpassword=sesame",
            "https://ada:sesame@host/state",
            "https://host/state?token=sesame",
            "az://states?sv=1&sig=sesame",
        ] {
            assert!(carries_secret(url), "{url}");
        }
    }
}
