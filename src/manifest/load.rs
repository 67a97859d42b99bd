//! From files to a checked manifest, or to all that is wrong with them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::document::{Document, Kind};
use super::model::Manifest;
use super::path::KeyPath;
use super::places::Places;
use super::rules;
use super::secret::Secret;
use super::shape::Shape;
use super::structure::Structure;

/// Which files make up the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The directory that holds `konnect/teams.yaml`, `konnect/organizations.yaml` and, if there is one,
    /// `konnect/platform.yaml`. An empty path is the working directory.
    pub directory: PathBuf,
    /// One file with everything, instead of all others.
    pub file: Option<PathBuf>,
    /// The file with the teams, instead of `konnect/teams.yaml`.
    pub teams: Option<PathBuf>,
    /// The file with the organizations, instead of `konnect/organizations.yaml`.
    pub organizations: Option<PathBuf>,
    /// The file with the platform's settings, instead of `konnect/platform.yaml`.
    pub platform: Option<PathBuf>,
}

/// A file to read.
struct Wanted {
    path: PathBuf,
    /// Whether the file may be missing or empty.
    optional: bool,
    /// What the file holds, for messages.
    holds: &'static str,
    /// The flag that names another file.
    flag: &'static str,
    /// What a first version of the file looks like.
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
    /// The usual files below a directory.
    pub fn directory(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), ..Self::default() }
    }

    /// The directory that relative paths in the manifest start from: that of `--file`, or [`Self::directory`].
    fn base(&self) -> PathBuf {
        let base = match &self.file {
            Some(file) => file.parent().unwrap_or(Path::new("")),
            None => self.directory.as_path(),
        };
        if base.as_os_str().is_empty() { PathBuf::from(".") } else { base.to_owned() }
    }

    fn wanted(&self) -> Vec<Wanted> {
        if let Some(file) = &self.file {
            return vec![Wanted {
                path: file.clone(),
                optional: false,
                holds: "the configuration",
                flag: "--file",
                example: ORGANIZATIONS_EXAMPLE,
            }];
        }
        let below = |named: &Option<PathBuf>, usual: &str| {
            named.clone().unwrap_or_else(|| self.directory.join("konnect").join(usual))
        };
        vec![
            Wanted {
                path: below(&self.platform, "platform.yaml"),
                optional: self.platform.is_none(),
                holds: "the platform's settings",
                flag: "--platform",
                example: "platform:\n  git:\n    remote: https://github.com/owner/platform.git",
            },
            Wanted {
                path: below(&self.teams, "teams.yaml"),
                optional: false,
                holds: "the teams",
                flag: "--teams",
                example: TEAMS_EXAMPLE,
            },
            Wanted {
                path: below(&self.organizations, "organizations.yaml"),
                optional: false,
                holds: "the organizations",
                flag: "--orgs",
                example: ORGANIZATIONS_EXAMPLE,
            },
        ]
    }
}

/// A manifest that has been read and checked, with the places of everything in it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The manifest.
    pub manifest: Manifest,
    /// The directory that relative paths in the manifest start from.
    pub directory: PathBuf,
    places: Places,
}

impl Loaded {
    /// No manifest at all, for work that needs none.
    #[must_use]
    pub fn empty() -> Self {
        Self { manifest: Manifest::default(), directory: PathBuf::from("."), places: Places::default() }
    }

    /// An error about what stands at this path, such as `["organizations", "KongAirlines", "environments", "dev"]`,
    /// for stages that find what the manifest's own checks cannot. It points at the path's line, or where that is
    /// not written, at the nearest thing above it. The code is like `koctl::compiler::cycle`.
    pub fn diagnostic(&self, path: impl Into<KeyPath>, code: &'static str, message: impl Into<String>) -> Diagnostic {
        self.places.diagnostic(&path.into(), code, message)
    }

