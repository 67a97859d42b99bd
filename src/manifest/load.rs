//! Reads files into a checked manifest, or into all errors in them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::changes::Files;
use super::content::{self, Stray};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::document::Document;
use super::files;
use super::locations::Locations;
use super::model::Manifest;
use super::path::KeyPath;
use super::rules;
use super::shape::Shape;
use super::structure::Structure;
use super::yaml::Kind;

/// The files of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The directory with `konnect/teams.yaml`, `konnect/organizations.yaml` and optionally `konnect/platform.yaml`. An
    /// empty path is the working directory.
    pub directory: PathBuf,
    /// One file with everything, instead of all other files.
    pub file: Option<PathBuf>,
    /// The file with the teams, instead of `konnect/teams.yaml`.
    pub teams: Option<PathBuf>,
    /// The file with the organizations, instead of `konnect/organizations.yaml`.
    pub organizations: Option<PathBuf>,
    /// The file with the platform's settings, instead of `konnect/platform.yaml`.
    pub platform: Option<PathBuf>,
}

/// A file to read.
struct InputFile {
    path: PathBuf,
    /// True if the file may be missing or empty.
    optional: bool,
    /// The contents of the file, for messages.
    contents: &'static str,
    /// The flag that selects another file.
    flag: &'static str,
    /// An example of a first version of the file.
    example: &'static str,
}

const TEAMS_EXAMPLE: &str = "\
teams:
  flight-data:
    services:
      flights:
        name: flights
        git:
          remote: https://github.com/owner/flights.git";

const ORGANIZATIONS_EXAMPLE: &str = "\
organizations:
  my-organization:
    access-token:
      type: env
      value: KONNECT_TOKEN
    environments:
      dev:
        type: DEV
        region: us";

impl Sources {
    /// The usual files in a directory.
    pub fn directory(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), ..Self::default() }
    }

    /// The base of relative paths in the manifest: the directory of `--file`, or [`Self::directory`].
    fn base(&self) -> PathBuf {
        let base = match &self.file {
            Some(file) => file.parent().unwrap_or(Path::new("")),
            None => self.directory.as_path(),
        };
        if base.as_os_str().is_empty() { PathBuf::from(".") } else { base.to_owned() }
    }

    /// The folder with the folders of organizations: the one named `konnect` that the file with the organizations is in, or
    /// else the one beside the file.
    fn content(&self) -> PathBuf {
        let default = self.directory.join("konnect/organizations.yaml");
        let file = self.file.as_ref().or(self.organizations.as_ref()).unwrap_or(&default);
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is_it =
            fs::canonicalize(folder).is_ok_and(|folder| folder.file_name().is_some_and(|name| name == "konnect"));
        if is_it { folder.to_owned() } else { folder.join("konnect") }
    }

    /// The files with the teams and the organizations, for a change of them. One that does not exist is empty.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn editable(&self) -> Result<Files, Diagnostics> {
        let all = self.files();
        let (teams, organizations) = match all.as_slice() {
            [_, teams, organizations] => (teams, organizations),
            [file, ..] => (file, file),
            [] => return Ok(Files::default()),
        };
        let mut files = Files { teams: shown(teams), organizations: shown(organizations), texts: BTreeMap::new() };
        for file in [teams, organizations] {
            let text = match files::read_text(&file.path, files::LARGEST_TEXT) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                Err(error) => return Err(unreadable(&shown(file), file, &error).into()),
            };
            files.texts.insert(shown(file), text);
        }
        Ok(files)
    }

    /// The files of the configuration that exist, as they are named in messages.
    #[must_use]
    pub fn existing(&self) -> Vec<PathBuf> {
        self.files().into_iter().map(|file| file.path).filter(|path| path.exists()).collect()
    }

    fn files(&self) -> Vec<InputFile> {
        if let Some(file) = &self.file {
            return vec![InputFile {
                path: file.clone(),
                optional: false,
                contents: "the configuration",
                flag: "--file",
                example: ORGANIZATIONS_EXAMPLE,
            }];
        }
        let below = |given: &Option<PathBuf>, usual: &str| {
            given.clone().unwrap_or_else(|| self.directory.join("konnect").join(usual))
        };
        vec![
            InputFile {
                path: below(&self.platform, "platform.yaml"),
                optional: self.platform.is_none(),
                contents: "the platform's settings",
                flag: "--platform",
                example: "platform:\n  git:\n    remote: https://github.com/owner/platform.git",
            },
            InputFile {
                path: below(&self.teams, "teams.yaml"),
                optional: false,
                contents: "the teams",
                flag: "--teams",
                example: TEAMS_EXAMPLE,
            },
            InputFile {
                path: below(&self.organizations, "organizations.yaml"),
                optional: false,
                contents: "the organizations",
                flag: "--orgs",
                example: ORGANIZATIONS_EXAMPLE,
            },
        ]
    }
}

