//! The location of each part of the manifest, so that every later stage can point at a line.

use std::collections::{HashMap, HashSet};

use super::diagnostic::{Diagnostic, Source, Span};
use super::path::KeyPath;

/// An index from paths of the manifest to locations in its files, and to values that are known to be wrong. Empty
/// optional values are not in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Locations {
    written: HashMap<KeyPath, Location>,
    wrong: HashSet<KeyPath>,
}

#[derive(Clone, Debug)]
struct Location {
    source: Source,
    span: Span,
}

impl Locations {
    /// Records the span that an error about this path underlines.
    pub(super) fn insert(&mut self, path: KeyPath, source: &Source, span: Span) {
        self.written.insert(path, Location { source: source.clone(), span });
    }

    /// Records that an error at this path was reported, and that its value is a placeholder.
    pub(super) fn mark_wrong(&mut self, path: &KeyPath) {
        self.wrong.insert(path.clone());
    }

    /// True if the files contain this path, with a valid value or not.
    pub(super) fn contains(&self, path: &KeyPath) -> bool {
        self.written.contains_key(path)
    }

    /// True if the value at this path, or a value that contains it, is a placeholder.
    pub(super) fn is_wrong(&self, path: &KeyPath) -> bool {
        path.ancestors().any(|path| self.wrong.contains(&path))
    }

    /// An error at this path, or if it is not written, at the nearest path above it.
    pub(super) fn diagnostic(&self, path: &KeyPath, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let error = Diagnostic::new(code, message);
        match self.nearest(path) {
            Some(location) => error.at(location.span, None).in_source(&location.source),
            None => error,
        }
    }

    /// An error about two conflicting locations, reported at the second.
    pub(super) fn conflict(
        &self,
        code: &'static str,
        message: impl Into<String>,
        (first, first_label): (&KeyPath, &str),
        (second, second_label): (&KeyPath, &str),
    ) -> Diagnostic {
        let error = Diagnostic::new(code, message);
        match (self.nearest(first), self.nearest(second)) {
            (Some(first), Some(second)) => {
                error.at(second.span, Some(second_label)).at(first.span, Some(first_label)).in_source(&second.source)
            }
            _ => error,
        }
    }

    /// Two paths in the order in which they are written. Those of different files stay as they are.
    pub(super) fn in_order<'p>(&self, [first, second]: [&'p KeyPath; 2]) -> [&'p KeyPath; 2] {
        let is_reversed = match (self.nearest(first), self.nearest(second)) {
            (Some(one), Some(other)) => one.source.name() == other.source.name() && other.span < one.span,
            _ => false,
        };
        if is_reversed { [second, first] } else { [first, second] }
    }

    fn nearest(&self, path: &KeyPath) -> Option<&Location> {
        path.ancestors().find_map(|path| self.written.get(&path))
    }
}
