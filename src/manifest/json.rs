//! Errors for programs.

use serde_json::{Value, json};

use super::diagnostic::{Diagnostic, Diagnostics};

/// The version of the document. The first number changes if a field is removed or changes its meaning.
const FORMAT_VERSION: &str = "1.0";

/// The result of checking a configuration as one JSON document, with every error. `None` if there are none.
pub fn document(diagnostics: Option<&Diagnostics>) -> Value {
    let errors: Vec<Value> = diagnostics.into_iter().flatten().map(error).collect();
    json!({
        "format_version": FORMAT_VERSION,
        "koctl_version": env!("CARGO_PKG_VERSION"),
        "valid": errors.is_empty(),
        "error_count": errors.len(),
        "diagnostics": errors,
    })
}

fn error(diagnostic: &Diagnostic) -> Value {
    let (file, line, column) =
        diagnostic.location().map_or((None, None, None), |(file, line, column)| (Some(file), Some(line), Some(column)));
    json!({
        "severity": "error",
        "code": diagnostic.code(),
        "message": diagnostic.to_string(),
        "help": diagnostic.help(),
        "file": file,
        "line": line,
        "column": column,
    })
}
