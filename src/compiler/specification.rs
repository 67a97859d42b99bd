//! The specifications of services, with the documents beside them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::documents::Documents;
use super::routes::Routes;
use crate::manifest::document::{parse_value, text_at};
use engine::Error;

/// A specification on a branch of a service's repository, and the documents beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecAddress {
    /// The remote, as the manifest has it.
    pub remote: String,
    /// The branch.
    pub branch: String,
    /// The path of the file.
    pub path: String,
    /// The path of the folder with the documents, if the service has one.
    pub docs: Option<String>,
}

/// A specification as it is in the service's repository.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Byte for byte.
    pub content: String,
    /// Its `info.version`, if it has one.
    pub version: Option<String>,
    /// The documents beside it.
    pub documents: Documents,
    /// The routes that decK makes of it.
    pub routes: Routes,
}

/// The longest version of an API that Konnect accepts (schema `CreateApiRequest` of `api-builder-v3`).
const VERSION_LENGTH: usize = 255;

impl Spec {
    /// Reads a file with an OpenAPI document.
    ///
    /// # Errors
    /// If it is not text, which is named for what it is, and as [`parse`](Self::parse).
    pub fn read(file: Vec<u8>) -> Result<Self, String> {
        let file = String::from_utf8(file).map_err(|error| not_text(error.as_bytes()).to_owned())?;
        Self::parse(file)
    }

    /// Reads the version out of an OpenAPI document in YAML or JSON.
    ///
    /// # Errors
    /// If it is something else, which is named, or a document that neither Konnect nor decK can use.
    pub fn parse(content: String) -> Result<Self, String> {
        let document = Self::document(&content)?;
        let version = match &document["info"]["version"] {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            // A number does not remember how it was written, and `1.10` is another version than `1.1`.
            _ => text_at(&content, &["info", "version"]).map_err(|error| error.to_string())?,
        };
        match version.filter(|version| !version.trim().is_empty()) {
            Some(version) if version.chars().count() > VERSION_LENGTH => {
                Err(format!("its `info.version` is longer than {VERSION_LENGTH} characters, the limit of Konnect"))
            }
            Some(version) => {
                let routes = Routes::of(&document);
                Ok(Self { version: Some(version), content, documents: Documents::new(), routes })
            }
            None => Err("it has no `info.version`, after which Konnect names the version of the API".into()),
        }
    }

    /// The OpenAPI document in a text of YAML or JSON.
    ///
    /// # Errors
    /// If it is something else, which is named, or a document that neither Konnect nor decK can use.
    pub fn document(content: &str) -> Result<Value, String> {
        if let Some(reason) = recognise(content) {
            return Err(reason.to_owned());
        }
        let document = parse_value(content).map_err(|error| format!("it is neither YAML nor JSON: {error}"))?;
        check(&document)?;
        Ok(document)
    }
}

/// What a file is that is not text in UTF-8, by its first bytes.
fn not_text(bytes: &[u8]) -> &'static str {
    const ARCHIVES: [&[u8]; 5] = [b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        "it is text in UTF-16: save it as UTF-8"
    } else if ARCHIVES.iter().any(|magic| bytes.starts_with(magic)) {
        "it is an archive, or compressed: store the OpenAPI document in it by itself"
    } else if bytes.starts_with(b"%PDF") {
        "it is a PDF: store the OpenAPI document as YAML or JSON"
    } else if bytes.contains(&0) {
        "it is a binary file: store the OpenAPI document as YAML or JSON"
    } else {
        "it is not text in UTF-8: save it as UTF-8"
    }
}

/// The reason why a text is certainly not a specification.
fn recognise(content: &str) -> Option<&'static str> {
    let text = content.trim_start_matches('\u{feff}').trim();
    let begins = |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if text.is_empty() {
        Some("it is empty")
    } else if content.get(257..262) == Some("ustar") {
        Some("it is an archive: store the OpenAPI document in it by itself")
    } else if begins("%PDF") {
        Some("it is a PDF: store the OpenAPI document as YAML or JSON")
    } else if content.contains('\0') {
        Some("it contains zero bytes, as text in UTF-16 does: save it as UTF-8")
    } else if begins("version https://git-lfs.github.com/spec/") {
        Some(
            "it is a pointer of Git LFS and not the specification itself: store the specification in git without LFS \
             (`git lfs untrack`, then commit it again)",
        )
    } else if begins("<<<<<<<") || text.contains("\n<<<<<<< ") {
        Some("it contains the marks of a merge conflict: resolve the conflict")
    } else if begins("<!doctype html") || begins("<html") {
        Some("it is an HTML page: store the OpenAPI document that the page shows")
    } else if begins("<") {
        Some("it is XML: write it as an OpenAPI document in YAML or JSON")
    } else {
        None
    }
}

