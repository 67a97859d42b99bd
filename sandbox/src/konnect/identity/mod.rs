//! Konnect Identity, `/v3` of the global region: organizations, teams, users, system
//! accounts, their roles and tokens, and how people log in.

mod access_tokens;
mod authentication;
mod identity_providers;
mod organizations;
mod predefined_roles;
mod roles;
mod single_provider;
mod system_accounts;
mod team_group_mappings;
mod teams;
mod users;

pub(super) use access_tokens::{PERSONAL_TOKENS, SYSTEM_ACCOUNT_TOKENS, opened_by};
pub(super) use authentication::{AUTHENTICATION_SETTINGS, IMPERSONATION_SETTINGS};
pub(super) use identity_providers::IDENTITY_PROVIDERS;
pub(super) use organizations::{ORGANIZATIONS, current, found};
pub(super) use roles::ASSIGNED_ROLES;
pub(super) use system_accounts::SYSTEM_ACCOUNTS;
pub(super) use team_group_mappings::TEAM_GROUP_MAPPINGS;
pub(super) use teams::{TEAM_SYSTEM_ACCOUNTS, TEAM_USERS, TEAMS};
pub(super) use users::USERS;

use super::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [
        organizations::ROUTES,
        teams::ROUTES,
        users::ROUTES,
        roles::ROUTES,
        predefined_roles::ROUTES,
        system_accounts::ROUTES,
        access_tokens::ROUTES,
        authentication::ROUTES,
        identity_providers::ROUTES,
        team_group_mappings::ROUTES,
        single_provider::ROUTES,
    ]
    .into_iter()
    .flatten()
}
