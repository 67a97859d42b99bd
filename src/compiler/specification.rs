//! The specifications of services.

use std::collections::BTreeMap;

use serde_json::Value;

use engine::Error;

/// A specification on a branch of a service's repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecAddress {
    /// The remote, as the manifest has it.
    pub remote: String,
    /// The branch.
    pub branch: String,
    /// The path of the file.
    pub path: String,
}

/// A specification as it is in the service's repository.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Byte for byte.
    pub content: String,
    /// Its `info.version`, if it has one.
    pub version: Option<String>,
}

impl Spec {
    /// Reads the version out of a specification in YAML or JSON.
    ///
    /// # Errors
    /// If it is neither, or not a specification with a version.
    pub fn parse(content: String) -> Result<Self, String> {
        let document = crate::manifest::document::parse_value(&content)
            .map_err(|error| format!("it is neither YAML nor JSON: {error}"))?;
        if !["openapi", "swagger", "asyncapi"].iter().any(|key| document.get(key).is_some()) {
            return Err(
                "it is not an OpenAPI or AsyncAPI document: it has neither `openapi`, `swagger` nor `asyncapi`".into(),
            );
        }
        match &document["info"]["version"] {
            Value::String(text) if !text.is_empty() => Ok(Self { version: Some(text.clone()), content }),
            Value::Number(number) => Ok(Self { version: Some(number.to_string()), content }),
            _ => Err("it has no `info.version`, after which Konnect names the version of the API".into()),
        }
    }
}

/// Specifications by address, or the errors of reading them.
pub type Specs = BTreeMap<SpecAddress, Result<Spec, Error>>;
