//! Konnect Identity, `/v3` of the global region: organizations, teams, users, and the roles assigned to both,
//! and how people log in.

mod authentication;
mod identity_providers;
mod organizations;
mod roles;
mod team_group_mappings;
mod teams;
mod users;

pub(super) use authentication::{AUTHENTICATION_SETTINGS, IMPERSONATION_SETTINGS};
pub(super) use identity_providers::IDENTITY_PROVIDERS;
pub(super) use organizations::{ORGANIZATIONS, current, found};
pub(super) use roles::ASSIGNED_ROLES;
pub(super) use team_group_mappings::TEAM_GROUP_MAPPINGS;
pub(super) use teams::{TEAM_USERS, TEAMS};
pub(super) use users::USERS;

use super::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [
        organizations::ROUTES,
        teams::ROUTES,
        users::ROUTES,
        roles::ROUTES,
        authentication::ROUTES,
        identity_providers::ROUTES,
        team_group_mappings::ROUTES,
    ]
    .into_iter()
    .flatten()
}
