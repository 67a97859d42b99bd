//! An `https://` address of states, with Terraform's settings.

use std::fmt;

use http::Method;
use secrecy::SecretString;
use transport::encode;
use url::Url;

use crate::{AddressError, Variables};

/// The placeholder of the key in an address.
const SCOPE: &str = "{scope}";
/// The same, escaped in a URL.
const ESCAPED_SCOPE: &str = "%7Bscope%7D";

/// The addresses of the documents of all keys. Shows no credentials.
#[derive(Debug)]
pub(super) struct Address {
    document: Url,
    lock: Url,
    unlock: Url,
    pub(super) update_method: Method,
    pub(super) lock_method: Method,
    pub(super) unlock_method: Method,
    pub(super) username: Option<String>,
    pub(super) password: Option<SecretString>,
}

/// The addresses of one key.
#[derive(Debug)]
pub(super) struct Addresses {
    pub(super) document: Url,
    pub(super) lock: Url,
    pub(super) unlock: Url,
}

impl Address {
    pub(super) fn parse(text: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        HttpSettings::of(text, variables)?.address()
    }

    /// What may be secret in the addresses: the parameters that are the server's.
    pub(super) fn secrets(&self) -> Vec<String> {
        let addresses = [&self.document, &self.lock, &self.unlock];
        addresses.iter().flat_map(|url| url.query_pairs()).map(|(_, value)| value.into_owned()).collect()
    }

    /// # Errors
    /// If a key cannot be a segment of a path.
    pub(super) fn of_key(&self, key: &str) -> Result<Addresses, &'static str> {
        match key {
            "" => return Err("an empty text is not a key"),
            "." | ".." => return Err("a URL gives it another meaning"),
            _ => {}
        }
        let segment = encode::segment(key);
        let of_key = |template: &Url| {
            let mut url = template.clone();
            url.set_path(&template.path().replace(ESCAPED_SCOPE, &segment));
            url
        };
        Ok(Addresses { document: of_key(&self.document), lock: of_key(&self.lock), unlock: of_key(&self.unlock) })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the HTTP server at `{}`", shown(&self.document))
    }
}

/// An address without its credentials and its query, which may be secret.
pub(super) fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path().replace(ESCAPED_SCOPE, SCOPE))
}

/// An address, and the sources of its settings.
struct HttpSettings<'a> {
    text: &'a str,
    url: Url,
    /// The settings in the address itself.
    parameters: Vec<(String, String)>,
    variables: Variables<'a>,
}

/// The settings in the query of an address; all other parameters are for the server.
const SETTINGS: &[&str] = &[
    "update_method",
    "lock_address",
    "lock_method",
    "unlock_address",
    "unlock_method",
    "username",
    "password",
    "allow_http",
];

