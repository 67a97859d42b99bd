//! Konnect Identity, `/v3` of the global region: organizations, teams, users, system
//! accounts, their roles and tokens, and how people log in.

mod access_tokens;
mod authentication;
mod identity_providers;
pub(super) mod lookups;
mod organizations;
mod predefined_roles;
mod roles;
mod single_provider;
mod system_accounts;
mod team_group_mappings;
mod teams;
mod users;

pub(super) use identity_providers::{CLAIM_MAPPINGS, OIDC, check_enabled, complete_config};
pub(super) use lookups::organization;
pub(super) use organizations::{create_organization, organization_names, shown_organization};
pub(super) use single_provider::DEFAULTS as OIDC_DEFAULTS;

use super::framework::Route;

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
