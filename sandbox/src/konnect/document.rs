//! The published documents that the sandbox serves, and where they differ from one another as a whole.

use http::StatusCode;

use super::problem::{Invalid, Problem, Rule, Source};

/// The regions of the documents' `servers`, beside `global`.
pub(super) const REGIONS: [&str; 6] = ["us", "eu", "au", "me", "in", "sg"];

/// A published API document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
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
}

impl Document {
    /// Whether its collections belong to the organization and are served on the global address, or to one
    /// of its regions.
    pub(super) fn is_global(self) -> bool {
        matches!(self, Document::Identity | Document::Notifications)
    }

    /// Whether its errors are `{"message", "status"}` as a gateway gives them, and not problem documents.
    pub(super) fn has_gateway_errors(self) -> bool {
        self == Document::GatewayConfiguration
    }

    /// The refusal of a path parameter that is no UUID: 400 where the document lists it for all of its operations, and
    /// 404 where it does not.
    pub(super) fn malformed_id(self, parameter: &str, value: &str) -> Problem {
        match self {
            Document::ControlPlanes => not_a_uuid(parameter),
            _ => Problem::new(StatusCode::NOT_FOUND, format!("[{value}] is not an id.")),
        }
    }

    /// Refuses a region that this document is not served in.
    pub(super) fn check_region(self, region: &str) -> Result<(), Problem> {
        let served = match self.is_global() {
            true => region == crate::store::GLOBAL,
            false => REGIONS.contains(&region),
        };
        let expected = if self.is_global() { "global".to_owned() } else { REGIONS.join(", ") };
        served.then_some(()).ok_or_else(|| {
            let detail = format!("This API is served in the region [{expected}], not in [{region}].");
            Problem::new(StatusCode::NOT_FOUND, detail)
        })
    }
}

/// 400 for a path parameter that is no UUID.
pub(super) fn not_a_uuid(parameter: &str) -> Problem {
    Invalid::at(Source::Path, parameter, Rule::Named("is_uuid"), "must be a UUID").into()
}
