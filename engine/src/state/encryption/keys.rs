//! The keys that encrypt and decrypt states.
//!
//! Deriving a key from a passphrase is slow on purpose, and an apply writes often. So a passphrase does not encrypt the
//! state itself, but an age identity that is created once, the *state key*. It is stored with the state, and the state
//! is encrypted to it. A run uses the passphrase once, however often it writes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::x25519::{Identity, Recipient};
use secrecy::{ExposeSecret, SecretString};

/// The work factor of scrypt: 2^17 rounds of 1 KiB, the first choice of OWASP's password storage cheat sheet. It takes
/// some tenths of a second and 128 MiB. Unit tests need no protection, and do not wait for it.
const WORK_FACTOR: u8 = if cfg!(test) { 4 } else { 17 };
/// The highest accepted work factor, which is also that of the `age` program: 256 MiB. A forged document must not use
/// all memory.
const MOST_WORK: u8 = 18;

/// The keys as they are configured.
#[derive(Default)]
pub struct KeySources {
    /// Encrypts and decrypts states.
    pub passphrase: Option<SecretString>,
    /// Earlier passphrases, which decrypt states that are not encrypted anew yet.
    pub old_passphrases: Vec<SecretString>,
    /// Public keys, `age1…`. The identity of any of them decrypts what is written.
    pub recipients: Vec<String>,
    /// Texts in the form of age's identity files: one key `AGE-SECRET-KEY-1…` on each line, comments after `#`.
    pub identities: Vec<SecretString>,
}

/// The keys that encrypt and decrypt states. Without keys, states are written in plain text. Cheap to clone; clones
/// share decrypted state keys.
#[derive(Clone, Default)]
pub struct Keys(Arc<Ring>);

#[derive(Default)]
struct Ring {
    passphrase: Option<SecretString>,
    old_passphrases: Vec<SecretString>,
    recipients: Vec<Recipient>,
    identities: Vec<Identity>,
    state_keys: Mutex<StateKeys>,
}

/// The known state keys.
#[derive(Default)]
struct StateKeys {
    /// By their encrypted text in the document.
    opened: HashMap<String, Identity>,
    /// The one to write with, which the current passphrase decrypts.
    current: Option<StateKey>,
}

/// A state key, and the same encrypted with the passphrase.
#[derive(Clone)]
pub(super) struct StateKey {
    pub(super) wrapped: String,
    pub(super) identity: Identity,
}

/// A text that is not a valid key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// It is not a public key. The text itself is not shown: it may be a secret.
    #[error(
        "recipient {number} is not a valid age recipient: one begins with `age1`, and `age-keygen` prints it as the public key"
    )]
    Recipient {
        /// Its position, counted from 1.
        number: usize,
    },
    /// It is not an identity. The text itself may be a secret.
    #[error("line {line} of an identity is not a valid age identity: one begins with `AGE-SECRET-KEY-1`")]
    Identity {
        /// The line, counted from 1.
        line: usize,
    },
    /// It has nothing but comments.
    #[error("an identity holds no key: it needs a line that begins with `AGE-SECRET-KEY-1`")]
    NoIdentity,
}

/// Why the configured keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key is configured.
    #[error("it is encrypted, and no key is configured that can decrypt it")]
    NoKey,
    /// No configured key decrypts it.
    #[error("it is encrypted {}, and the configured {tried} cannot decrypt it", with(*.has_passphrase))]
    WrongKey {
        /// True if a passphrase can decrypt it.
        has_passphrase: bool,
        /// The keys that were tried: `passphrase`, `identities`.
        tried: &'static str,
    },
    /// It is encrypted, and the configured keys decrypt it, but cannot encrypt it again.
    #[error(
        "it is encrypted, and is never written in plain text, but neither recipients nor a passphrase are configured"
    )]
    NoRecipient,
    /// It would be the first state in plain text in a store with encrypted ones.
    #[error(
        "the state of `{neighbour}` in the same store is encrypted, and this one would be in plain text, since neither \
         recipients nor a passphrase are configured"
    )]
    EncryptedNeighbour {
        /// The scope of an encrypted one.
        neighbour: String,
    },
    /// No configured identity could read it again.
    #[error("it would be encrypted to recipients only, and no configured identity belongs to one of them")]
    NotReadableAgain,
}

