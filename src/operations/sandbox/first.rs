//! The beginnings of the sandbox's platform repository, and what the service of `koctl run` needs of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::SecretString;

use super::start::default_platform;
use crate::github::client::NewFile;
use crate::github::{ReadClient, Repository, WriteClient};
use crate::manifest::files;
use crate::manifest::git::platform_repository;
use crate::manifest::load::load;
use crate::manifest::{Loaded, Sources};
use crate::operations::failure::Failure;
use crate::operations::whole_file::{self, Readers};
use crate::platform_repository::{ORGANIZATIONS, PLATFORM, TEAMS};

/// The files that a platform repository of the sandbox begins with, and the organizations of the configuration in them.
#[derive(Debug, Clone, Default)]
pub struct FirstFiles {
    files: BTreeMap<String, Vec<u8>>,
    /// The configuration. `None` without one, and if it is not valid: whoever reads the repository hears of that.
    configuration: Option<Loaded>,
}

impl FirstFiles {
    /// The configuration in a folder. Files that do not exist are left out.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn of(folder: &Path) -> Result<Self, Failure> {
        let mut found = BTreeMap::new();
        for path in [TEAMS, ORGANIZATIONS, PLATFORM] {
            match files::read(&folder.join(path), files::LARGEST_TEXT) {
                Ok(bytes) => drop(found.insert(path.to_owned(), bytes)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(Failure::new(format!("could not read {path}: {error}")).help("correct the file"));
                }
            }
        }
        let configuration = (!found.is_empty()).then(|| load(&Sources::directory(folder)).ok()).flatten();
        Ok(Self { files: found, configuration })
    }

    /// The configuration whose organizations the sandbox's Konnect has. Empty without one.
    pub(in crate::operations) fn configuration(&self) -> Loaded {
        self.configuration.clone().unwrap_or_else(Loaded::empty)
    }

    /// Creates the repository with these files in the sandbox in `directory`, if there is none yet.
    pub(in crate::operations) fn create_in(&self, directory: &Path, repository: &Repository) -> Result<(), Failure> {
        if self.files.is_empty() {
            return Ok(());
        }
        let root = directory.join("github");
        let made = sandbox::github::ensure_repository(&root, &repository.owner, &repository.name, &self.files);
        made.map(drop).map_err(|error| {
            Failure::new(format!("could not prepare the repositories of the sandbox in {}: {error}", root.display()))
        })
    }

    /// Adds these files to the sandbox's repository, which an apply made without them. Returns false if there are none.
    pub(in crate::operations) async fn add_to(&self, client: &ReadClient, to: &Repository) -> Result<bool, Failure> {
        if self.files.is_empty() {
            return Ok(false);
        }
        let branch = client.repository(to).await?.default_branch;
        let Some(tip) = client.tip(to, &branch).await? else { return Ok(false) };
        let text = |bytes: &[u8]| NewFile::Text(String::from_utf8_lossy(bytes).into_owned());
        let changes: Vec<_> = self.files.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect();
        let writer = WriteClient::new(client.clone(), None);
        let snapshot = client.snapshot(to, &tip).await?;
        let commit = writer.commit(to, &snapshot, &[&tip], &changes, "Add the configuration").await?;
        writer.point(to, &branch, &commit, true).await?;
        Ok(true)
    }
}

/// The address of the platform repository that plans in the sandbox use for the configuration in a folder. `None` if there
/// is no configuration.
///
/// # Errors
/// If the configuration is not valid.
pub fn sandbox_platform(folder: &Path) -> Result<Option<String>, Failure> {
    let sources = Sources::directory(folder);
    if sources.existing().is_empty() {
        return Ok(None);
    }
    let manifest = load(&sources)?.manifest;
    let mut platform = platform_repository(&manifest, &|_| None)
        .map_err(|error| Failure::new(error.to_string()).help("correct it in konnect/platform.yaml"))?;
    let first = manifest.organizations.keys().next().map(String::as_str);
    default_platform(first, &mut platform).map(|remote| Some(remote.to_string()))
}

/// The key that encrypts sessions of the sandbox in `directory`. It is made once, so that a session outlives the process.
///
/// # Errors
/// If it cannot be read or written.
pub fn portal_key(directory: &Path) -> Result<SecretString, Failure> {
    let path = directory.join("portal.key");
    let failed = |error: std::io::Error| {
        Failure::new(format!("could not keep the key of sessions in {}: {error}", path.display()))
            .help("make the folder writable")
    };
    match files::read_text(&path, 1024) {
        Ok(key) if !key.is_empty() => return Ok(key.into()),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = [0; 48];
    dryoc::rng::copy_randombytes(&mut bytes);
    let key = hex::encode(bytes);
    fs::create_dir_all(directory).map_err(failed)?;
    whole_file::replace(&path, &key, Readers::Owner).map_err(failed)?;
    Ok(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn the_key_of_sessions_is_made_once() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("sandbox");
        let key = portal_key(&folder).unwrap();
        assert_eq!(key.expose_secret().len(), 96);
        assert_eq!(portal_key(&folder).unwrap().expose_secret(), key.expose_secret());
    }
}
