//! The files of a platform repository in this version of koctl: their paths, their texts, and who maintains them.
//!
//! | folder | contents | path in the repository |
//! | --- | --- | --- |
//! | `workflows` | GitHub Actions workflows of the APIOps chain and of koctl | `.github/workflows/` |
//! | `actions` | actions that several of their jobs take | `.github/koctl/` |
//! | `scripts` | scripts that the workflows run | `.github/koctl/` |
//! | `files` | a first configuration, and the rules for specifications and gateways | the same |
//!
//! The module `go_tool` recognises the files that the Go koctl left, which do the same.
//!
//! This room knows neither the contents of a repository nor the versions that koctl wrote before; the compiler does.
//! Workflows are complete except for three things: the default branch, which is `branches: [main]` here; the tokens of
//! organizations, which are environment variables of the steps with the ids `konnect` and `konnect-reader`; and lines for
//! one store of the state, which end on `# for s3://`, and are left out for others.

pub mod go_tool;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

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

/// The steps that have the tokens of organizations, by id.
const TOKEN_STEPS: [(&str, Right); 2] = [("konnect", Right::Write), ("konnect-reader", Right::Read)];

/// The right that a step needs in Konnect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Read,
    Write,
}

impl Right {
    /// The value of an organization's token. A step that only reads takes a token that may only read, if there is one.
    fn reference(self, secret: &str) -> String {
        match self {
            Self::Write => format!("${{{{ secrets.{secret} }}}}"),
            Self::Read => format!("${{{{ secrets.{secret}_READONLY || secrets.{secret} }}}}"),
        }
    }
}

/// What ends a line of a workflow that is for some stores of the state only: the schemes of their addresses follow.
const FOR_STORES: &str = " # for ";

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
    /// The address of the state's store, which the configuration names.
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
        ".github/workflows/koctl-service.yml" = "workflows/koctl-service.yml",
        ".github/workflows/openapi-to-deck.yml" = "workflows/openapi-to-deck.yml",
        ".github/koctl/prepare/action.yml" = "actions/prepare/action.yml",
        ".github/koctl/apply.sh" = "scripts/apply.sh",
        ".github/koctl/changed-control-planes.sh" = "scripts/changed-control-planes.sh",
        ".github/koctl/changed-environments.sh" = "scripts/changed-environments.sh",
        ".github/koctl/changed-files.sh" = "scripts/changed-files.sh",
        ".github/koctl/control-planes.sh" = "scripts/control-planes.sh",
        ".github/koctl/convert-spec.sh" = "scripts/convert-spec.sh",
        ".github/koctl/convert-specs.sh" = "scripts/convert-specs.sh",
        ".github/koctl/drift.sh" = "scripts/drift.sh",
        ".github/koctl/environments.sh" = "scripts/environments.sh",
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
        ".github/koctl/pull-request.sh" = "scripts/pull-request.sh",
        ".github/koctl/pushed-control-planes.sh" = "scripts/pushed-control-planes.sh",
        ".github/koctl/replan.sh" = "scripts/replan.sh",
        ".github/koctl/request-apply.sh" = "scripts/request-apply.sh",
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
        if !self.is_workflow() {
            return Ok(self.text.to_owned());
        }
        let branch = settings.default_branch;
        let mut text = for_store(self.text, settings.state.unwrap_or_default());
        if branch != "main" {
            // A name may contain special characters of YAML, so it is written as JSON, which is YAML too.
            text = text.replace("branches: [main]", &format!("branches: [{}]", Value::from(branch)));
        }
        tokens.iter().try_fold(text, |text, token| add_token(self.path, &text, token))
    }

    fn is_workflow(&self) -> bool {
        self.path.starts_with(".github/workflows/")
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
        self.is_workflow() && parse_value(self.text).is_ok_and(|workflow| !token_steps(&workflow).is_empty())
    }
}

/// A workflow without the lines that are for other stores than the one at `state`.
fn for_store(workflow: &str, state: &str) -> String {
    let scheme = state.split_inclusive("://").next().unwrap_or_default();
    let is_kept = |line: &&str| match line.trim_end().rsplit_once(FOR_STORES) {
        Some((_, schemes)) => schemes.split(", ").any(|one| one == scheme),
        None => true,
    };
    workflow.split_inclusive('\n').filter(is_kept).collect()
}

/// A step that has the tokens of organizations.
struct TokenStep<'a> {
    job: &'a str,
    id: &'static str,
    right: Right,
    env: &'a Value,
}

/// The steps of a workflow that have the tokens.
fn token_steps(workflow: &Value) -> Vec<TokenStep<'_>> {
    let jobs = workflow["jobs"].as_object().into_iter().flatten();
    let steps = jobs.flat_map(|(job, content)| {
        let steps = content["steps"].as_array().into_iter().flatten();
        steps.map(move |step| (job.as_str(), step))
    });
    let of_ours = steps.filter_map(|(job, step)| {
        let (id, right) = TOKEN_STEPS.into_iter().find(|(id, _)| step["id"] == *id)?;
        Some(TokenStep { job, id, right, env: &step["env"] })
    });
    of_ours.collect()
}

/// The variables that steps with tokens have anyway.
static OTHER_VARIABLES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let workflows = FILES.iter().filter(|file| file.is_workflow()).filter_map(|file| parse_value(file.text).ok());
    let names = |workflow: Value| {
        let steps = token_steps(&workflow);
        let names = steps.iter().filter_map(|step| step.env.as_object()).flat_map(|env| env.keys().cloned());
        names.collect::<Vec<_>>()
    };
    workflows.flat_map(names).collect()
});

