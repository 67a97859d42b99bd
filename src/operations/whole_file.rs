//! Replaces files whole: whoever reads one meanwhile sees the old text or the new one, never a part.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Who may read a file after it was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Those who could before. A new file is readable by all that the mask of the process allows.
    AsBefore,
    /// All that the mask of the process allows.
    All,
    /// Its owner alone.
    Owner,
}

/// Replaces the content of a file. A symbolic link stays, and leads to the new content. A path that is not a file, such as
/// `/dev/stdout`, is written to and never replaced.
pub(super) fn replace(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    let before = match fs::metadata(path) {
        Ok(there) if !there.is_file() => return fs::write(path, text),
        Ok(there) => Some(there.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let path = if before.is_some() { path.canonicalize()? } else { path.to_owned() };
    let kept = before.filter(|_| readers == Readers::AsBefore);
    let mut builder = tempfile::Builder::new();
    // Without permissions, it is its owner's alone.
    if let Some(permissions) = kept.clone().or_else(readable).filter(|_| readers != Readers::Owner) {
        builder.permissions(permissions);
    }
    let mut file = builder.prefix(".koctl-").suffix(".tmp").tempfile_in(folder_of(&path))?;
    file.write_all(text.as_bytes())?;
    // The mask of the process may have taken some of them.
    if let Some(permissions) = kept {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// The folder of a file.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

#[cfg(unix)]
fn readable() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable() -> Option<Permissions> {
    None
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_keeps_its_permissions_or_is_readable_by_all_as_asked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("teams.yaml");
        replace(&path, "one\n", Readers::AsBefore).unwrap();
        // The mask of the process may take the group's and the others' right, and nothing else.
        assert_eq!((mode(&path) & 0o600, mode(&path) & 0o133), (0o600, 0));
        for kept in [0o600, 0o664, 0o755] {
            fs::set_permissions(&path, Permissions::from_mode(kept)).unwrap();
            replace(&path, "two\n", Readers::AsBefore).unwrap();
            assert_eq!(mode(&path), kept);
        }
        replace(&path, "three\n", Readers::Owner).unwrap();
        assert_eq!(mode(&path), 0o600);
        replace(&path, "three\n", Readers::All).unwrap();
        assert_eq!(mode(&path) & 0o133, 0);
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
