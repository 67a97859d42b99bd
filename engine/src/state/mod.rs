//! The state: the resources that koctl manages, scope by scope.
//!
//! | module | contents |
//! | --- | --- |
//! | `document` | the state as a value and as a document: format, checksum, versions |
//! | `resource`, `intent` | the records of a state |
//! | `owner` | whose a state is |
//! | `relocation` | other addresses for the resources of a state |
//! | `damage` | why a document cannot be read |
//! | `encryption` | states as a store sees them if there are keys |
//! | `migrations` | how documents of older versions become the current one |
//! | `store` | a store of states: opening, reading, locking, replacing |
//! | `locked` | the only way to write a state: under its lock, many changes a write |
//! | `held_lock` | a lock that this process holds |
//! | `error` | errors, and what to do next |
//!
//! The crate `state-backends` stores documents, and knows nothing of their content. This module knows nothing of what a
//! resource is to the engine: an address is a text here.

mod damage;
mod document;
mod encryption;
mod error;
mod held_lock;
mod intent;
mod locked;
mod migrations;
mod owner;
mod relocation;
mod resource;
mod store;
#[cfg(test)]
mod testing;

pub use damage::{Damage, Unreadable};
pub use document::{State, json_schema};
pub use encryption::{InvalidKey, KeyError, KeySources, Keys};
pub use error::{Error, Intact, shell_word};
pub use intent::{Intent, IntentAction};
pub use locked::LockedState;
pub use owner::Owner;
pub use resource::ResourceState;
pub use state_backends::{LockId, LockInfo, Revision, Version, carries_secret};
pub use store::{LockOptions, Replaced, Snapshot, Store};
