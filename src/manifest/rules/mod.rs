//! What the manifest's types cannot say: rules about meaning. Each finds all that breaks it, and points at it.

mod names;
mod organizations;
mod platform;
mod teams;

use std::collections::BTreeMap;

use self::names::NameProblem;
use super::diagnostic::Diagnostic;
use super::model::Manifest;
use super::path::KeyPath;
use super::places::Places;

pub(crate) use organizations::is_web_address;
pub(crate) use teams::is_email;

/// Why neither a team nor an environment can have this name, for those who write a manifest of what exists.
pub(crate) fn unfit_name(name: &str) -> Option<&'static str> {
    names::label_value(name).or_else(|| names::path_part(name)).map(|problem| problem.reason)
}

/// The same for the name of an organization.
pub(crate) fn unfit_organization(name: &str) -> Option<&'static str> {
    names::path_part(name).map(|problem| problem.reason)
}

/// The same for the name of a service.
pub(crate) fn unfit_label(name: &str) -> Option<&'static str> {
    names::label_value(name).map(|problem| problem.reason)
}

/// Everything that breaks a rule. What `places` marks as wrong has its error already, and nothing is said of what
/// was made up in its place.
pub(super) fn check(manifest: &Manifest, places: &Places) -> Vec<Diagnostic> {
    let mut rules = Rules { manifest, places, errors: Vec::new() };
    rules.platform();
    rules.teams();
    rules.organizations();
    rules.secrets();
    rules.errors
}

struct Rules<'a> {
    manifest: &'a Manifest,
    places: &'a Places,
    errors: Vec<Diagnostic>,
}

/// Two paths, each with what to say of it there.
type Conflicting<'a> = [(&'a KeyPath, &'a str); 2];

impl Rules<'_> {
    fn report(&mut self, path: &KeyPath, code: &'static str, message: String, help: impl Into<String>) {
        if !self.places.is_wrong(path) {
            self.errors.push(self.places.diagnostic(path, code, message).with_help(help));
        }
    }

    fn report_conflict(&mut self, places: Conflicting<'_>, code: &'static str, message: String, help: &str) {
        let [first, second] = places;
        if !self.places.is_wrong(first.0) && !self.places.is_wrong(second.0) {
            self.errors.push(self.places.conflict(code, message, first, second).with_help(help));
        }
    }

    fn report_name(&mut self, path: &KeyPath, what: &str, name: &str, problem: Option<NameProblem>) {
        if let Some(NameProblem { reason, help }) = problem {
            let message = format!("`{name}` cannot be the name of {what}: {reason}");
            self.report(path, "koctl::manifest::name", message, help);
        }
    }

    /// A name for an environment or a team, which is a label value and part of paths as well.
    fn check_name(&mut self, path: &KeyPath, what: &str, name: &str) {
        let problem = names::label_value(name).or_else(|| names::path_part(name));
        self.report_name(path, what, name, problem);
    }

    fn check_branch(&mut self, path: &KeyPath, name: &str) {
        if let Some(reason) = names::branch(name) {
            let message = format!("`{name}` cannot be a branch: {reason}");
            self.report(path, "koctl::manifest::branch", message, "name a branch of the service's repository");
        }
    }

    /// What occurs twice in a list; `same` brings entries to the form in which they are compared.
    fn check_unique(&mut self, list: &KeyPath, what: &str, entries: &[String], same: fn(&str) -> String) {
        let mut seen: BTreeMap<String, KeyPath> = BTreeMap::new();
        for (position, entry) in entries.iter().enumerate() {
            let path = list.index(position);
            match seen.get(&same(entry)) {
                Some(first) => self.report_conflict(
                    [(first, "first here"), (&path, "again here")],
                    "koctl::manifest::duplicate",
                    format!("the {what} `{entry}` is listed twice"),
                    "leave one of them out",
                ),
                None => {
                    seen.insert(same(entry), path);
                }
            }
        }
    }
}
