//! From an organization that exists to the configuration that describes it: the compiler's opinions, read backwards.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`survey`](mod@survey) | reading an organization, with nothing but GETs |
//! | [`inventory`] | what was read, and readers over it |
//! | `recognise` | guesses: which portals are environments, whose control planes are which, which APIs are whose |
//! | [`draft`] | the guesses so far, and how one of them is given up |
//! | [`configuration`] | what a draft says: a manifest with its specifications |
//! | [`proof`](mod@proof) | the manifest is compiled and compared with what was read; what would change is given up |
//! | [`left`](mod@left) | what no part of the manifest answers for, and why |
//! | [`render`] | the manifest as a person would write it |
//!
//! A guess may be wrong: none is kept that the comparison of a plan does not find to be as it is. So the plan of what
//! was taken over is empty by construction, but for labels: objects that lack labels which koctl would give them are
//! taken over as they are.
//!
//! What must not enter: requests that change anything, the file system, and opinions of its own. What an environment
//! consists of is up to the [`compiler`](crate::compiler).

pub mod configuration;
pub mod draft;
pub mod inventory;
pub mod left;
pub mod proof;
#[cfg(test)]
mod properties;
mod recognise;
pub mod render;
pub mod survey;
#[cfg(test)]
mod tests;

pub use configuration::Configuration;
pub use draft::{Draft, Options, RemotePattern};
pub use inventory::Inventory;
pub use left::{Left, left};
pub use proof::{Proven, proof};
pub use recognise::recognise;
pub use survey::{Unread, survey};
