//! One developer portal an environment: open in production, for members elsewhere.

use super::{EnvironmentScope, Output};
use engine::Desired;

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let organization = scope.organization.name;
    let display_name =
        if scope.is_production() { organization.to_owned() } else { format!("{organization} ({})", scope.name) };
    let portal = portal(scope)
        .with("region", scope.region())
        .with("name", scope.name)
        .with("display_name", display_name)
        .with("authentication_enabled", !scope.is_production())
        .with("default_api_visibility", visibility(scope))
        .with("default_page_visibility", visibility(scope))
        .with("labels", scope.labels())
        .protect(scope.protect());
    out.desired.push(portal);
}

/// The portal of an environment, by its address alone.
pub(super) fn portal(scope: &EnvironmentScope<'_>) -> Desired {
    Desired::new(scope.organization.name, "portal", scope.name)
}

/// Who sees the portal and what is published there.
pub(super) fn visibility(scope: &EnvironmentScope<'_>) -> &'static str {
    if scope.is_production() { "public" } else { "private" }
}
