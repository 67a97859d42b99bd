//! Rules about versions of a service beside each other.

use std::collections::BTreeMap;

use super::Rules;
use super::clashes::CLASH;
use super::names::same_file;
use crate::manifest::model::{EnvironmentType, Service, ServiceVersion};
use crate::manifest::path::KeyPath;

impl Rules<'_> {
    pub(super) fn versions(&mut self, path: &KeyPath, service: &Service) {
        let versions = path.key("versions");
        for (name, version) in &service.versions {
            let path = versions.key(name);
            self.check_name(&path, "a version", name);
            if let Some(spec_path) = &version.spec_path {
                self.spec_path(&path.key("spec-path"), spec_path);
            }
            for (key, branch) in
                [("prod-branch-name", &version.prod_branch_name), ("dev-branch-name", &version.dev_branch_name)]
            {
                if let Some(branch) = branch {
                    self.check_branch(&path.key(key), branch);
                }
            }
        }
        self.versions_differ(&versions, service);
        if let Some(current) = &service.current_version
            && !service.versions.contains_key(current)
        {
            let message = format!("the version `{current}` is not defined");
            let names = service.versions.keys();
            self.report_undefined(&path.key("current-version"), &versions, current, names, message);
        }
    }

    /// Reports versions whose folders a file system can mistake for each other, or that have the same specification.
    fn versions_differ(&mut self, path: &KeyPath, service: &Service) {
        self.distinct(path, "versions", service.versions.keys());
        let mut seen: BTreeMap<[String; 3], &str> = BTreeMap::new();
        for (name, version) in &service.versions {
            let Some(first) = seen.insert(place(service, version), name) else { continue };
            self.report_alike(
                [&path.key(first), &path.key(name)],
                "koctl::manifest::duplicate",
                format!("the versions `{first}` and `{name}` have the same specification"),
                "give each its own `spec-path`, or its own `prod-branch-name` and `dev-branch-name`",
            );
        }
    }

    /// Reports a service whose folder is that of a version of another service.
    pub(super) fn versions_beside_services(&mut self, path: &KeyPath, services: &BTreeMap<String, Service>) {
        let by_folder: BTreeMap<String, &str> = services.keys().map(|key| (same_file(key), key.as_str())).collect();
        for (key, service) in services {
            for name in service.versions.keys() {
                let folder = same_file(&format!("{key}/{}/{name}", Service::VERSIONS_FOLDER));
                let Some(other) = by_folder.get(&folder) else { continue };
                self.report_conflict(
                    [
                        (&path.key(key).key("versions").key(name), "has a folder of this name"),
                        (&path.key(*other), "too"),
                    ],
                    CLASH,
                    format!("the version `{name}` of `{key}` and the service `{other}` have the same folder"),
                    "rename one of them: their files are staged under their names",
                );
            }
        }
    }
}

/// What a version is read from: the path, and both branches.
fn place(service: &Service, version: &ServiceVersion) -> [String; 3] {
    let branch = |kind: EnvironmentType| version.branch(kind).unwrap_or(service.branch(kind)).to_owned();
    [service.spec_file_of(version), branch(EnvironmentType::Dev), branch(EnvironmentType::Prod)]
}
