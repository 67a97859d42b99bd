//! Files and directories that survive a power failure.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::Revision;

/// The revision of a document with this content: its SHA-256, as lower-case hex digits.
pub(super) fn revision_of(bytes: &[u8]) -> Revision {
    Revision::new(hex::encode(Sha256::digest(bytes)))
}

/// The names in a directory that are Unicode. Empty if there is no directory.
pub(super) fn names_in(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    // A name that is not Unicode was not created here: every name that is created here is ASCII.
    entries.map(|entry| Ok(entry?.file_name().into_string().ok())).filter_map(Result::transpose).collect()
}

/// Creates a directory and missing ones above it, for their owner alone.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent();
    if let Some(parent) = parent {
        create_directory(parent)?;
    }
    match private_directory().create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        created => created?,
    }
    parent.map_or(Ok(()), sync_directory)
}

/// A new file with this content next to `path`, on the disk but not yet under that name. Gone when dropped.
///
/// The caller is the only writer of `path`: so the temporary name is always the same, and what a killed process
/// left under it makes way.
pub(super) fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let (directory, name) = parts(path);
    let temporary = format!(".{name}.new");
    match fs::remove_file(directory.join(&temporary)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = tempfile::Builder::new().prefix(&temporary).rand_bytes(0).tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Puts `new` under the name `path`, at once and for good.
pub(super) fn rename_over(new: NamedTempFile, path: &Path) -> io::Result<()> {
    new.persist(path).map_err(|error| error.error)?;
    sync_directory(parts(path).0)
}

/// A second name for the content of `from`, which the next [`rename_over`] takes away from there.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    // Not every file system has hard links, and each says so in its own way.
    fs::hard_link(from, to).or_else(|_| rename_over(write_beside(to, &fs::read(from)?)?, to))
}

/// A file system keeps a new name only once the directory is synced.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere directories cannot be opened, and names are kept with their files.
#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn private_directory() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Opens a file to read and write. If it is created, only its owner can use it.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn parts(path: &Path) -> (&Path, &str) {
    let directory = path.parent().expect("a document's path is made by joining a name to a directory");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a document's name is made of ASCII");
    (directory, name)
}
