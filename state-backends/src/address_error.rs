//! Addresses of stores that cannot be used.

use std::fmt;

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

/// An address without its password and its query, which may be secret. The text may be malformed, so a password is
/// assumed to be as long as possible.
fn masked(url: &str) -> String {
    let (url, query) = match url.split_once(['?', '#']) {
        Some((url, _)) => (url, "?…"),
        None => (url, ""),
    };
    let Some((scheme, rest)) = url.split_once("://") else { return format!("{url}{query}") };
    match rest.rsplit_once('@') {
        Some((login, place)) => {
            let user = login.split_once(':').map_or(login, |(user, _)| user);
            let password = if user.len() < login.len() { ":…" } else { "" };
            format!("{scheme}://{user}{password}@{place}{query}")
        }
        None => format!("{scheme}://{rest}{query}"),
    }
}
