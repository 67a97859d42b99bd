//! koctl: plan and apply for the Konnect Reference Platform.
//!
//! One declarative configuration becomes a resource graph, is compared with a stored state and the live
//! systems, and is reconciled through a plan that was approved. `docs/architecture.md` follows one
//! `koctl apply` through the modules below; arrows between them run one way, from `cli` down.

pub mod cli;
pub mod compiler;
pub mod generate;
pub mod github;
pub mod konnect;
pub mod manifest;
pub mod operations;
pub mod platform_repository;
pub mod registry;
pub mod report;
pub mod resource_type;
pub mod review;
pub mod server;
