//! Every resource type of koctl, from the tables of the providers.

use std::sync::LazyLock;

use crate::resource_type::{KeyShape, ResourceType, Watch};
use crate::{github, konnect};
use engine::Schema;

/// The description of a type that does not depend on its provider.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its schema.
    pub schema: &'static Schema,
    /// The shape of its keys.
    pub key: KeyShape,
    /// The changes of its objects that a reviewer must see before all others.
    pub watch: &'static [Watch],
}

impl Known {
    fn of<R, W>(one: &ResourceType<R, W>) -> Self {
        Self { schema: one.schema, key: one.key, watch: one.watch }
    }
}

static ALL: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let konnect = konnect::resources::TYPES.iter().map(|one| Known::of(one));
    konnect.chain(github::resources::TYPES.iter().map(|one| Known::of(one))).collect()
});

static SCHEMAS: LazyLock<Vec<&'static Schema>> = LazyLock::new(|| ALL.iter().map(|known| known.schema).collect());

/// All types, in the order in which reports show them.
#[must_use]
pub fn all() -> &'static [Known] {
    &ALL
}

/// Their schemas, in that order.
#[must_use]
pub fn schemas() -> &'static [&'static Schema] {
    &SCHEMAS
}

/// The schema of a type.
#[must_use]
pub fn schema(type_name: &str) -> Option<&'static Schema> {
    known(type_name).map(|known| known.schema)
}

/// The shape of the keys of a type. `None` if there is no such type.
#[must_use]
pub fn key(type_name: &str) -> Option<KeyShape> {
    known(type_name).map(|known| known.key)
}

/// The changes of a type's objects that a reviewer must see before all others.
#[must_use]
pub fn watch(type_name: &str) -> &'static [Watch] {
    known(type_name).map(|known| known.watch).unwrap_or_default()
}

fn known(type_name: &str) -> Option<&'static Known> {
    ALL.iter().find(|known| known.schema.type_name == type_name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use engine::schema::OnRemoval;
    use engine::{Attribute, Kind};

    #[test]
    fn every_type_has_a_name_of_its_own_and_a_provider() {
        let names: BTreeSet<&str> = schemas().iter().map(|schema| schema.type_name).collect();
        assert_eq!(names.len(), schemas().len());
        assert!(schemas().iter().all(|schema| !schema.provider.is_empty()));
    }

    #[test]
    fn the_schemas_of_all_types_fit_each_other() {
        assert_eq!(engine::schema::check(schemas()), Ok(()));
    }

    #[test]
    fn a_plan_shows_a_type_below_its_environment_if_its_keys_begin_with_one() {
        for known in all() {
            let name = known.schema.type_name;
            assert_eq!(known.schema.environment_in_key, known.key.begins_with_environment(), "{name}");
        }
    }

    #[test]
    fn r16_what_is_watched_are_attributes_of_the_type() {
        for known in all() {
            let mut names = known.watch.iter().flat_map(Watch::attributes);
            let unknown = names.find(|name| known.schema.attribute(name).is_none());
            assert_eq!(unknown, None, "{}", known.schema.type_name);
        }
    }

    const PAGE: &str = include_str!("../docs/resources.md");

    fn code(names: &[&str]) -> String {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }

    fn attribute(attribute: &Attribute) -> String {
        let name = format!("`{}`", attribute.name);
        match attribute.kind {
            Kind::Computed => format!("{name} *(computed)*"),
            Kind::WriteOnly => format!("{name} *(write-only)*"),
            Kind::Notice => format!("{name} *(reported)*"),
            _ if attribute.forces_replacement => format!("**{name}**"),
            _ => name,
        }
    }

    /// The row of a type, up to its operations, which no schema knows.
    fn row(schema: &Schema) -> String {
        let attributes: Vec<String> = schema.attributes.iter().map(attribute).collect();
        let is_looked_up = schema.attributes.iter().all(|attribute| attribute.kind == Kind::Computed);
        let on_removal = match schema.on_removal {
            _ if is_looked_up => "looked up",
            OnRemoval::Delete => "deleted",
            OnRemoval::Forget => "forgotten",
            OnRemoval::Propose => "deletion proposed",
        };
        let key = format!(" {} ", code(schema.natural_key)).replace("  ", " ");
        let guarded = if schema.guarded { "yes" } else { "no" };
        format!("| `{}` |{key}| {} | {guarded} | {on_removal} | ", schema.type_name, attributes.join(", "))
    }

    #[test]
    fn the_page_of_resources_has_every_type_as_it_is_and_no_other() {
        for schema in schemas() {
            let row = row(schema);
            let found = PAGE.lines().find_map(|line| line.strip_prefix(row.as_str()));
            let operations = found.unwrap_or_else(|| panic!("docs/resources.md has no row that begins:\n{row}"));
            assert!(operations.contains(" /") && operations.ends_with(" |"), "{}: {operations}", schema.type_name);
        }
        let rows = PAGE.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, schemas().len(), "docs/resources.md has a row of a type that does not exist, or one twice");
    }
}
