//! The schemas of the resource types, for reports.

use engine::Schema;

/// The schemas of the resource types, in the order in which reports show the types. A type without a schema is shown
/// with all its attributes as plain values.
#[derive(Debug, Clone, Copy)]
pub struct Schemas<'a>(pub &'a [&'static Schema]);

impl Schemas<'_> {
    /// The schema of a type.
    pub(crate) fn get(self, type_name: &str) -> Option<&'static Schema> {
        self.0.iter().copied().find(|schema| schema.type_name == type_name)
    }

    /// The position of a type. Types without a schema come last.
    pub(super) fn rank(self, type_name: &str) -> usize {
        self.0.iter().position(|schema| schema.type_name == type_name).unwrap_or(self.0.len())
    }
}
