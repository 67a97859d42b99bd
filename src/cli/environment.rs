//! The variables of the process, and those of a file `.env`, which come second.

use std::collections::HashMap;
use std::path::Path;

use crate::operations::{Environment, Failure};

/// The file of variables that are not exported.
const FILE: &str = ".env";

/// The variables; those of the process win.
///
/// # Errors
/// If `.env` cannot be read. The message shows nothing of the file, which may hold tokens.
pub(super) fn with_dotenv() -> Result<Environment, Failure> {
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
                let failure = Failure::new(format!("could not read the file {FILE}: {cause}"));
                return Err(failure.help("correct it, or rename it"));
            }
        }
    }
    Ok(Box::new(move |name| std::env::var(name).ok().or_else(|| kept.get(name).cloned())))
}
