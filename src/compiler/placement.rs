//! The teams and services that take part in an environment.

use super::specification::SpecAddress;
use crate::manifest::model::{self, Environment, Manifest, Service, Team};

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
    let member = |(name, team, part): model::Member<'a>| {
        let control_plane = part.and_then(|part| part.control_plane_name.as_deref());
        Member { name, team, control_plane }
    };
    environment.members(&manifest.teams).into_iter().map(member).collect()
}

/// The services that take part in `environment`, in the order of teams and keys.
#[must_use]
pub fn placements<'a>(manifest: &'a Manifest, environment: &'a Environment) -> Vec<Placement<'a>> {
    let placement = |(team_name, key, service): (&'a str, &'a str, &'a Service)| {
        let part = environment.teams.as_ref().and_then(|teams| teams.get(team_name));
        let part = part.and_then(|part| part.services.as_ref()).and_then(|services| services.get(key));
        let branch = part.and_then(|part| part.branch.as_deref());
        let branch = branch.unwrap_or_else(|| service.branch(environment.r#type));
        Some(Placement { team_name, team: manifest.teams.get(team_name)?, key, service, branch })
    };
    environment.services(&manifest.teams).into_iter().filter_map(placement).collect()
}
