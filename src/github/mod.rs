//! GitHub: service repositories are read, and the platform repository receives pull requests.
//!
//! [`client::ReadClient`] can only send GETs, [`client::WriteClient`] the rest. Files are read and written through
//! GitHub's API without a clone (the Git Data API of its published document); repositories elsewhere are read by a
//! shallow fetch in [`fetch`].

pub mod client;
pub mod fetch;
pub mod issues;
mod problem;
pub mod remote;
mod resource;
pub mod resources;
pub mod specs;

pub use client::{ReadClient, WriteClient};
pub use remote::Repository;
pub use resource::GitHubType;
