//! Secrets as a repository keeps them: sealed boxes, and the key that opens them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dryoc::dryocbox::{DryocBox, PublicKey, StackKeyPair, VecBox};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::stable_id;

/// The secrets of a repository, and the key that opens them.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// The private key in Base64, generated when it is first needed.
    pub(super) private_key: Option<String>,
    /// By name, in capital letters: names are case-insensitive on GitHub.
    pub(super) by_name: BTreeMap<String, Secret>,
}

/// One secret.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secret {
    /// The sealed box in Base64.
    pub(super) sealed: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// Shows names only: neither the key nor a box may get into a log.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

impl Secrets {
    /// The repository's keys, `None` if it has none yet.
    pub(super) fn keys(&self) -> Option<StackKeyPair> {
        let bytes = STANDARD.decode(self.private_key.as_deref()?).ok()?;
        let secret_key: [u8; 32] = bytes.try_into().ok()?;
        Some(StackKeyPair::from_secret_key(secret_key.into()))
    }

    /// The value in a sealed box, `None` if the box was not sealed with the repository's public key.
    pub(super) fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let sealed: VecBox = DryocBox::from_sealed_bytes(&bytes).ok()?;
        sealed.open_to_vec(&self.keys()?).ok()
    }
}

/// GitHub's id of a key; clients send it back with what they sealed.
pub(super) fn key_id(key: &PublicKey) -> String {
    stable_id(&STANDARD.encode(key)).to_string()
}
