//! Applies what the sandbox's platform repository has, in the place of the workflow that does it on GitHub.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;

use super::apply::{Applied, Settings, apply};
use super::approved::Approved;
use super::failure::{Failure, Failures};
use super::locks::Locks;
use super::onboarding::Onboarding;
use super::plan::plan;
use super::request::PlanRequest;
use super::session::Session;
use crate::manifest::load::load;
use crate::manifest::{Loaded, Sources};
use engine::progress::Silent;

/// The number of resources that are worked on at the same time.
const PARALLELISM: usize = 10;
/// How long another apply is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

impl Onboarding {
    /// Applies the configuration on the base branch, except for what deletes or replaces the work of others. Returns true
    /// if anything was changed.
    ///
    /// # Errors
    /// If this is not the sandbox: elsewhere, the workflow of the platform repository applies, with tokens that the portal
    /// does not have. If the configuration is not valid, and everything that could not be applied.
    pub async fn apply_in_sandbox(&self) -> Result<bool, Failures> {
        if !self.is_in_sandbox() {
            let failure = Failure::new("the portal applies nothing outside of the sandbox");
            return Err(failure.help("run the workflow `koctl apply` of the platform repository").into());
        }
        let _one = self.applying.lock().await;
        let folder = TempDir::new().map_err(|error| {
            Failure::new(format!("could not create a folder for the configuration: {error}"))
                .help("check TMPDIR, and that the disk is not full")
        })?;
        let session = self.about(self.checked_out(folder.path()).await?);
        let (locks, locked_out) = Locks::of_all(&session, "apply", PATIENCE).await;
        let applied = planned_and_applied(&session, locks).await;
        session.close().await;
        let has_changed = applied?;
        locked_out.none_or(has_changed)
    }

    /// The configuration on the base branch, with the files beside it. It is written to `folder`.
    async fn checked_out(&self, folder: &Path) -> Result<Loaded, Failures> {
        let (client, repository) = (self.reader(), self.repository());
        let snapshot = client.snapshot(repository, &self.tip().await?).await?;
        let leads_out = |path: &str| path.split('/').any(|part| part == "..");
        let is_meant = |path: &str| path.starts_with("konnect/") && !path.contains("/envs/") && !leads_out(path);
        for (path, blob) in snapshot.files.iter().filter(|(path, _)| is_meant(path)) {
            let bytes = client.blob(repository, blob).await?;
            write(&folder.join(path), &bytes).map_err(|error| {
                Failure::new(format!("could not write {path} of {repository} to a folder: {error}"))
                    .help("check TMPDIR, and that the disk is not full")
            })?;
        }
        let mut loaded = load(&Sources::directory(folder))?;
        // Tokens in files are read from where the sandbox was started.
        loaded.directory = Loaded::empty().directory;
        Ok(loaded)
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

async fn planned_and_applied(session: &Session, locks: Locks) -> Result<bool, Failures> {
    let request = PlanRequest { skip_guarded: true, ..PlanRequest::default() };
    let planned = match plan(session, &request, Some(&locks), &Silent).await {
        Ok(planned) => planned,
        Err(failure) => {
            let mut failures = Failures::from(failure);
            failures.extend(locks.release().await);
            return Err(failures);
        }
    };
    let mut failures = planned.failures;
    if !planned.plan.has_work() {
        failures.extend(locks.release().await);
        return failures.none_or(false);
    }
    // What needs a person was left out of the plan.
    let approved = match Approved::by_flags(&planned.plan, false) {
        Ok(approved) => approved,
        Err(refused) => {
            failures.push(Failure::new(refused.to_string()).help("run `koctl apply --sandbox`, which asks"));
            failures.extend(locks.release().await);
            return Err(failures);
        }
    };
    let (_stop, stopped) = watch::channel(false);
    let settings = Settings { parallelism: PARALLELISM, stop: stopped };
    let Applied { outcomes, failures: others } = apply(session, approved, locks, settings, &Silent).await;
    failures.extend(others);
    // What was skipped was skipped because of these.
    let failed = outcomes
        .into_iter()
        .flat_map(|(scope, outcome)| outcome.failed.into_iter().map(move |(_, error)| Failure::from(error).of(&scope)));
    failures.extend(failed);
    failures.none_or(true)
}
