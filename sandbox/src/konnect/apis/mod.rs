//! Konnect API Catalog, `/v3` of a region: APIs, their documents and versions, where they are published and what implements
//! them.

mod api;
mod documents;
mod implementations;
mod publications;
mod specification;
mod versions;

pub(super) use api::APIS;
pub(super) use documents::DOCUMENTS;
pub(super) use implementations::IMPLEMENTATIONS;
pub(super) use publications::PUBLICATIONS;
pub(super) use versions::VERSIONS;

use super::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [api::ROUTES, documents::ROUTES, versions::ROUTES, publications::ROUTES, implementations::ROUTES]
        .into_iter()
        .flatten()
}
