//! Rules about meaning, which types cannot express. Each rule reports every violation with its location.

mod api_names;
mod auth_strategies;
mod clashes;
mod moved;
mod names;
mod organizations;
mod overrides;
mod pages;
mod platform;
mod portal_look;
mod portal_teams;
mod teams;

use std::collections::BTreeMap;

use self::names::NameProblem;
use super::diagnostic::Diagnostic;
use super::locations::Locations;
use super::model::Manifest;
use super::path::KeyPath;

pub(crate) use names::same_file;
pub(crate) use organizations::is_web_address;
pub(crate) use overrides::{fit_labels, is_slug, unfit_shown_name};
pub(crate) use pages::{unfit_page, unfit_snippet};
pub(crate) use portal_teams::unfit_team;
pub(crate) use teams::is_email;

/// The reason why neither a team nor an environment can have this name. `None` if they can.
pub(crate) fn unfit_name(name: &str) -> Option<&'static str> {
    names::label_value(name).or_else(|| names::path_part(name)).map(|problem| problem.reason)
}

/// The reason why an organization cannot have this name. `None` if it can.
pub(crate) fn unfit_organization(name: &str) -> Option<&'static str> {
    names::path_part(name).map(|problem| problem.reason)
}

/// The reason why a service cannot have this name. `None` if it can.
pub(crate) fn unfit_label(name: &str) -> Option<&'static str> {
    names::label_value(name).map(|problem| problem.reason)
}

/// A name for a team, a service or an environment that is like this text. `None` if the text has nothing to keep.
pub(crate) fn fitting_name(text: &str) -> Option<String> {
    let replaced: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = replaced.split('-').filter(|word| !word.is_empty()).collect();
    Some(words.join("-")).filter(|name| unfit_name(name).is_none())
}

/// All violations. Values that `locations` marks as wrong have an error already, and their placeholders get no other.
/// `knows_files` is true if the files beside the configuration were read.
pub(super) fn check(manifest: &Manifest, locations: &Locations, knows_files: bool) -> Vec<Diagnostic> {
    let mut rules = Rules { manifest, locations, knows_files, errors: Vec::new() };
    rules.platform();
    rules.teams();
    rules.organizations();
    rules.clashes();
    rules.custom_domains();
    rules.moved();
    rules.secrets();
    rules.errors
}

struct Rules<'a> {
    manifest: &'a Manifest,
    locations: &'a Locations,
    knows_files: bool,
    errors: Vec<Diagnostic>,
}

/// Two paths, each with a label.
type Conflicting<'a> = [(&'a KeyPath, &'a str); 2];

impl Rules<'_> {
    fn report(&mut self, path: &KeyPath, code: &'static str, message: String, help: impl Into<String>) {
        if !self.locations.is_wrong(path) {
            self.errors.push(self.locations.diagnostic(path, code, message).with_help(help));
        }
    }

    fn report_conflict(&mut self, paths: Conflicting<'_>, code: &'static str, message: String, help: &str) {
        let [first, second] = paths;
        if !self.locations.is_wrong(first.0) && !self.locations.is_wrong(second.0) {
            self.errors.push(self.locations.conflict(code, message, first, second).with_help(help));
        }
    }

    /// Reports two paths that are alike, the one that is written first as `the first`.
    fn report_alike(&mut self, paths: [&KeyPath; 2], code: &'static str, message: String, help: &str) {
        let [first, second] = self.locations.in_order(paths);
        self.report_conflict([(first, "the first"), (second, "the second")], code, message, help);
    }

    fn report_name(&mut self, path: &KeyPath, what: &str, name: &str, problem: Option<NameProblem>) {
        if let Some(NameProblem { reason, help }) = problem {
            let message = format!("`{name}` is not a valid name for {what}: {reason}");
            self.report(path, "koctl::manifest::name", message, help);
        }
    }

    /// Checks the name of an environment or a team, which becomes a label value and a part of paths.
    fn check_name(&mut self, path: &KeyPath, what: &str, name: &str) {
        let problem = names::label_value(name).or_else(|| names::path_part(name));
        self.report_name(path, what, name, problem);
    }

    fn check_branch(&mut self, path: &KeyPath, name: &str) {
        if let Some(reason) = names::branch(name) {
            let message = format!("`{name}` is not a valid branch: {reason}");
            self.report(path, "koctl::manifest::branch", message, "name a branch of the service's repository");
        }
    }

    /// Reports duplicates in a list. Entries are equal if `same` makes them equal.
    fn check_unique(&mut self, list: &KeyPath, what: &str, entries: &[String], same: fn(&str) -> String) {
        let mut seen: BTreeMap<String, KeyPath> = BTreeMap::new();
        for (position, entry) in entries.iter().enumerate() {
            let path = list.index(position);
            match seen.get(&same(entry)) {
                Some(first) => self.report_conflict(
                    [(first, "first here"), (&path, "again here")],
                    "koctl::manifest::duplicate",
                    format!("the {what} `{entry}` is listed twice"),
                    "remove one of them",
                ),
                None => {
                    seen.insert(same(entry), path);
                }
            }
        }
    }
}