/// A checked manifest, with the locations of everything in it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The manifest.
    pub manifest: Manifest,
    /// The base of relative paths in the manifest.
    pub directory: PathBuf,
    /// The folder with the folders of organizations, usually `konnect`. `None` if the manifest was read from texts.
    pub folder: Option<PathBuf>,
    /// Folders with the content of portals that no environment has.
    pub strays: Vec<Stray>,
    locations: Locations,
}

impl Loaded {
    /// An empty manifest, for commands that need none.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            manifest: Manifest::default(),
            directory: PathBuf::from("."),
            folder: None,
            strays: Vec::new(),
            locations: Locations::default(),
        }
    }

    /// An error at this path, such as `["organizations", "KongAirlines", "environments", "dev"]`, for stages that find
    /// what the checks of the manifest cannot. It points at the line of the path, or if the path is not written, at the
    /// nearest path above it. The code is like `koctl::compiler::cycle`.
    pub fn diagnostic(&self, path: impl Into<KeyPath>, code: &'static str, message: impl Into<String>) -> Diagnostic {
        self.locations.diagnostic(&path.into(), code, message)
    }
}

/// Reads and checks the manifest.
///
/// # Errors
///
/// All errors of all files. Rules about meaning are checked only if every file could be read: with a file missing or
/// broken, what seems undefined may be in that file.
pub fn load(sources: &Sources) -> Result<Loaded, Diagnostics> {
    let mut reading = Reading::default();
    for file in sources.files() {
        reading.file(&file);
    }
    reading.finish(sources.base(), Some(&sources.content()))
}

/// Reads and checks the manifest as it is with other texts, by the names of the files in messages.
///
/// # Errors
///
/// As [`load`].
pub fn load_edited(sources: &Sources, texts: &BTreeMap<String, String>) -> Result<Loaded, Diagnostics> {
    let mut reading = Reading::default();
    for file in sources.files() {
        match texts.get(&shown(&file)) {
            Some(text) => reading.text(&shown(&file), text, Some(&file)),
            None => reading.file(&file),
        }
    }
    reading.finish(sources.base(), Some(&sources.content()))
}

/// Checks a manifest in texts, each with the name that errors show, and without the content in files beside it. The base of
/// relative paths is `directory`.
///
/// # Errors
///
/// As [`load`].
pub fn load_texts(texts: &[(&str, &str)], directory: &Path) -> Result<Loaded, Diagnostics> {
    let mut reading = Reading::default();
    for (name, text) in texts {
        reading.text(name, text, None);
    }
    reading.finish(directory.to_owned(), None)
}

/// The files that were read, and their errors.
#[derive(Default)]
struct Reading {
    locations: Locations,
    errors: Vec<Diagnostic>,
    /// The top-level keys of all files with their values.
    sections: Map<String, Value>,
    /// True if a file could not be read at all.
    incomplete: bool,
}

