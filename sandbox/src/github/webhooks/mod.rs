//! Webhooks: events about pushes and pull requests, signed and delivered to addresses of this machine.
//!
//! | file | contents |
//! | --- | --- |
//! | `hook` | a webhook of a repository, as it is kept |
//! | `hooks` | creating, changing and testing webhooks |
//! | `snapshot` | the state of a repository, and the events between two of them |
//! | `payload` | the bodies of events |
//! | `announce` | who hears of an event |
//! | `delivery` | the queue that sends, and the record of what was sent |
//! | `deliveries` | reading that record, and sending again |
//!
//! An operation that changes a repository is framed by two snapshots, so that no operation has to know of webhooks.

mod announce;
mod deliveries;
mod delivery;
mod hook;
mod hooks;
mod payload;
mod snapshot;

pub(super) use announce::Announcer;
pub(super) use deliveries::{get as delivery, list as deliveries, redeliver};
pub(super) use delivery::Deliveries;
pub(super) use hook::Hook;
pub(super) use hooks::{create, delete, get, list, ping, update};
