//! The published documents that the sandbox serves, and the differences between them as a whole.

use super::problem::Form;
use crate::store::GLOBAL;

/// The regions of the documents' `servers`, without `global`.
const REGIONS: [&str; 6] = ["us", "eu", "au", "me", "in", "sg"];

/// A published API document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::konnect) enum Document {
    /// Konnect Identity, `/v3` of the global region.
    Identity,
    /// Konnect Notification Hub, `/v1` of the global region.
    Notifications,
    /// Konnect Control Planes, `/v2`.
    ControlPlanes,
    /// Konnect Control Planes Configuration, `/v2`: the gateway's own entities.
    GatewayConfiguration,
    /// Konnect Analytics Dashboards, `/v2`.
    Dashboards,
    /// Konnect Application Auth Strategies, `/v2`.
    AuthStrategies,
    /// Konnect API Catalog, `/v3`.
    ApiCatalog,
    /// Portal Management, `/v3`.
    Portals,
    /// Konnect Audit Log Settings, `/v3`.
    AuditLogs,
}

impl Document {
    /// True if its collections belong to the organization and are served at the global address; false if they belong to
    /// one of its regions.
    pub(in crate::konnect) fn is_global(self) -> bool {
        matches!(self, Document::Identity | Document::Notifications)
    }

    /// The shape of its errors.
    pub(in crate::konnect) fn errors(self) -> Form {
        if self == Document::GatewayConfiguration { Form::Gateway } else { Form::Problem }
    }

    /// True if it is served in this region.
    pub(in crate::konnect) fn serves(self, region: &str) -> bool {
        self.regions().contains(&region)
    }

    /// The regions that it is served in.
    pub(in crate::konnect) fn regions(self) -> &'static [&'static str] {
        if self.is_global() { &[GLOBAL] } else { &REGIONS }
    }
}