impl Reading {
    fn file(&mut self, file: &InputFile) {
        let name = shown(file);
        match files::read(&file.path, files::LARGEST_TEXT) {
            Ok(bytes) if is_utf_16(&bytes) => self.unreadable(utf_16(&name)),
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => self.text(&name, &text, Some(file)),
                Err(error) => self.unreadable(not_text(&name, &error)),
            },
            Err(error) if file.optional && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.unreadable(unreadable(&name, file, &error)),
        }
    }

    fn text(&mut self, name: &str, text: &str, file: Option<&InputFile>) {
        let mut document = match Document::parse(name, text) {
            Ok(document) => document,
            Err(errors) => {
                self.errors.extend(errors);
                self.incomplete = true;
                return;
            }
        };
        if matches!(document.root.kind, Kind::Null) {
            match file {
                Some(file) if file.optional => {}
                _ => self.unreadable(empty(name, file)),
            }
            return;
        }
        self.errors.append(&mut document.flaws);
        self.refuse_repeated_sections(&mut document);
        let Self { locations, errors, .. } = self;
        let mut structure = Structure { source: &document.source, locations, errors };
        if let Value::Object(sections) = structure.check(Shape::manifest(), &document.root, &KeyPath::default()) {
            self.sections.extend(sections);
        }
    }

    fn unreadable(&mut self, error: Diagnostic) {
        self.errors.push(error);
        self.incomplete = true;
    }

    /// A section that an earlier file contains is an error, and is left out.
    fn refuse_repeated_sections(&mut self, document: &mut Document) {
        let Kind::Map(entries) = &mut document.root.kind else {
            return;
        };
        let Self { locations, errors, .. } = self;
        entries.retain(|entry| {
            let path = KeyPath::from([&entry.key]);
            if !locations.contains(&path) {
                return true;
            }
            let first = locations.diagnostic(&path, "", "").location().map(|(file, line, _)| format!("{file}:{line}"));
            errors.push(
                Diagnostic::new("koctl::manifest::duplicate_key", format!("`{}` is in two files", entry.key))
                    .at(entry.key_span, None)
                    .in_source(&document.source)
                    .with_help(format!("the other is {}; move everything into one of them", first.unwrap_or_default())),
            );
            false
        });
    }

    /// Checks what was read, together with the content in the folder `content`, if there is one.
    fn finish(mut self, directory: PathBuf, content: Option<&Path>) -> Result<Loaded, Diagnostics> {
        let (mut manifest, mut strays) = (self.manifest(), Vec::new());
        if !self.incomplete {
            if let Some(folder) = content {
                let name = displayed(folder);
                let (errors, found) = content::add(folder, &name, &mut manifest, &mut self.locations);
                self.errors.extend(errors);
                strays = found;
            }
            self.errors.extend(rules::check(&manifest, &self.locations, content.is_some()));
        }
        match Diagnostics::new(self.errors) {
            None => {
                let folder = content.map(Path::to_owned);
                Ok(Loaded { manifest, directory, folder, strays, locations: self.locations })
            }
            Some(errors) => Err(errors),
        }
    }

    /// Deserializes the sections. The structural check follows the schema of the types, so this does not fail.
    fn manifest(&mut self) -> Manifest {
        let sections = std::mem::take(&mut self.sections);
        serde_json::from_value(Value::Object(sections)).unwrap_or_else(|error| {
            self.unreadable(Diagnostic::new("koctl::manifest::model", format!("the manifest cannot be read: {error}")));
            Manifest::default()
        })
    }
}

/// The name of a file in messages.
fn shown(file: &InputFile) -> String {
    displayed(&file.path)
}

fn displayed(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

fn unreadable(name: &str, file: &InputFile, error: &io::Error) -> Diagnostic {
    let InputFile { contents, flag, .. } = file;
    if error.kind() == io::ErrorKind::NotFound {
        Diagnostic::new("koctl::manifest::no_file", format!("cannot read {contents}: the file {name} does not exist"))
            .with_help(format!(
                "run koctl in the directory that contains `konnect`, select the file with `{flag}`, or create a platform \
                 repository with `koctl init`"
            ))
    } else {
        Diagnostic::new("koctl::manifest::unreadable", format!("cannot read {contents} from {name}: {error}"))
            .with_help(format!("make the file readable, or select another with `{flag}`"))
    }
}

/// True if the bytes are UTF-16, as some editors and shells of Windows write it: with a byte order mark, or with the zero
/// bytes of ASCII characters.
fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0)
}

fn utf_16(name: &str) -> Diagnostic {
    Diagnostic::new("koctl::manifest::not_text", format!("the file {name} is text in UTF-16, or not text at all"))
        .with_help("save the file as UTF-8")
}

fn not_text(name: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
    Diagnostic::new("koctl::manifest::not_text", format!("{name}:{line}: the file is not valid UTF-8"))
        .with_help("save the file as UTF-8")
}

fn empty(name: &str, file: Option<&InputFile>) -> Diagnostic {
    let example = file.map_or(ORGANIZATIONS_EXAMPLE, |file| file.example);
    Diagnostic::new("koctl::manifest::empty", format!("the file {name} is empty"))
        .with_help(format!("write at least\n{example}"))
}
