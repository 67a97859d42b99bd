//! APIs, their specifications, their publication, and the gateway services that serve them.

use std::collections::BTreeMap;

use super::gateways::plane_of;
use super::portals::{portal, visibility};
use super::{EnvironmentScope, Output, Placement, Spec};
use engine::{Desired, Expr, Lookup, Reference};

pub(super) fn compile(scope: &EnvironmentScope<'_>, services: &[(Placement<'_>, &Spec)], out: &mut Output) {
    for (placement, spec) in services {
        let api = api(scope, placement, spec);
        out.desired.push(version(scope, placement, spec, &api));
        out.desired.push(publication(scope, placement, &api));
        out.desired.extend(implementation(scope, placement, &api));
        out.desired.push(api);
    }
}

fn api(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, spec: &Spec) -> Desired {
    let service = placement.service;
    let mut labels = scope.labels();
    labels["team-name"] = placement.team_name.into();
    labels["service-name"] = service.name.as_str().into();
    scope
        .resource("api", &service.name)
        .with("region", scope.region())
        .with("name", scope.api_name(service))
        .with("version", spec.version.clone())
        .with_some("description", service.description.as_deref().filter(|text| !text.is_empty()))
        .with("labels", labels)
        .protect(service.protect || placement.team.protect || scope.protect())
}

fn version(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, spec: &Spec, api: &Desired) -> Desired {
    scope
        .resource("api_version", &placement.service.name)
        .with("region", scope.region())
        .with("api_id", api.id())
        .with_some("version", spec.version.as_deref())
        .with("content", spec.content.as_str())
}

fn publication(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, api: &Desired) -> Desired {
    scope
        .resource("api_publication", &placement.service.name)
        .with("region", scope.region())
        .with("api_id", api.id())
        .with("portal_id", portal(scope).id())
        .with("visibility", visibility(scope))
}

/// The link to the gateway service that decK makes from the staged specification and tags with the API's name.
fn implementation(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, api: &Desired) -> Option<Desired> {
    let plane = plane_of(scope, placement.team_name)?;
    let name = scope.api_name(placement.service);
    let needle = format!("ko-api-name={name}");
    let absent = format!("no gateway service is tagged `{needle}` in the control plane `{}` yet", plane.key());
    let reference = |attribute: &str| Reference::new(&plane, attribute);
    let lookup = Lookup {
        type_name: "gateway_service",
        within: BTreeMap::from([("control_plane_id", reference("id")), ("region", reference("region"))]),
        list: "tags",
        needle,
        absent,
        must_exist: false,
    };
    let implementation = scope
        .resource("api_implementation", &placement.service.name)
        .with("region", scope.region())
        .with("api_id", api.id())
        .with("control_plane_id", Expr::Reference(reference("id")))
        .with("service_id", Expr::Lookup(lookup));
    Some(implementation)
}
