//! Telling others what a look for drift has found: files, a webhook, an issue.
//!
//! What they are told is written by `report`; here it is brought there. None of this touches what koctl manages.

mod files;
mod issue;
mod webhook;

pub use files::{append, put_in_place};
pub use issue::Told;
pub use webhook::Webhook;
