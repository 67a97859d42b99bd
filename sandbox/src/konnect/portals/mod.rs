//! Portal Management, `/v3` of a region: developer portals, their content, and who uses them.

mod assets;
mod content;
mod custom_domain;
mod customization;
mod developers;
mod identity_providers;
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
    ]
    .into_iter()
    .flatten()
}
