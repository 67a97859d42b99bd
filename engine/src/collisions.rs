//! Resources of the configuration that would be one object (R5).

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::desired::{Desired, Expr, Reference};
use super::refusal::Refusal;
use super::resource::Readers;
use super::world::World;

/// A refusal for each pair of desired resources of one type that share a natural key.
pub(super) fn find(desired: &[Desired], world: &World, readers: &Readers) -> Vec<Refusal> {
    let schema = |index: usize| readers.schema(desired[index].address.type_name());
    let part = |index: usize, name: &str| Part::new(desired[index].attributes.get(name)?, world);
    let key = |index: usize| -> Option<(&str, Vec<Part<'_>>)> {
        let schema = schema(index)?;
        Some((schema.type_name, schema.natural_key.iter().map(|name| part(index, name)).collect::<Option<_>>()?))
    };
    let hash = |index: usize| {
        let mut hasher = DefaultHasher::new();
        let schema = schema(index)?;
        schema.type_name.hash(&mut hasher);
        for name in schema.natural_key {
            part(index, name)?.hash(&mut hasher);
        }
        Some((hasher.finish(), index))
    };
    // Keys are built only if hashes are equal, which is rare.
    let mut hashes: Vec<(u64, usize)> = (0..desired.len()).filter_map(hash).collect();
    hashes.sort_unstable();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for same in hashes.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        let mut first: HashMap<_, usize> = HashMap::new();
        for (_, index) in same {
            match first.entry(key(*index)) {
                Entry::Vacant(entry) => {
                    entry.insert(*index);
                }
                Entry::Occupied(entry) => pairs.push((*entry.get(), *index)),
            }
        }
    }
    pairs.sort_unstable_by_key(|(_, second)| *second);
    let refusal = |(first, second): (usize, usize)| Refusal::Collision {
        first: desired[first].address.clone(),
        second: desired[second].address.clone(),
        key: key(first).into_iter().flat_map(|(_, parts)| parts).map(|part| part.to_string()).collect(),
    };
    pairs.into_iter().map(refusal).collect()
}

/// Equal for two expressions that will have the same value.
#[derive(PartialEq, Eq, Hash)]
enum Part<'a> {
    Value(&'a Value),
    Reference(&'a Reference),
    Found(Value),
    Search(&'a str, &'a str, &'a BTreeMap<&'static str, Reference>),
}

impl<'a> Part<'a> {
    /// `None` for a secret, which cannot be part of a key.
    fn new(expr: &'a Expr, world: &World) -> Option<Self> {
        let part = match expr {
            Expr::Value(value) => Self::Value(value),
            Expr::Reference(reference) => Self::Reference(reference),
            Expr::Lookup(lookup) => match world.look_up(lookup) {
                Ok(value) => Self::Found(value),
                Err(_) => Self::Search(lookup.list, &lookup.needle, &lookup.within),
            },
            Expr::Secret(_) => return None,
        };
        Some(part)
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(Value::String(text)) => f.write_str(text),
            Self::Value(value) => write!(f, "{value}"),
            Self::Reference(reference) => write!(f, "{reference}"),
            Self::Found(value) => write!(f, "{value}"),
            Self::Search(list, needle, _) => write!(f, "the one with `{needle}` among its {list}"),
        }
    }
}