/// Refuses documents that decK cannot make gateway services of, or that Konnect cannot show.
fn check(document: &Value) -> Result<(), String> {
    let declared = |key: &str| match document.get(key) {
        Some(Value::String(version)) => Some(version.clone()),
        Some(Value::Null) | None => None,
        Some(version) => Some(version.to_string()),
    };
    if let Some(version) = declared("swagger") {
        let advice = "convert it to OpenAPI 3, of which decK makes gateway services";
        return Err(format!("it is a Swagger {version} document: {advice}"));
    }
    if let Some(version) = declared("asyncapi") {
        let advice = "decK makes gateway services of OpenAPI 3 only";
        return Err(format!("it is an AsyncAPI {version} document: {advice}"));
    }
    match declared("openapi") {
        Some(version) if version == "3" || version.starts_with("3.") => {}
        Some(version) => return Err(format!("it is an OpenAPI {version} document: only OpenAPI 3 is supported")),
        None => return Err(format!("it is not an OpenAPI document: {}", instead(document))),
    }
    if !document["paths"].is_object() {
        return Err("it has no `paths`, of which decK makes gateway services: list the paths of the API".to_owned());
    }
    match external_reference(document, false) {
        Some(target) => Err(format!(
            "its `$ref` to `{target}` is outside of the file, and only the file itself is staged and published: bundle \
             everything into one file, for example with `redocly bundle`"
        )),
        None => Ok(()),
    }
}

/// Describes a document that is not an OpenAPI document.
fn instead(document: &Value) -> &'static str {
    let has = |keys: &[&str]| keys.iter().all(|key| document.get(key).is_some());
    if has(&["info", "item"]) {
        "it is a collection of Postman"
    } else if has(&["_format_version"]) {
        "it is a configuration of decK"
    } else if has(&["$schema"]) {
        "it is a JSON Schema"
    } else if document.is_object() {
        "it has no `openapi`"
    } else {
        "it is not a mapping with `openapi`"
    }
}

/// Keys whose values are mappings with names that the author chose.
const NAMED: [&str; 21] = [
    "$defs",
    "callbacks",
    "content",
    "definitions",
    "dependentSchemas",
    "encoding",
    "examples",
    "headers",
    "links",
    "mapping",
    "parameters",
    "pathItems",
    "paths",
    "patternProperties",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
    "variables",
    "webhooks",
];

/// The target of the first `$ref` to another file. In examples and the like, `$ref` is data. `named` is true for a mapping
/// whose keys are names.
fn external_reference(value: &Value, named: bool) -> Option<&str> {
    match value {
        Value::Array(items) => items.iter().find_map(|item| external_reference(item, false)),
        Value::Object(entries) if named => entries.values().find_map(|entry| external_reference(entry, false)),
        Value::Object(entries) => entries.iter().find_map(|(key, entry)| match (key.as_str(), entry) {
            ("$ref", Value::String(target)) => (!target.starts_with('#')).then_some(target.as_str()),
            ("const" | "default" | "enum" | "example" | "value", _) | ("examples", Value::Array(_)) => None,
            (key, _) if key.starts_with("x-") => None,
            (key, entry) => external_reference(entry, NAMED.contains(&key)),
        }),
        _ => None,
    }
}

