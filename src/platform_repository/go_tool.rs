//! The files that the Go koctl leaves in a platform repository, and which of them are still as it wrote them.
//!
//! Its workflows do what koctl's do, so both would convert, sync and apply. Its texts are not here: a workflow is
//! recognised by the digest of what it does. What differs between the versions of the Go tool does not count: formatting,
//! comments, the versions of tools, and the secrets that a step gets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::manifest::document::parse_value;

/// The repository that the Go koctl is released in.
const RELEASES: &str = "Kong/konnect-orchestrator";
/// The action that its workflow installs it with.
const INSTALLER: &str = "jaxxstorm/action-install-gh-release@";

/// A file of the Go koctl.
#[derive(Debug, PartialEq, Eq)]
pub struct Relic {
    /// The path in the repository.
    pub path: &'static str,
    /// What it does beside koctl's own files, for messages. `None` if it does nothing by itself.
    pub clash: Option<&'static str>,
    recognised: Recognised,
}

/// How the Go koctl's own text is recognised.
#[derive(Debug, PartialEq, Eq)]
enum Recognised {
    /// It installs and runs the Go koctl, and does nothing else.
    ByItsSteps,
    /// By the digests of its versions.
    ByDigest(&'static [&'static str]),
}

macro_rules! relics {
    ($($path:literal $clash:expr, $recognised:expr;)*) => {
        &[$(Relic { path: $path, clash: $clash, recognised: $recognised }),*]
    };
}

/// All files of the Go koctl that are of no use to koctl. Its configuration is koctl's too.
pub static RELICS: &[Relic] = relics! {
    ".github/workflows/konnect-koctl-apply.yaml"
        Some("applies the configuration with the Go koctl"), Recognised::ByItsSteps;
    ".github/workflows/konnect-deck-sync.yaml"
        Some("syncs control planes"), Recognised::ByDigest(&[
            "f5cb72ae8f3d3eccb64b031f7e228c9d17563367d86d4808b1ed34b69110ae4f",
        ]);
    ".github/workflows/konnect-spec-to-deck.yaml"
        Some("converts specifications"), Recognised::ByDigest(&[
            "5fbe3d6292e4a86cb341fb09ce093a92d80334cafaddfe2d75c25b159f07e25c",
        ]);
    ".github/workflows/konnect-stage-deck-change.yaml"
        Some("merges and compares what was converted"), Recognised::ByDigest(&[
            "c49a3429a14095ee4ce6782c9b6a2c437315359d6cef9165e339c6dcdafdf029",
        ]);
    ".github/workflows/konnect-lint-oas.yaml"
        Some("checks specifications"), Recognised::ByDigest(&[
            "1718582106b7b834ae03080b8ae7e627ea4a58605ba8a0570db1333897ffae34",
        ]);
    ".github/workflows/konnect-lint-deck.yaml"
        Some("checks what was converted"), Recognised::ByDigest(&[
            "905de40c8ee0bdf2927345bf2e6c26ab7eedc45273151de043e7c1b6e455545b",
        ]);
    // Its text is not known: it counts as edited.
    "konnect/oas-file-rules.yaml" None, Recognised::ByDigest(&[]);
    "konnect/deck-file-rules.yaml" None, Recognised::ByDigest(&[
        "30c87d6b5eeace730b86b5074f2413359b61a3b72e47561050800110180e3593",
        "ffe044071f2ca3b46dcbe43f944bd85a053780fff7dbb1ff83887c8137cc8cf2",
    ]);
};

/// A file of the Go koctl in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundRelic {
    /// Which one.
    pub relic: &'static Relic,
    /// True if it is as the Go koctl wrote it. Only then koctl deletes it.
    pub is_unedited: bool,
}

/// The files of the Go koctl among files with these texts by path.
#[must_use]
pub fn found(texts: &BTreeMap<String, String>) -> Vec<FoundRelic> {
    let relic = |relic: &'static Relic| {
        let text = texts.get(relic.path)?;
        Some(FoundRelic { relic, is_unedited: relic.recognised.is_text(text) })
    };
    RELICS.iter().filter_map(relic).collect()
}

impl Recognised {
    fn is_text(&self, text: &str) -> bool {
        let Ok(document) = parse_value(text) else { return false };
        match self {
            Self::ByItsSteps => only_applies(&document),
            Self::ByDigest(digests) => digests.contains(&imprint(&document).as_str()),
        }
    }
}

