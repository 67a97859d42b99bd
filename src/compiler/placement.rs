//! The teams and services that take part in an environment.

use super::specification::SpecAddress;
use crate::manifest::model::{Environment, EnvironmentTeam, Manifest, Service, Team};

/// A service that takes part in an environment.
#[derive(Debug, Clone, Copy)]
pub struct Placement<'a> {
    /// The name of its team.
    pub team_name: &'a str,
    /// Its team.
    pub team: &'a Team,
    /// Its key under the team.
    pub key: &'a str,
    /// The service.
    pub service: &'a Service,
    /// The branch that the environment is made from.
    branch: &'a str,
}

impl Placement<'_> {
    /// The address of its specification.
    #[must_use]
    pub fn spec(&self) -> SpecAddress {
        SpecAddress {
            remote: self.service.git.remote.clone(),
            branch: self.branch.to_owned(),
            path: self.service.spec_file(),
        }
    }
}

/// A team that takes part in an environment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) team: &'a Team,
    /// The control plane's own name, if the configuration sets one.
    pub(super) control_plane: Option<&'a str>,
}

/// The teams that take part in `environment`.
pub(super) fn members<'a>(manifest: &'a Manifest, environment: &'a Environment) -> Vec<Member<'a>> {
    let Some(chosen) = &environment.teams else {
        let all = manifest.teams.iter();
        return all.map(|(name, team)| Member { name, team, control_plane: None }).collect();
    };
    let member = |(name, part): (&'a String, &'a EnvironmentTeam)| {
        let team = manifest.teams.get(name)?;
        Some(Member { name, team, control_plane: part.control_plane_name.as_deref() })
    };
    chosen.iter().filter_map(member).collect()
}

/// The services that take part in `environment`, in the order of teams and keys.
#[must_use]
pub fn placements<'a>(manifest: &'a Manifest, environment: &'a Environment) -> Vec<Placement<'a>> {
    let mut placements = Vec::new();
    for Member { name: team_name, team, .. } in members(manifest, environment) {
        let part = environment.teams.as_ref().and_then(|teams| teams.get(team_name));
        let chosen = part.and_then(|part| part.services.as_ref());
        for (key, service) in &team.services {
            let branch = match chosen.map(|services| services.get(key)) {
                Some(None) => continue,
                Some(Some(part)) => part.branch.as_deref(),
                None => None,
            };
            let branch = branch.unwrap_or_else(|| service.branch(environment.r#type));
            placements.push(Placement { team_name, team, key, service, branch });
        }
    }
    placements
}