/// Specifications by address, or the errors of reading them.
pub type Specs = BTreeMap<SpecAddress, Result<Spec, Error>>;

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: &str = "openapi: 3.1.0\ninfo: {title: a, version: 1.2.3}\npaths: {}\n";

    fn version(written: &str) -> Option<String> {
        let parsed = |content: String| Spec::parse(content).unwrap().version;
        let yaml = parsed(FINE.replace("1.2.3", written));
        assert_eq!(parsed(format!("\u{feff}{}", FINE.replace("1.2.3", written))), yaml, "with a byte order mark");
        yaml
    }

    fn refused(content: &str) -> String {
        Spec::parse(content.to_owned()).unwrap_err()
    }

    #[test]
    fn a_version_keeps_its_text_in_yaml() {
        for written in [
            "1.10",
            "1.00",
            "1.0",
            "0777",
            "08",
            "0x10",
            "0o17",
            "1e3",
            "12345678901234567890123",
            "true",
            "False",
            "2024-01-01",
            "+1",
            "-0",
            ".5",
            "1.",
            ".inf",
            "1_000",
            "v1",
            "12e999",
        ] {
            assert_eq!(version(written).as_deref(), Some(written));
            assert_eq!(version(&format!("'{written}'")).as_deref(), Some(written));
        }
        assert_eq!(version("!!str 1.10").as_deref(), Some("1.10"));
        let anchored = "openapi: 3.1.0\nx-v: &v 1.10\ninfo: {title: a, version: *v}\npaths: {}\n";
        assert_eq!(Spec::parse(anchored.to_owned()).unwrap().version.as_deref(), Some("1.10"));
    }

    #[test]
    fn a_version_keeps_its_text_in_json() {
        let json = |written: &str| {
            let text = r#"{"openapi": "3.0.3", "info": {"title": "\ud83d\ude82", "version": VERSION}, "paths": {}}"#;
            let text = text.replace("VERSION", written);
            let marked = Spec::parse(format!("\u{feff}{text}")).unwrap().version;
            assert_eq!(Spec::parse(text).unwrap().version, marked);
            marked
        };
        for written in ["1.10", "1.00", "1e3", "12345678901234567890123", "true"] {
            assert_eq!(json(written).as_deref(), Some(written));
        }
        assert_eq!(json(r#""1.10""#).as_deref(), Some("1.10"));
    }

    #[test]
    fn without_a_version_there_is_no_specification() {
        for written in ["null", "~", "", "''", "' '", "[1]", "{a: 1}"] {
            assert!(refused(&FINE.replace("1.2.3", written)).starts_with("it has no `info.version`"), "{written}");
        }
        assert!(refused("openapi: 3.1.0\npaths: {}\n").starts_with("it has no `info.version`"));
        assert!(refused(&FINE.replace("1.2.3", &"9".repeat(256))).contains("longer than 255 characters"));
    }

    #[test]
    fn a_document_that_cannot_be_used_is_named_for_what_it_is() {
        for (content, named) in [
            ("", "it is empty"),
            ("\u{feff}\n \n", "it is empty"),
            ("# nothing\n", "it is not an OpenAPI document: it is not a mapping with `openapi`"),
            ("o\0p\0", "it contains zero bytes, as text in UTF-16"),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "it is a pointer of Git LFS"),
            ("<!DOCTYPE html>\n<html>", "it is an HTML page"),
            ("\n<HTML lang='en'>", "it is an HTML page"),
            ("<?xml version='1.0'?><definitions/>", "it is XML"),
            ("openapi: 3.1.0\n<<<<<<< HEAD\n", "it contains the marks of a merge conflict"),
            ("hello", "it is not an OpenAPI document"),
            ("swagger: '2.0'\ninfo: {version: '1'}\npaths: {}\n", "it is a Swagger 2.0 document"),
            ("swagger: 2.0\ninfo: {version: '1'}\npaths: {}\n", "it is a Swagger 2.0 document"),
            ("asyncapi: 2.6.0\ninfo: {version: '1'}\nchannels: {}\n", "it is an AsyncAPI 2.6.0 document"),
            ("openapi: 4.0.0\ninfo: {version: '1'}\npaths: {}\n", "it is an OpenAPI 4.0.0 document"),
            ("openapi: 3.1.0\ninfo: {version: '1'}\n", "it has no `paths`"),
            ("openapi: 3.1.0\ninfo: {version: '1'}\npaths:\n", "it has no `paths`"),
            ("info: {name: a}\nitem: []\n", "it is not an OpenAPI document: it is a collection of Postman"),
            ("_format_version: '3.0'\n", "it is not an OpenAPI document: it is a configuration of decK"),
        ] {
            assert!(refused(content).starts_with(named), "{content:?}: {}", refused(content));
        }
    }

    #[test]
    fn a_file_that_is_not_text_is_named_for_what_it_is() {
        let utf_16: Vec<u8> = FINE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let tar = [&[b'a'; 257][..], b"ustar\0\x30\x30", &[0; 512]].concat();
        for (file, named) in [
            ([b"\xff\xfe".to_vec(), utf_16.clone()].concat(), "it is text in UTF-16"),
            (utf_16, "it contains zero bytes, as text in UTF-16"),
            (b"\x1f\x8b\x08\0".to_vec(), "it is an archive, or compressed"),
            (b"PK\x03\x04\xff".to_vec(), "it is an archive, or compressed"),
            (tar, "it is an archive"),
            (b"%PDF-1.7\n".to_vec(), "it is a PDF"),
            (b"%PDF-1.7\n\xe2\xe3".to_vec(), "it is a PDF"),
            (b"\x7fELF\0\xff".to_vec(), "it is a binary file"),
            (b"openapi: 3.1.0 # caf\xe9\n".to_vec(), "it is not text in UTF-8"),
        ] {
            let refused = Spec::read(file).unwrap_err();
            assert!(refused.starts_with(named), "{refused}");
        }
        assert!(Spec::read(FINE.into()).is_ok());
    }

    #[test]
    fn a_reference_to_another_file_is_named_and_data_is_not_a_reference() {
        let with = |path: &str| FINE.replace("paths: {}", path);
        for path in [
            "paths: {/a: {$ref: ./paths/a.yaml}}",
            "paths: {/a: {get: {responses: {default: {$ref: './paths/a.yaml'}}}}}",
            "paths: {}\ncomponents: {schemas: {example: {properties: {value: {$ref: ./paths/a.yaml}}}}}",
            "paths: {}\ncomponents: {examples: {a: {$ref: ./paths/a.yaml}}}",
        ] {
            assert!(
                refused(&with(path)).starts_with("its `$ref` to `./paths/a.yaml` is outside of the file"),
                "{path}"
            );
        }
        for path in [
            "paths: {/a: {$ref: '#/components/pathItems/a'}}",
            "paths: {}\nx-internal: {$ref: a.yaml}",
            "paths: {}\ncomponents: {schemas: {a: {properties: {$ref: {type: string}}, example: {$ref: a.yaml}}}}",
            "paths: {}\ncomponents: {examples: {a: {value: {$ref: a.yaml}}}}",
        ] {
            assert!(Spec::parse(with(path)).is_ok(), "{path}");
        }
    }
}
