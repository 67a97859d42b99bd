//! Control planes, and what teams may do on them.

use std::collections::BTreeMap;

use super::placement::Member;
use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::control_plane::{self, ControlPlane};
use crate::konnect::resources::team::Team;
use crate::konnect::resources::team_role::{self, TeamRole};
use crate::manifest::model::Environment;
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
    member.control_plane.map_or_else(|| Environment::control_plane(member.name, scope.name), str::to_owned)
}

/// The control plane that serves a team in this environment, by its address alone.
pub(super) fn plane_of(scope: &EnvironmentScope<'_>, team: &str) -> Option<Desired<ControlPlane>> {
    let member = scope.members().into_iter().find(|member| member.name == team)?;
    Some(scope.resource(&name(scope, &member)))
}

fn control_plane(scope: &EnvironmentScope<'_>, name: &str, members: &[Member<'_>]) -> Desired<ControlPlane> {
    let mut labels = scope.labels();
    labels["env"] = scope.name.into();
    // A control plane that teams share belongs to none of them alone.
    if let [only] = members {
        labels["team"] = only.name.into();
    }
    let cluster_type = if scope.is_production() { "CLUSTER_TYPE_CONTROL_PLANE" } else { "CLUSTER_TYPE_SERVERLESS" };
    scope
        .resource(name)
        .with(control_plane::REGION, scope.region())
        .with(control_plane::NAME, name)
        .with(control_plane::CLUSTER_TYPE, cluster_type)
        .with(control_plane::LABELS, labels)
        .protect(scope.protect() || members.iter().any(|member| member.team.protect))
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
