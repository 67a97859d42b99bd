//! An encrypted state as it is stored: a JSON document, since some stores accept nothing else.
//!
//! It has the lineage and the serial in plain text, for stores that check them; they are trusted only after a
//! comparison with those inside. `state` is the encrypted document. With a passphrase, `key` is the state key that
//! decrypts it. Both are complete age files in their text form.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::iter;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519::Identity;
use age::{Decryptor, Encryptor, Recipient};
use serde::{Deserialize, Serialize};

use super::keys::{KeyError, Keys, Unopened};
use crate::state::damage::{Damage, Unreadable};
use crate::state::document::State;

const FORMAT: &str = "koctl-encrypted-state";
const VERSION: u64 = 1;

/// The stored document.
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

/// The part that every version of a document has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    format: Option<Cow<'a, str>>,
    version: Option<u64>,
}

impl<'a> Head<'a> {
    /// `None` if it is something else.
    fn of_sealed(stored: &'a [u8]) -> Option<Self> {
        serde_json::from_slice::<Head<'_>>(stored).ok().filter(|head| head.format.as_deref() == Some(FORMAT))
    }
}

/// True if a stored document is an encrypted state, readable or not.
pub(in crate::state) fn is_sealed(stored: &[u8]) -> bool {
    Head::of_sealed(stored).is_some()
}

/// A decrypted document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::state) struct Opened<'a> {
    /// The document of the state.
    pub(in crate::state) clear: Cow<'a, [u8]>,
    /// The lineage and the serial of the stored document; `None` if it was not encrypted.
    pub(in crate::state) beside: Option<(String, u64)>,
}

impl Keys {
    /// The document to store: `clear`, the document of `state`, encrypted if there are keys.
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

    /// Decrypts `stored` if it is encrypted; otherwise returns it unchanged.
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
            // Its own key does not decrypt it: one of the two is from another document.
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
