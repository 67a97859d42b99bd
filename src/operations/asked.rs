//! The organizations that tokens open, each token asked once in a run (R14).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use engine::state::Owner;

/// The digest of a token, which reveals nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(super) fn of(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret()).into())
    }
}

/// The organizations that the tokens of this run open. A token that is replaced during the run is asked again.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<HashMap<TokenDigest, Owner>>);

impl Asked {
    pub(super) fn get(&self, token: TokenDigest) -> Option<Owner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&token).cloned()
    }

    pub(super) fn keep(&self, token: TokenDigest, owner: Owner) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token, owner);
    }
}
