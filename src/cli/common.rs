//! Flags that commands share, and the way from them to a session.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::Output;
use crate::manifest::model::Region;
use crate::manifest::{Loaded, Sources, load};
use crate::operations::{Environment, Session, SessionOptions};
use engine::state::shell_word;

/// Which files make up the configuration.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct ManifestArgs {
    /// One file with everything: `platform`, `teams` and `organizations`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["teams", "orgs", "platform"])]
    file: Option<PathBuf>,

    /// The file with the teams [default: konnect/teams.yaml].
    #[arg(long, value_name = "FILE")]
    teams: Option<PathBuf>,

    /// The file with the organizations [default: konnect/organizations.yaml].
    #[arg(long, value_name = "FILE")]
    orgs: Option<PathBuf>,

    /// The file with the platform's settings [default: konnect/platform.yaml, where there is one].
    #[arg(long, value_name = "FILE")]
    platform: Option<PathBuf>,
}

impl ManifestArgs {
    /// Whether there is a configuration to load: named by a flag, or in its usual place.
    pub(super) fn is_there(&self) -> bool {
        let named = [&self.file, &self.teams, &self.orgs, &self.platform].into_iter().any(Option::is_some);
        named || ["teams.yaml", "organizations.yaml"].iter().any(|file| Path::new("konnect").join(file).exists())
    }

    /// Loads and checks the configuration; shows what is wrong with it.
    pub(super) fn load(&self, output: &Output) -> Option<Loaded> {
        let sources = Sources {
            directory: PathBuf::new(),
            file: self.file.clone(),
            teams: self.teams.clone(),
            organizations: self.orgs.clone(),
            platform: self.platform.clone(),
        };
        load(&sources).map_err(|diagnostics| output.diagnostics(&diagnostics)).ok()
    }
}

/// Where the state is, and whether the systems are real.
#[derive(Debug, Args)]
#[command(next_help_heading = "State and systems")]
pub(super) struct SystemArgs {
    /// Where the state is kept: `file:DIR`, `github://OWNER/REPOSITORY/BRANCH`, `postgres://…`, `https://…` and others.
    ///
    /// Without it: the variable KOCTL_STATE, then `platform.state.url`, then `file:.koctl/state`. In the sandbox:
    /// the folder `state` of the sandbox.
    #[arg(long, value_name = "URL")]
    state: Option<String>,

    /// Run against a local Konnect and GitHub in this process, which keep their data in DIR.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = ".koctl/sandbox")]
    sandbox: Option<PathBuf>,
}

impl SystemArgs {
    /// The directory of the sandbox, where one stands for the systems.
    pub(super) fn sandbox(&self) -> Option<&Path> {
        self.sandbox.as_deref()
    }

    /// Where the state is kept, if a flag or a variable says so. What is tried out in the sandbox does not mix with the
    /// state that the variable names.
    pub(super) fn state(&self, environment: &Environment) -> Option<String> {
        let variable = || environment("KOCTL_STATE").filter(|value| !value.trim().is_empty());
        self.state.clone().or_else(|| if self.sandbox.is_some() { None } else { variable() })
    }

    /// The flags that run another command on the same systems and with the same state from another directory, each with
    /// a blank before it. Of the state, no more is told than that: its address may hold a password.
    pub(super) fn flags_elsewhere(&self) -> String {
        let state = self.state.as_ref().map(|_| " --state …".to_owned());
        let absolute = |directory: &PathBuf| std::path::absolute(directory).unwrap_or_else(|_| directory.clone());
        let sandbox = self
            .sandbox
            .as_ref()
            .map(|directory| format!(" --sandbox={}", shell_word(&absolute(directory).display().to_string())));
        [state, sandbox].into_iter().flatten().collect()
    }

    /// The flag that runs another command on the same sandbox, with a blank before it; nothing outside one.
    pub(super) fn sandbox_flag(&self) -> String {
        self.sandbox.as_ref().map(|directory| format!(" --sandbox={}", directory.display())).unwrap_or_default()
    }
}

/// A region, as a flag or an answer names it.
pub(super) fn region(text: &str) -> Result<Region, String> {
    serde_json::from_value(text.into()).map_err(|_| "it is one of us, eu, au, me, in and sg".to_owned())
}

/// Opens a session; shows why it cannot be opened.
pub(super) async fn open(manifest: &ManifestArgs, system: &SystemArgs, output: &Output) -> Option<Session> {
    let options = SessionOptions {
        loaded: manifest.load(output)?,
        state: system.state.clone(),
        sandbox: system.sandbox.clone(),
        environment: Box::new(|name| std::env::var(name).ok()),
    };
    Session::open(options).await.map_err(|failure| output.failures(&[failure])).ok()
}