/// True for a workflow with one job, whose steps check out, install the Go koctl, and run `koctl apply`.
fn only_applies(workflow: &Value) -> bool {
    let has_only = |value: &Value, keys: &[&str]| {
        value.as_object().is_some_and(|entries| entries.keys().all(|key| keys.contains(&key.as_str())))
    };
    let jobs: Vec<&Value> = workflow["jobs"].as_object().into_iter().flatten().map(|(_, job)| job).collect();
    let [job] = jobs.as_slice() else { return false };
    let steps = job["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let runs = |step: &&Value| step["run"].as_str().is_some_and(|script| script.trim() == "koctl apply");
    let is_known = |step: &Value| {
        let uses = step["uses"].as_str().unwrap_or_default();
        let installs = uses.starts_with(INSTALLER) && step["with"]["repo"] == RELEASES;
        let checks_out = uses.starts_with("actions/checkout@") && step.get("with").is_none();
        (installs || checks_out || runs(&step)) && step["env"].as_object().is_none_or(|env| env.iter().all(is_given))
    };
    has_only(workflow, &["name", "on", "jobs"])
        && has_only(job, &["name", "runs-on", "steps"])
        && steps.iter().filter(runs).count() == 1
        && steps.iter().all(is_known)
}

/// True for a variable that `koctl add organization` of the Go tool adds to a step, or that its versions differ in.
fn is_given((name, value): (&String, &Value)) -> bool {
    let value = value.as_str().unwrap_or_default();
    let inside = value.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    let secret = inside.and_then(|inside| inside.strip_prefix("secrets."));
    let is_secret = secret.is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    is_secret || name == "GITHUB_REPO_URL"
}

/// The digest of what a document says.
fn imprint(document: &Value) -> String {
    let plain = plain(document).to_string();
    hex::encode(Sha256::digest(plain))
}

/// The document without what differs between versions, and with scalars as texts.
fn plain(value: &Value) -> Value {
    match value {
        Value::Null => Value::String(String::new()),
        Value::String(text) => text.trim().into(),
        Value::Bool(_) | Value::Number(_) => value.to_string().into(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(entries) => {
            let kept = entries.iter().filter_map(|(key, value)| match (key.as_str(), value) {
                ("deck-version", _) => None,
                ("env", Value::Object(env)) => {
                    let own = env.iter().filter(|variable| !is_given(*variable));
                    let own: Map<_, _> = own.map(|(name, value)| (name.clone(), plain(value))).collect();
                    (!own.is_empty()).then(|| (key.clone(), own.into()))
                }
                (_, value) => Some((key.clone(), plain(value))),
            });
            Value::Object(kept.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workflow that does the same as the one of the Go koctl, in other words.
    const APPLIES: &str = "\
name: Apply
on: {push: {branches: [main]}}
jobs:
  apply:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v3
      - uses: jaxxstorm/action-install-gh-release@v2.0.0
        with: {repo: Kong/konnect-orchestrator, tag: v0.8.0}
      - env:
          GITHUB_REPO_URL: https://github.com/${{ github.repository }}
          ACME_KONNECT_TOKEN: ${{secrets.ACME_KONNECT_TOKEN}}
        run: |
          koctl apply
";

    fn is_unedited(path: &str, text: &str) -> bool {
        let found = found(&BTreeMap::from([(path.to_owned(), text.to_owned())]));
        found.as_slice().first().unwrap().is_unedited
    }

    #[test]
    fn a_repository_without_its_files_has_no_relics() {
        let ours = super::super::FILES.iter().map(|file| (file.path.to_owned(), file.text.to_owned()));
        assert_eq!(found(&ours.collect()), []);
    }

    #[test]
    fn the_workflow_that_applies_is_recognised_by_what_its_steps_do_whatever_tokens_they_get() {
        let path = RELICS[0].path;
        assert!(is_unedited(path, APPLIES));
        assert!(is_unedited(path, &APPLIES.replace(", tag: v0.8.0", "")));
        for (from, to) in [
            ("          koctl apply\n", "          koctl apply\n          ./notify.sh\n"),
            ("      - env:", "      - run: make\n      - env:"),
            ("    runs-on:", "    environment: prod\n    runs-on:"),
            ("${{secrets.ACME_KONNECT_TOKEN}}", "${{ vars.ACME }}"),
            ("Kong/konnect-orchestrator", "Acme/fork"),
            ("jobs:\n", "jobs:\n  more: {runs-on: ubuntu-latest, steps: [{run: make}]}\n"),
            ("name: Apply", "name: [Apply"),
        ] {
            assert!(APPLIES.contains(from), "{from}");
            assert!(!is_unedited(path, &APPLIES.replace(from, to)), "{from} -> {to}");
        }
    }

    #[test]
    fn an_imprint_says_nothing_of_form_versions_of_tools_and_secrets_and_everything_of_the_rest() {
        let imprint = |text: &str| super::imprint(&parse_value(text).unwrap());
        let steps = |more: &str| {
            format!("steps:\n  - with: {{deck-version: '1', wrapper: false}}\n    run: |\n      deck\n{more}")
        };
        let known = imprint(&steps(""));
        for same in [
            "# A comment\nsteps: [{run: deck, with: {wrapper: \"false\"}}]",
            &steps("").replace("'1'", "'2'"),
            &steps("    env: {T: '${{ secrets.T }}'}\n"),
        ] {
            assert_eq!(imprint(same), known, "{same}");
        }
        for other in [steps("").replace("deck\n", "deck -v\n"), steps("    env: {T: t}\n"), steps("    if: false\n")] {
            assert_ne!(imprint(&other), known, "{other}");
        }
    }

    #[test]
    fn a_file_in_the_place_of_one_is_edited_if_its_text_is_another() {
        for relic in RELICS {
            for text in ["", "rules: {}\n", "on: push\n", "{"] {
                assert!(!is_unedited(relic.path, text), "{}", relic.path);
            }
        }
    }
}
