//! The objects that were read of an organization, and readers over them that send no requests.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::Value;

use crate::konnect::resources::TYPES;
use crate::manifest::fit_labels;
use engine::refresh::Scan;
use engine::{Error, Reader, Readers, Remote, Schema};

/// Every object of Konnect's types in one organization, and the events that it can be notified of.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    listings: BTreeMap<&'static str, Vec<Remote>>,
    /// The ids of the events of Konnect's notifications.
    pub events: Vec<String>,
    /// The regions that were read.
    pub regions: BTreeSet<&'static str>,
}

impl Inventory {
    /// Adds objects of a type. An object that is already present, by its id, counts once.
    pub fn add(&mut self, type_name: &'static str, objects: impl IntoIterator<Item = Remote>) {
        let listing = self.listings.entry(type_name).or_default();
        let mut known: BTreeSet<String> = listing.iter().map(|object| object.id.clone()).collect();
        listing.extend(objects.into_iter().filter(|object| known.insert(object.id.clone())));
    }

    /// The objects of a type.
    #[must_use]
    pub fn of(&self, type_name: &str) -> &[Remote] {
        self.listings.get(type_name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The object of that id.
    #[must_use]
    pub fn get(&self, type_name: &str, id: &str) -> Option<&Remote> {
        self.of(type_name).iter().find(|object| object.id == id)
    }

    /// The objects of a type by the text of an attribute: the versions of each API, the roles on each control plane.
    #[must_use]
    pub fn by(&self, type_name: &str, attribute: &str) -> BTreeMap<&str, Vec<&Remote>> {
        let mut by: BTreeMap<&str, Vec<&Remote>> = BTreeMap::new();
        for object in self.of(type_name) {
            by.entry(text(object, attribute)).or_default().push(object);
        }
        by
    }

    /// Readers that list these objects.
    #[must_use]
    pub fn readers(&self) -> Readers {
        let mut readers = Readers::default();
        for schema in TYPES.iter().map(|one| one.schema) {
            readers.add(Listed { schema, objects: self.of(schema.type_name).to_vec() });
        }
        readers
    }
}

/// The objects of one type, as they were read.
struct Listed {
    schema: &'static Schema,
    objects: Vec<Remote>,
}

#[async_trait]
impl Reader for Listed {
    fn schema(&self) -> &'static Schema {
        self.schema
    }

    async fn list(&self, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        Ok(self.objects.clone())
    }
}

/// The text of an attribute. Empty if it has none.
pub(super) fn text<'a>(object: &'a Remote, attribute: &str) -> &'a str {
    object.attributes.get(attribute).and_then(Value::as_str).unwrap_or_default()
}

/// The value of a label. `None` if the object does not have it.
pub(super) fn label<'a>(object: &'a Remote, name: &str) -> Option<&'a str> {
    object.attributes.get("labels")?.get(name)?.as_str()
}

/// The labels of an object that a configuration may set: those of other people and tools.
pub(super) fn other_labels(object: &Remote) -> BTreeMap<String, String> {
    let labels = object.attributes.get("labels").and_then(Value::as_object);
    fit_labels(labels.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))))
}

/// True if an attribute is `true`.
pub(super) fn is_on(object: &Remote, attribute: &str) -> bool {
    object.attributes.get(attribute) == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(id: &str) -> Remote {
        Remote { id: id.to_owned(), attributes: BTreeMap::new() }
    }

    #[test]
    fn an_object_that_is_read_twice_counts_once() {
        let mut inventory = Inventory::default();
        inventory.add("team", [team("a"), team("b")]);
        inventory.add("team", [team("b"), team("c"), team("c")]);
        let ids: Vec<&str> = inventory.of("team").iter().map(|team| team.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert!(inventory.of("portal").is_empty());
    }
}
