//! One developer portal an environment: open in production, for members elsewhere, unless the configuration says
//! otherwise.

use serde_json::Value;

use super::auth_strategies;
use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::portal::{
    AUTHENTICATION_ENABLED, AUTO_APPROVE_APPLICATIONS, AUTO_APPROVE_DEVELOPERS, DEFAULT_API_VISIBILITY,
    DEFAULT_APPLICATION_AUTH_STRATEGY_ID, DEFAULT_PAGE_VISIBILITY, DESCRIPTION, DISPLAY_NAME, LABELS, NAME,
    NOTIFICATIONS_DEVELOPER_PII_VISIBILITY_ENABLED, Portal, RBAC_ENABLED, REGION, SIPR_ENABLED,
};
use crate::konnect::resources::portal_page::{self, PortalPage};
use crate::konnect::resources::portal_snippet::{self, PortalSnippet};
use crate::manifest::markdown::PortalText;
use crate::manifest::model::Visibility;
use engine::{Desired, Expr};

/// The path of the page at the top of a portal, and its slug.
const TOP: &str = "index";
const TOP_SLUG: &str = "/";

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let environment = scope.environment;
    let configured = &environment.portal;
    let portal = portal(scope)
        .with(REGION, scope.region())
        .with(NAME, environment.portal_name(scope.name))
        .with(DISPLAY_NAME, environment.portal_display_name(scope.organization.name, scope.name))
        .with_some(DESCRIPTION, configured.description.as_deref())
        .with(AUTHENTICATION_ENABLED, environment.signs_in())
        .with_some(RBAC_ENABLED, configured.rbac)
        .with_some(SIPR_ENABLED, configured.ip_allow_list)
        .with(DEFAULT_API_VISIBILITY, environment.api_visibility().as_str())
        .with(DEFAULT_PAGE_VISIBILITY, environment.page_visibility().as_str())
        .with_some(DEFAULT_APPLICATION_AUTH_STRATEGY_ID, auth_strategies::of_portal(scope))
        .with_some(AUTO_APPROVE_DEVELOPERS, configured.auto_approve_developers)
        .with_some(AUTO_APPROVE_APPLICATIONS, configured.auto_approve_applications)
        .with_some(NOTIFICATIONS_DEVELOPER_PII_VISIBILITY_ENABLED, configured.developers_in_notifications)
        .with(LABELS, scope.labels(&configured.labels))
        .protect(scope.protect());
    out.extend(configured.pages.iter().map(|(path, content)| page(scope, path, content)));
    out.extend(configured.snippets.iter().map(|(name, content)| snippet(scope, name, content)));
    out.push(portal);
}

/// The portal of an environment, by its address alone.
pub(super) fn portal(scope: &EnvironmentScope<'_>) -> Desired<Portal> {
    Desired::of(scope.organization.name, scope.name)
}

/// A page of the portal. A path with folders is that of a page below others.
fn page(scope: &EnvironmentScope<'_>, path: &str, content: &str) -> Desired<PortalPage> {
    let (parent, slug) = match path.rsplit_once('/') {
        Some((parent, slug)) => (scope.resource::<PortalPage>(parent).id(), slug),
        None if path == TOP => (Expr::Value(Value::Null), TOP_SLUG),
        None => (Expr::Value(Value::Null), path),
    };
    let text = PortalText::of(content);
    let (title, visibility, status) = said(&text, path.rsplit('/').next().unwrap_or(path));
    scope
        .resource(path)
        .with(portal_page::REGION, scope.region())
        .with(portal_page::PORTAL_ID, portal(scope).id())
        .with(portal_page::PARENT_PAGE_ID, parent)
        .with(portal_page::SLUG, slug)
        .with_some(portal_page::TITLE, title)
        .with(portal_page::CONTENT, text.content)
        .with_some(portal_page::VISIBILITY, visibility)
        .with(portal_page::STATUS, status)
        .protect(scope.protect())
}

/// A text that pages share.
fn snippet(scope: &EnvironmentScope<'_>, name: &str, content: &str) -> Desired<PortalSnippet> {
    let text = PortalText::of(content);
    let (title, visibility, status) = said(&text, name);
    scope
        .resource(name)
        .with(portal_snippet::REGION, scope.region())
        .with(portal_snippet::PORTAL_ID, portal(scope).id())
        .with(portal_snippet::NAME, name)
        .with_some(portal_snippet::TITLE, title)
        .with(portal_snippet::CONTENT, text.content)
        .with_some(portal_snippet::VISIBILITY, visibility)
        .with(portal_snippet::STATUS, status)
        .protect(scope.protect())
}

/// The title, the visibility and the status of a text, as it says. The configuration was checked: it has no other values.
fn said<'a>(text: &'a PortalText<'_>, name: &'a str) -> (Option<&'a str>, Option<&'static str>, &'static str) {
    let visibility = text.visibility().ok().flatten().map(Visibility::as_str);
    (text.title(name).ok().flatten(), visibility, text.status().unwrap_or("published"))
}