fn with(has_passphrase: bool) -> &'static str {
    if has_passphrase { "with a passphrase" } else { "to recipients" }
}

impl KeyError {
    /// The next step for a user.
    pub fn help(&self) -> &'static str {
        match self {
            KeyError::NoKey | KeyError::WrongKey { has_passphrase: true, .. } => {
                "Set KOCTL_STATE_PASSPHRASE, or KOCTL_STATE_IDENTITY_FILE, or configure them under \
                 `platform.state.encryption`. A passphrase from before goes into KOCTL_STATE_OLD_PASSPHRASE."
            }
            KeyError::WrongKey { has_passphrase: false, .. } => {
                "Name the file of an identity that it is encrypted to in KOCTL_STATE_IDENTITY_FILE, or under \
                 `platform.state.encryption.identities`."
            }
            KeyError::NoRecipient | KeyError::EncryptedNeighbour { .. } => {
                "Set KOCTL_STATE_RECIPIENTS or KOCTL_STATE_PASSPHRASE, or configure `recipients` or a `passphrase` \
                 under `platform.state.encryption`."
            }
            KeyError::NotReadableAgain => {
                "Add the public key of an identity of yours to the recipients, or name the identity of one of them."
            }
        }
    }
}

impl Keys {
    /// Parses the keys.
    ///
    /// # Errors
    /// The first that is not valid.
    pub fn new(sources: KeySources) -> Result<Self, InvalidKey> {
        let KeySources { passphrase, old_passphrases, recipients, identities } = sources;
        let recipients = recipients.iter().enumerate().map(|(index, text)| recipient(index + 1, text));
        let recipients = recipients.collect::<Result<_, _>>()?;
        let identities = identities.iter().map(parse_identities).collect::<Result<Vec<_>, _>>()?.concat();
        let state_keys = Mutex::default();
        Ok(Self(Arc::new(Ring { passphrase, old_passphrases, recipients, identities, state_keys })))
    }

    /// True if states are to be encrypted.
    #[must_use]
    pub fn encrypts(&self) -> bool {
        self.0.passphrase.is_some() || !self.0.recipients.is_empty()
    }

    /// Checks that these keys may write a state that is stored encrypted (`sealed`), in plain text, or not at all.
    ///
    /// # Errors
    /// An encrypted state would be written in plain text, or no configured identity could read it again.
    pub fn check_write(&self, sealed: bool) -> Result<(), KeyError> {
        let Ring { passphrase, recipients, identities, .. } = &*self.0;
        let own = |identity: &Identity| recipients.contains(&identity.to_public());
        match (passphrase.is_some(), recipients.is_empty()) {
            (true, _) => Ok(()),
            (false, false) if identities.iter().any(own) => Ok(()),
            (false, false) => Err(KeyError::NotReadableAgain),
            (false, true) if sealed => Err(KeyError::NoRecipient),
            (false, true) => Ok(()),
        }
    }

    /// Starts a new state key for further writes: a leaked one decrypts nothing that is written later.
    pub fn renew(&self) {
        self.state_keys().current = None;
    }

    pub(super) fn identities(&self) -> &[Identity] {
        &self.0.identities
    }

    pub(super) fn recipients(&self) -> &[Recipient] {
        &self.0.recipients
    }

    /// The state key to write with; `None` without a passphrase.
    pub(super) fn state_key(&self) -> Option<StateKey> {
        let passphrase = self.0.passphrase.as_ref()?;
        let mut state_keys = self.state_keys();
        Some(state_keys.current.get_or_insert_with(|| StateKey::generate(passphrase)).clone())
    }

