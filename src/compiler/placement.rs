//! The teams and services that take part in an environment.

use super::specification::SpecAddress;
use crate::manifest::model::{self, ControlPlane, Environment, Manifest, Placement, Team};

impl Placement<'_> {
    /// The address of its specification and its documents.
    #[must_use]
    pub fn spec(&self) -> SpecAddress {
        SpecAddress {
            remote: self.service.git.remote.clone(),
            branch: self.branch.to_owned(),
            path: self.service.spec_file(),
            docs: self.service.docs_folder(),
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
    /// What the configuration says of the team's control plane.
    pub(super) settings: Option<&'a ControlPlane>,
}

/// The teams that take part in `environment`.
pub(super) fn members<'a>(manifest: &'a Manifest, environment: &'a Environment) -> Vec<Member<'a>> {
    let member = |(name, team, part): model::Member<'a>| {
        let control_plane = part.and_then(|part| part.control_plane_name.as_deref());
        Member { name, team, control_plane, settings: part.map(|part| &part.control_plane) }
    };
    environment.members(&manifest.teams).into_iter().map(member).collect()
}

/// The services that take part in `environment`, in the order of teams and keys.
#[must_use]
pub fn placements<'a>(manifest: &'a Manifest, environment: &'a Environment) -> Vec<Placement<'a>> {
    environment.services(&manifest.teams)
}
