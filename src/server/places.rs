//! The environments of the platform, as a form offers them.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{Answer, ApiError};
use crate::manifest::changes::EnvironmentName;
use crate::manifest::model::{Environment, Manifest};

/// All environments, by `organization/environment`.
pub(super) fn all(manifest: &Manifest) -> impl Iterator<Item = (EnvironmentName, &Environment)> {
    manifest.organizations.iter().flat_map(|(organization, configured)| {
        configured.environments.iter().map(move |(name, environment)| {
            (EnvironmentName { organization: organization.clone(), name: name.clone() }, environment)
        })
    })
}

/// The environments that list their teams, by `organization/environment`. In all others, every service takes part.
pub(super) fn listing(manifest: &Manifest) -> BTreeMap<String, EnvironmentName> {
    let listing = all(manifest).filter(|(_, environment)| environment.teams.is_some());
    listing.map(|(name, _)| (name.to_string(), name)).collect()
}

/// The environments of these names, which list their teams.
///
/// # Errors
/// If one of them does not exist, or lists none.
pub(super) fn listed(manifest: &Manifest, names: &[String]) -> Answer<Vec<EnvironmentName>> {
    let mut places = listing(manifest);
    let unknown =
        |name: &String| ApiError::unprocessable(format!("There is no environment {name} that lists its teams"));
    names
        .iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|name| places.remove(name).ok_or_else(|| unknown(name)))
        .collect()
}
