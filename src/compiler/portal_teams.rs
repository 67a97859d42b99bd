//! Teams of a portal's developers, and their roles on the APIs of the environment.

use std::collections::BTreeSet;

use super::portals::portal;
use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::api::Api;
use crate::konnect::resources::portal_team::{self as teams, PortalTeam};
use crate::konnect::resources::portal_team_role::{self as roles, PortalTeamRole};
use crate::manifest::model::{self, Placement, PortalRole};
use engine::Desired;

/// The type of APIs in roles of developers (`list-portal-roles` of `portal-management-v3`).
const SERVICES: &str = "Services";

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let team = |(name, configured): (&String, &model::PortalTeam)| {
        self::team(scope, name)
            .with(teams::REGION, scope.region())
            .with(teams::PORTAL_ID, portal(scope).id())
            .with(teams::NAME, name.as_str())
            .with_some(teams::DESCRIPTION, configured.description.as_deref())
            .with_some(teams::CAN_OWN_APPLICATIONS, configured.can_own_applications)
            .protect(scope.protect())
    };
    out.extend(scope.environment.portal.teams.iter().map(team));
}

/// A team of developers, by its address alone.
pub(super) fn team(scope: &EnvironmentScope<'_>, name: &str) -> Desired<PortalTeam> {
    scope.resource(name)
}

/// The roles that teams of developers have on the API of a service.
pub(super) fn roles(
    scope: &EnvironmentScope<'_>,
    placement: &Placement<'_>,
    api: &Desired<Api>,
) -> Vec<Desired<PortalTeamRole>> {
    let of_team = |(name, configured): (&String, &model::PortalTeam)| {
        let covering = configured.roles.iter().filter(|role| role.covers(placement.team_name, placement.key));
        let distinct: BTreeSet<PortalRole> = covering.map(|role| role.role).collect();
        distinct.into_iter().map(|role| self::role(scope, placement, api, name, role)).collect::<Vec<_>>()
    };
    scope.environment.portal.teams.iter().flat_map(of_team).collect()
}

fn role(
    scope: &EnvironmentScope<'_>,
    placement: &Placement<'_>,
    api: &Desired<Api>,
    team_name: &str,
    role: PortalRole,
) -> Desired<PortalTeamRole> {
    scope
        .resource(&format!("{}/{team_name}/{}", placement.service.name, role.word()))
        .with(roles::REGION, scope.region())
        .with(roles::PORTAL_ID, portal(scope).id())
        .with(roles::TEAM_ID, team(scope, team_name).id())
        .with(roles::ROLE_NAME, role.as_str())
        .with(roles::ENTITY_ID, api.id())
        .with(roles::ENTITY_TYPE_NAME, SERVICES)
        .with(roles::ENTITY_REGION, scope.region())
}
