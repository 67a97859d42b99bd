//! Files that a user names, read with a limit: a device or a pipe may have no end.

use std::io::{Error, ErrorKind, Result, stdin};
use std::path::Path;

use transport::regular;

/// The largest configuration, secret or specification, in bytes.
pub(crate) const LARGEST_TEXT: u64 = 64 * 1024 * 1024;
/// The largest plan, state or other document of koctl's own, in bytes.
pub(crate) const LARGEST_DOCUMENT: u64 = 256 * 1024 * 1024;

/// The contents of a file.
///
/// # Errors
/// If it cannot be read, is something other than a file, or has more than `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    regular::read(path, most)
}

/// The same, where the path `-` is stdin.
///
/// # Errors
/// As of [`read`].
pub(crate) fn read_or_stdin(path: &Path, most: u64) -> Result<Vec<u8>> {
    if is_stdin(path) { regular::bounded(stdin().lock(), most) } else { read(path, most) }
}

/// True for the path that is stdin.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// As [`read`], for a text.
///
/// # Errors
/// Also if it is not valid UTF-8.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<String> {
    text(read(path, most)?)
}

/// The text that bytes are.
///
/// # Errors
/// If they are not valid UTF-8.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not valid UTF-8"))
}
