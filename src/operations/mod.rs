//! What a command does, without a terminal: configuration, state and live systems brought together.
//!
//! `cli` and `server` are two ways to ask for the same operations. [`Session::open`] loads the configuration and
//! opens the state; [`Session::plan`] reads and compares, and cannot write; [`Session::apply`] carries out a plan
//! that somebody approved; [`Session::drift`] reads what somebody else changed.

mod apply;
mod connect;
mod drift;
mod failure;
pub mod generate;
mod import;
mod keys;
mod lineage;
mod plan;
mod platform;
mod renames;
mod sandbox;
mod session;
pub mod state;
mod store;
pub mod tell;

pub use apply::{Applied, Approved, Locks, NeedsPerson, Settings};
pub use drift::{DriftRequest, Watched};
pub use failure::Failure;
pub use import::Choice;
pub use plan::{PlanRequest, Planned};
pub use platform::{PlatformAccess, PlatformOptions, local_platform};
pub use sandbox::{ServeOptions, Serving, Tenants, serve};
pub use session::{Environment, Session, SessionOptions, sandbox_token};

use crate::registry;
use crate::report::Schemas;

/// The schemas of all resource types, in the order of reports.
#[must_use]
pub fn schemas() -> Schemas<'static> {
    Schemas(registry::schemas())
}
