//! The variables of the process, with those of a file `.env` behind them.

use std::collections::HashMap;
use std::path::Path;

use super::output::Output;
use crate::operations::Environment;

/// Where variables may be kept that nobody wants to export.
const FILE: &str = ".env";

/// The variables; those of the process win. Shows why `.env` cannot be read. Nothing of what is in it is shown.
pub(super) fn with_dotenv(output: &Output) -> Option<Environment> {
    let mut kept = HashMap::new();
    if Path::new(FILE).exists() {
        let entries = dotenvy::from_path_iter(FILE).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match entries {
            Ok(entries) => kept.extend(entries),
            Err(error) => {
                let cause = match error {
                    dotenvy::Error::Io(error) => error.to_string(),
                    // The library's own text has the line in it, which may be a token.
                    _ => "a line in it is not of the form NAME=value".to_owned(),
                };
                output.error(&format!("could not read the file {FILE}: {cause}"), Some("correct it, or rename it"));
                return None;
            }
        }
    }
    Some(Box::new(move |name| std::env::var(name).ok().or_else(|| kept.get(name).cloned())))
}
