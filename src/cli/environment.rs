//! The variables of the process, and those of a file `.env`, which come second.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::output::Output;
use super::variables::{may_be_in_dotenv, names};
use crate::manifest::files;
use crate::operations::{Environment, Failure};

/// The file of variables that are not exported.
const FILE: &str = ".env";

/// The largest file of variables, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The variables of the process.
pub(super) fn of_process() -> Environment {
    Box::new(process_variable)
}

/// A variable of the process. Bytes that are not UTF-8 are replaced, so that the reader of the variable finds it set, and
/// refuses it ([`require_text`], and [`Secret::resolve`](crate::manifest::secret::Secret::resolve)).
fn process_variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Variables whose values need not be text: paths, and those that are looked at without being shown.
const OF_ANY_BYTES: &[&str] = &[
    "HOME",
    "KOCTL_LOG",
    "LOGNAME",
    "NO_COLOR",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "USER",
    "USERNAME",
];

/// Checks that the variables that koctl knows are texts.
///
/// # Errors
/// If one is not valid UTF-8. Its value is not shown.
pub(super) fn require_text() -> Result<(), Failure> {
    let is_damaged = |name: &&str| std::env::var_os(name).is_some_and(|value| value.to_str().is_none());
    match names().filter(|name| !OF_ANY_BYTES.contains(name)).find(is_damaged) {
        Some(name) => Err(Failure::new(format!("could not read the variable {name}: its value is not valid UTF-8"))
            .help("set it again in UTF-8, or unset it")),
        None => Ok(()),
    }
}

/// The variables of the process, or else of `.env`, if that may set them. `named` is a variable that a flag names.
/// Says which variables of the file are used, and which are ignored.
///
/// # Errors
/// If `.env` cannot be read. The message shows nothing of the file, which may hold tokens.
pub(super) fn with_dotenv(named: Option<&str>, output: &Output) -> Result<Environment, Failure> {
    let mut kept = read()?;
    kept.retain(|name, _| std::env::var_os(name).is_none());
    let is_allowed =
        |name: &str| may_be_in_dotenv(name) || (named == Some(name) && !names().any(|known| known == name));
    let ignored: Vec<&str> = names().filter(|name| kept.contains_key(*name) && !is_allowed(name)).collect();
    if !ignored.is_empty() {
        output.warning(&format!(
            "The file {FILE} sets {}, which is ignored there: a file in a folder must not decide where tokens are sent. \
             Set it in the environment if you want it.",
            ignored.join(", ")
        ));
    }
    kept.retain(|name, _| is_allowed(name));
    if !kept.is_empty() {
        let used: Vec<&str> = kept.keys().map(String::as_str).collect();
        output.note(&format!("From the file {FILE}: {}.", used.join(", ")));
    }
    Ok(Box::new(move |name| process_variable(name).or_else(|| kept.get(name).cloned())))
}

/// The variables in the file, if there is one.
fn read() -> Result<BTreeMap<String, String>, Failure> {
    let failed =
        |cause: &str| Failure::new(format!("could not read the file {FILE}: {cause}")).help("correct it, or rename it");
    let text = match files::read_text(Path::new(FILE), LARGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(failed(&error.to_string())),
    };
    // The library's own text has the line in it, which may be a token.
    let malformed = |_| failed("a line in it is not of the form NAME=value");
    dotenvy::from_read_iter(text.as_bytes()).collect::<Result<_, _>>().map_err(malformed)
}
