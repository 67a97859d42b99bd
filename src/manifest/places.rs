//! Where each part of the manifest is written, so that every later stage can point at a line.

use std::collections::HashMap;

use super::diagnostic::{Diagnostic, Source, Span};
use super::path::KeyPath;

/// An index from paths of the manifest to places in its files. Values that are written but empty are not in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(HashMap<KeyPath, Place>);

#[derive(Clone, Debug)]
struct Place {
    source: Source,
    span: Span,
}

impl Places {
    /// Records what to underline for an error about this path.
    pub(super) fn insert(&mut self, path: KeyPath, source: &Source, span: Span) {
        self.0.insert(
            path,
            Place {
                source: source.clone(),
                span,
            },
        );
    }

    /// Whether something is written at this path, be it right or wrong.
    pub(super) fn contains(&self, path: &KeyPath) -> bool {
        self.0.contains_key(path)
    }

    /// The keys that are written in the mapping at this path.
    pub(super) fn keys<'a>(&'a self, path: &'a KeyPath) -> impl Iterator<Item = &'a str> {
        let below = |candidate: &&KeyPath| candidate.parent().as_ref() == Some(path);
        self.0.keys().filter(below).filter_map(KeyPath::last)
    }

    /// An error at this path, or where that is not written, at the nearest thing that holds it.
    pub(super) fn diagnostic(
        &self,
        path: &KeyPath,
        code: &'static str,
        message: impl Into<String>,
    ) -> Diagnostic {
        let error = Diagnostic::new(code, message);
        match self.nearest(path) {
            Some(place) => error.at(place.span, None).in_source(&place.source),
            None => error,
        }
    }

    /// An error about two places that contradict each other, the second of which is to blame.
    pub(super) fn conflict(
        &self,
        code: &'static str,
        message: impl Into<String>,
        (first, first_label): (&KeyPath, &str),
        (second, second_label): (&KeyPath, &str),
    ) -> Diagnostic {
        let error = Diagnostic::new(code, message);
        match (self.nearest(first), self.nearest(second)) {
            (Some(first), Some(second)) if first.source == second.source => error
                .at(second.span, Some(second_label))
                .at(first.span, Some(first_label))
                .in_source(&second.source),
            (Some(first), Some(second)) => {
                let (line, column) = first.source.line_and_column(first.span.start);
                error
                    .at(second.span, Some(second_label))
                    .in_source(&second.source)
                    .with_help(format!(
                        "{first_label}: {}:{line}:{column}",
                        first.source.name()
                    ))
            }
            _ => error,
        }
    }

    fn nearest(&self, path: &KeyPath) -> Option<&Place> {
        let mut candidate = Some(path.clone());
        while let Some(path) = candidate {
            if let Some(place) = self.0.get(&path) {
                return Some(place);
            }
            candidate = path.parent();
        }
        None
    }
}
