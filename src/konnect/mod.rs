//! Kong Konnect: its HTTP client, and one file a resource type.
//!
//! [`client::ReadClient`] can only send GETs, [`client::WriteClient`] the rest: a plan is given readers alone, so
//! that it cannot change anything.

pub mod client;
mod problem;
pub mod resources;

pub use client::{ReadClient, WriteClient};