    /// Decrypts the state key of a document.
    ///
    /// # Errors
    /// No passphrase fits, or the document is damaged.
    pub(super) fn unwrap(&self, wrapped: &str) -> Result<Identity, Unopened> {
        let mut state_keys = self.state_keys();
        if let Some(identity) = state_keys.opened.get(wrapped) {
            return Ok(identity.clone());
        }
        for (place, passphrase) in self.0.passphrase.iter().chain(&self.0.old_passphrases).enumerate() {
            match unwrap_with(passphrase, wrapped) {
                Err(Unopened::NotWithThis) => {}
                Err(damaged) => return Err(damaged),
                Ok(identity) => {
                    state_keys.opened.insert(wrapped.to_owned(), identity.clone());
                    // One key for a store is enough: every other would need the slow derivation again.
                    if place == 0 && self.0.passphrase.is_some() && state_keys.current.is_none() {
                        let wrapped = wrapped.to_owned();
                        state_keys.current = Some(StateKey { wrapped, identity: identity.clone() });
                    }
                    return Ok(identity);
                }
            }
        }
        Err(Unopened::NotWithThis)
    }

    /// The error if no key decrypts it.
    pub(super) fn wrong(&self, has_passphrase: bool) -> KeyError {
        let passphrases = self.0.passphrase.is_some() || !self.0.old_passphrases.is_empty();
        let tried = match (passphrases, self.0.identities.is_empty()) {
            (false, true) => return KeyError::NoKey,
            (true, true) => "passphrase",
            (false, false) => "identities",
            (true, false) => "passphrase and identities",
        };
        KeyError::WrongKey { has_passphrase, tried }
    }

    fn state_keys(&self) -> MutexGuard<'_, StateKeys> {
        // A panic leaves it consistent: every change is one step.
        self.0.state_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows which keys are configured, and no key.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("passphrase", &self.0.passphrase.is_some())
            .field("old_passphrases", &self.0.old_passphrases.len())
            .field("recipients", &self.0.recipients)
            .field("identities", &self.0.identities.len())
            .finish()
    }
}

/// Why one key did not decrypt something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unopened {
    /// It is for another key.
    NotWithThis,
    /// It is damaged.
    Damaged,
}

impl From<age::DecryptError> for Unopened {
    fn from(error: age::DecryptError) -> Self {
        match error {
            age::DecryptError::NoMatchingKeys => Unopened::NotWithThis,
            _ => Unopened::Damaged,
        }
    }
}

impl StateKey {
    fn generate(passphrase: &SecretString) -> Self {
        let identity = Identity::generate();
        let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
        recipient.set_work_factor(WORK_FACTOR);
        let text = identity.to_string();
        let wrapped = age::encrypt_and_armor(&recipient, text.expose_secret().as_bytes())
            .expect("writing to memory does not fail, and one recipient fits itself");
        Self { wrapped, identity }
    }
}

fn unwrap_with(passphrase: &SecretString, wrapped: &str) -> Result<Identity, Unopened> {
    let mut key = age::scrypt::Identity::new(passphrase.clone());
    key.set_max_work_factor(MOST_WORK);
    let text = match age::decrypt(&key, wrapped.as_bytes()) {
        // Another passphrase and a changed byte both show as a wrong tag.
        Err(age::DecryptError::DecryptionFailed) => return Err(Unopened::NotWithThis),
        opened => SecretString::from(String::from_utf8(opened?).map_err(|_| Unopened::Damaged)?),
    };
    text.expose_secret().trim().parse().map_err(|_| Unopened::Damaged)
}

fn recipient(number: usize, text: &str) -> Result<Recipient, InvalidKey> {
    text.trim().parse().map_err(|_| InvalidKey::Recipient { number })
}

fn parse_identities(text: &SecretString) -> Result<Vec<Identity>, InvalidKey> {
    let lines = text.expose_secret().lines().map(str::trim).enumerate();
    let keys = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let parsed = keys.map(|(index, line)| line.parse().map_err(|_| InvalidKey::Identity { line: index + 1 }));
    let identities = parsed.collect::<Result<Vec<_>, _>>()?;
    if identities.is_empty() { Err(InvalidKey::NoIdentity) } else { Ok(identities) }
}
