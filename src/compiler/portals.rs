//! One developer portal an environment: open in production, for members elsewhere.

use serde_json::Value;

use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::portal::{
    AUTHENTICATION_ENABLED, DEFAULT_API_VISIBILITY, DEFAULT_PAGE_VISIBILITY, DISPLAY_NAME, LABELS, NAME, Portal, REGION,
};
use crate::konnect::resources::portal_page::{self, PortalPage};
use engine::{Desired, Expr};

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let organization = scope.organization.name;
    let display_name =
        if scope.is_production() { organization.to_owned() } else { format!("{organization} ({})", scope.name) };
    let portal = portal(scope)
        .with(REGION, scope.region())
        .with(NAME, scope.name)
        .with(DISPLAY_NAME, display_name)
        .with(AUTHENTICATION_ENABLED, !scope.is_production())
        .with(DEFAULT_API_VISIBILITY, visibility(scope))
        .with(DEFAULT_PAGE_VISIBILITY, visibility(scope))
        .with(LABELS, scope.labels())
        .protect(scope.protect());
    out.extend(scope.environment.portal.pages.iter().map(|(path, content)| page(scope, path, content)));
    out.push(portal);
}

/// The portal of an environment, by its address alone.
pub(super) fn portal(scope: &EnvironmentScope<'_>) -> Desired<Portal> {
    Desired::of(scope.organization.name, scope.name)
}

/// Who sees the portal and what is published there.
pub(super) fn visibility(scope: &EnvironmentScope<'_>) -> &'static str {
    if scope.is_production() { "public" } else { "private" }
}

/// A page of the portal. A path with folders is that of a page below others.
fn page(scope: &EnvironmentScope<'_>, path: &str, content: &str) -> Desired<PortalPage> {
    let (parent, slug) = match path.rsplit_once('/') {
        Some((parent, slug)) => (scope.resource::<PortalPage>(parent).id(), slug),
        None => (Expr::Value(Value::Null), path),
    };
    scope
        .resource(path)
        .with(portal_page::REGION, scope.region())
        .with(portal_page::PORTAL_ID, portal(scope).id())
        .with(portal_page::PARENT_PAGE_ID, parent)
        .with(portal_page::SLUG, slug)
        .with_some(portal_page::TITLE, title(content))
        .with(portal_page::CONTENT, content)
        .with(portal_page::STATUS, "published")
        .protect(scope.protect())
}

/// The first heading. `None` if there is none, or if front matter can set the title: Konnect decides then.
fn title(content: &str) -> Option<&str> {
    if content.starts_with("---") {
        return None;
    }
    content.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim)
}
