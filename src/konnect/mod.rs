//! Kong Konnect: its HTTP client, and one file a resource type.
//!
//! [`client::ReadClient`] can only send GETs, [`client::WriteClient`] the rest: a plan is given readers alone, so
//! that it cannot change anything.

mod account;
pub mod audit_logs;
pub mod client;
mod collection;
mod content;
mod organization;
mod problem;
mod resource;
pub mod resources;
mod single;
mod tree;

pub use account::Account;
pub use client::{ReadClient, WriteClient};
pub use organization::organization;
pub use resource::KonnectType;
