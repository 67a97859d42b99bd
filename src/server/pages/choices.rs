//! What a repository and the platform offer to choose from, as fields of a form.

use std::collections::{BTreeMap, BTreeSet};

use github_api::{Reader, Repository};
use maud::{Markup, html};

use super::forms::Field;
use crate::manifest::model::{EnvironmentType, Manifest};
use crate::server::error::{Answer, ApiError};
use crate::server::places;
use crate::server::submission::looks_like_specification;

/// The files that are offered at most.
const MOST_FILES: usize = 50;
/// What the name of each field of an environment begins with.
const IN: &str = "in:";

/// What a repository offers.
pub(super) struct Choices {
    pub(super) branches: Vec<String>,
    pub(super) specifications: Vec<String>,
}

impl Choices {
    /// The branches of a repository, and the files of one of them that look like an OpenAPI document. A branch that is not
    /// there has none.
    ///
    /// # Errors
    /// If GitHub does not show them.
    pub(super) async fn of(reader: &Reader, repository: &Repository, branch: &str) -> Answer<Self> {
        let (branches, files) = tokio::join!(reader.branches(repository), reader.files(repository, branch));
        let branches = branches.map_err(|error| ApiError::of_github("list the branches", &error))?;
        let files = match files {
            Err(error) if error.is_absent() => Vec::new(),
            files => files.map_err(|error| ApiError::of_github("list the files", &error))?,
        };
        let paths = files.into_iter().map(|file| file.path).filter(|path| looks_like_specification(path));
        Ok(Self {
            branches: branches.into_iter().map(|branch| branch.name).collect(),
            specifications: paths.take(MOST_FILES).collect(),
        })
    }

    /// The same with what is in use already, which can stay in any case.
    pub(super) fn with(mut self, branches: [&str; 2], specification: &str) -> Self {
        for branch in branches {
            if self.branches.iter().all(|one| one != branch) {
                self.branches.push(branch.to_owned());
            }
        }
        if self.specifications.iter().all(|one| one != specification) {
            self.specifications.push(specification.to_owned());
        }
        self
    }

    /// The field of the branch for production.
    pub(super) fn production(&self, value: &str) -> Markup {
        let (label, hint) = ("Branch for production", "Its document is published in production.");
        self.field("production", label, hint, value).choice(&named(&self.branches))
    }

    /// The field of the branch for development.
    pub(super) fn development(&self, value: &str) -> Markup {
        let (label, hint) = ("Branch for development", "Its document is published in development.");
        self.field("development", label, hint, value).choice(&named(&self.branches))
    }

    /// The field of the OpenAPI document.
    pub(super) fn specification(&self, value: &str) -> Markup {
        let (name, label) = ("specification", "OpenAPI document");
        if self.specifications.is_empty() {
            let hint = "The path of the file. None of the files of the default branch looks like one.";
            return self.field(name, label, hint, value).line();
        }
        self.field(name, label, "The file that describes the API.", value).choice(&named(&self.specifications))
    }

    fn field<'a>(&self, name: &'a str, label: &'a str, hint: &'a str, value: &'a str) -> Field<'a> {
        Field { name, label, hint, value, wrong: None }
    }
}

/// Names as the options of a choice.
pub(super) fn named(names: &[String]) -> Vec<(String, String)> {
    names.iter().map(|name| (name.clone(), name.clone())).collect()
}

/// The fields of a team: one of the configuration, or the name of a new one. `teams` are those that can be chosen.
pub(super) fn team(teams: &[String], chosen: &str, new: &str) -> Markup {
    let mut options = named(teams);
    options.push((String::new(), "A new team, named below".to_owned()));
    let field = |name, label, hint, value| Field { name, label, hint, value, wrong: None };
    html! {
        (field("team", "Team", "The team that owns the service. It decides who sees its gateway.", chosen).choice(&options))
        (field("new-team", "Name of the new team", "Only if the team is not in the list.", new).line())
    }
}

/// The environments: those that list what takes part can be chosen.
pub(super) fn environments(manifest: &Manifest, chosen: &BTreeSet<String>) -> Markup {
    let (mut listing, mut open) = (Vec::new(), Vec::new());
    for (name, environment) in places::all(manifest) {
        let list = if environment.teams.is_some() { &mut listing } else { &mut open };
        list.push((name.to_string(), environment.r#type));
    }
    html! {
        @if !listing.is_empty() {
            fieldset.field {
                legend { "Environments" }
                span.hint {
                    "Where the API is published."
                    @if !open.is_empty() { " It is in " (names(&open)) " anyway: every service takes part there." }
                }
                @for (name, kind) in &listing {
                    div.check {
                        input type="checkbox" id={ (IN) (name) } name={ (IN) (name) } value="yes" checked[chosen.contains(name)];
                        label for={ (IN) (name) } { (name) " " span.hint { "(" (purpose(*kind)) ")" } }
                    }
                }
            }
        }
    }
}

fn names(places: &[(String, EnvironmentType)]) -> String {
    places.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What environments of a type are for, in words.
pub(super) fn purpose(kind: EnvironmentType) -> &'static str {
    match kind {
        EnvironmentType::Dev => "development",
        EnvironmentType::Prod => "production",
    }
}

/// The environments for development that list what takes part: a new service begins there.
pub(super) fn usual_environments(manifest: &Manifest) -> BTreeSet<String> {
    let is_usual = |kind: EnvironmentType| kind == EnvironmentType::Dev;
    let usual = places::all(manifest).filter(|(_, one)| one.teams.is_some() && is_usual(one.r#type));
    usual.map(|(name, _)| name.to_string()).collect()
}

/// The environments that were chosen in a form.
pub(super) fn chosen_environments(fields: &BTreeMap<String, String>) -> BTreeSet<String> {
    fields.keys().filter_map(|name| name.strip_prefix(IN)).map(str::to_owned).collect()
}

/// The same, as hidden fields.
pub(super) fn hidden_environments(chosen: &BTreeSet<String>) -> Markup {
    html! { @for name in chosen { input type="hidden" name={ (IN) (name) } value="yes"; } }
}
