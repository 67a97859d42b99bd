//! Portal Management, `/v3` of a region: developer portals, their content, and who uses them.

mod content;
mod customization;
mod developers;
mod portal;

pub(super) use content::{PAGES, SNIPPETS};
pub(super) use customization::CUSTOMIZATIONS;
pub(super) use developers::{DEVELOPERS, PORTAL_TEAMS, TEAM_DEVELOPERS, TEAM_ROLES};
pub(super) use portal::{PORTALS, of_path};

use super::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [portal::ROUTES, content::ROUTES, customization::ROUTES, developers::ROUTES].into_iter().flatten()
}
