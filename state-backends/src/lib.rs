//! Opaque documents under keys, with compare-and-swap and locks. Knows nothing of koctl.
//!
//! A [`Backend`] is a store that keeps one document for each key. It promises three things, and a caller relies on
//! them:
//!
//! - **Writes are compare-and-swap.** A write names the [`Expected`] revision; if another is stored, nothing is
//!   written. Even if a lock was forced open, no update is lost.
//! - **Writes are all or nothing.** A reader sees the earlier document or the new one, never a mixture, and a
//!   process killed at any instruction leaves one of the two.
//! - **A lock has one holder.** Only the holder of the lock of a key can write under it. A lock says who holds it,
//!   since when and for what ([`LockInfo`]).
//!
//! Optional abilities are values ([`Capabilities`]), not surprises at run time. Errors say which of the few things
//! happened that a caller can react to ([`Kind`]).
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`open`] | from a URL to the backend that it names |
//! | [`directory`] | the backend for a local directory |
//! | [`github`] | the backend for a branch of a GitHub repository |
//! | [`objects`] | the backend for S3, Google Cloud Storage and Azure |
//! | [`http`] | the backend for servers that speak Terraform's HTTP backend protocol |
//! | [`postgres`] | the backend for a PostgreSQL database |
//! | `name` | names for keys that cannot be a file name themselves |
//! | `settings` | timeouts and retries of HTTP |
//! | `detached` | work that cannot be waited for |
//!
//! A new backend is a module with one public type that implements [`Backend`], and a file in `tests/` that runs the
//! suite of the crate `conformance` on it: the rules above as tests, the same for every backend.

mod address_error;
mod backend;
mod detached;
pub mod directory;
mod error;
pub mod github;
pub mod http;
mod lock;
mod name;
pub mod objects;
mod open;
pub mod postgres;
mod revision;
mod settings;

pub use address_error::{AddressError, OpenError, Variables, carries_secret};
pub use backend::{AbandonedLock, Backend, Capabilities, Document, Version};
pub use directory::Directory;
pub use error::{Attempt, Error, Kind, Result};
pub use github::GitHub;
pub use http::Http;
pub use lock::{LockId, LockInfo};
pub use objects::Objects;
pub use open::open;
pub use postgres::Postgres;
pub use revision::{Expected, Revision};