    /// The SHA-256 of what the manifest means, as 64 hexadecimal digits. Formatting, comments, the order of keys,
    /// the division into files and defaults that are written out do not change it. A literal secret goes into it
    /// as a hash of its own.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        let canonical = serde_json::to_vec(&self.manifest)
            .expect("a manifest is made of strings, flags and maps with string keys, all of which JSON can hold");
        digest.update(Sha256::digest(canonical));
        for (_, secret) in self.manifest.secrets() {
            if let Secret::Literal(value) = secret {
                digest.update(Sha256::digest(value.expose_secret().as_bytes()));
            }
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Reads and checks the manifest.
///
/// # Errors
///
/// All that is wrong with it, of all files. Rules about meaning are checked where every file could be read; with
/// a file missing or broken, what seems undefined may be in there.
pub fn load(sources: &Sources) -> Result<Loaded, Diagnostics> {
    let mut reading = Reading::default();
    for wanted in sources.wanted() {
        reading.file(&wanted);
    }
    reading.finish(sources.base())
}

/// Checks a manifest that is at hand as texts, each with the name that errors show. Relative paths in it start
/// from `directory`.
///
/// # Errors
///
/// As [`load`].
pub fn load_texts(texts: &[(&str, &str)], directory: &Path) -> Result<Loaded, Diagnostics> {
    let mut reading = Reading::default();
    for (name, text) in texts {
        reading.text(name, text, None);
    }
    reading.finish(directory.to_owned())
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    places: Places,
    errors: Vec<Diagnostic>,
    /// The top-level keys and their values, of all files.
    sections: Map<String, Value>,
    /// Whether a file could not be read at all.
    incomplete: bool,
}

impl Reading {
    fn file(&mut self, wanted: &Wanted) {
        let path = wanted.path.strip_prefix(".").unwrap_or(&wanted.path);
        let name = path.display().to_string();
        match fs::read(&wanted.path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => self.text(&name, &text, Some(wanted)),
                Err(error) => self.unreadable(not_text(&name, &error)),
            },
            Err(error) if wanted.optional && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.unreadable(unreadable(&name, wanted, &error)),
        }
    }

    fn text(&mut self, name: &str, text: &str, wanted: Option<&Wanted>) {
        let mut document = match Document::parse(name, text) {
            Ok(document) => document,
            Err(errors) => {
                self.errors.extend(errors);
                self.incomplete = true;
                return;
            }
        };
        if matches!(document.root.kind, Kind::Null) {
            match wanted {
                Some(wanted) if wanted.optional => {}
                _ => self.unreadable(empty(name, wanted)),
            }
            return;
        }
        self.errors.append(&mut document.flaws);
        self.refuse_repeated_sections(&mut document);
        let Self { places, errors, .. } = self;
        let mut structure = Structure { source: &document.source, places, errors };
        if let Value::Object(sections) = structure.check(Shape::manifest(), &document.root, &KeyPath::default()) {
            self.sections.extend(sections);
        }
    }

    fn unreadable(&mut self, error: Diagnostic) {
        self.errors.push(error);
        self.incomplete = true;
    }

    /// What an earlier file holds already is an error here and is left out.
    fn refuse_repeated_sections(&mut self, document: &mut Document) {
        let Kind::Map(entries) = &mut document.root.kind else {
            return;
        };
        let Self { places, errors, .. } = self;
        entries.retain(|entry| {
            let path = KeyPath::from([&entry.key]);
            if !places.contains(&path) {
                return true;
            }
            let first = places.diagnostic(&path, "", "").place().map(|(file, line, _)| format!("{file}:{line}"));
            errors.push(
                Diagnostic::new("koctl::manifest::duplicate_key", format!("`{}` is written in two files", entry.key))
                    .at(entry.key_span, None)
                    .in_source(&document.source)
                    .with_help(format!("the other is {}: put everything into one of them", first.unwrap_or_default())),
            );
            false
        });
    }

    fn finish(mut self, directory: PathBuf) -> Result<Loaded, Diagnostics> {
        let manifest = self.manifest();
        if !self.incomplete {
            self.errors.extend(rules::check(&manifest, &self.places));
        }
        match Diagnostics::new(self.errors) {
            None => Ok(Loaded { manifest, directory, places: self.places }),
            Some(errors) => Err(errors),
        }
    }

    /// The types' own reading. The structural check follows their schema, so it leaves nothing that they refuse.
    fn manifest(&mut self) -> Manifest {
        let sections = std::mem::take(&mut self.sections);
        serde_json::from_value(Value::Object(sections)).unwrap_or_else(|error| {
            self.unreadable(Diagnostic::new("koctl::manifest::model", format!("the manifest cannot be used: {error}")));
            Manifest::default()
        })
    }
}

fn unreadable(name: &str, wanted: &Wanted, error: &io::Error) -> Diagnostic {
    let Wanted { holds, flag, .. } = wanted;
    if error.kind() == io::ErrorKind::NotFound {
        Diagnostic::new("koctl::manifest::no_file", format!("{holds} cannot be read: there is no file {name}"))
            .with_help(format!(
                "run koctl where the folder `konnect` is, name the file with `{flag}`, or begin a platform repository \
                 with `koctl init`"
            ))
    } else {
        Diagnostic::new("koctl::manifest::unreadable", format!("{holds} cannot be read from {name}: {error}"))
            .with_help(format!("make the file readable, or name another with `{flag}`"))
    }
}

fn not_text(name: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
    Diagnostic::new("koctl::manifest::not_text", format!("{name}:{line}: this is no UTF-8 text"))
        .with_help("save the file with the encoding UTF-8")
}

fn empty(name: &str, wanted: Option<&Wanted>) -> Diagnostic {
    let example = wanted.map_or(ORGANIZATIONS_EXAMPLE, |wanted| wanted.example);
    Diagnostic::new("koctl::manifest::empty", format!("the file {name} is empty"))
        .with_help(format!("write at least\n{example}"))
}
