//! An encrypted state as it is stored: a JSON document, since there are stores that take no other.
//!
//! Lineage and serial stand in it in the clear, for stores that look at them; nothing here believes them before they
//! are compared with those inside. `state` is the encrypted document, and `key`, where there is a passphrase, the
//! state key that opens it; both are whole age files in their text form.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::iter;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519::Identity;
use age::{Decryptor, Encryptor, Recipient};
use serde::{Deserialize, Serialize};

use super::keys::{KeyError, Keys, Unopened};
use crate::state::document::{Damage, State, Unreadable};

const FORMAT: &str = "koctl-encrypted-state";
const VERSION: u64 = 1;

/// What is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed<'a> {
    format: Cow<'a, str>,
    version: u64,
    lineage: Cow<'a, str>,
    serial: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    key: Option<String>,
    state: String,
}

/// As much as every document has, of whichever version.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    format: Option<Cow<'a, str>>,
    version: Option<u64>,
}

impl<'a> Head<'a> {
    /// None where it is anything else.
    fn of_sealed(stored: &'a [u8]) -> Option<Self> {
        serde_json::from_slice::<Head<'_>>(stored).ok().filter(|head| head.format.as_deref() == Some(FORMAT))
    }
}

/// Whether a stored document is an encrypted state, readable or not.
pub(in crate::state) fn is_sealed(stored: &[u8]) -> bool {
    Head::of_sealed(stored).is_some()
}

/// A document in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::state) struct Opened<'a> {
    /// The document that a state is read from.
    pub(in crate::state) clear: Cow<'a, [u8]>,
    /// Whether it was encrypted where it came from; then, the lineage and the serial that stood beside it.
    pub(in crate::state) beside: Option<(String, u64)>,
}

impl Keys {
    /// The document to store: `clear`, which is that of `state`, encrypted where there is something to encrypt it
    /// with.
    pub(in crate::state) fn seal(&self, state: &State, clear: Vec<u8>) -> Vec<u8> {
        if !self.encrypts() {
            return clear;
        }
        let key = self.state_key();
        let own = key.as_ref().map(|key| key.identity.to_public());
        let recipients = self.recipients().iter().chain(&own).map(|recipient| recipient as &dyn Recipient);
        let sealed = Sealed {
            format: FORMAT.into(),
            version: VERSION,
            lineage: state.lineage().into(),
            serial: state.serial(),
            key: key.map(|key| key.wrapped),
            state: encrypt(recipients, &clear),
        };
        let mut bytes = serde_json::to_vec_pretty(&sealed).expect("the document is made of texts and numbers");
        bytes.push(b'\n');
        bytes
    }

    /// The document in the clear, where `stored` is an encrypted one; otherwise `stored` itself, whatever it is.
    pub(in crate::state) fn open<'a>(&self, stored: &'a [u8]) -> Result<Opened<'a>, Unreadable> {
        let Some(head) = Head::of_sealed(stored) else {
            return Ok(Opened { clear: stored.into(), beside: None });
        };
        match head.version {
            Some(found) if found > VERSION => return Err(Damage::Newer { found, supported: VERSION }.into()),
            Some(VERSION) => {}
            _ => return Err(Damage::Fields("its `version` is not a number from 1".to_owned()).into()),
        }
        let sealed: Sealed<'_> = serde_json::from_slice(stored).map_err(|error| Damage::Fields(error.to_string()))?;
        let clear = self.open_sealed(&sealed)?;
        Ok(Opened { clear: clear.into(), beside: Some((sealed.lineage.into_owned(), sealed.serial)) })
    }

    fn open_sealed(&self, sealed: &Sealed<'_>) -> Result<Vec<u8>, Unreadable> {
        for identity in self.identities() {
            match decrypt(identity, &sealed.state) {
                Err(Unopened::NotWithThis) => {}
                Err(Unopened::Damaged) => return Err(Damage::Ciphertext.into()),
                Ok(clear) => return Ok(clear),
            }
        }
        let Some(key) = &sealed.key else { return Err(self.wrong(false).into()) };
        let opened = self.unwrap(key).and_then(|identity| match decrypt(&identity, &sealed.state) {
            // Its own key does not open it: one of the two is from somewhere else.
            Err(_) => Err(Unopened::Damaged),
            opened => opened,
        });
        opened.map_err(|unopened| match unopened {
            Unopened::NotWithThis => self.wrong(true).into(),
            Unopened::Damaged => Damage::Ciphertext.into(),
        })
    }
}

impl From<KeyError> for Unreadable {
    fn from(error: KeyError) -> Self {
        Unreadable::Locked(error)
    }
}

fn encrypt<'a>(recipients: impl Iterator<Item = &'a dyn Recipient>, clear: &[u8]) -> String {
    let encryptor = Encryptor::with_recipients(recipients).expect("there is a recipient, and all are of one kind");
    let sealed = || -> std::io::Result<Vec<u8>> {
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(clear)?;
        writer.finish()?.finish()
    };
    String::from_utf8(sealed().expect("writing to memory does not fail")).expect("armor is ASCII")
}

fn decrypt(identity: &Identity, sealed: &str) -> Result<Vec<u8>, Unopened> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(sealed.as_bytes()))?;
    let mut clear = Vec::new();
    decryptor.decrypt(iter::once(identity as _))?.read_to_end(&mut clear).map_err(|_| Unopened::Damaged)?;
    Ok(clear)
}
