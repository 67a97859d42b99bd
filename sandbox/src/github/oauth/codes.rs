//! The codes with which people come back to an app.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::github::identity::scopes::Scopes;
use crate::github::identity::tokens::random_text;

/// The time after which a code is not valid any more.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// What a code stands for.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) client_id: String,
    pub(super) login: String,
    /// The address that the person was sent to.
    pub(super) redirect_uri: String,
    pub(super) scopes: Scopes,
    /// PKCE's challenge, by S256.
    pub(super) challenge: Option<String>,
    pub(super) at: Timestamp,
}

impl Code {
    /// True if a verifier answers the challenge, or there is none.
    fn is_answered_by(&self, verifier: Option<&str>) -> bool {
        let Some(challenge) = &self.challenge else { return true };
        verifier.is_some_and(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge)
    }
}

/// The reason why a code is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadCode {
    /// It is unknown, used, expired, of another app, or lacks the verifier.
    Code,
    /// The person was sent to another address.
    RedirectUri,
}

/// The codes that were not used yet. They do not outlive the sandbox.
#[derive(Debug, Default)]
pub(in crate::github) struct Codes {
    codes: Mutex<HashMap<String, Code>>,
}

impl Codes {
    /// Makes a code.
    pub(super) fn add(&self, code: Code) -> String {
        let text = random_text()[..20].to_owned();
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let at = code.at;
        codes.retain(|_, code| is_valid(code, at));
        codes.insert(text.clone(), code);
        text
    }

    /// Uses a code. A code with a wrong verifier is used up, too, so that nobody can guess; one with another fault is
    /// not, because it is still its owner's.
    pub(super) fn take(
        &self,
        text: &str,
        client_id: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        at: Timestamp,
    ) -> Result<Code, BadCode> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let code = codes.get(text).filter(|code| is_valid(code, at) && code.client_id == client_id);
        let code = code.ok_or(BadCode::Code)?;
        if redirect_uri.is_some_and(|redirect_uri| redirect_uri != code.redirect_uri) {
            return Err(BadCode::RedirectUri);
        }
        let code = codes.remove(text).ok_or(BadCode::Code)?;
        if code.is_answered_by(verifier) { Ok(code) } else { Err(BadCode::Code) }
    }
}

fn is_valid(code: &Code, at: Timestamp) -> bool {
    at.duration_since(code.at) < LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(challenge: Option<&str>) -> Code {
        Code {
            client_id: "app".to_owned(),
            login: "guest".to_owned(),
            redirect_uri: "http://localhost/".to_owned(),
            scopes: Scopes::default(),
            challenge: challenge.map(str::to_owned),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_code_works_once() {
        let codes = Codes::default();
        let text = codes.add(code(None));
        assert!(codes.take(&text, "app", None, None, Timestamp::UNIX_EPOCH).is_ok());
        assert_eq!(codes.take(&text, "app", None, None, Timestamp::UNIX_EPOCH).unwrap_err(), BadCode::Code);
    }

    #[test]
    fn a_code_expires_after_ten_minutes() {
        let codes = Codes::default();
        let text = codes.add(code(None));
        let after = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(codes.take(&text, "app", None, None, after(600)).unwrap_err(), BadCode::Code);
        assert!(codes.take(&text, "app", None, None, after(599)).is_ok());
    }

    #[test]
    fn a_verifier_has_one_try() {
        // The example of RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let codes = Codes::default();
        for (given, expected) in [(Some(verifier), true), (Some("wrong"), false), (None, false)] {
            let text = codes.add(code(Some(challenge)));
            let at = Timestamp::UNIX_EPOCH;
            assert_eq!(codes.take(&text, "app", None, given, at).is_ok(), expected, "{given:?}");
            assert!(codes.take(&text, "app", None, Some(verifier), at).is_err());
        }
    }

    #[test]
    fn a_code_is_bound_to_its_app_and_its_address() {
        let codes = Codes::default();
        let text = codes.add(code(None));
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(codes.take(&text, "other", None, None, at).unwrap_err(), BadCode::Code);
        let elsewhere = Some("http://localhost/elsewhere");
        assert_eq!(codes.take(&text, "app", elsewhere, None, at).unwrap_err(), BadCode::RedirectUri);
        assert!(codes.take(&text, "app", Some("http://localhost/"), None, at).is_ok());
    }
}
