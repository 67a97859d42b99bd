//! APIs, their specifications, documents and publication, and the gateway services that serve them.

use super::api_documents;
use super::auth_strategies;
use super::gateways::plane_of;
use super::portal_teams;
use super::portals::portal;
use super::scope::{EnvironmentScope, Output};
use super::specification::Spec;
use crate::konnect::resources::api::Api;
use crate::konnect::resources::api_implementation::ApiImplementation;
use crate::konnect::resources::api_publication::ApiPublication;
use crate::konnect::resources::api_version::ApiVersion;
use crate::konnect::resources::{
    api as apis, api_implementation, api_publication, api_version, control_plane, gateway_service,
};
use crate::manifest::model::Placement;
use engine::{Desired, Lookup};

pub(super) fn compile(scope: &EnvironmentScope<'_>, services: &[(Placement<'_>, &Spec)], out: &mut Output) {
    out.desired.extend(services.iter().flat_map(|(placement, spec)| resources(scope, placement, spec)));
}

/// The resources of one service.
pub(super) fn resources(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, spec: &Spec) -> Vec<Desired> {
    let api = api(scope, placement, spec);
    let mut resources = vec![
        version(scope, placement, spec, &api).untyped(),
        publication(scope, placement, &api).untyped(),
        api.clone().untyped(),
    ];
    resources.extend(api_documents::resources(scope, placement, &spec.documents, &api).map(Desired::untyped));
    resources.extend(portal_teams::roles(scope, placement, &api).into_iter().map(Desired::untyped));
    resources.extend(implementation(scope, placement, &api).map(Desired::untyped));
    resources
}

fn api(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, spec: &Spec) -> Desired<Api> {
    let (service, environment) = (placement.service, scope.environment);
    let mut labels = scope.labels(placement.labels());
    labels["team-name"] = placement.team_name.into();
    labels["service-name"] = service.name.as_str().into();
    scope
        .resource(&service.name)
        .with(apis::REGION, scope.region())
        .with(apis::NAME, environment.api_name(scope.name, placement))
        .with(apis::VERSION, spec.version.clone())
        .with_some(apis::SLUG, environment.slug(scope.name, placement))
        .with_some(apis::DESCRIPTION, placement.description())
        .with(apis::LABELS, labels)
        .protect(service.protect || placement.team.protect || scope.protect())
}

fn version(
    scope: &EnvironmentScope<'_>,
    placement: &Placement<'_>,
    spec: &Spec,
    api: &Desired<Api>,
) -> Desired<ApiVersion> {
    scope
        .resource(&placement.service.name)
        .with(api_version::REGION, scope.region())
        .with(api_version::API_ID, api.id())
        .with_some(api_version::VERSION, spec.version.as_deref())
        .with(api_version::CONTENT, spec.content.as_str())
}

fn publication(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, api: &Desired<Api>) -> Desired<ApiPublication> {
    scope
        .resource(&placement.service.name)
        .with(api_publication::REGION, scope.region())
        .with(api_publication::API_ID, api.id())
        .with(api_publication::PORTAL_ID, portal(scope).id())
        .with(
            api_publication::VISIBILITY,
            placement.visibility().unwrap_or(scope.environment.api_visibility()).as_str(),
        )
        .with_some(api_publication::AUTH_STRATEGY_ID, auth_strategies::of_api(scope, placement))
}

/// The link to the gateway service that decK makes from the staged specification and tags with the API's name.
fn implementation(
    scope: &EnvironmentScope<'_>,
    placement: &Placement<'_>,
    api: &Desired<Api>,
) -> Option<Desired<ApiImplementation>> {
    let plane = plane_of(scope, placement.team_name)?;
    let needle = format!("ko-api-name={}", scope.tag(placement.service));
    let absent = format!("no gateway service is tagged `{needle}` in the control plane `{}` yet", plane.address.key());
    let implementation: Desired<ApiImplementation> = scope.resource(&placement.service.name);
    let advice = format!(
        "write the `servers` of the specification once, and not at its paths or operations, so that decK makes one gateway \
         service, or link one of them in Konnect and take the link over: `koctl import {} ID`",
        implementation.address
    );
    let lookup = Lookup::of(gateway_service::TAGS, needle, absent).advice(advice).within([
        (gateway_service::CONTROL_PLANE_ID, plane.id_reference()),
        (gateway_service::REGION, plane.reference(control_plane::REGION)),
    ]);
    let implementation = implementation
        .with(api_implementation::REGION, scope.region())
        .with(api_implementation::API_ID, api.id())
        .with(api_implementation::CONTROL_PLANE_ID, plane.id())
        .with(api_implementation::SERVICE_ID, lookup);
    Some(implementation)
}
