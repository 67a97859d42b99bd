//! The sandbox's Konnect, spoken to with a plain HTTP client: each rule of the published documents by name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic, in its helpers too")]

#[path = "sandbox_konnect/access.rs"]
mod access;
#[path = "sandbox_konnect/apis.rs"]
mod apis;
#[path = "sandbox_konnect/auth_strategies.rs"]
mod auth_strategies;
#[path = "sandbox_konnect/authentication.rs"]
mod authentication;
#[path = "sandbox_konnect/collections.rs"]
mod collections;
#[path = "sandbox_konnect/control_plane_groups.rs"]
mod control_plane_groups;
#[path = "sandbox_konnect/control_planes.rs"]
mod control_planes;
#[path = "sandbox_konnect/dashboards.rs"]
mod dashboards;
#[path = "sandbox_konnect/documents.rs"]
mod documents;
#[path = "sandbox_konnect/identity.rs"]
mod identity;
#[path = "sandbox_konnect/notifications.rs"]
mod notifications;
#[path = "sandbox_konnect/portal_content.rs"]
mod portal_content;
#[path = "sandbox_konnect/portals.rs"]
mod portals;
#[path = "sandbox_konnect/server.rs"]
mod server;
#[path = "sandbox_konnect/system_accounts.rs"]
mod system_accounts;
#[path = "sandbox_konnect/world.rs"]
mod world;
