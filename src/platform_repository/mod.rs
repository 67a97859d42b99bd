//! The files of a platform repository in this version of koctl: their paths, their texts, and who maintains them.
//!
//! | folder | contents | path in the repository |
//! | --- | --- | --- |
//! | `workflows` | GitHub Actions workflows of the APIOps chain and of koctl | `.github/workflows/` |
//! | `scripts` | scripts that the workflows run | `.github/koctl/` |
//! | `files` | a first configuration, and the rules for specifications and gateways | the same |
//!
//! This room knows neither the contents of a repository nor the versions that koctl wrote before; the compiler does.
//! Workflows are complete except for two things: the default branch, which is `branches: [main]` here, and the tokens
//! of organizations, which are environment variables of the step with the id `konnect`.

use crate::manifest::document::parse_value;
use crate::manifest::edit::{EditError, Entry, Step, insert};

/// The file with the organizations.
pub const ORGANIZATIONS: &str = "konnect/organizations.yaml";
/// The file with the teams.
pub const TEAMS: &str = "konnect/teams.yaml";
/// The file with the platform's settings.
pub const PLATFORM: &str = "konnect/platform.yaml";

/// The Actions secret with koctl's token for the workflows.
pub const GITHUB_TOKEN_SECRET: &str = "KONNECT_ORCHESTRATOR_GITHUB_TOKEN";

/// The id of the step that has the tokens of organizations.
const TOKEN_STEP: &str = "konnect";

/// Who maintains a file after its creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// koctl updates it, unless a person edited it.
    Koctl,
    /// koctl creates it once, and people maintain it.
    People,
}

/// One file of a platform repository.
#[derive(Debug)]
pub struct File {
    /// The path in the repository.
    pub path: &'static str,
    /// Who maintains it.
    pub keeper: Keeper,
    text: &'static str,
}

/// The settings that the texts of files depend on.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The address of the repository: `https://github.com/owner/platform.git`.
    pub remote: &'a str,
    /// The address of the state's store, if the configuration is to name it.
    pub state: Option<&'a str>,
    /// The branch that pull requests are merged into.
    pub default_branch: &'a str,
}

macro_rules! files {
    ($($keeper:ident { $($path:literal = $source:literal),* $(,)? })*) => {
        &[$($(File { path: $path, keeper: Keeper::$keeper, text: include_str!($source) }),*),*]
    };
}

/// All files, by who maintains them.
pub static FILES: &[File] = files! {
    Koctl {
        ".github/workflows/conformance.yml" = "workflows/conformance.yml",
        ".github/workflows/deck-merge-and-diff.yml" = "workflows/deck-merge-and-diff.yml",
        ".github/workflows/deck-sync.yml" = "workflows/deck-sync.yml",
        ".github/workflows/koctl-apply.yml" = "workflows/koctl-apply.yml",
        ".github/workflows/koctl-drift.yml" = "workflows/koctl-drift.yml",
        ".github/workflows/koctl-plan.yml" = "workflows/koctl-plan.yml",
        ".github/workflows/openapi-to-deck.yml" = "workflows/openapi-to-deck.yml",
        ".github/koctl/apply.sh" = "scripts/apply.sh",
        ".github/koctl/changed-control-planes.sh" = "scripts/changed-control-planes.sh",
        ".github/koctl/changed-environments.sh" = "scripts/changed-environments.sh",
        ".github/koctl/changed-files.sh" = "scripts/changed-files.sh",
        ".github/koctl/control-planes.sh" = "scripts/control-planes.sh",
        ".github/koctl/convert-specs.sh" = "scripts/convert-specs.sh",
        ".github/koctl/drift.sh" = "scripts/drift.sh",
        ".github/koctl/fence.sh" = "scripts/fence.sh",
        ".github/koctl/gateway.sh" = "scripts/gateway.sh",
        ".github/koctl/github.sh" = "scripts/github.sh",
        ".github/koctl/install-tool.sh" = "scripts/install-tool.sh",
        ".github/koctl/lint-deck.sh" = "scripts/lint-deck.sh",
        ".github/koctl/lint-specs.sh" = "scripts/lint-specs.sh",
        ".github/koctl/matrix.sh" = "scripts/matrix.sh",
        ".github/koctl/merge-and-diff.sh" = "scripts/merge-and-diff.sh",
        ".github/koctl/merge-services.sh" = "scripts/merge-services.sh",
        ".github/koctl/plan-comment.sh" = "scripts/plan-comment.sh",
        ".github/koctl/plan.sh" = "scripts/plan.sh",
        ".github/koctl/propose-configuration.sh" = "scripts/propose-configuration.sh",
        ".github/koctl/propose-conversion.sh" = "scripts/propose-conversion.sh",
        ".github/koctl/propose.sh" = "scripts/propose.sh",
        ".github/koctl/pushed-control-planes.sh" = "scripts/pushed-control-planes.sh",
        ".github/koctl/reviewed-plan.sh" = "scripts/reviewed-plan.sh",
        ".github/koctl/state-url.sh" = "scripts/state-url.sh",
        ".github/koctl/uncommitted-files.sh" = "scripts/uncommitted-files.sh",
        ".github/koctl/withdraw.sh" = "scripts/withdraw.sh",
        "konnect/rules/deck.yaml" = "files/konnect/rules/deck.yaml",
        "konnect/rules/openapi.yaml" = "files/konnect/rules/openapi.yaml",
    }
    People {
        ".gitignore" = "files/gitignore",
        "konnect/organizations.yaml" = "files/konnect/organizations.yaml",
        "konnect/platform.yaml" = "files/konnect/platform.yaml",
        "konnect/teams.yaml" = "files/konnect/teams.yaml",
    }
};

