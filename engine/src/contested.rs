//! Values that only one object can have at a time, such as a slug, and that an object has which keeps it.

use std::collections::{HashMap, HashSet};

use super::address::Address;
use super::desired::Desired;
use super::refusal::{Keeper, Refusal};
use super::remote::Remote;
use super::resource::Readers;
use super::schema::{Location, OnRemoval, Schema, UniqueKey};
use super::world::World;

/// The values of a key, as texts.
type Values = Vec<String>;

/// A desired resource that is to get a value that it does not have.
struct Claim<'a> {
    desired: &'a Desired,
    schema: &'static Schema,
    key: UniqueKey,
    values: Values,
}

/// A refusal for each resource that cannot get a value because another object keeps it. An object keeps its value if the
/// configuration does not give it another one. `is_leaving` tells whether an object is in the state only.
pub(super) fn find<'a>(
    desired: &'a [Desired],
    is_leaving: impl Fn(&'static str, &str) -> bool,
    world: &World,
    readers: &Readers,
) -> HashMap<&'a Address, Refusal> {
    let claims: Vec<Claim<'a>> = desired.iter().flat_map(|desired| claims(desired, world, readers)).collect();
    if claims.is_empty() {
        return HashMap::new();
    }
    let holding = holding(&claims, world);
    let moving: HashSet<(&Address, UniqueKey)> = claims.iter().map(|one| (&one.desired.address, one.key)).collect();
    let mut refused: HashMap<&'a Address, Refusal> = HashMap::new();
    // One that cannot get its value keeps the one that it has, so that others cannot get that.
    loop {
        let before = refused.len();
        for claim in &claims {
            let type_name = claim.schema.type_name;
            let keeps = |other: &&&Remote| match world.holder(type_name, &other.id) {
                Some(holder) if *holder == claim.desired.address => false,
                Some(holder) => !moving.contains(&(holder, claim.key)) || refused.contains_key(holder),
                None => claim.schema.on_removal != OnRemoval::Delete || !is_leaving(type_name, &other.id),
            };
            let found = holding.get(&(type_name, claim.key, claim.values.clone())).into_iter().flatten().find(keeps);
            if let Some(keeper) = found.filter(|_| !refused.contains_key(&claim.desired.address)) {
                refused.insert(&claim.desired.address, claim.refusal(keeper, world));
            }
        }
        if refused.len() == before {
            return refused;
        }
    }
}

/// The keys of which a resource is to get other values than its object has.
fn claims<'a>(desired: &'a Desired, world: &World, readers: &Readers) -> Vec<Claim<'a>> {
    let Some(schema) = readers.schema(desired.address.type_name()) else { return Vec::new() };
    let remote = world.object(&desired.address);
    let keys = schema.distinct.iter().copied().filter(|key| {
        // What the configuration ignores stays as it is once the object exists.
        remote.is_none() || key.iter().all(|name| !desired.ignored.contains(*name))
    });
    keys.filter_map(|key| {
        let wanted = key.iter().map(|name| world.known(desired.attributes.get(*name)?).map(|value| value.to_string()));
        let values = wanted.collect::<Option<Values>>()?;
        (remote.and_then(|remote| values_of(remote, key)).as_ref() != Some(&values)).then_some(Claim {
            desired,
            schema,
            key,
            values,
        })
    })
    .collect()
}

fn values_of(remote: &Remote, key: UniqueKey) -> Option<Values> {
    key.iter().map(|name| remote.attribute(name).map(|value| value.to_string())).collect()
}

/// What objects hold: a type, one of its keys, and the values.
type Held = (&'static str, UniqueKey, Values);

/// The objects by what they hold, for the types and keys of the claims.
fn holding<'w>(claims: &[Claim<'_>], world: &'w World) -> HashMap<Held, Vec<&'w Remote>> {
    let kinds: HashSet<_> = claims.iter().map(|claim| (claim.schema.type_name, claim.key)).collect();
    let mut holding: HashMap<Held, Vec<&Remote>> = HashMap::new();
    for (type_name, key) in kinds {
        for remote in world.objects(type_name) {
            if let Some(values) = values_of(remote, key) {
                holding.entry((type_name, key, values)).or_default().push(remote);
            }
        }
    }
    holding
}

impl Claim<'_> {
    fn refusal(&self, keeper: &Remote, world: &World) -> Refusal {
        let schema = self.schema;
        let is_shown =
            |name: &&&str| schema.attribute(name).is_some_and(|attribute| attribute.location != Location::Address);
        let attribute = self.key.iter().find(is_shown).or(self.key.first()).copied().unwrap_or_default();
        let value = self.desired.attributes.get(attribute).and_then(|expr| world.known(expr)).unwrap_or_default();
        let keeper = match world.holder(schema.type_name, &keeper.id) {
            Some(address) => Keeper::Managed(address.clone()),
            None => {
                let names = schema.natural_key.iter().filter(is_shown).filter_map(|name| keeper.attribute(name));
                let names: Vec<String> = names.filter_map(|name| name.as_str().map(str::to_owned)).collect();
                Keeper::Other { id: keeper.id.clone(), name: names.join(" ") }
            }
        };
        Refusal::Kept {
            address: self.desired.address.clone(),
            attribute,
            value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            keeper,
        }
    }
}
