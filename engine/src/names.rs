//! Attribute names of the configuration, checked against the schemas.
//!
//! A name that no schema has would be shown in a plan, and never be compared, sent or recorded.

use super::desired::{Desired, Expr, Reference};
use super::refusal::Refusal;
use super::resource::Readers;
use super::schema::Schema;

/// One refusal for each attribute that `desired` sets, refers to or searches by, and that its type does not have.
pub(super) fn check(desired: &[Desired], readers: &Readers) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for resource in desired {
        // A type that no reader knows was refused when the scope was read.
        let mut check = |type_name: &str, attribute: &str, is_known: fn(&Schema, &str) -> bool| {
            if let Some(schema) = readers.schema(type_name).filter(|schema| !is_known(schema, attribute)) {
                refusals.push(refusal(resource, schema, attribute));
            }
        };
        for (name, expr) in &resource.attributes {
            check(resource.address.type_name(), name, can_be_set);
            match expr {
                Expr::Value(_) | Expr::Secret(_) => {}
                Expr::Reference(Reference { address, attribute }) => check(address.type_name(), attribute, can_be_read),
                Expr::Lookup(lookup) => {
                    check(lookup.type_name, lookup.list, can_be_read);
                    for (name, Reference { address, attribute }) in &lookup.within {
                        check(lookup.type_name, name, can_be_read);
                        check(address.type_name(), attribute, can_be_read);
                    }
                }
            }
        }
    }
    refusals
}

fn can_be_set(schema: &Schema, attribute: &str) -> bool {
    schema.attribute(attribute).is_some()
}

/// Every object has an id.
fn can_be_read(schema: &Schema, attribute: &str) -> bool {
    attribute == "id" || can_be_set(schema, attribute)
}

fn refusal(resource: &Desired, schema: &Schema, attribute: &str) -> Refusal {
    let names =
        schema.attributes.iter().map(|attribute| attribute.name).chain(["id"]).filter(|name| *name != attribute);
    let distance = |name: &'static str| (strsim::damerau_levenshtein(name, attribute), name);
    let nearest = names.map(distance).min().filter(|(distance, _)| *distance <= attribute.chars().count() / 3);
    Refusal::Attribute {
        address: resource.address.clone(),
        type_name: schema.type_name,
        attribute: attribute.to_owned(),
        nearest: nearest.map(|(_, name)| name),
    }
}
