//! The keys under `custom-domain` of a portal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::secret::Secret;

/// The address of a portal under a name of your own. Another name, or a certificate of your own instead of Konnect's, is
/// another domain: the old one is deleted first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CustomDomain {
    /// The name, as in `developers.example.com`. In DNS, a CNAME record of it leads to the domain that Konnect gave the
    /// portal.
    pub hostname: String,
    /// The portal is reached at the name. Without it, `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The certificate of the name with its chain, in PEM. Without it, Konnect gets one, and verifies the name by HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Secret>,
    /// The private key of `certificate`, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<Secret>,
    /// Use a `certificate` of an authority that is not publicly known. Without it, `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_ca_check: Option<bool>,
}

impl CustomDomain {
    /// How Konnect gets the certificate, as Konnect calls it (schema `PortalCustomDomainVerificationMethod` of
    /// `portal-management-v3`).
    #[must_use]
    pub fn verification_method(&self) -> &'static str {
        if self.certificate.is_some() { Self::CERTIFICATE } else { Self::HTTP }
    }

    /// With a certificate of the company.
    pub const CERTIFICATE: &str = "custom_certificate";
    /// With a certificate that Konnect gets.
    pub const HTTP: &str = "http";
}
