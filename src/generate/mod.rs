//! From an existing organization to the configuration that describes it: the compiler's opinions, read backwards.
//!
//! | module | contents |
//! | --- | --- |
//! | [`survey`](mod@survey) | reads an organization, with GETs only |
//! | [`inventory`] | the objects that were read, and readers over them |
//! | `recognise` | guesses: which portals are environments, whose control planes are which, which APIs are whose |
//! | [`draft`] | the guesses, and how one of them is given up |
//! | [`configuration`] | the manifest of a draft, with its specifications |
//! | [`proof`](mod@proof) | compiles the manifest and compares it with what was read; gives up what would change |
//! | [`unmanaged`](mod@unmanaged) | objects that no part of the manifest asks for, and why |
//! | [`render`] | the manifest as a person would write it |
//!
//! A guess may be wrong: a guess is kept only if a plan would not change anything about it. So the plan after the import
//! is empty by construction, except for labels: objects that lack koctl's labels are taken over as they are.
//!
//! Must not enter: requests that change anything, the file system, and opinions of its own. The
//! [`compiler`](crate::compiler) decides what an environment consists of.

pub mod configuration;
pub mod draft;
pub mod inventory;
pub mod proof;
#[cfg(test)]
mod properties;
mod recognise;
pub mod render;
pub mod survey;
#[cfg(test)]
mod tests;
pub mod unmanaged;

pub use configuration::Configuration;
pub use draft::{Draft, RecogniseOptions, RemotePattern};
pub use inventory::Inventory;
pub use proof::{Proven, proof};
pub use recognise::recognise;
pub use survey::{Unread, survey};
pub use unmanaged::{UnmanagedObject, unmanaged};
