//! Files that a user names, read with a limit: a device or a pipe may have no end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, stdin};
use std::path::Path;

/// The largest configuration, secret or specification, in bytes.
pub(crate) const LARGEST_TEXT: u64 = 64 * 1024 * 1024;
/// The largest plan, state or other document of koctl's own, in bytes.
pub(crate) const LARGEST_DOCUMENT: u64 = 256 * 1024 * 1024;

/// The contents of a file.
///
/// # Errors
/// If it cannot be read, or has more than `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    bounded(File::open(path)?, most)
}

/// The same, where the path `-` is stdin.
///
/// # Errors
/// As of [`read`].
pub(crate) fn read_or_stdin(path: &Path, most: u64) -> Result<Vec<u8>> {
    if is_stdin(path) { bounded(stdin().lock(), most) } else { read(path, most) }
}

/// True for the path that is stdin.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// The rest of a stream.
///
/// # Errors
/// As of [`read`].
fn bounded(stream: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let limit = most / (1024 * 1024);
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it is larger than {limit} MiB, the limit")));
    }
    Ok(bytes)
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

#[cfg(test)]
mod tests {
    use super::bounded;

    #[test]
    fn a_stream_is_read_up_to_the_limit_and_not_beyond() {
        assert_eq!(bounded(&b"abc"[..], 3).unwrap(), b"abc");
        assert_eq!(bounded(&b"abc"[..], 2).unwrap_err().to_string(), "it is larger than 0 MiB, the limit");
        assert!(bounded(std::io::repeat(0), 1 << 20).is_err());
    }
}
