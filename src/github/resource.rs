//! The common part of all types of GitHub.

use super::client::{ReadClient, WriteClient};
use crate::resource_type::ResourceType;
use engine::Schema;

/// A resource type of GitHub.
pub type GitHubType = ResourceType<ReadClient, WriteClient>;

/// A schema of GitHub with no special care, to be completed with `..PLAIN`.
pub(super) const PLAIN: Schema = Schema { provider: "github", ..Schema::PLAIN };
