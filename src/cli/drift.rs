//! `koctl drift`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgGroup;
use secrecy::SecretString;

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::{DIFFERENCES, DONE, FAILED};
use crate::operations::tell::{Told, Webhook, append, put_in_place};
use crate::operations::{DriftRequest, Failure, Session, Watched, schemas};
use crate::report;
use engine::drift::{DriftReport, Look, Reason};

/// Show what somebody changed outside koctl, and change nothing.
///
/// Compares the state with the live systems, whatever the configuration says: what was changed, from what to what, what
/// was deleted, and which teams, control planes, portals and APIs no state knows. Exits with 0 when there is nothing of
/// it, 2 when there is, and 1 when an organization could not be read; the others are shown all the same.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("webhook").args(["notify", "notify_env"]))]
pub(super) struct Args {
    /// Only look at what koctl manages, not for objects that no state knows.
    #[arg(long)]
    managed_only: bool,

    /// How long to wait for somebody who is applying, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,

    /// Leave out an organization on which somebody is applying, instead of failing.
    #[arg(long)]
    skip_locked: bool,

    /// Print nothing where there is no drift.
    #[arg(long, short)]
    quiet: bool,

    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    telling: TellingArgs,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

/// Whom to tell besides.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Telling others")]
struct TellingArgs {
    /// Write a page at the end of FILE, as for `$GITHUB_STEP_SUMMARY`.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// Write metrics to FILE, in the text format of Prometheus: for node_exporter's textfile collector.
    #[arg(long, value_name = "FILE")]
    prometheus: Option<PathBuf>,

    /// Send the JSON document to URL where there is drift, or where an organization could not be read.
    ///
    /// Its field `text` is what Slack and others like it show. Other users of the machine can read the command line:
    /// an address that is a secret is better given by --notify-env.
    #[arg(long, value_name = "URL")]
    notify: Option<SecretString>,

    /// The same, with the address in the variable VARIABLE.
    #[arg(long, value_name = "VARIABLE")]
    notify_env: Option<String>,

    /// Keep one issue in the platform repository: opened and changed while there is drift, closed when it is gone.
    #[arg(long)]
    github_issue: bool,
}

impl TellingArgs {
    /// Where to tell, as far as that can be judged before anything is done.
    fn check(&self) -> Result<Option<Webhook>, Failure> {
        if self.markdown.is_some() && self.markdown == self.prometheus {
            let failure = Failure::new("a page and metrics cannot be in one file");
            return Err(failure.help("name two files with --markdown and --prometheus"));
        }
        if let Some(file) = &self.prometheus {
            earlier_metrics(file)?;
        }
        self.webhook()
    }

