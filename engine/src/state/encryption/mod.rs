//! The encryption of states, in the format of [age](https://age-encryption.org/v1): what a store keeps, its history
//! and backups included, is ciphertext, and the `age` program can read it where koctl is not at hand.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `keys` | what states are encrypted with, and what opens them |
//! | `document` | an encrypted state as it is stored |
//!
//! Nothing here knows what a state says. No key is ever in an error, or in what `Debug` shows.

mod document;
mod keys;
#[cfg(test)]
mod tests;

pub(super) use document::is_sealed;
pub use keys::{InvalidKey, KeyError, KeySources, Keys};
