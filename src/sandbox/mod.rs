//! A local Konnect and GitHub, written from their published documents.

pub mod github;
