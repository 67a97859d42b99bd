//! Portal Management, `/v3` of a region: developer portals, their content, and who uses them.

mod assets;
mod audit_log_webhook;
mod content;
mod custom_domain;
mod customization;
mod developers;
mod email_templates;
mod emails;
mod identity_providers;
mod integrations;
mod ip_allow_lists;
mod portal;
mod sign_in;

pub(super) use portal::of_path;

use super::framework::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [
        portal::ROUTES,
        content::ROUTES,
        customization::ROUTES,
        developers::ROUTES,
        sign_in::ROUTES,
        identity_providers::ROUTES,
        custom_domain::ROUTES,
        assets::ROUTES,
        ip_allow_lists::ROUTES,
        integrations::ROUTES,
        emails::ROUTES,
        email_templates::ROUTES,
        audit_log_webhook::ROUTES,
    ]
    .into_iter()
    .flatten()
}
