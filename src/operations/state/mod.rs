//! Work on the state itself, for `koctl state`. Nothing here reads Konnect or GitHub, except for the question which
//! organization a token opens.
//!
//! | module | what it does |
//! | --- | --- |
//! | `adopt_organization` | makes a state that of another Konnect organization |
//! | `edit` | changes of several states that are shown before they are made |
//! | `find` | finds the resources that match patterns |
//! | `moves` | moves resources to other addresses |
//! | `remove` | removes resources from the state only |
//! | `push` | replaces the stored state by one from a file |
//! | `history` | lists and restores earlier versions |
//! | `migrate` | copies all states to another store |
//! | `rekey` | encrypts all states again, with the current keys |
//!
//! Every change is made under the lock of its scope, in one write, so that it is there in full or not at all. If
//! the store keeps a history, the earlier state is in it.

mod adopt_organization;
mod edit;
mod find;
mod history;
mod migrate;
mod moves;
mod push;
mod rekey;
mod remove;

pub use adopt_organization::{Adoption, adopt_organization};
pub use edit::Edit;
pub use find::{FoundResource, Listing, find, resource};
pub use history::{HistoryEntry, Restore, history, restore};
pub use migrate::{Copied, Migration};
pub use moves::{Moves, rename, rename_one};
pub use push::{Pushed, pull, push};
pub use rekey::rekey;
pub use remove::remove;
