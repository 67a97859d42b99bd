//! Guesses are checked with a plan: the draft is compiled and compared with the inventory, and every part that a plan
//! would create or change is given up, until the plan is empty.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use serde_json::Value;

use super::configuration::Configuration;
use super::draft::Draft;
use super::inventory::Inventory;
use crate::compiler::{self, Events, Input, ReadSecrets};
use crate::konnect::resources::of_name;
use engine::diff::{DiffOptions, diff};
use engine::refresh::{Remembered, refresh};
use engine::secret::trace;
use engine::state::ResourceState;
use engine::world::World;
use engine::{Action, Address, Desired, Error, ErrorKind, Readers, Refusal, ResourceChange};

/// A draft with an empty plan.
#[derive(Debug)]
pub struct Proven {
    /// The rest of the draft.
    pub draft: Draft,
    /// Its configuration.
    pub configuration: Configuration,
    /// The inventory by the addresses of the configuration.
    pub world: World,
    /// The changes of the plan: imports and deferred resources.
    changes: Vec<ResourceChange>,
}

/// Gives up everything in `draft` that a plan would create or change.
///
/// # Errors
/// If the rest cannot be compiled or compared, and no part of it is the cause.
pub async fn proof(mut draft: Draft, inventory: &Inventory) -> Result<Proven, Vec<Error>> {
    let readers = inventory.readers();
    draft.drop_twins();
    loop {
        let configuration = draft.configuration();
        let desired = compile(&draft, &configuration, inventory)?;
        let world = refresh(&desired, &Remembered::default(), &readers).await?;
        let wrong = match diff(&desired, &Remembered::default(), &world, &readers, DiffOptions::default()) {
            Ok(compared) => match wrong(&compared.changes) {
                none if none.is_empty() => {
                    return Ok(Proven { draft, configuration, world, changes: compared.changes });
                }
                wrong => wrong,
            },
            Err(refusals) => refused(refusals, &mut draft)?,
        };
        let mut dropped = false;
        for (address, reason) in &wrong {
            dropped |= draft.drop_part(address, reason, inventory);
        }
        if !dropped {
            return Err(wrong.into_iter().map(|(address, reason)| stuck(&address, &reason)).collect());
        }
    }
}

fn stuck(address: &Address, reason: &str) -> Error {
    Error::new(ErrorKind::Unexpected, format!("describe `{address}`"), reason)
        .help("this is a mistake of koctl; please report it")
}

/// The resources of Konnect that the configuration asks for.
fn compile(draft: &Draft, configuration: &Configuration, inventory: &Inventory) -> Result<Vec<Desired>, Vec<Error>> {
    let name = &draft.options.organization;
    let events = Events::from([(name.clone(), Ok(inventory.events.clone()))]);
    let specs = configuration.specs.iter().map(|(address, spec)| (address.clone(), Ok(spec.clone()))).collect();
    let input = Input {
        manifest: &configuration.manifest,
        specs: &specs,
        secrets: &ReadSecrets::blank(),
        events: &events,
        platform_repository: "",
    };
    let Some(organization) = configuration.manifest.organizations.get(name) else {
        return Ok(Vec::new());
    };
    let compiled = compiler::compile(input, name, organization)?;
    Ok(compiled.desired.into_iter().filter(|resource| of_name(resource.address.type_name()).is_some()).collect())
}

/// The resources that would be created or changed, with reasons. If one depends on another, only the other.
fn wrong(changes: &[ResourceChange]) -> Vec<(Address, String)> {
    let found: Vec<(&ResourceChange, String)> =
        changes.iter().filter_map(|change| Some((change, objection(change)?))).collect();
    let addresses: BTreeSet<&Address> = found.iter().map(|(change, _)| &change.address).collect();
    let is_root = |change: &ResourceChange| !change.dependencies.iter().any(|needed| addresses.contains(needed));
    let roots = found.iter().filter(|(change, _)| is_root(change));
    roots.map(|(change, reason)| (change.address.clone(), reason.clone())).collect()
}

/// The reason if a change is more than an import. `None` if it is not.
fn objection(change: &ResourceChange) -> Option<String> {
    match change.action {
        Action::NoOp | Action::Deferred => None,
        Action::Import | Action::Replace | Action::Update => {
            let differences: Vec<String> =
                change.changed().filter_map(|attribute| difference(change, attribute)).collect();
            (!differences.is_empty()).then(|| differences.join("; "))
        }
        Action::Create | Action::Delete | Action::Forget => {
            let what = change.address.type_name().replace('_', " ");
            Some(format!("its {what} `{}` would have to be made", change.address.key()))
        }
    }
}

