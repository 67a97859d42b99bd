//! Changes of the configuration that a command makes in the working tree, and what is checked before a service is added.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failure::{Failure, Failures};
use super::session::Session;
use super::sources::{parse, source};
use super::whole_file::{self, Readers, folder_of};
use crate::compiler::SpecAddress;
use crate::github::specs::{self, Wanted};
use crate::manifest::changes::{Change, Files, NewService, Unchanged};
use crate::manifest::document::without_secrets;
use crate::manifest::files;
use crate::manifest::format::{Unformatted, formatted};
use crate::manifest::load::{load_edited, load_texts};
use crate::manifest::model::{EnvironmentType, Manifest, Service};
use crate::manifest::{Loaded, Sources};
use crate::platform_repository::PLATFORM;

/// A change of the files in the working tree, before it is made.
#[derive(Debug)]
pub struct LocalChange {
    sources: Sources,
    before: Files,
    after: Files,
    /// The configuration after the change, which is valid.
    pub loaded: Loaded,
}

impl From<Unchanged> for Failure {
    fn from(refused: Unchanged) -> Self {
        Self::new(refused.message).help(refused.help)
    }
}

impl LocalChange {
    /// Reads the files, and prepares their edits.
    ///
    /// # Errors
    /// If the files cannot be read or edited, and if the configuration would not be valid.
    pub fn prepare(sources: &Sources, change: &Change) -> Result<Self, Failures> {
        let before = sources.editable()?;
        let after = change.made_in(&before).map_err(Failure::from)?;
        let loaded = load_edited(sources, &after.texts)?;
        Ok(Self { sources: sources.clone(), before, after, loaded })
    }

    /// The configuration before the change. `None` if it was not valid.
    #[must_use]
    pub fn before(&self) -> Option<Manifest> {
        load_edited(&self.sources, &self.before.texts).ok().map(|loaded| loaded.manifest)
    }

    /// The files that it changes: the name, the text now, and the text after it.
    #[must_use]
    pub fn edits(&self) -> Vec<(&str, &str, &str)> {
        let before = |name: &str| self.before.texts.get(name).map(String::as_str).unwrap_or_default();
        let all = self.after.texts.iter().map(|(name, after)| (name.as_str(), before(name), after.as_str()));
        all.filter(|(_, before, after)| before != after).collect()
    }

    /// The same, without secrets.
    #[must_use]
    pub fn shown(&self) -> Vec<(&str, String, String)> {
        let edits = self.edits().into_iter();
        edits.map(|(name, before, after)| (name, without_secrets(before), without_secrets(after))).collect()
    }

    /// Writes the files, each whole or not at all.
    ///
    /// # Errors
    /// The file that cannot be written, or that was changed by someone else meanwhile. Files before it are written.
    pub fn write(&self) -> Result<(), Failure> {
        // Two of these at once would each see the other's text after the comparison. Where a folder cannot be locked, that
        // is all there is.
        let folders: BTreeSet<PathBuf> = self.edits().iter().map(|(name, ..)| folder_of(Path::new(name))).collect();
        let locks: Vec<_> = folders.iter().filter_map(|folder| fs::File::open(folder).ok()).collect();
        for lock in &locks {
            drop(lock.lock());
        }
        for (name, before, after) in self.edits() {
            let failed = |error: io::Error| {
                Failure::new(format!("could not write {name}: {error}")).help("make the file and its folder writable")
            };
            let now = match fs::read_to_string(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                now => now.map_err(failed)?,
            };
            if now != before {
                let failure = Failure::new(format!("the file {name} was changed meanwhile, and is left as it is"));
                return Err(failure.help("run the command again"));
            }
            write_file(Path::new(name), after).map_err(failed)?;
        }
        Ok(())
    }
}

/// The files of a configuration after a change, and the configuration in them, which is valid. `settings` is the text of the
/// platform's settings, which no change touches.
///
/// # Errors
/// If the change cannot be made, or the configuration would not be valid.
pub(super) fn made(change: &Change, files: &Files, settings: Option<&str>) -> Result<(Files, Loaded), Failures> {
    let files = change.made_in(files).map_err(Failure::from)?;
    let loaded = read(&files, settings)?;
    Ok((files, loaded))
}