impl File {
    /// The text of the file, with these tokens of organizations in this order.
    ///
    /// # Errors
    /// The text cannot be edited, which the tests rule out.
    pub fn text(&self, settings: Settings<'_>, tokens: &[String]) -> Result<String, EditError> {
        if self.path == PLATFORM {
            return self.platform(settings);
        }
        let branch = settings.default_branch;
        let mut text = self.text.to_owned();
        if self.path.starts_with(".github/workflows/") && branch != "main" {
            // A name may contain special characters of YAML, so it is written as JSON, which is YAML too.
            text = text.replace("branches: [main]", &format!("branches: [{}]", serde_json::Value::from(branch)));
        }
        tokens.iter().try_fold(text, |text, token| add_token(self.path, &text, token))
    }

    fn platform(&self, Settings { remote, state, .. }: Settings<'_>) -> Result<String, EditError> {
        let place = [Step::Key("platform")];
        let text = insert(self.path, self.text, &place, "git", Entry::Mapping(&format!("remote: {remote}\n")))?;
        match state {
            Some(state) => insert(self.path, &text, &place, "state", Entry::Mapping(&format!("url: {state}\n"))),
            None => Ok(text),
        }
    }

    /// True if a step of it has the tokens of organizations.
    #[must_use]
    pub fn takes_tokens(&self) -> bool {
        self.path.starts_with(".github/workflows/") && token_step(self.text).is_some()
    }
}

/// The job of a workflow with the step that has the tokens.
fn token_step(workflow: &str) -> Option<String> {
    let jobs = parse_value(workflow).ok()?;
    let has = |job: &serde_json::Value| {
        job["steps"].as_array().is_some_and(|steps| steps.iter().any(|step| step["id"] == TOKEN_STEP))
    };
    jobs["jobs"].as_object()?.iter().find(|(_, job)| has(job)).map(|(name, _)| name.clone())
}

/// The tokens of organizations in a workflow, in the order of its text.
#[must_use]
pub fn tokens(workflow: &str) -> Vec<String> {
    let found = || {
        let document = parse_value(workflow).ok()?;
        let job = token_step(workflow)?;
        let step = document["jobs"][job]["steps"].as_array()?.iter().find(|step| step["id"] == TOKEN_STEP)?.clone();
        let names = step["env"].as_object()?.iter().filter(|(name, value)| **value == *reference(name));
        Some(names.map(|(name, _)| name.clone()).collect::<Vec<_>>())
    };
    let mut names = found().unwrap_or_default();
    names.sort_by_key(|name| workflow.find(&reference(name)));
    names
}

fn reference(secret: &str) -> String {
    format!("${{{{ secrets.{secret} }}}}")
}

