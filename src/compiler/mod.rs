//! The opinions of the Reference Platform: from a manifest to desired resources and their references.
//!
//! Pure: what is read from elsewhere (specifications, secrets, the events of Konnect's notifications) is handed in. One
//! file an area; each adds the resources that its area derives from one organization. Of the providers, this module knows the schemas of the types
//! and the names of their attributes, and never a client.

mod analytics;
mod apis;
mod gateways;
mod identity;
mod notifications;
pub mod platform;
mod platform_repo;
mod portals;
pub mod rename;
mod teams;

pub use identity::ClientSecrets;
pub use notifications::Events;

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::manifest::model::{Environment, EnvironmentType, Manifest, Organization, Service, Team};
use engine::typed::Typed;
use engine::{Address, Desired, Error, ErrorKind, Secrets};

/// The label that says who manages an object.
const MANAGED: &str = "ko-konnect-orchestrator";

/// A specification on a branch of a service's repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecAddress {
    /// The remote, as the manifest has it.
    pub remote: String,
    /// The branch.
    pub branch: String,
    /// The path of the file.
    pub path: String,
}

/// A specification as it is in the service's repository.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Byte for byte.
    pub content: String,
    /// Its `info.version`, if it has one.
    pub version: Option<String>,
}

impl Spec {
    /// Reads the version out of a specification in YAML or JSON.
    ///
    /// # Errors
    /// If it is neither, or not a specification with a version.
    pub fn parse(content: String) -> Result<Self, String> {
        let document = crate::manifest::document::parse_value(&content)
            .map_err(|error| format!("it is neither YAML nor JSON: {error}"))?;
        if !["openapi", "swagger", "asyncapi"].iter().any(|key| document.get(key).is_some()) {
            return Err(
                "it is not an OpenAPI or AsyncAPI document: it has neither `openapi`, `swagger` nor `asyncapi`".into(),
            );
        }
        match &document["info"]["version"] {
            Value::String(text) if !text.is_empty() => Ok(Self { version: Some(text.clone()), content }),
            Value::Number(number) => Ok(Self { version: Some(number.to_string()), content }),
            _ => Err("it has no `info.version`, after which Konnect names the version of the API".into()),
        }
    }
}

/// Specifications by address, or the errors of reading them.
pub type Specs = BTreeMap<SpecAddress, Result<Spec, Error>>;

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
    /// Where its specification is.
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
struct Member<'a> {
    name: &'a str,
    team: &'a Team,
    /// The control plane's own name, if the configuration sets one.
    control_plane: Option<&'a str>,
}

/// The teams that take part in `environment`.
fn members<'a>(manifest: &'a Manifest, environment: &'a Environment) -> Vec<Member<'a>> {
    let Some(chosen) = &environment.teams else {
        let all = manifest.teams.iter();
        return all.map(|(name, team)| Member { name, team, control_plane: None }).collect();
    };
    let member = |(name, part): (&'a String, &'a crate::manifest::model::EnvironmentTeam)| {
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

/// The input of the compiler for one organization.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The whole configuration.
    pub manifest: &'a Manifest,
    /// The specifications of its services.
    pub specs: &'a Specs,
    /// The client secrets of its organizations.
    pub client_secrets: &'a ClientSecrets,
    /// The events that its organizations can be notified of.
    pub events: &'a Events,
    /// The platform repository, `owner/name`.
    pub platform_repository: &'a str,
}

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

/// The compiled resources, and what is missing.
#[derive(Default)]
struct Output {
    desired: Vec<Desired>,
    errors: Vec<Error>,
}

impl Output {
    fn push<T: Typed>(&mut self, resource: Desired<T>) {
        self.desired.push(resource.untyped());
    }

    fn extend<T: Typed>(&mut self, resources: impl IntoIterator<Item = Desired<T>>) {
        self.desired.extend(resources.into_iter().map(Desired::untyped));
    }
}

/// An organization that is being compiled.
struct Scope<'a> {
    input: Input<'a>,
    name: &'a str,
    organization: &'a Organization,
}

/// An environment that is being compiled.
struct EnvironmentScope<'a> {
    organization: &'a Scope<'a>,
    name: &'a str,
    environment: &'a Environment,
}

impl<'a> EnvironmentScope<'a> {
    fn is_production(&self) -> bool {
        self.environment.r#type == EnvironmentType::Prod
    }

    fn region(&self) -> &'static str {
        self.environment.region.as_str()
    }

    fn protect(&self) -> bool {
        self.environment.protect || self.organization.organization.protect
    }

    fn members(&self) -> Vec<Member<'a>> {
        members(self.organization.input.manifest, self.environment)
    }

    /// A resource of this environment.
    fn resource<T: Typed>(&self, key: &str) -> Desired<T> {
        Desired::of(self.organization.name, &format!("{}/{key}", self.name))
    }

    /// The services of this environment with their specifications. Each that is missing is an error.
    fn services(&self, out: &mut Output) -> Vec<(Placement<'a>, &'a Spec)> {
        let mut services = Vec::new();
        for placement in placements(self.organization.input.manifest, self.environment) {
            match self.organization.input.specs.get(&placement.spec()) {
                Some(Ok(spec)) => services.push((placement, spec)),
                Some(Err(error)) => out.errors.push(self.missing(&placement, error)),
                None => out.errors.push(self.missing(
                    &placement,
                    &Error::new(ErrorKind::NotFound, "read its specification", "it was not asked for"),
                )),
            }
        }
        services
    }

    fn missing(&self, placement: &Placement<'_>, error: &Error) -> Error {
        let attempted = format!(
            "compile the service `{}` of team `{}` for `{}/{}`",
            placement.key, placement.team_name, self.organization.name, self.name
        );
        Error { attempted, cause: error.to_string(), ..error.clone() }
    }

    /// The labels of what belongs to this environment.
    fn labels(&self) -> Value {
        json!({
            MANAGED: "true",
            "env-name": self.name,
            "env-type": self.environment.r#type.as_str(),
        })
    }

    /// The name of the API of a service: with the environment, except in production.
    fn api_name(&self, service: &Service) -> String {
        if self.is_production() { service.name.clone() } else { format!("{}-{}", service.name, self.name) }
    }
}
