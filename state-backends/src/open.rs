//! From a URL to the backend that it names.

use std::fmt;
use std::sync::Arc;

use crate::{Backend, Directory, Error, GitHub, Http, Objects, Postgres};

/// The variables that an address leaves things to: credentials above all. Those of the process, or of a test.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a user may write, by the kind of place; also the order in which messages list them.
const FORMS: &[&str] = &[
    "file:DIR",
    "github://OWNER/REPOSITORY/BRANCH",
    "s3://BUCKET/PREFIX",
    "gs://BUCKET/PREFIX",
    "az://CONTAINER/PREFIX",
    "postgres://USER@HOST/DATABASE",
    "https://HOST/PATH",
];

/// The backend that `url` names, with what it needs from `variables`. Nothing is created and nobody asked before it
/// is first used.
///
/// # Errors
///
/// [`OpenError::Address`] where the text names no place, and [`OpenError::Store`] where it can be seen already that the
/// place cannot keep documents.
pub fn open(url: &str, variables: Variables<'_>) -> Result<Arc<dyn Backend>, OpenError> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(AddressError::new(url, format!("it has no scheme; for a directory, write `file:{url}`")).into());
    };
    match scheme {
        "file" => Ok(Arc::new(Directory::open(directory(url, rest, variables)?)?)),
        "github" => Ok(Arc::new(GitHub::open(url, variables)?)),
        "s3" | "gs" | "az" => Ok(Arc::new(Objects::open(url, variables)?)),
        "https" | "http" => Ok(Arc::new(Http::open(url, variables)?)),
        "postgres" | "postgresql" => Ok(Arc::new(Postgres::open(url, variables)?)),
        _ => Err(AddressError::new(url, format!("`{scheme}` is not a kind of store that this koctl knows")).into()),
    }
}

/// Why a URL opens no backend.
#[derive(Debug)]
pub enum OpenError {
    /// The text names no place.
    Address(AddressError),
    /// The place cannot keep documents.
    Store(Error),
}

/// What is wrong with the address of a place. The address is told without what may be secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressError {
    address: String,
    reason: String,
    help: String,
}

impl AddressError {
    /// The address `url` cannot be used for `reason`. What to do is to write one of the forms that there are.
    pub(crate) fn new(url: &str, reason: impl Into<String>) -> Self {
        let (first, others) = (FORMS[0], FORMS[1..].iter().map(|form| format!(", `{form}`")).collect::<String>());
        let help = format!("Name a store as `{first}`{others}; `file:.koctl/state` is the one without `--state`.");
        Self { address: masked(url), reason: reason.into(), help }
    }

    /// The same with another thing to do.
    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// The address, masked.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What a person can do: one sentence.
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

/// An address without what may be secret in it: the password and the query. The text may be malformed, so a password
/// is taken to reach as far as it could.
pub(crate) fn masked(url: &str) -> String {
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

/// The directory that a `file:` URL names. The path is taken as it stands, but for a `~` in front.
fn directory(url: &str, rest: &str, variables: Variables<'_>) -> Result<String, AddressError> {
    let path = match rest.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => return Err(AddressError::new(url, "after `file://` comes an absolute path: `file:///DIR`")),
        None => rest,
    };
    match path {
        "" => Err(AddressError::new(url, "it names no directory")),
        path => Ok(shellexpand::tilde_with_context(path, || variables("HOME")).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        (name == "HOME").then(|| "/home/ada".to_owned())
    }

    fn refused(url: &str) -> AddressError {
        match open(url, &variables) {
            Err(OpenError::Address(error)) => error,
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn a_directory_is_opened_by_url() {
        for (url, directory) in [
            ("file:/srv/state", "/srv/state"),
            ("file:///srv/my state", "/srv/my state"),
            ("file:~/state", "/home/ada/state"),
        ] {
            assert_eq!(open(url, &variables).unwrap().describe(), format!("the directory `{directory}`"), "{url}");
        }
        let here = std::env::current_dir().unwrap().join(".koctl/state");
        assert!(open("file:.koctl/state", &variables).unwrap().describe().contains(here.to_str().unwrap()));
    }

    #[test]
    fn a_url_of_no_known_store_is_refused_with_the_forms_that_there_are() {
        for (url, reason) in [
            ("", "it has no scheme"),
            ("./state", "write `file:./state`"),
            ("ftp://host/state", "`ftp` is not a kind of store"),
            ("file:", "names no directory"),
            ("file://host/state", "`file:///DIR`"),
        ] {
            let error = refused(url);
            assert!(error.to_string().contains(reason), "{error}");
            for form in FORMS {
                assert!(error.next_step().contains(form), "{}", error.next_step());
            }
        }
    }

    #[test]
    fn what_may_be_secret_in_an_address_is_not_told() {
        for (url, told) in [
            ("ftp://host/state", "ftp://host/state"),
            ("ftp://ada@host/state", "ftp://ada@host/state"),
            ("ftp://ada:sesame@host/state", "ftp://ada:…@host/state"),
            ("ftp://ada:ses/a@me@host/state", "ftp://ada:…@host/state"),
            ("ftp://host/state?token=sesame", "ftp://host/state?…"),
            ("ftp://host/state#sesame", "ftp://host/state?…"),
        ] {
            assert_eq!(refused(url).address(), told);
        }
    }
}
