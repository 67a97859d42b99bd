//! An OpenAPI document as people look at it: its title, and its operations.

use serde_json::Value;

use super::openapi::{METHODS, resolved};
use super::specification::Spec;

/// What an OpenAPI document describes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecOutline {
    /// Its title, if it has one.
    pub title: Option<String>,
    /// Its operations, by path.
    pub operations: Vec<SpecOperation>,
}

/// An operation of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecOperation {
    /// The method in capitals: `GET`.
    pub method: String,
    /// The path, as the document has it.
    pub path: String,
    /// What it does, in the words of the document: the summary, or else the id of the operation.
    pub summary: Option<String>,
}

impl SpecOutline {
    /// What a specification describes. Empty if it cannot be read as a document.
    #[must_use]
    pub fn of(spec: &Spec) -> Self {
        let Ok(document) = Spec::document(&spec.content) else { return Self::default() };
        let paths = document["paths"].as_object().into_iter().flatten();
        Self {
            title: text(&document["info"]["title"]),
            operations: paths.flat_map(|(path, item)| operations(path, resolved(&document, item))).collect(),
        }
    }
}

fn operations(path: &str, item: &Value) -> Vec<SpecOperation> {
    let operation = |method: &&str| {
        let operation = item.get(*method)?;
        let summary = text(&operation["summary"]).or_else(|| text(&operation["operationId"]));
        Some(SpecOperation { method: method.to_ascii_uppercase(), path: path.to_owned(), summary })
    };
    METHODS.iter().filter_map(operation).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(paths: &str) -> SpecOutline {
        let content = format!("openapi: 3.1.0\ninfo: {{title: ' Orders ', version: '1'}}\n{paths}\n");
        SpecOutline::of(&Spec::parse(content).unwrap())
    }

    #[test]
    fn a_document_without_paths_has_no_operations() {
        assert_eq!(document("paths: {}"), SpecOutline { title: Some("Orders".to_owned()), operations: Vec::new() });
    }

    #[test]
    fn operations_have_their_summary_or_their_id_and_what_else_a_path_has_is_none() {
        let found = document(
            "paths:\n  /b: {parameters: [], summary: x, post: {operationId: make}, get: {summary: List}}\n  /a: {$ref: \
             '#/components/pathItems/a'}\ncomponents: {pathItems: {a: {delete: {}}}}",
        );
        let lines: Vec<String> = found
            .operations
            .iter()
            .map(|one| format!("{} {} {}", one.method, one.path, one.summary.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(lines, ["DELETE /a -", "GET /b List", "POST /b make"]);
    }
}
