//! The content of developer portals in files beside the configuration:
//! `konnect/ORGANIZATION/envs/ENVIRONMENT/portal/pages/**.md`, and `snippets/*.md`, `custom.css`, `logo.*` and `favicon.*`
//! beside them.
//!
//! The files become keys of the manifest, as if their texts were written there, so that everything after loading sees no
//! difference. Errors about such a key name the file.

mod single;
mod walk;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io;
use std::path::Path;

use super::diagnostic::{Diagnostic, Source, Span};
use super::locations::Locations;
use super::model::{EnvironmentPortal, Manifest, MovedType};
use super::path::KeyPath;
use super::rules::{same_file, unfit_name, unfit_organization};
use super::suggest::nearest;
use single::{DUPLICATE, PortalFolder};
use walk::{MarkdownFile, Walk};

/// The page at the top of a tree of files, and the page of a folder if the file is in the folder itself.
pub(super) const INDEX: &str = "index";

/// A folder with the content of a portal that no environment of the configuration has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Its name in messages.
    pub folder: String,
    /// The organization that it is named after.
    pub organization: String,
    /// The environment that it is named after.
    pub environment: String,
    /// An environment with a similar name.
    pub near: Option<String>,
}

/// A kind of content.
struct Kind {
    /// The folder below `portal`, and the key of the manifest.
    key: &'static str,
    /// One of it, in messages.
    noun: &'static str,
    /// The path of what a file is about.
    path: fn(&str) -> &str,
    texts: fn(&mut EnvironmentPortal) -> &mut BTreeMap<String, String>,
}

const KINDS: [Kind; 2] = [
    Kind { key: "pages", noun: "page", path: page, texts: |portal| &mut portal.pages },
    Kind { key: "snippets", noun: "snippet", path: |file| file, texts: |portal| &mut portal.snippets },
];

/// The path of the page in a file: that of its folder for a file `index` in one.
fn page(file: &str) -> &str {
    file.strip_suffix(INDEX).and_then(|folder| folder.strip_suffix('/')).unwrap_or(file)
}

/// Adds the content in files below `folder` to the manifest, with its locations. Returns the errors, and the folders that
/// no environment has. `name` is the name of the folder in messages.
pub(super) fn add(
    folder: &Path,
    name: &str,
    manifest: &mut Manifest,
    locations: &mut Locations,
) -> (Vec<Diagnostic>, Vec<Stray>) {
    let Ok(root) = fs::canonicalize(folder) else { return Default::default() };
    let mut reading = Reading { root: &root, name, locations, errors: Vec::new() };
    for (organization, settings) in &mut manifest.organizations {
        if unfit_organization(organization).is_some() {
            continue;
        }
        for (environment, settings) in &mut settings.environments {
            if unfit_name(environment).is_none() {
                reading.environment(organization, environment, &mut settings.portal);
            }
        }
    }
    let (strays, errors) = reading.strays(manifest);
    (errors, strays)
}

