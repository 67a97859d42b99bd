//! Konnect Identity, `/v3` of the global region: organizations, teams, users, and the roles assigned to both.

mod organizations;
mod roles;
mod teams;
mod users;

pub(super) use organizations::{ORGANIZATIONS, found};
pub(super) use roles::ASSIGNED_ROLES;
pub(super) use teams::{TEAM_USERS, TEAMS};
pub(super) use users::USERS;

use super::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [organizations::ROUTES, teams::ROUTES, users::ROUTES, roles::ROUTES].into_iter().flatten()
}
