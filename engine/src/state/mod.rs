//! The state: what koctl made, scope by scope, so that it can tell its own objects from everybody else's.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `document` | the state as a value, and as a document: its format, checksum and versions |
//! | `encryption` | what a store sees of a state where there are keys |
//! | `migrations` | how documents of older versions become the current one |
//! | `store` | where documents are kept: opening, reading, locking, replacing |
//! | `locked` | the only way to write a state: under its lock, many changes a write |
//! | `error` | what can go wrong, and what to do next |
//!
//! Where documents are kept is the business of the crate `state-backends`, which knows nothing of what is in them.
//! This module knows nothing of what a resource is to the engine: an address is a text here.

mod document;
mod encryption;
mod error;
mod locked;
mod migrations;
mod store;
#[cfg(test)]
mod testing;

pub use document::{Damage, Intent, IntentAction, ResourceState, State, Unreadable, json_schema};
pub use encryption::{InvalidKey, KeyError, KeySources, Keys};
pub use error::{Error, Intact, shell_word};
pub use locked::LockedState;
pub use state_backends::{LockId, LockInfo, Revision, Version};
pub use store::{LockOptions, Replaced, Snapshot, Store};
