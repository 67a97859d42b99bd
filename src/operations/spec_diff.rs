//! The changes between two specifications that lie in files.

use std::path::Path;

use serde_json::Value;
use spec_diff::Changes;

use super::{Failure, Failures};
use crate::compiler::Spec;
use crate::manifest::files;

/// The changes from an old specification to a new one. The path `-` is stdin.
///
/// # Errors
/// Each file that cannot be read, or that is not an OpenAPI 3 document.
pub fn spec_diff(old: &Path, new: &Path) -> Result<Changes, Failures> {
    match (read(old), read(new)) {
        (Ok(old), Ok(new)) => Ok(spec_diff::compare(&old, &new)),
        (old, new) => Err([old, new].into_iter().filter_map(Result::err).collect()),
    }
}

fn read(path: &Path) -> Result<Value, Failure> {
    let name = if files::is_stdin(path) { "stdin".to_owned() } else { path.display().to_string() };
    let failed = |cause: String| Failure::new(format!("could not read the specification {name}: {cause}"));
    let text = files::read_or_stdin(path, files::LARGEST_TEXT).and_then(files::text);
    let text = text.map_err(|error| failed(error.to_string()).help("check the path of the file"))?;
    Spec::document(&text).map_err(|cause| failed(cause).help("give an OpenAPI 3 document in YAML or JSON"))
}
