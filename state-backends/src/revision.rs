//! Versions of documents, and what a writer expects of them.

use std::fmt;

/// A version of a document: a digest, an ETag, a commit, as the store names it. Compared, never interpreted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Revision(String);

impl Revision {
    /// The revision with this name.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The store's name for it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The version that a writer expects to be stored before its write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// No document at all: this write creates it.
    Absent,
    /// This version: this write replaces it.
    Revision(Revision),
}

impl Expected {
    /// The expected version. `None` if no document is expected.
    pub fn revision(&self) -> Option<&Revision> {
        match self {
            Expected::Absent => None,
            Expected::Revision(revision) => Some(revision),
        }
    }

    /// True if `found` (`None` for no document) is what was expected.
    pub fn is_met_by(&self, found: Option<&Revision>) -> bool {
        self.revision() == found
    }
}

impl From<Option<Revision>> for Expected {
    fn from(revision: Option<Revision>) -> Self {
        revision.map_or(Expected::Absent, Expected::Revision)
    }
}
