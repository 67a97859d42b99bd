//! One resource type a file: its schema, how it is read and written, and everything else that is said of it.
//!
//! A new type is a file with [`schema!`](engine::schema!), a `TYPE` and a
//! `Resource`, and a line below.

pub mod api;
pub mod api_document;
pub mod api_implementation;
pub mod api_publication;
pub mod api_version;
pub mod application_auth_strategy;
pub mod authentication_settings;
pub mod control_plane;
pub mod dashboard;
pub mod gateway_service;
pub mod identity_provider;
pub mod konnect_team;
pub mod notification_subscription;
pub mod portal;
pub mod portal_asset;
pub mod portal_authentication_settings;
pub mod portal_custom_domain;
pub mod portal_customization;
pub mod portal_identity_provider;
pub mod portal_page;
pub mod portal_snippet;
pub mod portal_team;
pub mod portal_team_group_mapping;
pub mod portal_team_role;
mod sign_in;
pub mod team;
pub mod team_group_mapping;
pub mod team_role;
pub mod team_user;
pub mod user;

use super::resource::KonnectType;

/// All of Konnect's types, in the order in which reports show them: people, then how they sign in, then what runs, then
/// what is published.
pub static TYPES: &[&KonnectType] = &[
    &team::TYPE,
    &user::TYPE,
    &team_user::TYPE,
    &authentication_settings::TYPE,
    &identity_provider::TYPE,
    &team_group_mapping::TYPE,
    &notification_subscription::TYPE,
    &dashboard::TYPE,
    &control_plane::TYPE,
    &team_role::TYPE,
    &application_auth_strategy::TYPE,
    &portal::TYPE,
    &portal_custom_domain::TYPE,
    &portal_customization::TYPE,
    &portal_asset::TYPE,
    &portal_authentication_settings::TYPE,
    &portal_identity_provider::TYPE,
    &portal_page::TYPE,
    &portal_snippet::TYPE,
    &portal_team::TYPE,
    &portal_team_group_mapping::TYPE,
    &api::TYPE,
    &api_version::TYPE,
    &api_document::TYPE,
    &api_publication::TYPE,
    &portal_team_role::TYPE,
    &api_implementation::TYPE,
    &gateway_service::TYPE,
    &konnect_team::TYPE,
];

/// The type of that name.
#[must_use]
pub fn of_name(type_name: &str) -> Option<&'static KonnectType> {
    TYPES.iter().copied().find(|one| one.schema.type_name == type_name)
}
