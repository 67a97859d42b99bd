//! Rules about teams of developers. The limits are those of `portal-management-v3`.

use transport::visible;

use super::Rules;
use crate::manifest::model::{Environment, PortalTeamRole};
use crate::manifest::path::KeyPath;

/// The longest name and the longest description of a team (schema `PortalCreateTeamRequest`).
const TEAM: usize = 250;

impl Rules<'_> {
    /// Checks the teams of developers of the environment at `path`.
    pub(super) fn portal_teams(&mut self, path: &KeyPath, environment: &Environment) {
        for (name, team) in &environment.portal.teams {
            let path = path.key("portal").key("teams").key(name);
            if let Some(reason) = unfit_team(name) {
                let message = format!("`{name}` is not a valid name for a team of developers: {reason}");
                let help = "write a name of 1 to 250 visible characters, without slashes and without spaces around it";
                self.report(&path, "koctl::manifest::name", message, help);
            }
            let description = path.key("description");
            self.at_most(&description, team.description.as_deref(), TEAM);
            if team.description.as_deref().is_some_and(|text| text.trim().is_empty()) {
                let message = "Konnect allows no empty description of a team of developers".to_owned();
                self.report(&description, "koctl::manifest::empty", message, "describe the team, or remove the key");
            }
            for (index, role) in team.roles.iter().enumerate() {
                self.portal_role(&path.key("roles").index(index), environment, role);
            }
        }
    }

    /// Checks how developers sign in to the portal of the environment at `path`.
    pub(super) fn portal_authorization(&mut self, path: &KeyPath, environment: &Environment) {
        let Some(authorization) = &environment.portal.authorization else { return };
        let (portal, teams) = (path.key("portal"), &environment.portal.teams);
        let path = portal.key("authorization");
        self.authorization(&path, &authorization.of_organization());
        let idp = authorization.team_mappings.as_ref().and_then(|mappings| mappings.idp.as_ref());
        let mappings = path.key("team-mappings").key("idp").key("mappings");
        for name in idp.iter().flat_map(|idp| idp.mappings.keys()).filter(|name| !teams.contains_key(*name)) {
            let message = format!("the portal has no team of developers `{name}`");
            self.report_undefined(&mappings.key(name), &portal.key("teams"), name, teams.keys(), message);
        }
    }

    fn portal_role(&mut self, path: &KeyPath, environment: &Environment, role: &PortalTeamRole) {
        let manifest = self.manifest;
        let services = environment.services(&manifest.teams);
        for (index, key) in role.services.iter().flatten().enumerate() {
            if services.iter().any(|placement| placement.key == key) {
                continue;
            }
            let known: Vec<String> = services.iter().map(|placement| placement.key.to_owned()).collect();
            let message = format!("the environment has no service `{key}`");
            let path = path.key("services").index(index);
            self.report_undefined(&path, &KeyPath::from(["teams"]), key, known.iter(), message);
        }
        let members = environment.members(&manifest.teams);
        for (index, name) in role.teams.iter().flatten().enumerate() {
            if members.iter().any(|(member, ..)| member == name) {
                continue;
            }
            let known: Vec<String> = members.iter().map(|(member, ..)| (*member).to_owned()).collect();
            let message = format!("the environment has no team `{name}`");
            let path = path.key("teams").index(index);
            self.report_undefined(&path, &KeyPath::from(["teams"]), name, known.iter(), message);
        }
        for (key, list) in [("services", &role.services), ("teams", &role.teams)] {
            if let Some(list) = list {
                self.check_unique(&path.key(key), key.trim_end_matches('s'), list, str::to_owned);
            }
        }
    }
}

/// The reason why a team of developers cannot have this name. `None` if it can.
pub(crate) fn unfit_team(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.chars().count() > TEAM {
        Some("it is empty, or longer than 250 characters")
    } else if name.trim() != name || name.chars().any(visible::is_hidden) {
        Some("it has spaces around it, or a character that is not visible")
    } else {
        name.contains('/').then_some("it has a slash, which divides the parts of an address")
    }
}