/// How an attribute differs. `None` if labels are only missing, and for a secret, which is never shown.
fn difference(change: &ResourceChange, attribute: &str) -> Option<String> {
    let nothing = Value::Null;
    let (is, wanted) = (change.before(attribute).unwrap_or(&nothing), change.after(attribute).unwrap_or(&nothing));
    match attribute {
        "client_secret" | "custom_certificate" | "custom_private_key" => None,
        "labels" => {
            let differs = |(name, is): (&String, &Value)| {
                let wanted = wanted.get(name)?;
                (is != wanted).then(|| format!("its label `{name}` is {is} instead of {wanted}"))
            };
            is.as_object()?.iter().find_map(differs)
        }
        "content" | "css" | "definition" | "robots" => Some(format!("its {attribute} is another")),
        _ => Some(format!("its {attribute} is {is}, where koctl would set {wanted}")),
    }
}

/// The resources that caused refusals, with reasons.
fn refused(refusals: Vec<Refusal>, draft: &mut Draft) -> Result<Vec<(Address, String)>, Vec<Error>> {
    let mut blamed = Vec::new();
    for refusal in refusals {
        let reason = refusal.to_string();
        match refusal {
            Refusal::Ambiguous { address, ids } => {
                let reason = format!("there are {} of its name: {}", ids.len(), ids.join(", "));
                ids.iter().for_each(|id| draft.give_up(address.type_name(), id, reason.as_str()));
                blamed.push((address, reason));
            }
            Refusal::Absent { address, reason } => blamed.push((address, reason)),
            Refusal::Collision { second, .. } => blamed.push((second, reason)),
            Refusal::Taken { address, .. } | Refusal::Kept { address, .. } => blamed.push((address, reason)),
            Refusal::Protected { .. } | Refusal::Exists { .. } | Refusal::Attribute { .. } | Refusal::Graph(_) => {
                return Err(vec![Error::new(ErrorKind::Unexpected, "describe the organization", reason)]);
            }
        }
    }
    Ok(blamed)
}

impl Proven {
    /// The resources of the state, under `lineage`. A secret of an identity provider that `client_secret` does not know is
    /// taken to be right until it is known.
    #[must_use]
    pub fn records(
        &self,
        lineage: &str,
        client_secret: &dyn Fn(&Address) -> Option<SecretString>,
    ) -> BTreeMap<String, ResourceState> {
        let readers = Inventory::default().readers();
        let record = |change: &ResourceChange| self.record(change, &readers, lineage, client_secret);
        self.changes.iter().filter_map(record).collect()
    }

    fn record(
        &self,
        change: &ResourceChange,
        readers: &Readers,
        lineage: &str,
        client_secret: &dyn Fn(&Address) -> Option<SecretString>,
    ) -> Option<(String, ResourceState)> {
        let address = &change.address;
        let schema = readers.schema(address.type_name())?;
        let object = self.world.object(address)?;
        let mut change = change.clone();
        let secrets = schema.attributes.iter().filter(|attribute| attribute.is_write_only());
        let is_set = |secret: engine::AttributeChange| secret.after().is_some();
        let secrets: Vec<&str> = secrets
            .map(|attribute| attribute.name)
            .filter(|name| change.attributes.remove(*name).is_some_and(is_set))
            .collect();
        let mut record = change.record(schema, object);
        for name in secrets {
            let known = client_secret(address).map(|secret| trace(lineage, address, name, &secret));
            record.attributes.insert(name.to_owned(), known.unwrap_or_default());
        }
        Some((address.to_string(), record))
    }

    /// The number of imported objects by type.
    #[must_use]
    pub fn taken(&self) -> BTreeMap<&str, usize> {
        let mut taken = BTreeMap::new();
        for change in self.changes.iter().filter(|change| change.action == Action::Import) {
            *taken.entry(change.address.type_name()).or_default() += 1;
        }
        taken
    }

    /// The number of imported objects that lack labels of koctl.
    #[must_use]
    pub fn unlabelled(&self) -> usize {
        self.changes.iter().filter(|change| change.is_changed("labels")).count()
    }

    /// The reasons of deferred resources: APIs without a gateway service.
    pub fn deferred(&self) -> impl Iterator<Item = &str> {
        let deferred = self.changes.iter().filter(|change| change.action == Action::Deferred);
        deferred.filter_map(|change| change.reason.as_deref())
    }
}
