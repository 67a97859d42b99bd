//! The keys under `control-plane`: exits from the opinions on gateways.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::proxy_url::ProxyUrl;

/// The settings of control planes, where they differ from what the type of the environment implies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ControlPlane {
    /// The cluster type. Without it, `CLUSTER_TYPE_SERVERLESS` in environments of type DEV, and in those of type PROD
    /// `CLUSTER_TYPE_CONTROL_PLANE`, with data planes that you run. A control plane of another cluster type is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_type: Option<ClusterType>,
    /// The description, in at most 2048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How data planes authenticate. Without it, koctl leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_type: Option<AuthType>,
    /// The addresses at which clients reach the data planes, such as `https://api.example.com:8443`, at most 5. The port of
    /// http and https may be left out. Without it, koctl sets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_urls: Option<Vec<String>>,
    /// Labels, beside those that koctl sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl ControlPlane {
    /// True if it configures nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These settings, and those of `other` where these say nothing.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        let Self { cluster_type, description, auth_type, proxy_urls, labels } = other;
        self.cluster_type = self.cluster_type.or(*cluster_type);
        self.auth_type = self.auth_type.or(*auth_type);
        self.description = self.description.or_else(|| description.clone());
        self.proxy_urls = self.proxy_urls.or_else(|| proxy_urls.clone());
        for (key, value) in labels {
            self.labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// The addresses of data planes, each once and in order. Those that are not valid are left out.
    #[must_use]
    pub fn proxy_urls(&self) -> Option<BTreeSet<ProxyUrl>> {
        Some(self.proxy_urls.as_ref()?.iter().filter_map(|url| url.parse().ok()).collect())
    }

    /// The key in which these settings and `other` contradict each other. `None` if they do not.
    #[must_use]
    pub fn contradiction(&self, other: &Self) -> Option<&'static str> {
        fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.zip(other).is_some_and(|(one, other)| one != other)
        }
        let labels = self.labels.iter().any(|(key, value)| differ(Some(value), other.labels.get(key)));
        let keys = [
            ("cluster-type", differ(self.cluster_type.as_ref(), other.cluster_type.as_ref())),
            ("description", differ(self.description.as_ref(), other.description.as_ref())),
            ("auth-type", differ(self.auth_type.as_ref(), other.auth_type.as_ref())),
            ("proxy-urls", differ(self.proxy_urls().as_ref(), other.proxy_urls().as_ref())),
            ("labels", labels),
        ];
        keys.into_iter().find(|(_, differ)| *differ).map(|(key, _)| key)
    }
}

/// The cluster types of control planes, as Konnect calls them (schema `CreateControlPlaneRequest` of
/// `control-planes-v2`). Konnect has two words for serverless, of which this is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ClusterType {
    /// Hybrid: data planes that you run.
    #[serde(rename = "CLUSTER_TYPE_CONTROL_PLANE")]
    Hybrid,
    /// Serverless: data planes that Konnect runs.
    #[serde(rename = "CLUSTER_TYPE_SERVERLESS")]
    Serverless,
    /// An ingress controller of Kubernetes.
    #[serde(rename = "CLUSTER_TYPE_K8S_INGRESS_CONTROLLER")]
    Kubernetes,
    /// A group of control planes.
    #[serde(rename = "CLUSTER_TYPE_CONTROL_PLANE_GROUP")]
    Group,
    /// An event proxy for Kafka.
    #[serde(rename = "CLUSTER_TYPE_KAFKA_NATIVE_EVENT_PROXY")]
    Kafka,
}

impl ClusterType {
    /// The type as in the manifest and in Konnect.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hybrid => "CLUSTER_TYPE_CONTROL_PLANE",
            Self::Serverless => "CLUSTER_TYPE_SERVERLESS",
            Self::Kubernetes => "CLUSTER_TYPE_K8S_INGRESS_CONTROLLER",
            Self::Group => "CLUSTER_TYPE_CONTROL_PLANE_GROUP",
            Self::Kafka => "CLUSTER_TYPE_KAFKA_NATIVE_EVENT_PROXY",
        }
    }
}

/// How data planes authenticate to a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthType {
    /// With certificates that are registered one by one.
    PinnedClientCerts,
    /// With certificates of a certificate authority.
    PkiClientCerts,
}

impl AuthType {
    /// The type as in the manifest and in Konnect.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PinnedClientCerts => "pinned_client_certs",
            Self::PkiClientCerts => "pki_client_certs",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> ControlPlane {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn settings_without_a_key_say_nothing_about_it_and_contradict_nothing() {
        let nothing = ControlPlane::default();
        let all = settings(
            r#"{"cluster-type": "CLUSTER_TYPE_SERVERLESS", "description": "a", "auth-type": "pki_client_certs",
                "proxy-urls": ["https://a"], "labels": {"a": "1", "b": "2"}}"#,
        );
        assert_eq!(nothing.clone().or(&all), all);
        assert_eq!(all.clone().or(&nothing), all);
        assert_eq!((nothing.contradiction(&all), all.contradiction(&nothing)), (None, None));
    }

    #[test]
    fn the_nearer_settings_win_key_by_key() {
        let near = settings(r#"{"description": "near", "labels": {"a": "near"}}"#);
        let far =
            settings(r#"{"auth-type": "pki_client_certs", "description": "far", "labels": {"a": "far", "b": "far"}}"#);
        let both = settings(
            r#"{"auth-type": "pki_client_certs", "description": "near", "labels": {"a": "near", "b": "far"}}"#,
        );
        assert_eq!(near.clone().or(&far), both);
        assert_eq!(near.contradiction(&far), Some("description"));
        let urls = |urls: &str| settings(&format!(r#"{{"proxy-urls": [{urls}]}}"#));
        let both = urls(r#""https://a", "https://b""#);
        assert_eq!(both.contradiction(&urls(r#""https://b:443", "https://a""#)), None);
        assert_eq!(both.contradiction(&urls(r#""https://a""#)), Some("proxy-urls"));
        assert_eq!(urls("").or(&both), urls(""));
        assert_eq!(settings(r#"{"labels": {"a": "near"}}"#).contradiction(&far), Some("labels"));
    }

    #[test]
    fn the_words_of_the_manifest_are_those_of_konnect() {
        let types = [
            ClusterType::Hybrid,
            ClusterType::Serverless,
            ClusterType::Kubernetes,
            ClusterType::Group,
            ClusterType::Kafka,
        ];
        for one in types {
            assert_eq!(serde_json::to_value(one).unwrap(), one.as_str());
        }
        for one in [AuthType::PinnedClientCerts, AuthType::PkiClientCerts] {
            assert_eq!(serde_json::to_value(one).unwrap(), one.as_str());
        }
    }
}
