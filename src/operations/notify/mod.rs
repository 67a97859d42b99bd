//! Notifications of drift: files, a webhook, an issue.
//!
//! `report` writes what they say, and this module delivers it. Nothing here changes what koctl manages.

mod files;
mod issue;
mod webhook;

pub use files::{append, put_in_place};
pub use issue::{IssueChange, update_issue};
pub use webhook::{Webhook, send};