impl<'a> HttpSettings<'a> {
    fn of(text: &'a str, variables: Variables<'a>) -> Result<Self, AddressError> {
        let mut url = Url::parse(text).map_err(|error| AddressError::new(text, error.to_string()))?;
        let pairs = url.query_pairs().into_owned();
        let (parameters, others): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| SETTINGS.contains(&name.as_str()));
        url.query_pairs_mut().clear().extend_pairs(others);
        if url.query() == Some("") {
            url.set_query(None);
        }
        Ok(Self { text, url, parameters, variables })
    }

    fn setting(&self, name: &str) -> Option<String> {
        let parameter = self.parameters.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value.clone());
        let variable = || (self.variables)(&format!("TF_HTTP_{}", name.to_uppercase()));
        parameter.or_else(variable).filter(|value| !value.is_empty())
    }

    fn malformed(&self, reason: impl Into<String>) -> AddressError {
        AddressError::new(self.text, reason)
    }

    fn address(mut self) -> Result<Address, AddressError> {
        if self.parameters.iter().any(|(name, _)| name == "password") {
            let help = "Put the password into the variable TF_HTTP_PASSWORD.";
            return Err(self.malformed("a password in an address is seen by others").help(help));
        }
        let (username, password) = self.credentials()?;
        let mut document = self.url.clone();
        if !document.path().contains(ESCAPED_SCOPE) {
            let path = format!("{}/{SCOPE}", document.path().trim_end_matches('/'));
            document.set_path(&path);
        }
        self.require_privacy(&document)?;
        // GitLab and Gitea have their locks there, and know only the methods of HTTP itself.
        let is_known = document.path().ends_with(&format!("/terraform/state/{ESCAPED_SCOPE}"));
        let beside = |url: &Url| {
            let mut url = url.clone();
            url.set_path(&format!("{}/lock", url.path()));
            url
        };
        let default_lock = if is_known { beside(&document) } else { document.clone() };
        let lock = self.other_address("lock_address")?.unwrap_or(default_lock);
        let unlock = self.other_address("unlock_address")?.unwrap_or_else(|| lock.clone());
        let (default_lock, default_unlock) = if is_known { ("POST", "DELETE") } else { ("LOCK", "UNLOCK") };
        Ok(Address {
            document,
            lock,
            unlock,
            update_method: self.method("update_method", "POST")?,
            lock_method: self.method("lock_method", default_lock)?,
            unlock_method: self.method("unlock_method", default_unlock)?,
            username,
            password: password.map(SecretString::from),
        })
    }

    /// Takes the credentials out of the address, or from their variables.
    fn credentials(&mut self) -> Result<(Option<String>, Option<String>), AddressError> {
        let decoded = |part: &str| {
            let text = percent_encoding::percent_decode_str(part).decode_utf8();
            text.map(|text| text.into_owned()).map_err(|_| self.malformed("its credentials are not UTF-8"))
        };
        let username = Some(decoded(self.url.username())?).filter(|name| !name.is_empty());
        let password = self.url.password().map(decoded).transpose()?;
        let (username, password) =
            (username.or_else(|| self.setting("username")), password.or_else(|| self.setting("password")));
        if username.is_none() && password.is_some() {
            let help = "Set TF_HTTP_USERNAME as well; with a token of GitLab it is any text.";
            return Err(self.malformed("it has a password, but no user name").help(help));
        }
        // Neither fails for an address that has a host, as those of HTTP do.
        let _ = self.url.set_username("");
        let _ = self.url.set_password(None);
        Ok((username, password))
    }

    fn other_address(&self, name: &str) -> Result<Option<Url>, AddressError> {
        let Some(text) = self.setting(name) else { return Ok(None) };
        let help = format!("Correct `{name}`: an address with `{SCOPE}` for the name of the organization.");
        let url = Url::parse(&text)
            .map_err(|error| self.malformed(format!("`{name}` is not an address: {error}")).help(&help))?;
        if !url.path().contains(ESCAPED_SCOPE) {
            return Err(self.malformed(format!("`{name}` is the same for every state")).help(help));
        }
        self.require_privacy(&url)?;
        if url.origin() != self.url.origin() {
            // The credentials are for the server of the address.
            return Err(self.malformed(format!("`{name}` is on another server")).help(help));
        }
        Ok(Some(url))
    }

    fn method(&self, name: &str, default: &str) -> Result<Method, AddressError> {
        let method = self.setting(name).unwrap_or_else(|| default.to_owned()).to_uppercase();
        Method::from_bytes(method.as_bytes())
            .map_err(|_| self.malformed(format!("its `{name}` is not a method of HTTP")))
    }

    /// A state and its credentials cross no network unencrypted, unless that is allowed.
    fn require_privacy(&self, url: &Url) -> Result<(), AddressError> {
        let is_local = url.host_str().is_some_and(transport::is_local);
        let is_allowed = self.parameters.iter().any(|(name, value)| name == "allow_http" && value == "true");
        if url.scheme() == "https" || is_local || is_allowed {
            return Ok(());
        }
        let help = "Use `https://`, or add `allow_http=true` to the address if only you are on that network.";
        Err(self.malformed("with `http://`, anyone on the way can read the state").help(help))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn address(url: &str, variables: &[(&str, &str)]) -> Result<Address, AddressError> {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Address::parse(url, &find)
    }

    fn of_kong(address: &Address) -> [String; 3] {
        let addresses = address.of_key("Kong Air/1").unwrap();
        [addresses.document, addresses.lock, addresses.unlock].map(String::from)
    }

    #[test]
    fn a_key_is_the_last_segment_of_the_address_and_locks_are_terraforms() {
        let address = address("https://example.com/states?token=1", &[]).unwrap();
        assert_eq!(of_kong(&address), ["https://example.com/states/Kong%20Air%2F1?token=1"; 3]);
        let methods = [&address.update_method, &address.lock_method, &address.unlock_method];
        assert_eq!(methods, ["POST", "LOCK", "UNLOCK"]);
        assert_eq!(address.to_string(), "the HTTP server at `https://example.com/states/{scope}`");
    }

    #[test]
    fn gitlab_needs_nothing_but_its_address_and_credentials() {
        let variables = [("TF_HTTP_USERNAME", "gitlab-ci-token"), ("TF_HTTP_PASSWORD", "sesame")];
        let address = address("https://gitlab.com/api/v4/projects/42/terraform/state", &variables).unwrap();
        let document = "https://gitlab.com/api/v4/projects/42/terraform/state/Kong%20Air%2F1";
        assert_eq!(of_kong(&address), [document.to_owned(), format!("{document}/lock"), format!("{document}/lock")]);
        assert_eq!([&address.lock_method, &address.unlock_method], ["POST", "DELETE"]);
        assert_eq!(address.username.as_deref(), Some("gitlab-ci-token"));
        assert_eq!(address.password.as_ref().unwrap().expose_secret(), "sesame");
    }

    #[test]
    fn settings_come_from_the_address_or_from_terraforms_variables() {
        let variables = [("TF_HTTP_LOCK_ADDRESS", "https://example.com/locks/{scope}"), ("TF_HTTP_LOCK_METHOD", "put")];
        let url =
            "https://ada:s%40me@example.com/{scope}/state?lock_method=patch&unlock_method=DELETE&update_method=PUT&v=1";
        let address = address(url, &variables).unwrap();
        let locks = "https://example.com/locks/Kong%20Air%2F1".to_owned();
        assert_eq!(
            of_kong(&address),
            ["https://example.com/Kong%20Air%2F1/state?v=1".to_owned(), locks.clone(), locks]
        );
        let methods = [&address.update_method, &address.lock_method, &address.unlock_method];
        assert_eq!(methods, ["PUT", "PATCH", "DELETE"]);
        assert_eq!(address.password.as_ref().unwrap().expose_secret(), "s@me");
        assert!(!format!("{address} {address:?}").contains("s@me"));
    }

    #[test]
    fn plain_http_is_for_this_machine_unless_it_is_asked_for() {
        for url in ["http://localhost:1/s", "http://127.0.0.1/s", "http://[::1]/s", "http://host/s?allow_http=true"] {
            address(url, &[]).unwrap();
        }
        let error = address("http://host/s", &[]).unwrap_err();
        assert!(error.next_step().contains("allow_http=true"), "{}", error.next_step());
    }

    #[test]
    fn an_address_that_cannot_be_used_is_told_without_its_secrets() {
        for (url, reason) in [
            ("https://ada:sesame@", "empty host"),
            ("https://host/s?password=sesame", "a password in an address"),
            ("https://:sesame@host/s", "no user name"),
            ("https://host/s?lock_address=nowhere", "`lock_address` is not an address"),
            ("https://host/s?lock_address=https://host/lock", "is the same for every state"),
            ("https://host/s?unlock_address=https://other/%7Bscope%7D", "is on another server"),
            ("https://host/s?lock_method=a%20b", "is not a method of HTTP"),
        ] {
            let error = address(url, &[]).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
        }
    }

    #[test]
    fn a_key_that_a_url_would_change_is_refused() {
        let address = address("https://host/s", &[]).unwrap();
        for key in ["", ".", ".."] {
            assert!(address.of_key(key).is_err());
        }
    }
}
