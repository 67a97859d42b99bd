//! Control planes, and what teams may do on them.

use std::collections::BTreeMap;

use super::{EnvironmentScope, Member, Output};
use engine::address::Address;
use engine::{Desired, Expr, Reference};

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let mut sharing: BTreeMap<String, Vec<Member<'_>>> = BTreeMap::new();
    for member in scope.members() {
        sharing.entry(name(scope, &member)).or_default().push(member);
    }
    for (name, members) in sharing {
        let plane = control_plane(scope, &name, &members);
        out.desired.extend(members.iter().map(|member| role(scope, member, &plane)));
        out.desired.push(plane);
    }
}

fn name(scope: &EnvironmentScope<'_>, member: &Member<'_>) -> String {
    member.control_plane.map_or_else(|| format!("{}-{}", member.name, scope.name), str::to_owned)
}

/// The address of the control plane that serves a team in this environment.
pub(super) fn plane_of(scope: &EnvironmentScope<'_>, team: &str) -> Option<Address> {
    let member = scope.members().into_iter().find(|member| member.name == team)?;
    Some(scope.resource("control_plane", &name(scope, &member)).address)
}

fn control_plane(scope: &EnvironmentScope<'_>, name: &str, members: &[Member<'_>]) -> Desired {
    let mut labels = scope.labels();
    labels["env"] = scope.name.into();
    // A control plane that teams share belongs to none of them alone.
    if let [only] = members {
        labels["team"] = only.name.into();
    }
    let cluster_type = if scope.is_production() { "CLUSTER_TYPE_CONTROL_PLANE" } else { "CLUSTER_TYPE_SERVERLESS" };
    scope
        .resource("control_plane", name)
        .with("region", scope.region())
        .with("name", name)
        .with("cluster_type", cluster_type)
        .with("labels", labels)
        .protect(scope.protect() || members.iter().any(|member| member.team.protect))
}

fn role(scope: &EnvironmentScope<'_>, member: &Member<'_>, plane: &Desired) -> Desired {
    let team = Address::new(scope.organization.name, "team", member.name);
    scope
        .resource("team_role", member.name)
        .with("team_id", Expr::Reference(Reference::new(&team, "id")))
        .with("role_name", if scope.is_production() { "Viewer" } else { "Admin" })
        .with("entity_id", plane.id())
        .with("entity_type_name", "Control Planes")
        .with("entity_region", scope.region())
}
