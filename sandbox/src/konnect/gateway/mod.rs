//! Konnect Control Planes Configuration, `/v2` of a region: a gateway's own entities, and what Konnect has beside them.
//!
//! `entity` says what an entity is, `operations` has the five operations of its collections, and `references` the rules
//! between entities. Each of the other files has the tables of a few entities that belong together.

mod certificates;
mod config_stores;
mod consumer_groups;
mod consumers;
mod credentials;
mod custom_plugins;
mod data_planes;
mod entity;
mod graphql;
mod keys;
mod operations;
mod partial_tables;
mod partials;
mod pem;
mod plugins;
mod references;
mod schemas;
mod services;
mod traffic;
mod undocumented;
mod upstreams;
mod vaults;

pub(super) use undocumented::ROUTES as UNDOCUMENTED;

use super::framework::Route;

/// Every operation of the document.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    services::routes()
        .chain(traffic::routes())
        .chain(plugins::routes())
        .chain(consumers::routes())
        .chain(consumer_groups::routes())
        .chain(credentials::routes())
        .chain(upstreams::routes())
        .chain(certificates::routes())
        .chain(keys::routes())
        .chain(vaults::routes())
        .chain(partials::routes())
        .chain(graphql::routes())
        .chain(custom_plugins::routes())
        .chain(schemas::routes())
        .chain(data_planes::routes())
        .chain(config_stores::routes())
}
