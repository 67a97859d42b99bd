//! Portal Management, `/v3` of a region: developer portals and their content.

mod content;
mod portal;

pub(super) use content::{PAGES, SNIPPETS};
pub(super) use portal::{PORTALS, of_path};

use super::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [portal::ROUTES, content::ROUTES].into_iter().flatten()
}
