//! The input of the compiler, and what each area sees of it.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::placement::{Member, members, placements};
use super::specification::{Spec, Specs};
use crate::manifest::model::{Environment, EnvironmentType, Manifest, Organization, Placement, Service};
use crate::manifest::path::KeyPath;
use engine::typed::Typed;
use engine::{Desired, Error, ErrorKind, Expr};

/// The label that says who manages an object.
pub(super) const MANAGED: &str = "ko-konnect-orchestrator";

/// The secrets that resources have, by their paths in the manifest: each as it was read, or the error of reading it.
#[derive(Debug, Clone, Default)]
pub struct ReadSecrets {
    read: BTreeMap<KeyPath, Result<SecretString, Error>>,
    are_blank: bool,
}

impl ReadSecrets {
    /// An empty secret for each path: for those who do not look at secrets.
    #[must_use]
    pub fn blank() -> Self {
        Self { are_blank: true, ..Self::default() }
    }

    /// The secret at a path.
    ///
    /// # Errors
    /// If it could not be read, or was not asked for.
    fn get(&self, path: &KeyPath) -> Result<SecretString, Error> {
        let unasked = || Error::new(ErrorKind::NotFound, format!("read the secret `{path}`"), "it was not asked for");
        match self.read.get(path) {
            Some(read) => read.clone(),
            None if self.are_blank => Ok(SecretString::default()),
            None => Err(unasked()),
        }
    }
}

impl FromIterator<(KeyPath, Result<SecretString, Error>)> for ReadSecrets {
    fn from_iter<I: IntoIterator<Item = (KeyPath, Result<SecretString, Error>)>>(secrets: I) -> Self {
        Self { read: secrets.into_iter().collect(), are_blank: false }
    }
}

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
    /// The secrets of the resources of its organizations.
    pub secrets: &'a ReadSecrets,
    /// The events that its organizations can be notified of.
    pub events: &'a Events,
    /// The platform repository, `owner/name`.
    pub platform_repository: &'a str,
}

impl Input<'_> {
    /// The secret at a path, as a value. Without it, its error is recorded.
    pub(super) fn secret(&self, path: &KeyPath, out: &mut Output) -> Option<Expr> {
        self.secrets.get(path).map_err(|error| out.errors.push(error)).ok().map(Expr::Secret)
    }
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
