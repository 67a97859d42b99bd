//! The encryption of states, in the format of [age](https://age-encryption.org/v1). A store has only ciphertext, in its
//! history and backups too, and the `age` program can decrypt it without koctl.
//!
//! | module | contents |
//! | --- | --- |
//! | `keys` | the keys that encrypt and decrypt states |
//! | `document` | an encrypted state as it is stored |
//!
//! Nothing here knows the content of a state. No key is in an error, or in the output of `Debug`.

mod document;
mod keys;
#[cfg(test)]
mod tests;

pub(super) use document::is_sealed;
pub use keys::{InvalidKey, KeyError, KeySources, Keys};
