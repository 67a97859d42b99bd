//! What a command does, without a terminal: configuration, state and live systems brought together.
//!
//! `cli` and `server` are two ways to ask for the same operations. [`Session::open`] loads the configuration and
//! opens the state; [`Session::plan`] reads and compares, and cannot write; [`Session::apply`] carries out a plan
//! that somebody approved.

mod apply;
mod connect;
mod failure;
mod keys;
mod lineage;
mod plan;
mod platform;
mod renames;
mod sandbox;
mod session;
pub mod state;

pub use apply::{Applied, Approved, Locks, NeedsPerson, Settings};
pub use failure::Failure;
pub use plan::{PlanRequest, Planned};
pub use platform::{PlatformAccess, PlatformOptions, local_platform};
pub use sandbox::{ServeOptions, Serving, Tenants, serve};
pub use session::{Environment, Session, SessionOptions, sandbox_token};

use crate::engine::Schema;

/// The schema of a resource type.
#[must_use]
pub fn schema(type_name: &str) -> Option<&'static Schema> {
    let konnect = crate::konnect::resources::SCHEMAS.iter();
    let github = crate::github::resources::SCHEMAS.iter();
    konnect.chain(github).copied().find(|schema| schema.type_name == type_name)
}
