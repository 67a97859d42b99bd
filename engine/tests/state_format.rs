//! The format of the state: its JSON Schema in the documentation, and all of its versions.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::path::{Path, PathBuf};

use engine::state::{KeySources, Keys, State, Store, json_schema};
use serde_json::Value;

const DIRECTORY: &str = "../testdata/state";
/// The key of `v1-encrypted.json`. It protects nothing real.
const PASSPHRASE: &str = "one-hundred-bikes";

fn current_version() -> u64 {
    let document: Value = serde_json::from_slice(&State::new("Acme").to_bytes()).unwrap();
    document["version"].as_u64().unwrap()
}

/// The stored documents of one version.
fn documents(version: u64) -> Vec<PathBuf> {
    let is_of = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name == format!("v{version}.json") || name.starts_with(&format!("v{version}-"))
    };
    let all = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(DIRECTORY)).unwrap();
    all.map(|entry| entry.unwrap().path()).filter(is_of).collect()
}

fn store() -> Store {
    let keys = KeySources { passphrase: Some(PASSPHRASE.into()), ..KeySources::default() };
    Store::open("file:nowhere", &|_| None).unwrap().with_keys(Keys::new(keys).unwrap())
}

#[test]
fn every_version_that_there_was_is_read_and_written_as_the_current_one() {
    let store = store();
    for version in 1..=current_version() {
        let documents = documents(version);
        assert!(!documents.is_empty(), "version {version} has no document in {DIRECTORY}");
        for document in documents {
            let (state, _) = store.parse(&std::fs::read(&document).unwrap()).unwrap();
            assert!(!state.resources.is_empty(), "{}", document.display());
            let written: Value = serde_json::from_slice(&state.to_bytes()).unwrap();
            assert_eq!(written["version"], current_version());
            assert_eq!(State::from_bytes(&state.to_bytes()), Ok(state));
        }
    }
}

#[test]
fn an_encrypted_document_is_read_like_the_one_it_was_made_of() {
    let read = |name: &str| store().parse(&std::fs::read(Path::new(DIRECTORY).join(name)).unwrap()).unwrap();
    let ((clear, sealed), (encrypted, also)) = (read("v1.json"), read("v1-encrypted.json"));
    assert_eq!((sealed, also), (false, true));
    assert_eq!(clear.resources, encrypted.resources);
}

#[test]
fn the_schema_accepts_what_is_written_and_refuses_what_no_reader_takes() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let document: Value =
        serde_json::from_slice(&std::fs::read(Path::new(DIRECTORY).join("v2.json")).unwrap()).unwrap();
    assert!(validator.is_valid(&document), "{:?}", validator.iter_errors(&document).next());
    let empty: Value = serde_json::from_slice(&State::new("Acme").to_bytes()).unwrap();
    assert!(validator.is_valid(&empty));
    for (field, value) in [("format", Value::from("other")), ("version", 1.into()), ("serial", (-1).into())] {
        let mut changed = document.clone();
        changed[field] = value;
        assert!(!validator.is_valid(&changed), "{field}");
    }
    for field in ["format", "version", "checksum", "lineage", "serial", "scope", "resources", "intents"] {
        let mut changed = document.clone();
        changed.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&changed), "{field}");
    }
}

/// Run with KOCTL_UPDATE_DOCS=1, it writes the file.
#[test]
fn the_schema_in_the_documentation_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/state.schema.json");
    let schema = format!("{:#}\n", json_schema());
    if std::env::var_os("KOCTL_UPDATE_DOCS").is_some() {
        std::fs::write(path, schema).unwrap();
        return;
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), schema, "see the comment at this test");
}
