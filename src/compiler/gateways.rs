//! Control planes, and what teams may do on them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::placement::Member;
use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::control_plane::{self, ControlPlane};
use crate::konnect::resources::team::Team;
use crate::konnect::resources::team_role::{self, TeamRole};
use crate::manifest::model::{self, AuthType, Environment, ProxyUrl};
use engine::Desired;

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let mut sharing: BTreeMap<String, Vec<Member<'_>>> = BTreeMap::new();
    for member in scope.members() {
        sharing.entry(name(scope, &member)).or_default().push(member);
    }
    for (name, members) in sharing {
        let plane = control_plane(scope, &name, &members);
        out.extend(members.iter().map(|member| role(scope, member, &plane)));
        out.push(plane);
    }
}

fn name(scope: &EnvironmentScope<'_>, member: &Member<'_>) -> String {
    member.control_plane.map_or_else(|| Environment::control_plane_name(member.name, scope.name), str::to_owned)
}

/// The control plane that serves a team in this environment, by its address alone.
pub(super) fn plane_of(scope: &EnvironmentScope<'_>, team: &str) -> Option<Desired<ControlPlane>> {
    let member = scope.members().into_iter().find(|member| member.name == team)?;
    Some(scope.resource(&name(scope, &member)))
}

fn control_plane(scope: &EnvironmentScope<'_>, name: &str, members: &[Member<'_>]) -> Desired<ControlPlane> {
    let settings = settings(scope, members);
    let mut labels = scope.labels(&settings.labels);
    // The name of the environment is in `env-name`; policies that were written for the Go tool select by this one.
    labels["env"] = scope.environment.r#type.as_str().into();
    // A control plane that teams share belongs to none of them alone.
    if let [only] = members {
        labels["team"] = only.name.into();
    }
    let proxy_urls = settings.proxy_urls().map(self::proxy_urls);
    let cluster_type = settings.cluster_type.unwrap_or(scope.environment.r#type.cluster_type());
    scope
        .resource(name)
        .with(control_plane::REGION, scope.region())
        .with(control_plane::NAME, name)
        .with_some(control_plane::DESCRIPTION, settings.description)
        .with(control_plane::CLUSTER_TYPE, cluster_type.as_str())
        .with_some(control_plane::AUTH_TYPE, settings.auth_type.map(AuthType::as_str))
        .with_some(control_plane::PROXY_URLS, proxy_urls)
        .with(control_plane::LABELS, labels)
        .protect(scope.protect() || members.iter().any(|member| member.team.protect))
}

fn proxy_urls(urls: BTreeSet<ProxyUrl>) -> Value {
    let one = |ProxyUrl { host, port, protocol }| json!({ "host": host, "port": port, "protocol": protocol });
    let mut urls: Vec<Value> = urls.into_iter().map(one).collect();
    control_plane::sorted(&mut urls);
    urls.into()
}

/// What the configuration says of the control plane that teams share: the teams before the environment.
fn settings(scope: &EnvironmentScope<'_>, members: &[Member<'_>]) -> model::ControlPlane {
    let of_teams = members.iter().filter_map(|member| member.settings);
    of_teams.fold(model::ControlPlane::default(), model::ControlPlane::or).or(&scope.environment.control_plane)
}

fn role(scope: &EnvironmentScope<'_>, member: &Member<'_>, plane: &Desired<ControlPlane>) -> Desired<TeamRole> {
    let team = Desired::<Team>::of(scope.organization.name, member.name);
    scope
        .resource(member.name)
        .with(team_role::TEAM_ID, team.id())
        .with(team_role::ROLE_NAME, if scope.is_production() { "Viewer" } else { "Admin" })
        .with(team_role::ENTITY_ID, plane.id())
        .with(team_role::ENTITY_TYPE_NAME, "Control Planes")
        .with(team_role::ENTITY_REGION, scope.region())
}
