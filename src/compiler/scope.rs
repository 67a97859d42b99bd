//! The input of the compiler, and what each area sees of it.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::placement::{Member, members, placements};
use super::specification::{Spec, Specs};
use crate::manifest::model::{Environment, EnvironmentType, Manifest, Organization, Placement, Service};
use engine::typed::Typed;
use engine::{Desired, Error, ErrorKind};

/// The label that says who manages an object.
pub(super) const MANAGED: &str = "ko-konnect-orchestrator";

/// The OpenID Connect client secret of each organization that has one, or the error of reading it.
pub type ClientSecrets = BTreeMap<String, Result<SecretString, Error>>;

/// The ids of the events that each organization can be notified of, or the error of listing them. Only organizations with
/// notifications other than Konnect's default need them.
pub type Events = BTreeMap<String, Result<Vec<String>, Error>>;

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

/// The compiled resources, and what is missing.
#[derive(Default)]
pub(super) struct Output {
    pub(super) desired: Vec<Desired>,
    pub(super) errors: Vec<Error>,
}

impl Output {
    pub(super) fn push<T: Typed>(&mut self, resource: Desired<T>) {
        self.desired.push(resource.untyped());
    }

    pub(super) fn extend<T: Typed>(&mut self, resources: impl IntoIterator<Item = Desired<T>>) {
        self.desired.extend(resources.into_iter().map(Desired::untyped));
    }
}

/// An organization that is being compiled.
pub(super) struct Scope<'a> {
    pub(super) input: Input<'a>,
    pub(super) name: &'a str,
    pub(super) organization: &'a Organization,
}

/// An environment that is being compiled.
pub(super) struct EnvironmentScope<'a> {
    pub(super) organization: &'a Scope<'a>,
    pub(super) name: &'a str,
    pub(super) environment: &'a Environment,
}

/// The services of an environment.
pub(super) struct Services<'a> {
    /// Those with a specification.
    pub(super) known: Vec<(Placement<'a>, &'a Spec)>,
    /// Those whose specification is not known, and why.
    pub(super) unknown: Vec<(Placement<'a>, Error)>,
}

impl<'a> EnvironmentScope<'a> {
    pub(super) fn is_production(&self) -> bool {
        self.environment.r#type == EnvironmentType::Prod
    }

    pub(super) fn region(&self) -> &'static str {
        self.environment.region.as_str()
    }

    pub(super) fn protect(&self) -> bool {
        self.environment.protect || self.organization.organization.protect
    }

    pub(super) fn members(&self) -> Vec<Member<'a>> {
        members(self.organization.input.manifest, self.environment)
    }

    /// A resource of this environment.
    pub(super) fn resource<T: Typed>(&self, key: &str) -> Desired<T> {
        Desired::of(self.organization.name, &format!("{}/{key}", self.name))
    }

    /// The services of this environment.
    pub(super) fn services(&self) -> Services<'a> {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for placement in placements(self.organization.input.manifest, self.environment) {
            match self.organization.input.specs.get(&placement.spec()) {
                Some(Ok(spec)) => known.push((placement, spec)),
                Some(Err(error)) => unknown.push((placement, error.clone())),
                None => unknown.push((placement, unasked())),
            }
        }
        Services { known, unknown }
    }

    /// The labels of what belongs to this environment: those of the configuration, and koctl's own.
    pub(super) fn labels<'l>(&self, configured: impl IntoIterator<Item = (&'l String, &'l String)>) -> Value {
        let configured = configured.into_iter().map(|(key, value)| (key.clone(), value.as_str().into()));
        let mut labels: Map<String, Value> = configured.collect();
        for (key, value) in [(MANAGED, "true"), ("env-name", self.name), ("env-type", self.environment.r#type.as_str())]
        {
            labels.insert(key.to_owned(), value.into());
        }
        Value::Object(labels)
    }

    /// The name with which the gateway services of a service are tagged: with the environment, except in production.
    pub(super) fn tag(&self, service: &Service) -> String {
        self.environment.r#type.api_name(&service.name, self.name)
    }
}

/// The error of a specification that was not read because the plan is limited to other resources.
pub(super) fn unasked() -> Error {
    Error::new(ErrorKind::NotFound, "read its specification", "it was not asked for")
}
