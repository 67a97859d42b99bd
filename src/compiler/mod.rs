//! The opinions of the Reference Platform: from a manifest to desired resources and their references.
//!
//! Pure: specifications, secrets and the events of Konnect's notifications are handed in. One file an area; each adds the
//! resources that its area derives from one organization. Of the providers, this module knows the schemas of the types and
//! the names of their attributes, and never a client.

mod analytics;
pub mod api_documents;
mod apis;
mod auth_strategies;
pub mod documents;
mod gateways;
mod held;
mod identity;
mod ignored;
pub mod moves;
mod notifications;
mod openapi;
mod placement;
pub mod platform;
mod platform_repo;
mod portal_look;
mod portal_sign_in;
mod portal_teams;
mod portals;
pub mod rename;
mod route_clashes;
mod routes;
mod scope;
mod spec_outline;
mod specification;
mod teams;

pub use held::{Held, unread_specs};
pub use placement::placements;
pub use platform_repo::{staged_specification, staging_branch};
pub use route_clashes::{RouteClash, RouteMap};
pub use routes::Routes;
pub use scope::{Events, Input, ReadSecrets};
pub use spec_outline::{SpecOperation, SpecOutline};
pub use specification::{Spec, SpecAddress, Specs};

use std::collections::BTreeSet;

use crate::manifest::model::{Manifest, Organization};
use crate::manifest::{Diagnostics, Loaded};
use crate::registry;
use engine::{Address, Desired, Error, Secrets};
use scope::{EnvironmentScope, Output, Scope, Services};

/// The result of compiling one organization.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The resources.
    pub desired: Vec<Desired>,
    /// The services whose specification is not known, and whose resources are not among the others.
    pub held: Vec<Held>,
}

/// Checks what a configuration says of resource types, which its own rules do not know.
///
/// # Errors
/// Every entry of `ignore-changes` and of `moved` that cannot have an effect.
pub fn check(loaded: &Loaded) -> Result<(), Diagnostics> {
    let mistakes = ignored::mistakes(loaded).into_iter().chain(moves::mistakes(loaded)).collect();
    Diagnostics::new(mistakes).map_or(Ok(()), Err)
}

/// Compiles one organization (R1).
///
/// # Errors
/// A missing secret; a missing list of events.
pub fn compile(input: Input<'_>, name: &str, organization: &Organization) -> Result<Compiled, Vec<Error>> {
    let (mut out, mut held) = (Output::default(), Vec::new());
    let organization_scope = Scope { input, name, organization };
    teams::compile(&organization_scope, &mut out);
    identity::compile(&organization_scope, &mut out);
    notifications::compile(&organization_scope, &mut out);
    analytics::compile(&organization_scope, &mut out);
    for scope in environments(&organization_scope) {
        gateways::compile(&scope, &mut out);
        auth_strategies::compile(&scope, &mut out);
        portals::compile(&scope, &mut out);
        portal_teams::compile(&scope, &mut out);
        portal_sign_in::compile(&scope, &mut out);
        portal_look::compile(&scope, &mut out);
        let Services { known, unknown } = scope.services();
        held.extend(unknown.into_iter().map(|(placement, error)| Held::new(&scope, &placement, error)));
        apis::compile(&scope, &known, &mut out);
        platform_repo::compile(&scope, &known, &mut out);
    }
    let Output { mut desired, errors } = out;
    ignored::apply(&organization_scope, &environments(&organization_scope).collect::<Vec<_>>(), &mut desired);
    if errors.is_empty() { Ok(Compiled { desired, held }) } else { Err(errors) }
}

fn environments<'a>(scope: &'a Scope<'a>) -> impl Iterator<Item = EnvironmentScope<'a>> {
    let environments = scope.organization.environments.iter();
    environments.map(move |(name, environment)| EnvironmentScope { organization: scope, name, environment })
}

/// The specifications that a plan of one organization needs, if it is limited to what `is_meant`.
#[must_use]
pub fn needed_specs(
    manifest: &Manifest,
    name: &str,
    organization: &Organization,
    is_meant: &dyn Fn(&Address) -> bool,
) -> BTreeSet<SpecAddress> {
    let (specs, secrets, events) = Default::default();
    let input = Input { manifest, specs: &specs, secrets: &secrets, events: &events, platform_repository: "" };
    let scope = Scope { input, name, organization };
    environments(&scope).flat_map(|scope| held::needed_specs(&scope, is_meant)).collect()
}

/// The addresses of one organization that `protect: true` covers. They need no input except the manifest.
#[must_use]
pub fn protected(manifest: &Manifest, name: &str, organization: &Organization) -> BTreeSet<Address> {
    let desired = outline(manifest, name, organization, &ReadSecrets::blank()).unwrap_or_default();
    desired.into_iter().filter(|resource| resource.protect).map(|resource| resource.address).collect()
}

/// The addresses of the guarded resources that one configuration has and another has not: what a plan destroys after that
/// change, as far as it exists. Renamings by `moved` are not among the changes for which this is right.
#[must_use]
pub fn leaving(before: &Manifest, after: &Manifest) -> Vec<Address> {
    let guarded = |manifest: &Manifest| -> BTreeSet<Address> {
        let of_one = |(name, organization): (&String, &Organization)| {
            outline(manifest, name, organization, &ReadSecrets::blank()).unwrap_or_default()
        };
        let all = manifest.organizations.iter().flat_map(of_one).map(|resource| resource.address);
        all.filter(|address| registry::schema(address.type_name()).is_some_and(|schema| schema.guarded)).collect()
    };
    guarded(before).difference(&guarded(after)).cloned().collect()
}

/// The secrets of one organization, by resource and attribute. A saved plan has only their digests (R11).
///
/// # Errors
/// A missing secret.
pub fn secrets(
    manifest: &Manifest,
    name: &str,
    organization: &Organization,
    secrets: &ReadSecrets,
) -> Result<Secrets, Vec<Error>> {
    Ok(Secrets::of(&outline(manifest, name, organization, secrets)?))
}

/// The resources of one organization without the contents of specifications and without subscriptions to events.
fn outline(
    manifest: &Manifest,
    name: &str,
    organization: &Organization,
    secrets: &ReadSecrets,
) -> Result<Vec<Desired>, Vec<Error>> {
    let specs = unread_specs(manifest, organization);
    let events = Events::from([(name.to_owned(), Ok(Vec::new()))]);
    let input = Input { manifest, specs: &specs, secrets, events: &events, platform_repository: "" };
    Ok(compile(input, name, organization)?.desired)
}
