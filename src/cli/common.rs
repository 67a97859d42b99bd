//! Flags that commands share, and the session that they open.

use std::path::{Path, PathBuf};

use clap::Args;

use super::environment::of_process;
use super::output::Output;
use crate::compiler;
use crate::manifest::model::Region;
use crate::manifest::{Diagnostics, Loaded, Sources, load};
use crate::operations::{Environment, Failures, Session, SessionOptions};
use engine::state::{carries_secret, shell_word};
use transport::variable;

/// The files of the configuration.
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

    /// The file with the platform's settings [default: konnect/platform.yaml, if it exists].
    #[arg(long, value_name = "FILE")]
    platform: Option<PathBuf>,
}

impl ManifestArgs {
    /// True if there is a configuration to load: named by a flag, or in its default place.
    pub(super) fn is_there(&self) -> bool {
        let named = [&self.file, &self.teams, &self.orgs, &self.platform].into_iter().any(Option::is_some);
        named || ["teams.yaml", "organizations.yaml"].iter().any(|file| Path::new("konnect").join(file).exists())
    }

    /// The flags that run another command on the same files, each with a blank before it.
    pub(super) fn flags(&self) -> String {
        let Self { file, teams, orgs, platform } = self;
        let flags = [("--file", file), ("--teams", teams), ("--orgs", orgs), ("--platform", platform)];
        let given = flags.into_iter().filter_map(|(flag, file)| Some((flag, file.as_ref()?)));
        given.map(|(flag, file)| format!(" {flag} {}", shell_word(&file.display().to_string()))).collect()
    }

    /// Loads and checks the configuration.
    pub(super) fn load(&self) -> Result<Loaded, Diagnostics> {
        let loaded = load(&self.sources())?;
        compiler::check(&loaded)?;
        Ok(loaded)
    }

    /// The files.
    pub(super) fn sources(&self) -> Sources {
        Sources {
            directory: PathBuf::new(),
            file: self.file.clone(),
            teams: self.teams.clone(),
            organizations: self.orgs.clone(),
            platform: self.platform.clone(),
        }
    }
}

/// The directory of the sandbox if the flag names none.
pub(super) const DEFAULT_SANDBOX: &str = ".koctl/sandbox";

/// Where the state is, and if the systems are real.
#[derive(Debug, Args)]
#[command(next_help_heading = "State and systems")]
pub(super) struct SystemArgs {
    /// Where the state is kept: `file:DIR`, `github://OWNER/REPOSITORY/BRANCH`, `postgres://…`, `https://…` and others.
    ///
    /// The default is the variable KOCTL_STATE, then `platform.state.url`, then `file:.koctl/state`. With --sandbox, it is
    /// the folder `state` of the sandbox.
    #[arg(long, value_name = "URL")]
    state: Option<String>,

    /// Run against a local Konnect and GitHub in this process, with their data in DIR.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = DEFAULT_SANDBOX)]
    sandbox: Option<PathBuf>,
}

impl SystemArgs {
    /// The directory of the sandbox. `None` if the systems are real.
    pub(super) fn sandbox(&self) -> Option<&Path> {
        self.sandbox.as_deref()
    }

    /// The address of the state, if a flag or a variable gives one. The state of a sandbox must not mix with the state
    /// of the variable.
    pub(super) fn state(&self, environment: &Environment) -> Option<String> {
        let real = || if self.sandbox.is_some() { None } else { variable(environment, "KOCTL_STATE") };
        self.state.clone().or_else(real)
    }

    /// The flags that run another command on the same systems and with the same state, each with a blank before it.
    /// The address of the state is not shown if it has a password.
    pub(super) fn flags(&self) -> String {
        let state = self.state.as_deref().map(|url| if carries_secret(url) { "…".to_owned() } else { shell_word(url) });
        let state = state.map(|url| format!(" --state {url}")).unwrap_or_default();
        state + &self.sandbox_flag()
    }

    /// The flags that run another command on the same systems and with the same state from another directory, each with
    /// a blank before it. The address of the state is not shown, as it may hold a password.
    pub(super) fn flags_elsewhere(&self) -> String {
        let state = self.state.as_ref().map(|_| " --state …".to_owned());
        let absolute = |directory: &PathBuf| std::path::absolute(directory).unwrap_or_else(|_| directory.clone());
        let sandbox = self
            .sandbox
            .as_ref()
            .map(|directory| format!(" --sandbox={}", shell_word(&absolute(directory).display().to_string())));
        [state, sandbox].into_iter().flatten().collect()
    }

    /// The flag of `koctl sandbox …` that names the same sandbox, with a blank before it; empty for the default one.
    /// `None` if the systems are real.
    pub(super) fn sandbox_directory_flag(&self) -> Option<String> {
        let directory = self.sandbox.as_ref()?;
        let is_default = directory == Path::new(DEFAULT_SANDBOX);
        let flag = || format!(" --dir {}", shell_word(&directory.display().to_string()));
        Some(if is_default { String::new() } else { flag() })
    }

    /// The flag that runs another command on the same sandbox, with a blank before it. Empty without a sandbox.
    pub(super) fn sandbox_flag(&self) -> String {
        match &self.sandbox {
            None => String::new(),
            Some(directory) if directory == Path::new(DEFAULT_SANDBOX) => " --sandbox".to_owned(),
            Some(directory) => format!(" --sandbox={}", shell_word(&directory.display().to_string())),
        }
    }
}

/// A region, as a flag or an answer names it.
pub(super) fn region(text: &str) -> Result<Region, String> {
    serde_json::from_value(text.into()).map_err(|_| "a region is one of us, eu, au, me, in and sg".to_owned())
}

/// The flags that run another command on the same configuration, systems and state, each with a blank before it.
pub(super) fn same_place(manifest: &ManifestArgs, system: &SystemArgs) -> String {
    manifest.flags() + &system.flags()
}

/// Opens a session, does `work` in it, and closes it, also if the work failed. From then on, commands in messages have
/// the flags of this one.
pub(super) async fn with_session<T>(
    manifest: &ManifestArgs,
    system: &SystemArgs,
    output: &Output,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failures>,
) -> Result<T, Failures> {
    let loaded = manifest.load()?;
    in_session(loaded, manifest, system, output, work).await
}

/// The same for work on the state alone, which needs no configuration if something else says where the state is.
pub(super) async fn with_state<T>(
    manifest: &ManifestArgs,
    system: &SystemArgs,
    output: &Output,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failures>,
) -> Result<T, Failures> {
    let is_needed = manifest.is_there() || (system.sandbox.is_none() && system.state(&of_process()).is_none());
    let loaded = if is_needed { manifest.load()? } else { Loaded::empty() };
    in_session(loaded, manifest, system, output, async |session| {
        if !is_needed && !session.store().lists_scopes() {
            // Without a list of its states, only the configuration knows their names.
            manifest.load()?;
        }
        work(session).await
    })
    .await
}

/// The same, with a configuration that is loaded already.
pub(super) async fn in_session<T>(
    loaded: Loaded,
    manifest: &ManifestArgs,
    system: &SystemArgs,
    output: &Output,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failures>,
) -> Result<T, Failures> {
    output.place(same_place(manifest, system));
    let options = SessionOptions {
        loaded,
        state: system.state.clone(),
        sandbox: system.sandbox.clone(),
        environment: of_process(),
    };
    let session = Session::open(options).await?;
    let result = work(&session).await;
    session.close().await;
    result
}
