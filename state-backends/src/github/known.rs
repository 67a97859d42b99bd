//! The branch as this process knows it.

use std::collections::HashMap;

use crate::{Expected, Revision};

/// The tip of the branch, and the documents in it that are known.
#[derive(Debug)]
pub(super) struct KnownBranch {
    pub(super) commit: String,
    pub(super) tree: String,
    /// The revisions of documents, by path: those that were read or written. `None` if there is no document.
    pub(super) revisions: HashMap<String, Option<Revision>>,
}

impl KnownBranch {
    /// The revision of the document at `path`, if there is one and it is known.
    pub(super) fn revision(&self, path: &str) -> Option<&Revision> {
        self.revisions.get(path)?.as_ref()
    }

    /// True if the document at `path` is known to be what a writer expects.
    pub(super) fn meets(&self, path: &str, expected: &Expected) -> bool {
        self.revisions.get(path).is_some_and(|revision| expected.is_met_by(revision.as_ref()))
    }
}
