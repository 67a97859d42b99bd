//! GitHub: service repositories are read, and the platform repository receives pull requests.
//!
//! [`ReadClient`] can only send GETs, [`WriteClient`] the rest. Files are read and written through GitHub's API without
//! a clone; repositories elsewhere are read by a shallow fetch in [`fetch`].

mod access;
pub mod client;
pub mod documents;
pub mod fetch;
pub mod issues;
mod problem;
pub(crate) mod proposal;
mod resource;
pub mod resources;
mod reviews;
pub mod specs;

pub use access::Access;
pub use client::{Listed, ReadClient, WriteClient};
pub use github_api::{Author, CheckRun, DEFAULT_URL, InvalidRepository, Pull, PullDetails, Repository, Review};
use problem::MOVED;
pub use resource::GitHubType;