struct Reading<'a> {
    root: &'a Path,
    name: &'a str,
    locations: &'a mut Locations,
    errors: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn environment(&mut self, organization: &str, environment: &str, portal: &mut EnvironmentPortal) {
        let below = folder_of(organization, environment);
        let portal_path = KeyPath::from(["organizations", organization, "environments", environment, "portal"]);
        for kind in &KINDS {
            let folder = format!("{below}/{}", kind.key);
            let walk = Walk::of(self.root, &self.root.join(&folder), &format!("{}/{folder}", self.name));
            self.errors.extend(walk.errors);
            self.texts(kind, walk.files, &portal_path.key(kind.key), (kind.texts)(portal));
        }
        let name = format!("{}/{below}", self.name);
        let folder = PortalFolder { root: self.root, path: &below, name: &name, key: &portal_path };
        self.errors.extend(folder.add(portal, self.locations));
    }

    /// Adds texts of one kind, each under its path.
    fn texts(&mut self, kind: &Kind, files: Vec<MarkdownFile>, key: &KeyPath, texts: &mut BTreeMap<String, String>) {
        let written = texts.clone();
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for MarkdownFile { path, name, text } in files {
            let (path, noun) = ((kind.path)(&path).to_owned(), kind.noun);
            let key = key.key(&path);
            if written.contains_key(&path) {
                let message = format!("the {noun} `{path}` is here and in the file {name}");
                let error = self.locations.diagnostic(&key, DUPLICATE, message);
                self.errors.push(error.with_help("remove one of them"));
                continue;
            }
            match seen.entry(same_file(&path)) {
                Entry::Occupied(first) => {
                    let message = format!("the files {} and {name} are about the same {noun}", first.get());
                    let help = "remove one of them; names that differ in upper and lower case only are the same";
                    self.errors.push(Diagnostic::new(DUPLICATE, message).with_help(help));
                    continue;
                }
                Entry::Vacant(first) => drop(first.insert(name.clone())),
            }
            let line = text.lines().next().unwrap_or_default();
            let span = Span { start: 0, end: line.len() };
            self.locations.insert(key, &Source::new(&name, line.to_owned()), span);
            texts.insert(path, text);
        }
    }

    /// The folders with content that no environment has. One whose environment was renamed is an error: the plan would
    /// delete what it is about.
    fn strays(mut self, manifest: &Manifest) -> (Vec<Stray>, Vec<Diagnostic>) {
        let mut strays = Vec::new();
        for organization in folders(self.root) {
            for environment in folders(&self.root.join(&organization).join("envs")) {
                let environments = manifest.organizations.get(&organization).map(|one| &one.environments);
                let is_known = environments.is_some_and(|all| all.contains_key(&environment));
                let folder = folder_of(&organization, &environment);
                if is_known || !has_entries(&self.root.join(&folder)) {
                    continue;
                }
                let folder = format!("{}/{folder}", self.name);
                match renamed(manifest, &organization, &environment) {
                    Some((to_organization, to_environment)) => {
                        let message = format!("{folder} is about an environment that `moved` renames");
                        let to = folder_of(&to_organization, &to_environment);
                        let help = format!("rename the folder too: `git mv {folder} {}/{to}`", self.name);
                        self.errors.push(Diagnostic::new("koctl::manifest::renamed_folder", message).with_help(help));
                    }
                    None => {
                        let names = environments.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
                        let near = nearest(&environment, names).map(str::to_owned);
                        strays.push(Stray { folder, organization: organization.clone(), environment, near });
                    }
                }
            }
        }
        (strays, self.errors)
    }
}

/// The files with the pages and snippets of a portal, by path below the folder of the configuration.
#[must_use]
pub fn files(organization: &str, environment: &str, portal: &EnvironmentPortal) -> BTreeMap<String, String> {
    let folder = folder_of(organization, environment);
    let kinds = [("pages", &portal.pages), ("snippets", &portal.snippets)];
    let of_kind = |(kind, texts): (&str, &BTreeMap<String, String>)| {
        texts.iter().map(|(path, text)| (format!("{folder}/{kind}/{path}.md"), text.clone())).collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(of_kind).collect()
}

/// The folder with the content of a portal, below that of the configuration.
fn folder_of(organization: &str, environment: &str) -> String {
    format!("{organization}/envs/{environment}/portal")
}

/// The names of the folders in a folder, without hidden ones. Empty if there is no such folder.
fn folders(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(io::Result::ok);
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut names: Vec<String> =
        entries.filter(is_folder).filter_map(|one| one.file_name().into_string().ok()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

/// True if a folder has anything in it that is not hidden.
fn has_entries(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(io::Result::ok);
    entries.map(|entry| entry.file_name()).any(|name| !name.to_string_lossy().starts_with('.'))
}

/// The name of an environment after the entries of `moved`. `None` if there is no environment of that name.
fn renamed(manifest: &Manifest, organization: &str, environment: &str) -> Option<(String, String)> {
    let (mut organization, mut environment) = (organization.to_owned(), environment.to_owned());
    // Each round follows one entry; there are no more rounds than entries.
    for _ in &manifest.moved {
        let whole = format!("{organization}/{environment}");
        let to = |kind: MovedType, from: &str| {
            manifest.moved.iter().find(|one| one.r#type == kind && one.from == from).map(|one| one.to.clone())
        };
        if let Some(to) = to(MovedType::Environment, &whole) {
            let (of, name) = to.split_once('/')?;
            (organization, environment) = (of.to_owned(), name.to_owned());
        } else if let Some(to) = to(MovedType::Organization, &organization) {
            organization = to;
        }
    }
    let organizations = &manifest.organizations;
    let is_known = organizations.get(&organization).is_some_and(|one| one.environments.contains_key(&environment));
    is_known.then_some((organization, environment))
}
