//! The order of resources for a reader: people, then places, then what runs there, then what is delivered.

use super::schemas::Schemas;
use engine::{Address, Schema};

/// The environment of a resource; `None` if it belongs to the whole organization.
pub(super) fn environment<'a>(address: &'a Address, schemas: Schemas<'_>) -> Option<&'a str> {
    let in_key = schemas.get(address.type_name()).is_some_and(|schema| schema.environment_in_key);
    in_key.then(|| address.key().split_once('/').map_or(address.key(), |(environment, _)| environment))
}

/// Sorts resources without an environment first, then by environment, type and key. Types without a schema come last.
pub(super) fn key<'a>(address: &'a Address, schemas: Schemas<'_>) -> impl Ord + use<'a> {
    let type_name = address.type_name();
    (environment(address, schemas), schemas.rank(type_name), type_name, address.key())
}

/// Names of attributes in the order of the schema. Names that it does not have come last.
pub(super) fn attributes<'a>(schema: Option<&Schema>, mut names: Vec<&'a str>) -> Vec<&'a str> {
    let attributes = schema.map(|schema| schema.attributes).unwrap_or_default();
    names.sort_by_key(|name| {
        attributes.iter().position(|attribute| attribute.name == *name).unwrap_or(attributes.len())
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::SCHEMAS;

    #[test]
    fn the_organization_comes_first_then_environments_then_types_then_keys() {
        let mut addresses: Vec<Address> = [
            "Acme/pull_request/dev",
            "Acme/weather/b",
            "Acme/portal/dev",
            "Acme/control_plane/prd/a",
            "Acme/control_plane/dev/b",
            "Acme/control_plane/dev/a",
            "Acme/user/ada@acme.example",
            "Acme/team/a",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        addresses.sort_by(|a, b| key(a, SCHEMAS).cmp(&key(b, SCHEMAS)));
        let order: Vec<&str> = addresses.iter().map(Address::as_str).collect();
        assert_eq!(
            order,
            [
                "Acme/team/a",
                "Acme/user/ada@acme.example",
                "Acme/weather/b",
                "Acme/control_plane/dev/a",
                "Acme/control_plane/dev/b",
                "Acme/portal/dev",
                "Acme/pull_request/dev",
                "Acme/control_plane/prd/a",
            ]
        );
    }
}