    /// The webhook, whose address is looked at before anything is done.
    fn webhook(&self) -> Result<Option<Webhook>, Failure> {
        let from_variable = |name: &String| {
            let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
            value.map(SecretString::from).ok_or_else(|| {
                Failure::new(format!("the variable {name}, which --notify-env names, is not set"))
                    .help("set it to the address of the webhook")
            })
        };
        let address = match (&self.notify, &self.notify_env) {
            (Some(address), _) => Some(address.clone()),
            (None, variable) => variable.as_ref().map(from_variable).transpose()?,
        };
        address.as_ref().map(Webhook::new).transpose()
    }
}

impl Args {
    fn request(&self) -> DriftRequest {
        DriftRequest {
            managed_only: self.managed_only,
            lock_timeout: Duration::from_secs(self.lock_timeout),
            skip_locked: self.skip_locked,
        }
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let webhook = match args.telling.check() {
        Ok(webhook) => webhook,
        Err(failure) => {
            output.failures(&[failure]);
            return FAILED;
        }
    };
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let progress = output.watching(args.quiet);
    let Watched { report, warnings } = session.drift(args.request(), &progress).await;
    output.end(&progress);
    show(args, output, &report);
    // Even a quiet run must not pass over what it has not looked at.
    for warning in &warnings {
        output.warning(warning);
    }
    tell_left_out(output, &report);
    let mut failures = failures(&report);
    let telling = Telling { args, output, session: &session, report: &report };
    failures.extend(telling.files());
    failures.extend(telling.webhook(webhook).await.err());
    failures.extend(telling.issue().await.err());
    session.close().await;
    output.failures(&failures);
    match failures.is_empty() {
        false => FAILED,
        true if report.has_drift() => DIFFERENCES,
        true => DONE,
    }
}

fn show(args: &Args, output: &Output, report: &DriftReport) {
    // A program is told of what could not be compared in the document alone.
    let is_silent = if args.json { report.is_complete() } else { true };
    if args.quiet && is_silent && !report.has_drift() {
        return;
    }
    if args.json {
        return output.data(&format!("{:#}", report::drift::document(report, schemas())));
    }
    output.data(&report::terminal::drift(report, schemas(), &output.style()));
}

fn tell_left_out(output: &Output, report: &DriftReport) {
    for scope in &report.scopes {
        if let Look::Skipped(because) = &scope.outcome {
            output.note(&format!("Left out {}: {}.", report::safe(&scope.scope), report::safe(because)));
        }
    }
}

/// The metrics that an earlier look has written to `file`; none where it is not there yet, or is no file.
///
/// # Errors
/// When it holds something else: a mistyped name must not cost a configuration.
fn earlier_metrics(file: &Path) -> Result<String, Failure> {
    if !file.is_file() {
        return Ok(String::new());
    }
    let bytes = std::fs::read(file).map_err(|error| {
        let failure = Failure::new(format!("could not read the earlier metrics in {}: {error}", file.display()));
        failure.help("make the file readable, or name another one")
    })?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if text.trim().is_empty() || report::drift::is_prometheus(&text) {
        return Ok(text);
    }
    let failure = Failure::new(format!("could not write metrics to {}: it holds something else", file.display()));
    Err(failure.help("name another file, or delete that one first"))
}

/// Why scopes could not be read.
fn failures(report: &DriftReport) -> Vec<Failure> {
    let reasons = report.scopes.iter().filter_map(|scope| match &scope.outcome {
        Look::Failed(reasons) => Some(reasons.iter().map(move |reason| (&scope.scope, reason))),
        _ => None,
    });
    let failure = |(scope, Reason { message, help }): (&String, &Reason)| Failure {
        scope: Some(scope.clone()),
        message: message.clone(),
        help: help.clone(),
    };
    reasons.flatten().map(failure).collect()
}

/// What was found, and who is told of it.
struct Telling<'a> {
    args: &'a Args,
    output: &'a Output,
    session: &'a Session,
    report: &'a DriftReport,
}

impl Telling<'_> {
    /// Writes the files that were asked for, and returns why one could not be written.
    fn files(&self) -> Vec<Failure> {
        let page = |file: &PathBuf| append(file, &report::drift::markdown(self.report, schemas()));
        let markdown = self.args.telling.markdown.as_ref().map_or(Ok(()), page);
        let prometheus = self.args.telling.prometheus.as_ref().map_or(Ok(()), |file| self.metrics(file));
        [markdown, prometheus].into_iter().filter_map(Result::err).collect()
    }

    fn metrics(&self, file: &Path) -> Result<(), Failure> {
        put_in_place(file, &report::drift::prometheus(self.report, &earlier_metrics(file)?))
    }

    async fn webhook(&self, webhook: Option<Webhook>) -> Result<(), Failure> {
        match webhook {
            Some(webhook) if self.report.has_drift() || self.report.has_failed() => {
                self.session.notify(&webhook, &report::drift::document(self.report, schemas())).await
            }
            _ => Ok(()),
        }
    }

    async fn issue(&self) -> Result<(), Failure> {
        if !self.args.telling.github_issue {
            return Ok(());
        }
        let page = report::drift::markdown(self.report, schemas());
        let told = match self.session.tell_issue(self.report, &page).await? {
            Told::Opened(address) => format!("Opened the issue {address}."),
            Told::Updated(address) => format!("Updated the issue {address}."),
            Told::Closed(address) => format!("Closed the issue {address}."),
            Told::Nothing | Told::Unchanged(_) => return Ok(()),
        };
        if !self.args.quiet {
            self.output.note(&told);
        }
        Ok(())
    }
}
