//! The keys that cookies are encrypted with.

use cookie::{Cookie, CookieJar, Key};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha512};

/// The keys: the first encrypts, all decrypt, so that a key can be changed without ending every session.
#[derive(Clone)]
pub(super) struct Keys(Vec<Key>);

/// Without the keys.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

impl Keys {
    /// Keys made of these secrets, of which there is one at least.
    pub(super) fn new(secrets: &[SecretString]) -> Self {
        let key = |secret: &SecretString| Key::from(&Sha512::digest(secret.expose_secret().as_bytes()));
        Self(secrets.iter().map(key).collect())
    }

    /// A text under a name, encrypted. Another name does not open it.
    pub(super) fn seal(&self, name: &str, text: &str) -> String {
        let mut jar = CookieJar::new();
        if let Some(key) = self.0.first() {
            jar.private_mut(key).add(Cookie::new(name.to_owned(), text.to_owned()));
        }
        jar.get(name).map(|sealed| sealed.value().to_owned()).unwrap_or_default()
    }

    /// The text that was sealed under a name. `None` if it was not, or with another key.
    pub(super) fn open(&self, name: &str, sealed: &str) -> Option<String> {
        self.0.iter().find_map(|key| {
            let mut jar = CookieJar::new();
            jar.add_original(Cookie::new(name.to_owned(), sealed.to_owned()));
            jar.private(key).get(name).map(|opened| opened.value().to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secrets: &[&str]) -> Keys {
        Keys::new(&secrets.iter().map(|secret| SecretString::from(*secret)).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_sealed_opens_under_its_name_and_key_alone() {
        let sealed = keys(&["one"]).seal("session", "sesame");
        assert!(!sealed.contains("sesame"));
        assert_eq!(keys(&["one"]).open("session", &sealed).as_deref(), Some("sesame"));
        assert_eq!(keys(&["two", "one"]).open("session", &sealed).as_deref(), Some("sesame"));
        assert_eq!(keys(&["one"]).open("other", &sealed), None);
        assert_eq!(keys(&["two"]).open("session", &sealed), None);
    }

    #[test]
    fn nothing_opens_that_was_changed() {
        let sealed = keys(&["one"]).seal("session", "sesame");
        for index in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            // The last characters of Base64 may have bits that mean nothing.
            if index + 2 < sealed.len() {
                assert_eq!(keys(&["one"]).open("session", &changed), None, "{index}");
            }
        }
        for hostile in ["", "=", "a", "%00", "äöü", &"A".repeat(5000)] {
            assert_eq!(keys(&["one"]).open("session", hostile), None);
        }
    }
}
