//! All crates of the workspace: their files, and which file takes names from which.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path as FilePath;

use crate::source::{Path, Source, child};

/// The workspace.
pub(crate) struct House {
    /// The files by their paths from the root of the workspace.
    files: BTreeMap<String, Source>,
    /// The file that each module is written in.
    modules: HashMap<Path, String>,
    /// The crates of the workspace that each crate depends on, tests aside.
    dependencies: BTreeMap<String, BTreeSet<String>>,
}

impl House {
    /// Reads the workspace in this directory: the package at its root, and its members.
    pub(crate) fn read(root: &FilePath) -> Self {
        let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the workspace has a Cargo.toml");
        let members = members(&manifest);
        let mut house = Self { files: BTreeMap::new(), modules: HashMap::new(), dependencies: BTreeMap::new() };
        for folder in members.iter().map(String::as_str).chain([""]) {
            let manifest = fs::read_to_string(root.join(folder).join("Cargo.toml")).expect("a crate has a Cargo.toml");
            let name = if folder.is_empty() { "koctl" } else { crate_name(folder) };
            house.dependencies.insert(name.to_owned(), dependencies(&manifest, &members));
            let sources = FilePath::new(folder).join("src");
            house.read_folder(root, &sources, &vec![name.replace('-', "_")]);
        }
        house.leave_tests_out();
        house
    }

