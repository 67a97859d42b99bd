//! Konnect API Catalog, `/v3` of a region: APIs, their documents and versions, their publications and implementations.

mod api;
mod documents;
mod implementations;
mod path;
mod publications;
mod slug;
mod specification;
mod versions;

use super::framework::Route;

/// All operations of this document that the sandbox offers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [api::ROUTES, documents::ROUTES, versions::ROUTES, publications::ROUTES, implementations::ROUTES]
        .into_iter()
        .flatten()
}
