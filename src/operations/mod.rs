//! Operations: the work of a command without a terminal. They bring configuration, state and live systems together.
//!
//! `cli` and `server` are two ways to ask for the same operations. [`Session::open`] opens the [`Workspace`], which is
//! the configuration and the state, and the [`Systems`], which are Konnect and GitHub. [`plan`] reads and compares, and
//! cannot write; [`apply`] applies a plan that was approved; [`drift`] reads what changed outside koctl.

mod apply;
mod apply_here;
mod approved;
mod asked;
mod authors;
mod change;
mod clashes;
pub mod complete;
mod connect;
mod drift;
mod failure;
mod former;
pub mod generate;
mod held;
mod import;
mod journey;
mod keys;
mod lineage;
mod locks;
mod moved;
pub mod notify;
mod onboarding;
mod owners;
mod plan;
mod preview;
mod relocation;
mod renames;
mod renaming;
mod repository;
mod request;
mod request_mark;
mod rivals;
mod sandbox;
mod scope_plan;
mod secrets;
mod session;
mod sources;
mod spec_diff;
pub mod state;
mod store;
mod stored;
mod stray;
mod systems;
mod unfit;
mod warning;
mod whole_file;
mod workspace;

pub use apply::{Applied, Settings, apply};
pub use approved::{Approved, NeedsPerson, NotReviewed};
pub use change::{LocalChange, check_service, format_files};
pub use clashes::staged_clashes;
pub use drift::{DriftRequest, Watched, drift, not_begun as drift_not_begun, stale_patterns};
pub use failure::{Failure, Failures};
pub use import::Choice;
pub use journey::{Journey, Plane, Progress, Stage};
pub use locks::Locks;
pub use onboarding::{Configuration, Onboarding, Proposed, Submission};
pub use plan::{Planned, desired, plan, unplanned, warnings};
pub use preview::{Preview, PreviewedDocument};
pub use renames::{Renamed, renames};
pub use repository::{KnownOrganization, RepositoryAccess, RepositoryOptions, RepositorySession, local_repository};
pub use request::PlanRequest;
pub use request_mark::RequestMark;
pub use sandbox::{FirstFiles, ServeOptions, Serving, Tenants, portal_key, sandbox_platform, sandbox_token, serve};
pub use session::{Session, SessionOptions};
pub use spec_diff::spec_diff;
pub use stray::stray_warnings;
pub use systems::Systems;
pub use warning::Warning;
pub use workspace::{Environment, Workspace};

use crate::registry;
use crate::report::Schemas;

/// The schemas of all resource types, in the order of reports.
#[must_use]
pub fn schemas() -> Schemas<'static> {
    Schemas(registry::schemas())
}
