//! The platform repository: what is in it, and sessions that are about nothing else.
//!
//! | module | what it does |
//! | --- | --- |
//! | `access` | opens a repository for `koctl init` and `koctl add` |
//! | `work` | a session for the work on it, and where its state is kept until the repository exists |
//! | `contents` | reads koctl's files in it |
//! | `relics` | what is said of the files that the Go koctl left in it |
//! | `plan` | plans the scope `@platform` |

mod access;
mod contents;
mod plan;
mod relics;
mod work;

pub use access::{KnownOrganization, RepositoryAccess, RepositoryOptions, local_repository};
pub(super) use plan::{RepositoryPlan, is_planned, plan};
pub use work::RepositorySession;
