//! One developer portal an environment: open in production, for members elsewhere.

use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::portal::{
    AUTHENTICATION_ENABLED, DEFAULT_API_VISIBILITY, DEFAULT_PAGE_VISIBILITY, DISPLAY_NAME, LABELS, NAME, Portal, REGION,
};
use engine::Desired;

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