    fn read_folder(&mut self, root: &FilePath, folder: &FilePath, module: &Path) {
        let entries = fs::read_dir(root.join(folder)).expect("a crate has its sources in src");
        for entry in entries.map(|entry| entry.expect("a folder can be read")) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = folder.join(&name);
            if entry.path().is_dir() {
                self.read_folder(root, &path, &child(module, &name));
            } else if let Some(stem) = name.strip_suffix(".rs") {
                let module = match stem {
                    "mod" | "lib" => module.clone(),
                    _ => child(module, stem),
                };
                let text = fs::read_to_string(entry.path()).expect("a source is text");
                self.files.insert(path.to_string_lossy().into_owned(), Source::read(&text, module));
            }
        }
    }

    fn leave_tests_out(&mut self) {
        let only_for_tests: Vec<Path> = self
            .files
            .values()
            .flat_map(|source| source.test_modules.iter().chain(source.modules.first().filter(|_| source.test_only)))
            .cloned()
            .collect();
        self.files.retain(|_, source| {
            source.modules.first().is_some_and(|module| !only_for_tests.iter().any(|test| module.starts_with(test)))
        });
        for (file, source) in &self.files {
            self.modules.extend(source.modules.iter().map(|module| (module.clone(), file.clone())));
        }
    }

    /// The crates of the workspace, and the crates that each of them depends on.
    pub(crate) fn dependencies(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.dependencies
    }

    /// The rooms: the modules of koctl, and every other crate.
    pub(crate) fn rooms(&self) -> BTreeSet<String> {
        self.files.keys().filter_map(|file| self.room(file)).collect()
    }

    /// The room of a file; `None` for koctl's `main.rs` and `lib.rs`.
    fn room(&self, file: &str) -> Option<String> {
        let module = self.files.get(file)?.modules.first()?;
        match module.first()?.as_str() {
            "koctl" => module.get(1).filter(|room| *room != "main").cloned(),
            name => Some(name.replace('_', "-")),
        }
    }

    /// The rooms that each room uses, with one file that shows it.
    pub(crate) fn arrows(&self) -> BTreeMap<(String, String), String> {
        let mut arrows = BTreeMap::new();
        for (file, source) in &self.files {
            for target in self.used(source, true) {
                if let (Some(from), Some(to)) = (self.room(file), self.room(&target))
                    && from != to
                {
                    arrows.entry((from, to)).or_insert_with(|| format!("{file} uses {target}"));
                }
            }
        }
        arrows
    }

    /// Which file takes names from which. A module that only hands on what its own parts define uses nothing of them.
    pub(crate) fn file_arrows(&self) -> BTreeMap<String, BTreeSet<String>> {
        let used = |(file, source): (&String, &Source)| {
            let mut used = self.used(source, false);
            used.remove(file);
            (file.clone(), used)
        };
        self.files.iter().map(used).collect()
    }

    fn used(&self, source: &Source, handed_on: bool) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        for import in &source.imports {
            let Some(path) = self.absolute(source, &import.scope, &import.path, 0) else { continue };
            let own_part = path.starts_with(&import.scope);
            if handed_on || !import.public || !own_part || source.names.contains(&import.name) {
                used.extend(self.defined_in(&path, 0));
            }
        }
        for (scope, path) in &source.paths {
            used.extend(self.absolute(source, scope, path, 0).and_then(|path| self.defined_in(&path, 0)));
        }
        used
    }

    /// The path from the root of its crate; `None` for a crate that is not of this workspace.
    fn absolute(&self, source: &Source, scope: &Path, path: &Path, depth: usize) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let joined = |base: &[String]| Some(base.iter().chain(rest).cloned().collect::<Path>());
        match first.as_str() {
            "crate" => joined(&scope[..1]),
            "self" => joined(scope),
            "super" => self.absolute(source, &scope[..scope.len() - 1].to_vec(), &at_least_self(rest), depth),
            name if self.modules.contains_key(&child(scope, name)) => joined(&child(scope, name)),
            name if depth < 9
                && source.imports.iter().any(|i| i.name == name && i.scope == *scope && i.path != *path) =>
            {
                let import = source.imports.iter().find(|i| i.name == name && i.scope == *scope && i.path != *path)?;
                let import = self.absolute(source, scope, &import.path, depth + 1)?;
                joined(&import)
            }
            name => self.modules.contains_key(&vec![name.to_owned()]).then(|| path.clone()),
        }
    }

    /// The file that defines what an absolute path names, re-exports followed; `None` for a module.
    fn defined_in(&self, path: &Path, depth: usize) -> Option<String> {
        let length = (1..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        let file = &self.modules[module];
        let (name, further) = rest.split_first()?;
        let source = &self.files[file];
        if depth > 9 || source.items.get(module).is_some_and(|items| items.contains(name)) {
            return Some(file.clone());
        }
        let imported = source.imports.iter().filter(|import| import.scope == module);
        for import in imported.filter(|import| import.name == *name || import.name == "*") {
            let Some(mut target) = self.absolute(source, &import.scope, &import.path, 0) else { continue };
            if import.name == "*" {
                target.push(name.clone());
            }
            target.extend(further.iter().cloned());
            if import.name != "*" || self.defines(&target) {
                return self.defined_in(&target, depth + 1).or_else(|| Some(file.clone()));
            }
        }
        Some(file.clone())
    }

    fn defines(&self, path: &Path) -> bool {
        (1..path.len()).rev().any(|length| {
            let module = &path[..length];
            let source = self.modules.get(module).map(|file| &self.files[file]);
            source.and_then(|source| source.items.get(module)).is_some_and(|items| items.contains(&path[length]))
        })
    }
}

fn at_least_self(path: &[String]) -> Path {
    match path.first().map(String::as_str) {
        Some("super" | "self") => path.to_vec(),
        _ => ["self".to_owned()].into_iter().chain(path.iter().cloned()).collect(),
    }
}

fn members(manifest: &str) -> Vec<String> {
    let list = manifest.lines().find_map(|line| line.strip_prefix("members = [")).unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The name of the crate in a folder: its last segment.
fn crate_name(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or(folder)
}

/// The members of the workspace among the dependencies of a crate.
fn dependencies(manifest: &str, members: &[String]) -> BTreeSet<String> {
    let mut section = "";
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line.trim();
        }
        let name = line.split([' ', '.', '=']).next().unwrap_or_default();
        if section == "[dependencies]" && members.iter().any(|member| crate_name(member) == name) {
            found.insert(name.to_owned());
        }
    }
    found
}
