//! Opaque documents under keys, with compare-and-swap and locks. Knows nothing of koctl.
//!
//! A [`Backend`] is a place that keeps one document a key. It promises three things, and a caller relies on them:
//!
//! - **Writes are compare-and-swap.** A write names the [`Expected`] revision; where another is stored, nothing is
//!   written. Even a lock that was broken cannot lose an update.
//! - **Writes are all or nothing.** A reader sees the earlier document or the new one, never a mixture, and a
//!   process killed at any instruction leaves one of the two.
//! - **One holder a lock.** Only who holds the lock of a key can write under it. A lock says who holds it, since
//!   when and for what ([`LockInfo`]).
//!
//! What not every place can do is a value ([`Capabilities`]), not a surprise at run time. Errors say which of the
//! few things a caller can react to happened ([`Kind`]).
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`open`] | from a URL to the backend that it names |
//! | [`directory`] | the backend for a local directory |
//! | [`github`] | the backend for a branch of a GitHub repository |
//! | [`objects`] | the backend for S3, Google Cloud Storage and Azure |
//! | [`http`] | the backend for servers that speak Terraform's HTTP backend protocol |
//! | [`postgres`] | the backend for a PostgreSQL database |
//! | `name` | names for keys, where a key cannot be one itself |
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

pub use address_error::{AddressError, OpenError, Variables};
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