/// The configuration in files, of which `settings` is the text of the platform's settings.
///
/// # Errors
/// If it is not valid.
pub(super) fn read(files: &Files, settings: Option<&str>) -> Result<Loaded, Failures> {
    let settings = settings.map(|text| (PLATFORM, text));
    let texts = files.texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).chain(settings);
    Ok(load_texts(&texts.collect::<Vec<_>>(), Path::new("."))?)
}

/// Brings files into their usual form; if it only `checks`, writes nothing. Returns the files that change, with their texts
/// before and after it without secrets, and why others cannot be read or written.
#[must_use]
pub fn format_files(paths: &[PathBuf], checks: bool) -> (Vec<(String, String, String)>, Failures) {
    let (mut changed, mut failures) = (Vec::new(), Failures::default());
    for path in paths {
        match format_file(path, checks) {
            Ok(Some((before, after))) => changed.push((path.display().to_string(), before, after)),
            Ok(None) => {}
            Err(failure) => failures.push(failure),
        }
    }
    (changed, failures)
}

fn format_file(path: &Path, checks: bool) -> Result<Option<(String, String)>, Failure> {
    let name = path.display();
    let text = files::read_text(path, files::LARGEST_TEXT).map_err(|error| {
        Failure::new(format!("could not read {name}: {error}")).help("name a file of the configuration")
    })?;
    let formatted = formatted(&text).map_err(|error| {
        let help = match &error {
            Unformatted::Invalid(_) => "correct the file at that place: `koctl validate` shows all errors",
            Unformatted::Unsafe => {
                "nothing has to be done: the file stays as it is, and others are formatted all the same"
            }
        };
        let message = match &error {
            Unformatted::Invalid(error) => {
                format!("could not format {name}:{}:{}: {}", error.line, error.column, error.message)
            }
            Unformatted::Unsafe => format!("could not format {name}: {error}"),
        };
        Failure::new(message).help(help)
    })?;
    if formatted == text {
        return Ok(None);
    }
    if !checks {
        write_file(path, &formatted).map_err(|error| {
            Failure::new(format!("could not write {name}: {error}")).help("make the file and its folder writable")
        })?;
    }
    Ok(Some((without_secrets(&text), without_secrets(&formatted))))
}

/// Replaces the content of a file, which keeps its permissions.
fn write_file(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))?;
    whole_file::replace(path, text, Readers::AsBefore)
}

/// Checks that the specification of a new service can be read on every branch that an environment of the configuration
/// stages: that there are the repository, the branches and the file, and that the file is a specification.
///
/// # Errors
/// Everything that cannot be read, or is not a specification.
pub async fn check_service(session: &Session, new: &NewService, manifest: &Manifest) -> Result<(), Failures> {
    let Some(service) = manifest.teams.get(&new.team).and_then(|team| team.services.get(&new.key)) else {
        return Ok(());
    };
    let source = source(session, service)?;
    let branches = branches(new, service, manifest).into_iter();
    let wanted: BTreeMap<SpecAddress, Wanted> = branches
        .map(|branch| {
            let (remote, path, source) = (service.git.remote.clone(), service.spec_file(), source.clone());
            let address =
                SpecAddress { remote: remote.clone(), branch: branch.clone(), path: path.clone(), docs: None };
            (address, Wanted { remote, branch, path, source })
        })
        .collect();
    let read = specs::read(wanted).await;
    let mut failures = Failures::default();
    for (address, file) in read {
        if let Err(error) = parse(&address, file) {
            failures.push(error);
        }
    }
    failures.none_or(())
}

/// The branches that the environments stage, or that of production if the service takes part in none.
fn branches(new: &NewService, service: &Service, manifest: &Manifest) -> BTreeSet<String> {
    let mut branches = BTreeSet::new();
    for environment in manifest.organizations.values().flat_map(|one| one.environments.values()) {
        let placements = environment.services(&manifest.teams).into_iter();
        let ours = placements.filter(|one| one.team_name == new.team && one.key == new.key);
        branches.extend(ours.map(|one| one.branch.to_owned()));
    }
    if branches.is_empty() {
        branches.insert(service.branch(EnvironmentType::Prod).to_owned());
    }
    branches
}
