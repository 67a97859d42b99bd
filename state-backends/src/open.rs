//! From a URL to the backend that it names.

use std::sync::Arc;

use crate::address_error::masked;
use crate::{AddressError, Backend, Directory, GitHub, Http, Objects, OpenError, Postgres, Variables};

/// The backend that `url` names, with what it needs from `variables`. Nothing is created and no request sent before it
/// is first used.
///
/// # Errors
/// [`OpenError::Address`] if the text does not name a store, and [`OpenError::Store`] if it is certain already that the
/// store cannot keep documents.
pub fn open(url: &str, variables: Variables<'_>) -> Result<Arc<dyn Backend>, OpenError> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(
            AddressError::new(url, format!("it has no scheme; for a directory, write `file:{}`", masked(url))).into()
        );
    };
    if scheme != "file" {
        // Clients that are not koctl's own read this file whatever it is.
        transport::tls::check_authorities(&|name| variables(name).map(Into::into))
            .map_err(|error| AddressError::new(url, error.to_string()).help("Correct the variable, or unset it."))?;
    }
    match scheme {
        "file" => Ok(Arc::new(Directory::open(directory(url, rest, variables)?)?)),
        "github" | "s3" | "gs" | "az" | "https" | "http" | "postgres" | "postgresql" if !rest.starts_with("//") => {
            Err(AddressError::new(url, format!("two slashes follow `{scheme}:`")).into())
        }
        "github" => Ok(Arc::new(GitHub::open(url, variables)?)),
        "s3" | "gs" | "az" => Ok(Arc::new(Objects::open(url, variables)?)),
        "https" | "http" => Ok(Arc::new(Http::open(url, variables)?)),
        "postgres" | "postgresql" => Ok(Arc::new(Postgres::open(url, variables)?)),
        _ => Err(AddressError::new(url, format!("`{scheme}` is not a kind of store that this koctl knows")).into()),
    }
}

/// The directory that a `file:` URL names. The path is taken as it stands, except for a `~` in front.
fn directory(url: &str, rest: &str, variables: Variables<'_>) -> Result<String, AddressError> {
    let path = match rest.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => return Err(AddressError::new(url, "after `file://` comes an absolute path: `file:///DIR`")),
        None => rest,
    };
    match path {
        "" => Err(AddressError::new(url, "it does not name a directory")),
        path => Ok(shellexpand::tilde_with_context(path, || variables("HOME")).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address_error::FORMS;

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
            ("file:", "does not name a directory"),
            ("postgres:/ada:sesame@host/state", "two slashes follow `postgres:`"),
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
            ("postgres:/ada:sesame@host/state", "postgres:…@host/state"),
            ("postgres:ada:sesame@host/state", "postgres:…@host/state"),
        ] {
            assert_eq!(refused(url).address(), told);
        }
    }
}
