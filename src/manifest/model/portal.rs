//! The keys under `portal`: the pages of a developer portal, and exits from the opinions on it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::auth_strategy::AuthStrategy;
use super::custom_domain::CustomDomain;
use super::customization::Customization;
use super::portal_authorization::PortalAuthorization;
use super::portal_team::PortalTeam;
use super::visibility::Visibility;

/// The developer portal of an environment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvironmentPortal {
    /// The name, which is unique in the region. Without it, the name of the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name that developers see. Without it, that of the organization, followed by the environment in parentheses
    /// except in production.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The description, in at most 512 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Developers can sign in, and need to for everything that is not public. Without it, `true` in environments of type
    /// DEV, and `false` in those of type PROD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<bool>,
    /// The address of the portal under a name of your own. Without it, the address that Konnect gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_domain: Option<CustomDomain>,
    /// The look of the portal. What is left out is left as it is in Konnect.
    #[serde(default, skip_serializing_if = "Customization::is_empty")]
    pub customization: Customization,
    /// The logo as a data URL, as in `data:image/svg+xml;base64,…`. A file `logo.png`, `logo.jpg`, `logo.gif`, `logo.ico` or
    /// `logo.svg` in the folder `konnect/ORGANIZATION/envs/ENVIRONMENT/portal` beside the configuration is the same. Without
    /// both, koctl leaves the logo as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// The icon in the tab of a browser, as the logo; its file is named `favicon`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favicon: Option<String>,
    /// How developers sign in, and how they join teams. Without it, koctl does not change the sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<PortalAuthorization>,
    /// Developers see and use only the APIs that the portal's teams give them. It needs `authentication`. Without it,
    /// `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rbac: Option<bool>,
    /// Only addresses of the portal's allow list reach it. The list itself is edited in Konnect. Without it, `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_allow_list: Option<bool>,
    /// Who sees the APIs of the portal, unless a service says otherwise. Without it, `private` in environments of type
    /// DEV, and `public` in those of type PROD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_api_visibility: Option<Visibility>,
    /// Who sees new pages of the portal. Without it, `private` in environments of type DEV, and `public` in those of type
    /// PROD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_page_visibility: Option<Visibility>,
    /// Whoever registers as a developer is let in without approval. Without it, `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_approve_developers: Option<bool>,
    /// Applications that register for an API get access without approval. Without it, `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_approve_applications: Option<bool>,
    /// Notifications of a registration contain the developer's name and email address. Without it, `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developers_in_notifications: Option<bool>,
    /// Ways in which applications identify themselves to the APIs of the portal, by a key of your choice, which cannot be
    /// `none`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub auth_strategies: BTreeMap<String, AuthStrategy>,
    /// The key of the strategy that the APIs of the portal have, unless a service says otherwise. `none` for none. Without
    /// it, koctl leaves that as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_application_auth_strategy: Option<String>,
    /// The teams of developers by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub teams: BTreeMap<String, PortalTeam>,
    /// Labels, beside those that koctl sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Pages in Markdown, by path: `guides/start` is a page below `guides`, which must be a page of the configuration, too,
    /// and `index` is the page at the top, with the slug `/`. Files in the folder
    /// `konnect/ORGANIZATION/envs/ENVIRONMENT/portal/pages` beside the configuration are pages, too.
    /// The title of a page is that of its front matter, its first heading, or the end of its path. Front matter may also set
    /// `visibility` (`public` or `private`) and `status` (`published` or `unpublished`). Front matter whose only key is `koctl`
    /// sets the three without being sent. An existing page of the path is
    /// imported and gets this content, also a default page of Konnect. A page is not deleted while pages that are not
    /// managed are below it; a changed path is another page. All other pages belong to the authors of the portal.
    #[serde(default)]
    pub pages: BTreeMap<String, String>,
    /// Snippets in Markdown, which pages contain, by name. Files in the folder
    /// `konnect/ORGANIZATION/envs/ENVIRONMENT/portal/snippets` beside the configuration are snippets, too. Title, front
    /// matter and what exists are as for pages. All other snippets belong to the authors of the portal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub snippets: BTreeMap<String, String>,
}

impl EnvironmentPortal {
    /// True if it configures nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // As written: a secret in it has no other comparison.
        let written = |portal: &Self| serde_json::to_value(portal).ok();
        written(self) == written(&Self::default())
    }
}
