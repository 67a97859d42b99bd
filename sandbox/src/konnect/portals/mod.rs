//! Portal Management, `/v3` of a region: developer portals, their content, and who uses them.

mod content;
mod customization;
mod developers;
mod portal;

pub(super) use portal::of_path;

use super::framework::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [portal::ROUTES, content::ROUTES, customization::ROUTES, developers::ROUTES].into_iter().flatten()
}
