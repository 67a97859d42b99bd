//! Files that other programs read.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::operations::failure::Failure;
use crate::operations::whole_file::{self, Readers};

/// Writes `text` as the file `path` all at once: whoever reads it meanwhile sees the old file or the new one, never a
/// part. All users may read it, as the collector that it is for runs as another user.
///
/// A link stays, and leads to the new file. A path that is not a file, such as `/dev/stdout`, is written to and never
/// replaced.
///
/// # Errors
/// If it cannot be written; the file is then as it was.
pub fn put_in_place(path: &Path, text: &str) -> Result<(), Failure> {
    whole_file::replace(path, text, Readers::All).map_err(|error| unwritten(path, &error))
}

/// Writes `text` at the end of the file `path`, which is created if it does not exist.
///
/// # Errors
/// If it cannot be written.
pub fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("could not write {}: {error}", path.display()))
        .help("check that the directory exists and is writable, and that the disk is not full")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("koctl.prom");
        put_in_place(&path, "one\n").unwrap();
        put_in_place(&path, "two\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn all_users_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("koctl.prom");
        put_in_place(&path, "one\n").unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        // The mask of the process may take the group's and the others' right, and nothing else.
        assert_eq!(mode & 0o600, 0o600);
        assert_eq!(mode & 0o133, 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_a_device_stay_what_they_are() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("koctl.prom"), directory.path().join("link"));
        std::fs::write(&path, "one\n").unwrap();
        symlink(&path, &link).unwrap();
        put_in_place(&link, "two\n").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two\n");
        // Not the device itself: a test that failed would cost the machine.
        let device = directory.path().join("device");
        symlink("/dev/null", &device).unwrap();
        put_in_place(&device, "three\n").unwrap();
        assert!(device.is_symlink() && std::fs::metadata(&device).unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_directory_that_does_not_exist_is_reported() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("none/koctl.prom");
        for failure in [put_in_place(&path, "").unwrap_err(), append(&path, "").unwrap_err()] {
            assert!(failure.message.starts_with("could not write ") && failure.help.is_some(), "{failure:?}");
        }
    }

    #[test]
    fn what_was_in_a_file_before_stays_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("summary.md");
        append(&path, "one\n").unwrap();
        append(&path, "two\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }
}
