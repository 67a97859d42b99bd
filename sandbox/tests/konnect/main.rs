//! The sandbox's Konnect, over a plain HTTP client: a test for each rule of the published documents.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic, in its helpers too")]

mod access;
mod apis;
mod audit_logs;
mod auth_strategies;
mod authentication;
mod collections;
mod control_plane_groups;
mod control_planes;
mod dashboards;
mod documents;
mod gateway;
mod gateway_collections;
mod gateway_deck;
mod gateway_references;
mod gateway_settings;
mod identity;
mod notifications;
mod portal_content;
mod portal_settings;
mod portals;
mod server;
mod system_accounts;
mod world;
