//! Where each part of the manifest is written, so that every later stage can point at a line.

use std::collections::{HashMap, HashSet};

use super::diagnostic::{Diagnostic, Source, Span};
use super::path::KeyPath;

/// An index from paths of the manifest to places in its files, and which of the values there are wrong already.
/// Optional values that are written but empty are not in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    written: HashMap<KeyPath, Place>,
    wrong: HashSet<KeyPath>,
}

#[derive(Clone, Debug)]
struct Place {
    source: Source,
    span: Span,
}

impl Places {
    /// Records what to underline for an error about this path.
    pub(super) fn insert(&mut self, path: KeyPath, source: &Source, span: Span) {
        self.written.insert(path, Place { source: source.clone(), span });
    }

    /// Records that an error has been told about this path, and that its value is made up.
    pub(super) fn mark_wrong(&mut self, path: &KeyPath) {
        self.wrong.insert(path.clone());
    }

    /// Whether something is written at this path, be it right or wrong.
    pub(super) fn contains(&self, path: &KeyPath) -> bool {
        self.written.contains_key(path)
    }

    /// Whether the value at this path, or one that it is in, is made up.
    pub(super) fn is_wrong(&self, path: &KeyPath) -> bool {
        path.ancestors().any(|path| self.wrong.contains(&path))
    }

    /// An error at this path, or where that is not written, at the nearest thing that holds it.
    pub(super) fn diagnostic(&self, path: &KeyPath, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let error = Diagnostic::new(code, message);
        match self.nearest(path) {
            Some(place) => error.at(place.span, None).in_source(&place.source),
            None => error,
        }
    }

    /// An error about two places of one file that contradict each other, the second of which is to blame.
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

    fn nearest(&self, path: &KeyPath) -> Option<&Place> {
        path.ancestors().find_map(|path| self.written.get(&path))
    }
}
