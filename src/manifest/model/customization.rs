//! The keys under `customization` of a portal: its look.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::visibility::Visibility;

/// The look of a developer portal. What is left out is left as it is in Konnect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Customization {
    /// Colours and their mode.
    #[serde(default, skip_serializing_if = "Theme::is_empty")]
    pub theme: Theme,
    /// The arrangement of pages, as Konnect calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// Style sheet that is added to every page. The file `konnect/ORGANIZATION/envs/ENVIRONMENT/portal/custom.css` beside
    /// the configuration is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub css: Option<String>,
    /// Links at the top and at the foot of every page.
    #[serde(default, skip_serializing_if = "Menu::is_empty")]
    pub menu: Menu,
    /// How specifications are shown.
    #[serde(default, skip_serializing_if = "SpecRenderer::is_empty")]
    pub spec_renderer: SpecRenderer,
    /// The text of `robots.txt`, which search engines read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots: Option<String>,
}

impl Customization {
    /// True if it configures nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Colours of a portal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Theme {
    /// The name of a theme, as Konnect calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Light or dark colours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ThemeMode>,
    /// The colour of links and buttons, as in `#0b5fff` or `#05f`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_color: Option<String>,
}

impl Theme {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Light or dark colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThemeMode {
    /// Light colours.
    Light,
    /// Dark colours.
    Dark,
    /// As the browser is set.
    System,
}

impl ThemeMode {
    /// The mode as in the manifest and in Konnect.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }
}

/// Links of a portal. An empty list is a menu without links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Menu {
    /// Links at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main: Option<Vec<MenuItem>>,
    /// Groups of links at the foot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer_sections: Option<Vec<MenuSection>>,
    /// Links in the last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer_bottom: Option<Vec<MenuItem>>,
}

impl Menu {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A link of a menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MenuItem {
    /// The path of a page of the portal, which begins with a slash, or an address elsewhere.
    pub path: String,
    /// The text of the link.
    pub title: String,
    /// Who sees the link. Without it, `public`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Open the link in a new window. Without it, `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<bool>,
}

/// A group of links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MenuSection {
    /// The heading of the group.
    pub title: String,
    /// Its links.
    pub items: Vec<MenuItem>,
}

/// How specifications are shown in a portal. A switch that leaves the configuration gets Konnect's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SpecRenderer {
    /// Requests can be sent from the browser. Konnect's default is `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub try_it_ui: Option<bool>,
    /// Public specifications can be opened in Insomnia. Konnect's default is `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub try_it_insomnia: Option<bool>,
    /// A specification is one long page. Konnect's default is `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infinite_scroll: Option<bool>,
    /// Schemas are shown. Konnect's default is `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_schemas: Option<bool>,
    /// What a specification marks as internal is hidden. Konnect's default is `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hide_internal: Option<bool>,
    /// What a specification marks as deprecated is hidden. Konnect's default is `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hide_deprecated: Option<bool>,
    /// Developers can enter another address of the server. Konnect's default is `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_custom_server_urls: Option<bool>,
}

impl SpecRenderer {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
