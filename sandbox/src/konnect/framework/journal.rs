//! The journal of changes: who changed what, and when. `/v3/audit-logs` shows it.
//!
//! It is in memory, and a line for each change in a file beside the store, so that it survives a restart. A line is not
//! waited for: the change itself is on disk, and a process that is killed loses the last lines at most.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::store::Body;

/// The name of its file, beside that of the store.
pub(crate) const FILE: &str = "konnect-audit-log.jsonl";

/// The journal of all organizations.
#[derive(Debug)]
pub(in crate::konnect) struct Journal {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Opened by the first change.
    file: Option<File>,
    entries: Vec<Entry>,
}

/// A change.
#[derive(Debug, Clone)]
pub(in crate::konnect) struct Entry {
    /// The organization, by its name.
    pub(in crate::konnect) organization: String,
    /// The record, as it is shown.
    pub(in crate::konnect) record: Body,
}

impl Journal {
    /// The journal in this directory. A line that is not complete is passed over.
    pub(in crate::konnect) fn open(directory: &Path) -> Journal {
        let path = directory.join(FILE);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let entry = |line: &str| {
            let mut line: Body = serde_json::from_str(line).ok()?;
            let organization = line.remove("organization")?.as_str()?.to_owned();
            let Some(Value::Object(record)) = line.remove("record") else { return None };
            Some(Entry { organization, record })
        };
        let entries = text.lines().filter_map(entry).collect();
        Journal { inner: Mutex::new(Inner { path, file: None, entries }) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a change.
    pub(in crate::konnect) fn add(&self, entry: Entry) {
        let mut inner = self.inner();
        if inner.file.is_none() {
            inner.file = File::options().create(true).append(true).open(&inner.path).ok();
        }
        let line = json!({ "organization": entry.organization, "record": entry.record });
        // The change is made, whatever becomes of its line.
        let _ = inner.file.as_mut().map(|file| writeln!(file, "{line}"));
        inner.entries.push(entry);
    }

    /// True if there is a change of an organization.
    pub(in crate::konnect) fn has(&self, organization: &str) -> bool {
        self.inner().entries.iter().any(|entry| entry.organization == organization)
    }

    /// The changes of an organization, each with its position, oldest first.
    pub(in crate::konnect) fn of(&self, organization: &str) -> Vec<(u64, Body)> {
        let inner = self.inner();
        let numbered = (1..).zip(&inner.entries);
        let own = numbered.filter(|(_, entry)| entry.organization == organization);
        own.map(|(position, entry)| (position, entry.record.clone())).collect()
    }
}