/// The tokens of organizations in a workflow, in the order of its text.
#[must_use]
pub fn tokens(workflow: &str) -> Vec<String> {
    let Ok(document) = parse_value(workflow) else { return Vec::new() };
    let is_token = |name: &str, value: &Value| {
        !OTHER_VARIABLES.contains(name)
            && [Right::Write, Right::Read].iter().any(|right| *value == *right.reference(name))
    };
    let steps = token_steps(&document);
    let variables = steps.iter().filter_map(|step| step.env.as_object()).flatten();
    let names: BTreeSet<&String> =
        variables.filter(|(name, value)| is_token(name, value)).map(|(name, _)| name).collect();
    let mut names: Vec<String> = names.into_iter().cloned().collect();
    names.sort_by_key(|name| workflow.find(&format!(" {name}: ")));
    names
}

/// Adds the token of an organization to a workflow, and keeps everything else. A workflow that has the token already
/// stays as it is.
///
/// # Errors
/// The workflow is not valid YAML, or has no step for tokens.
pub fn add_token(file: &str, workflow: &str, secret: &str) -> Result<String, EditError> {
    let add = |text: &str, job: &str, id: &str, right: Right| {
        let path = [Step::Key("jobs"), Step::Key(job), Step::Key("steps"), Step::Item("id", id), Step::Key("env")];
        insert(file, text, &path, secret, Entry::Text(&right.reference(secret)))
    };
    let document = parse_value(workflow).unwrap_or_default();
    let steps = token_steps(&document);
    if steps.is_empty() {
        // The error says why, or names the path that was searched.
        let (id, right) = TOKEN_STEPS[0];
        return add(workflow, "*", id, right);
    }
    steps.iter().try_fold(workflow.to_owned(), |text, step| add(&text, step.job, step.id, step.right))
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
        for (folder, target) in [
            ("workflows", ".github/workflows"),
            ("scripts", ".github/koctl"),
            ("actions/prepare", ".github/koctl/prepare"),
        ] {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform_repository").join(folder);
            for entry in std::fs::read_dir(source).unwrap() {
                let path = format!("{target}/{}", entry.unwrap().file_name().to_str().unwrap());
                assert!(listed.contains(path.as_str()), "{path} is not listed");
            }
        }
    }

    #[test]
    fn without_tokens_and_on_main_a_file_is_as_it_stands_here_except_for_lines_of_other_stores() {
        for file in FILES.iter().filter(|file| file.keeper == Keeper::Koctl) {
            let expected: Vec<&str> = file.text.lines().filter(|line| !line.contains(FOR_STORES)).collect();
            assert_eq!(file.text(SETTINGS, &[]).unwrap().lines().collect::<Vec<_>>(), expected, "{}", file.path);
        }
    }

    #[test]
    fn a_workflow_has_the_credentials_for_the_store_of_the_state_and_for_no_other() {
        let credentials = |state: &str| {
            let settings = Settings { state: Some(state), ..SETTINGS };
            let text = file(".github/workflows/koctl-drift.yml").text(settings, &[]).unwrap();
            parse_value(&text).unwrap();
            let lines = text.lines().filter(|line| line.contains(FOR_STORES));
            lines.map(|line| line.trim().split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(credentials("github://Acme/platform/koctl-state"), none);
        assert_eq!(credentials("s3://states/koctl"), ["id-token", "aws-role", "aws-region", "AWS_REGION"]);
        let google = ["id-token", "google-provider", "google-service-account", "GOOGLE_OAUTH_ACCESS_TOKEN"];
        assert_eq!(credentials("gs://states"), google);
        assert!(credentials("az://states").contains(&"AZURE_USE_AZURE_CLI".to_owned()));
        assert_eq!(credentials("postgres://koctl@host/states"), ["PGPASSWORD"]);
        assert_eq!(credentials("https://gitlab.example.com/state"), ["TF_HTTP_USERNAME", "TF_HTTP_PASSWORD"]);
    }

    #[test]
    fn steps_that_only_read_take_a_token_that_may_only_read_where_there_is_one() {
        let value = |path: &str| {
            let text = file(path).text(SETTINGS, &["ACME_TOKEN".to_owned()]).unwrap();
            let workflow = parse_value(&text).unwrap();
            token_steps(&workflow)[0].env["ACME_TOKEN"].clone()
        };
        let plan = "${{ secrets.ACME_TOKEN_READONLY || secrets.ACME_TOKEN }}";
        assert_eq!(value(".github/workflows/koctl-plan.yml"), plan);
        assert_eq!(value(".github/workflows/deck-sync.yml"), "${{ secrets.ACME_TOKEN }}");
    }

    #[test]
    fn every_file_that_takes_tokens_takes_several_and_lists_them_in_their_order() {
        let wanted = ["ZEBRA_TOKEN".to_owned(), "ACME_TOKEN".to_owned()];
        let takers: Vec<&File> = FILES.iter().filter(|file| file.takes_tokens()).collect();
        assert!(takers.len() >= 3, "plan, apply and drift need the tokens at least");
        for file in takers {
            let text = file.text(SETTINGS, &wanted).unwrap();
            assert_eq!(tokens(&text), wanted, "{}", file.path);
            let plain = file.text(SETTINGS, &[]).unwrap();
            let steps = token_steps(&parse_value(&plain).unwrap()).len();
            let new = text.lines().count() - plain.lines().count();
            assert_eq!(new, wanted.len() * steps, "{}: {text}", file.path);
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
