//! What states are encrypted with, and what opens those that are.
//!
//! Turning a passphrase into a key is slow on purpose, and an apply writes often. So a passphrase does not encrypt
//! the state itself, but an age identity that is made once, the *state key*; it lies beside the state, and the state
//! is encrypted to it. A run pays for the passphrase once, whatever it writes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::x25519::{Identity, Recipient};
use secrecy::{ExposeSecret, SecretString};

/// Of scrypt: 2^17 rounds of 1 KiB, which OWASP's password storage cheat sheet names as the first choice. It takes
/// some tenths of a second and 128 MiB. Unit tests do not guard anything, and need not wait for it.
const WORK_FACTOR: u8 = if cfg!(test) { 4 } else { 17 };
/// What is accepted of a document, and what the `age` program writes: 256 MiB. A forged one must not take all memory.
const MOST_WORK: u8 = 18;

/// The keys as they are configured.
#[derive(Default)]
pub struct KeySources {
    /// What states are encrypted with, and opened.
    pub passphrase: Option<SecretString>,
    /// Passphrases from before, which open states that are not encrypted anew yet.
    pub old_passphrases: Vec<SecretString>,
    /// Public keys, as `age1…`: whoever has the identity of one can open what is written.
    pub recipients: Vec<String>,
    /// Texts in the form of age's identity files: a key as `AGE-SECRET-KEY-1…` a line, comments after `#`.
    pub identities: Vec<SecretString>,
}

/// What states are encrypted with, and what opens those that are. Without any keys, states are written in the
/// clear. Cheap to clone; clones share what was found out about passphrases.
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

/// The state keys that are at hand.
#[derive(Default)]
struct StateKeys {
    /// By the text in which the document holds them, under whichever passphrase.
    opened: HashMap<String, Identity>,
    /// The one to write with, which the passphrase of today opens.
    current: Option<StateKey>,
}

/// A state key, and the same encrypted with the passphrase.
#[derive(Clone)]
pub(super) struct StateKey {
    pub(super) wrapped: String,
    pub(super) identity: Identity,
}

/// A key that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not the public key of an identity. The text itself may be a secret that was taken for one.
    #[error(
        "recipient {number} is no age recipient: one begins with `age1`, and `age-keygen` prints it as the public key"
    )]
    Recipient {
        /// Which of them, from 1.
        number: usize,
    },
    /// Not an identity. The text itself may be a secret.
    #[error("line {line} of an identity is no age identity: one begins with `AGE-SECRET-KEY-1`")]
    Identity {
        /// From 1.
        line: usize,
    },
    /// Nothing but comments.
    #[error("an identity holds no key: it needs a line that begins with `AGE-SECRET-KEY-1`")]
    NoIdentity,
}

/// Why the configured keys do not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is nothing to open it with.
    #[error("it is encrypted, and no key is configured that could open it")]
    NoKey,
    /// What there is does not open it.
    #[error("it is encrypted {}, and not opened by the configured {tried}", with(*.has_passphrase))]
    WrongKey {
        /// Whether a passphrase could open it.
        has_passphrase: bool,
        /// What was tried: `passphrase`, `identities`.
        tried: &'static str,
    },
    /// It is encrypted, and what is configured opens it, but says nothing to encrypt it to again.
    #[error(
        "it is encrypted, and is never written back in the clear, but neither recipients nor a passphrase are configured"
    )]
    NoRecipient,
    /// It would be the first in the clear beside states that are encrypted.
    #[error(
        "the state of `{neighbour}` in the same store is encrypted, and this one would be in the clear, since neither \
         recipients nor a passphrase are configured"
    )]
    EncryptedNeighbour {
        /// The scope of one that is encrypted.
        neighbour: String,
    },
    /// Whoever wrote it could not read it again.
    #[error("it would be encrypted to recipients alone of which none belongs to a configured identity")]
    NotReadableAgain,
}

fn with(has_passphrase: bool) -> &'static str {
    if has_passphrase { "with a passphrase" } else { "to recipients" }
}

impl KeyError {
    /// What a person can do next.
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
    /// The keys that these texts are.
    ///
    /// # Errors
    /// The first that is none.
    pub fn new(sources: KeySources) -> Result<Self, InvalidKey> {
        let KeySources { passphrase, old_passphrases, recipients, identities } = sources;
        let recipients = recipients.iter().enumerate().map(|(index, text)| recipient(index + 1, text));
        let recipients = recipients.collect::<Result<_, _>>()?;
        let identities = identities.iter().map(parse_identities).collect::<Result<Vec<_>, _>>()?.concat();
        let state_keys = Mutex::default();
        Ok(Self(Arc::new(Ring { passphrase, old_passphrases, recipients, identities, state_keys })))
    }

    /// Whether states are to be encrypted.
    #[must_use]
    pub fn encrypts(&self) -> bool {
        self.0.passphrase.is_some() || !self.0.recipients.is_empty()
    }

    /// Whether a state may be written that is stored encrypted (`sealed`) or in the clear, or not at all.
    ///
    /// # Errors
    /// Where it would be written in the clear although it is not now, or where nobody here could read it again.
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

    /// From now on, what is written gets a new state key: one that was found out opens nothing that is written
    /// later.
    pub fn renew(&self) {
        self.state_keys().current = None;
    }

    pub(super) fn identities(&self) -> &[Identity] {
        &self.0.identities
    }

    pub(super) fn recipients(&self) -> &[Recipient] {
        &self.0.recipients
    }

    /// The state key to write with; none without a passphrase.
    pub(super) fn state_key(&self) -> Option<StateKey> {
        let passphrase = self.0.passphrase.as_ref()?;
        let mut state_keys = self.state_keys();
        Some(state_keys.current.get_or_insert_with(|| StateKey::generate(passphrase)).clone())
    }

    /// The state key that a document holds.
    ///
    /// # Errors
    /// Whether it was a passphrase that is missing, or the document that is damaged.
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
                    // One key a store is enough: every other would cost the passphrase once more.
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

    /// That nothing opens it: what was tried.
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
        // Whoever panicked left it as it was: every change to it is one step.
        self.0.state_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what is configured, never what it is.
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

/// Why one key did not open something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unopened {
    /// It is for another.
    NotWithThis,
    /// It is not what age wrote.
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
        // A tag that does not fit is all that tells another passphrase from a changed byte.
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
