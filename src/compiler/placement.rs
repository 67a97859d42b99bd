//! The teams and services that take part in an environment.

use super::specification::SpecAddress;
use crate::manifest::model::{self, ControlPlane, Environment, Manifest, Placement, ServiceVersion, Team};

/// A specification of a service in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedSpec<'a> {
    /// The name of the version among those of the service. `None` if the service has one specification.
    pub version: Option<&'a str>,
    /// Where the specification is.
    pub address: SpecAddress,
}

impl<'a> Placement<'a> {
    /// Its specifications: one for each version of the service, that of the current one last, or else the only one. The
    /// documents are beside the last one: they are those of the API, not of a version.
    #[must_use]
    pub fn specs(&self) -> Vec<PlacedSpec<'a>> {
        let address = |branch: &str, path: String, docs: Option<String>| SpecAddress {
            remote: self.service.git.remote.clone(),
            branch: branch.to_owned(),
            path,
            docs,
        };
        let docs = self.service.docs_folder();
        let Some(current) = self.service.current_version() else {
            return vec![PlacedSpec { version: None, address: address(self.branch, self.service.spec_file(), docs) }];
        };
        let of_version = |(name, version): (&'a String, &'a ServiceVersion)| {
            let branch = version.branch(self.r#type).unwrap_or(self.branch);
            let docs = docs.clone().filter(|_| name == current);
            PlacedSpec {
                version: Some(name.as_str()),
                address: address(branch, self.service.spec_file_of(version), docs),
            }
        };
        let (is_current, others): (Vec<_>, Vec<_>) =
            self.service.versions.iter().map(of_version).partition(|one| one.version == Some(current));
        others.into_iter().chain(is_current).collect()
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
