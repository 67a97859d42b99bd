//! Work on the state itself: what `koctl state` does. Nothing here asks Konnect or GitHub anything.
//!
//! | module | what it does |
//! | --- | --- |
//! | `edit` | changes of several states that are shown before they are made |
//! | `find` | the resources that patterns name, and the scopes that there are |
//! | `moves` | resources get other addresses |
//! | `remove` | resources are forgotten |
//! | `push` | a state from a file is put in the place of the stored one |
//! | `history` | earlier versions, and their return |
//! | `migrate` | all states are copied to another store |
//! | `rekey` | all states are written anew, with the keys of today |
//!
//! Every change is made under the lock of its scope, in one write, so that it is there in full or not at all; where
//! the store keeps history, what was there before is in it.

mod edit;
mod find;
mod history;
mod migrate;
mod moves;
mod push;
mod rekey;
mod remove;

pub use edit::Edit;
pub use find::{Found, Listing, find, resource};
pub use history::{HistoryEntry, Restore, history, restore};
pub use migrate::{Copied, Migration};
pub use moves::{Moved, Moves, rename, rename_one};
pub use push::{Pushed, pull, push};
pub use rekey::rekey;
pub use remove::remove;
