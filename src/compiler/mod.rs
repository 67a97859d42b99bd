//! The opinions of the Reference Platform: from a manifest to desired resources and their references.
//!
//! Pure: specifications, secrets and the events of Konnect's notifications are handed in. One file an area; each adds the
//! resources that its area derives from one organization. Of the providers, this module knows the schemas of the types and
//! the names of their attributes, and never a client.

mod analytics;
mod apis;
mod gateways;
mod identity;
mod notifications;
mod placement;
pub mod platform;
mod platform_repo;
mod portals;
pub mod rename;
mod scope;
mod specification;
mod teams;

pub use placement::{Placement, placements};
pub use scope::{ClientSecrets, Events, Input};
pub use specification::{Spec, SpecAddress, Specs};

use std::collections::BTreeSet;

use secrecy::SecretString;

use crate::manifest::model::{Manifest, Organization};
use engine::{Address, Desired, Error, Secrets};
use scope::{EnvironmentScope, Output, Scope};

/// Compiles one organization (R1).
///
/// # Errors
/// Every specification that is missing, with the service that needs it; a missing client secret; a missing list of events.
pub fn compile(input: Input<'_>, name: &str, organization: &Organization) -> Result<Vec<Desired>, Vec<Error>> {
    let mut out = Output::default();
    let organization_scope = Scope { input, name, organization };
    teams::compile(&organization_scope, &mut out);
    identity::compile(&organization_scope, &mut out);
    notifications::compile(&organization_scope, &mut out);
    analytics::compile(&organization_scope, &mut out);
    for (environment_name, environment) in &organization.environments {
        let scope = EnvironmentScope { organization: &organization_scope, name: environment_name, environment };
        gateways::compile(&scope, &mut out);
        portals::compile(&scope, &mut out);
        let services = scope.services(&mut out);
        apis::compile(&scope, &services, &mut out);
        platform_repo::compile(&scope, &services, &mut out);
    }
    if out.errors.is_empty() { Ok(out.desired) } else { Err(out.errors) }
}

/// The addresses of one organization that `protect: true` covers. They need no input except the manifest.
#[must_use]
pub fn protected(manifest: &Manifest, name: &str, organization: &Organization) -> BTreeSet<Address> {
    let client_secrets = ClientSecrets::from([(name.to_owned(), Ok(SecretString::default()))]);
    let desired = outline(manifest, name, organization, &client_secrets).unwrap_or_default();
    desired.into_iter().filter(|resource| resource.protect).map(|resource| resource.address).collect()
}

/// The secrets of one organization, by resource and attribute. A saved plan has only their digests (R11).
///
/// # Errors
/// A missing secret.
pub fn secrets(
    manifest: &Manifest,
    name: &str,
    organization: &Organization,
    client_secrets: &ClientSecrets,
) -> Result<Secrets, Vec<Error>> {
    Ok(Secrets::of(&outline(manifest, name, organization, client_secrets)?))
}

/// The resources of one organization without the contents of specifications and without subscriptions to events.
fn outline(
    manifest: &Manifest,
    name: &str,
    organization: &Organization,
    client_secrets: &ClientSecrets,
) -> Result<Vec<Desired>, Vec<Error>> {
    let environments = organization.environments.values();
    let addresses = environments.flat_map(|environment| placements(manifest, environment)).map(|placed| placed.spec());
    let nothing = || Ok(Spec { content: String::new(), version: None });
    let specs: Specs = addresses.map(|address| (address, nothing())).collect();
    let events = Events::from([(name.to_owned(), Ok(Vec::new()))]);
    let input = Input { manifest, specs: &specs, client_secrets, events: &events, platform_repository: "" };
    compile(input, name, organization)
}
