//! How documents of older versions become the current one.

use serde_json::{Map, Value};

/// Converts the fields of a document of one version (without its header) to those of the next, or returns the reason
/// why it cannot.
pub(super) type Migration = fn(Map<String, Value>) -> Result<Map<String, Value>, String>;

/// The first turns version 1 into version 2, and so on. A change to the format of the state adds one here; those
/// that are here stay for as long as such a document may exist.
pub(super) const MIGRATIONS: &[Migration] = &[
    // Version 2 has `owner`, which is not known here.
    Ok,
];

/// The version that `migrations` lead to: documents are written in it, and newer ones are refused.
pub(super) const fn current_version(migrations: &[Migration]) -> u64 {
    migrations.len() as u64 + 1
}

/// The fields of a document of version `from`, as the current version has them.
pub(super) fn migrate(
    migrations: &[Migration],
    from: u64,
    fields: Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let done = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
    migrations.iter().skip(done).try_fold(fields, |fields, migration| migration(fields))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Of a world where version 2 renamed a field, and version 3 needs a number.
    const MIGRATIONS: &[Migration] = &[
        |mut fields| {
            let objects = fields.remove("objects").ok_or("it has no objects")?;
            fields.insert("resources".to_owned(), objects);
            Ok(fields)
        },
        |mut fields| {
            fields.insert("serial".to_owned(), json!(1));
            Ok(fields)
        },
    ];

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_document_of_the_current_version_stays_as_it_is() {
        let current = fields(json!({"resources": {}, "serial": 7}));
        assert_eq!(migrate(MIGRATIONS, current_version(MIGRATIONS), current.clone()), Ok(current));
    }

    #[test]
    fn an_older_document_goes_through_every_version_since() {
        let expected = fields(json!({"resources": {"a": 1}, "serial": 1}));
        assert_eq!(migrate(MIGRATIONS, 1, fields(json!({"objects": {"a": 1}}))), Ok(expected.clone()));
        assert_eq!(migrate(MIGRATIONS, 2, fields(json!({"resources": {"a": 1}}))), Ok(expected));
    }

    #[test]
    fn a_document_that_cannot_be_migrated_says_why() {
        assert_eq!(migrate(MIGRATIONS, 1, Map::new()), Err("it has no objects".to_owned()));
    }
}