/// Adds the token of an organization to a workflow, and keeps everything else. A workflow that has the token already
/// stays as it is.
///
/// # Errors
/// The workflow is not valid YAML, or has no step for tokens.
pub fn add_token(file: &str, workflow: &str, secret: &str) -> Result<String, EditError> {
    // Without such a step, the error names the path that was searched.
    let job = token_step(workflow).unwrap_or_else(|| "*".to_owned());
    let path = [Step::Key("jobs"), Step::Key(&job), Step::Key("steps"), Step::Item("id", TOKEN_STEP), Step::Key("env")];
    insert(file, workflow, &path, secret, Entry::Text(&reference(secret)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::manifest::load::load_texts;

    const SETTINGS: Settings<'_> = Settings {
        remote: "https://github.com/Acme/platform.git",
        state: Some("github://Acme/platform/koctl-state"),
        default_branch: "main",
    };

    fn file(path: &str) -> &'static File {
        FILES.iter().find(|file| file.path == path).unwrap()
    }

    #[test]
    fn every_workflow_and_script_is_among_the_files() {
        let listed: BTreeSet<&str> = FILES.iter().map(|file| file.path).collect();
        assert_eq!(listed.len(), FILES.len(), "a path is listed twice");
        for (folder, target) in [("workflows", ".github/workflows"), ("scripts", ".github/koctl")] {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform_repository").join(folder);
            for entry in std::fs::read_dir(source).unwrap() {
                let path = format!("{target}/{}", entry.unwrap().file_name().to_str().unwrap());
                assert!(listed.contains(path.as_str()), "{path} is not listed");
            }
        }
    }

    #[test]
    fn without_tokens_and_on_main_a_workflow_is_as_it_stands_here() {
        for file in FILES.iter().filter(|file| file.keeper == Keeper::Koctl) {
            assert_eq!(file.text(SETTINGS, &[]).unwrap(), file.text, "{}", file.path);
        }
    }

    #[test]
    fn every_file_that_takes_tokens_takes_several_and_lists_them_in_their_order() {
        let wanted = ["ZEBRA_TOKEN".to_owned(), "ACME_TOKEN".to_owned()];
        let takers: Vec<&File> = FILES.iter().filter(|file| file.takes_tokens()).collect();
        assert!(takers.len() >= 3, "plan, apply and drift need the tokens at least");
        for file in takers {
            let text = file.text(SETTINGS, &wanted).unwrap();
            assert_eq!(tokens(&text), wanted, "{}", file.path);
            let new = text.lines().count() - file.text.lines().count();
            assert_eq!(new, wanted.len(), "{}: {text}", file.path);
        }
    }

    #[test]
    fn another_default_branch_is_named_by_every_trigger() {
        let settings = Settings { default_branch: "trunk", ..SETTINGS };
        let text = file(".github/workflows/koctl-apply.yml").text(settings, &[]).unwrap();
        assert!(text.contains("branches: [\"trunk\"]") && !text.contains("[main]"), "{text}");
    }

    #[test]
    fn the_configuration_is_valid_except_for_the_organization_that_is_missing() {
        let texts: Vec<(&str, String)> =
            [TEAMS, ORGANIZATIONS, PLATFORM].map(|path| (path, file(path).text(SETTINGS, &[]).unwrap())).into();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let errors = load_texts(&texts, Path::new(".")).unwrap_err();
        let lines: Vec<String> = errors.iter().map(crate::manifest::Diagnostic::line).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("no organization is configured"), "{lines:?}");
    }

    #[test]
    fn the_platforms_settings_name_the_repository_and_the_state() {
        insta::assert_snapshot!(file(PLATFORM).text(SETTINGS, &[]).unwrap());
    }

    #[test]
    fn a_workflow_that_a_person_broke_is_named_with_the_line() {
        let error = add_token(".github/workflows/koctl-plan.yml", "jobs:\n  plan: [\n", "TOKEN").unwrap_err();
        assert!(error.to_string().starts_with(".github/workflows/koctl-plan.yml:"), "{error}");
        let error = add_token("w.yml", "jobs:\n  plan:\n    steps: []\n", "TOKEN").unwrap_err();
        let expected = "cannot add `TOKEN` to w.yml: `jobs.*.steps.[id: konnect].env` is not a mapping";
        assert_eq!(error.to_string(), expected);
    }
}
