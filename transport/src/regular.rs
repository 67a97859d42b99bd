//! Files that a user names, looked at before they are opened: opening a pipe may wait for ever, and a device may have no
//! end.

use std::fs::{self, File, FileType};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

const MEBIBYTE: u64 = 1024 * 1024;

/// The contents of a file.
///
/// # Errors
/// If it cannot be read, is something other than a file, or has more than `most` bytes.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    check(path, most)?;
    bounded(File::open(path)?, most)
}

/// Checks a file that a library opens.
///
/// # Errors
/// As of [`read`], except for contents that cannot be read.
pub fn check(path: &Path, most: u64) -> Result<()> {
    let metadata = fs::metadata(path)?;
    match other(metadata.file_type()) {
        Some(what) if !is_handed_over(path) => {
            Err(Error::new(ErrorKind::InvalidInput, format!("it is {what}, not a file")))
        }
        _ if metadata.len() > most => Err(too_large(most)),
        _ => Ok(()),
    }
}

/// The rest of a stream.
///
/// # Errors
/// If it cannot be read, or has more than `most` bytes.
pub fn bounded(stream: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large(most)) } else { Ok(bytes) }
}

fn too_large(most: u64) -> Error {
    Error::new(ErrorKind::FileTooLarge, format!("it is larger than {} MiB, the limit", most / MEBIBYTE))
}

/// What something is in words, if it is not a file.
fn other(kind: FileType) -> Option<&'static str> {
    match kind {
        _ if kind.is_file() => None,
        _ if kind.is_dir() => Some("a directory"),
        _ if kind.is_fifo() => Some("a named pipe"),
        _ if kind.is_socket() => Some("a socket"),
        _ => Some("a device"),
    }
}

/// True for what the shell has opened for this process, such as `<(command)`, and for the device that is always empty.
fn is_handed_over(path: &Path) -> bool {
    ["/dev/fd", "/proc/self/fd"].iter().any(|folder| path.parent() == Some(Path::new(folder)))
        || ["/dev/stdin", "/dev/null"].iter().any(|file| path == Path::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_and_not_beyond() {
        let file = std::env::temp_dir().join(format!("koctl-regular-{}", std::process::id()));
        fs::write(&file, "abc").unwrap();
        assert_eq!(read(&file, 3).unwrap(), b"abc");
        assert_eq!(read(&file, 2).unwrap_err().to_string(), "it is larger than 0 MiB, the limit");
        fs::remove_file(&file).unwrap();
        assert_eq!(bounded(&b"abc"[..], 3).unwrap(), b"abc");
        assert!(bounded(std::io::repeat(0), 1 << 20).is_err());
    }

    #[test]
    fn what_is_not_a_file_is_named_and_not_opened() {
        assert_eq!(read(Path::new("/"), 9).unwrap_err().to_string(), "it is a directory, not a file");
        assert_eq!(read(Path::new("/dev/zero"), 9).unwrap_err().to_string(), "it is a device, not a file");
        assert_eq!(read(Path::new("/dev/null"), 9).unwrap(), b"");
        assert_eq!(read(Path::new("/absent"), 9).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
