//! Services whose specification, or one of whose documents, is not known. Their resources stay as they are, and everything else is planned.

use std::collections::BTreeSet;

use super::api_documents;
use super::apis;
use super::documents::Documents;
use super::placement::placements;
use super::platform_repo;
use super::routes::Routes;
use super::scope::{EnvironmentScope, unasked};
use super::specification::{Spec, SpecAddress, Specs};
use crate::manifest::model::{Manifest, Organization, Placement};
use engine::{Address, Error};

/// A service of an environment whose specification, or one of whose documents, is not known.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its key.
    pub service: String,
    /// Its team.
    pub team: String,
    /// The organization and the environment.
    pub place: String,
    /// Why that is not known.
    pub error: Error,
    /// Its resources, except for its documents and its staged files.
    pub addresses: BTreeSet<Address>,
    /// The folder of its documents, as an address. Which they are is not known.
    pub documents: Address,
    /// The other resources that these depend on.
    pub needs: BTreeSet<Address>,
    /// The resource that its staged files are part of.
    pub staging: Address,
    /// The paths of its staged files.
    pub staged: Vec<String>,
}

impl Held {
    pub(super) fn new(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, error: Error) -> Self {
        let resources = apis::resources(scope, placement, &unread());
        let addresses: BTreeSet<Address> = resources.iter().map(|resource| resource.address.clone()).collect();
        let references = resources.iter().flat_map(|resource| resource.references());
        let needs = references.filter(|address| !addresses.contains(address)).cloned().collect();
        Self {
            service: placement.key.to_owned(),
            team: placement.team_name.to_owned(),
            place: format!("{}/{}", scope.organization.name, scope.name),
            error,
            addresses,
            documents: api_documents::folder(scope, placement),
            needs,
            staging: platform_repo::address(scope),
            staged: platform_repo::paths(scope, placement).into(),
        }
    }

    /// True if `is_meant` is true of one of its resources, of the folder of its documents, or of the resource that its
    /// staged files are part of.
    pub fn is_among(&self, is_meant: impl Fn(&Address) -> bool) -> bool {
        self.addresses.iter().chain([&self.documents, &self.staging]).any(is_meant)
    }
}

/// A specification that was not read.
fn unread() -> Spec {
    Spec { content: String::new(), version: None, documents: Documents::new(), routes: Routes::default() }
}

/// The specifications of an organization, not read: enough for the addresses of its resources and their dependencies.
#[must_use]
pub fn unread_specs(manifest: &Manifest, organization: &Organization) -> Specs {
    let placed = organization.environments.values().flat_map(|environment| placements(manifest, environment));
    placed.map(|placement| (placement.spec(), Ok(unread()))).collect()
}

/// The specifications that a plan of an environment needs, if it is limited to what `is_meant`: those of services with a
/// resource that is meant, or that depends on such a one and is replaced with it.
pub(super) fn needed_specs(scope: &EnvironmentScope<'_>, is_meant: &dyn Fn(&Address) -> bool) -> Vec<SpecAddress> {
    let placed = placements(scope.organization.input.manifest, scope.environment).into_iter();
    let is_needed = |placement: &Placement<'_>| {
        let held = Held::new(scope, placement, unasked());
        held.is_among(is_meant) || held.needs.iter().any(is_meant)
    };
    placed.filter(is_needed).map(|placement| placement.spec()).collect()
}
