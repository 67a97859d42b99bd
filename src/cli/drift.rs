//! `koctl drift`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgGroup;
use secrecy::SecretString;

use super::common::{ManifestArgs, SystemArgs, same_place, with_session};
use super::environment::of_process;
use super::outcome::Outcome;
use super::output::Output;
use crate::manifest::files;
use crate::operations::notify::{self, IssueChange, Webhook, append, put_in_place};
use crate::operations::{self, DriftRequest, Failure, Failures, Session, Watched, schemas};
use crate::report;
use engine::drift::{DriftReport, Look, Reason};
use transport::variable;

/// Show what changed outside koctl, and change nothing.
///
/// Compares the state with the live systems, whatever the configuration says: what was changed, from what to what, what
/// was deleted, and which teams, control planes, portals and APIs are not managed. The exit code is 0 if there is no
/// drift, 2 if there is, and 1 if an organization could not be read; the others are shown all the same.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("webhook").args(["notify", "notify_env"]))]
pub(super) struct Args {
    /// Only compare what koctl manages; do not look for objects that are not managed.
    #[arg(long)]
    managed_only: bool,

    /// How long to wait for an apply that is running, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,

    /// Leave out an organization on which an apply is running, instead of failing.
    #[arg(long)]
    skip_locked: bool,

    /// Print nothing if there is no drift.
    #[arg(long, short)]
    quiet: bool,

    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    notifications: NotificationArgs,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

/// Where to report the drift in addition.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Notifications")]
struct NotificationArgs {
    /// Append a Markdown page to FILE, for example to `$GITHUB_STEP_SUMMARY`.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// Write metrics to FILE, in the text format of Prometheus: for node_exporter's textfile collector.
    #[arg(long, value_name = "FILE")]
    prometheus: Option<PathBuf>,

    /// Send the JSON document to URL if there is drift, or if an organization could not be read.
    ///
    /// Slack and similar services show its field `text`. Other users of the machine can read the command line: if the
    /// address is a secret, use --notify-env.
    #[arg(long, value_name = "URL")]
    notify: Option<SecretString>,

    /// Like --notify, with the address in the variable VARIABLE.
    #[arg(long, value_name = "VARIABLE")]
    notify_env: Option<String>,

    /// Maintain one issue in the platform repository: opened and updated while there is drift, closed when it is gone.
    #[arg(long)]
    github_issue: bool,
}

impl NotificationArgs {
    /// Checks the targets as far as possible before anything is done. Returns the webhook.
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

    /// The webhook, if one is given.
    fn webhook(&self) -> Result<Option<Webhook>, Failure> {
        let from_variable = |name: &String| {
            variable(&of_process(), name).map(SecretString::from).ok_or_else(|| {
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

    /// The two ways on: to what the configuration says, and to what there is. What is not managed is in no plan.
    fn next(&self, report: &DriftReport) -> String {
        let flags = same_place(&self.manifest, &self.system);
        if report.findings().all(|(_, findings)| findings.drift.is_empty()) {
            return format!(
                "write what is to stay into the configuration, so that `koctl plan{flags}` takes it over; delete the rest in \
                 Konnect, or list it in `platform.drift.ignore`."
            );
        }
        format!("`koctl plan{flags}` shows what to undo, `koctl plan --refresh-only{flags}` what to keep.")
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    match begin(args, output).await {
        Ok(looked) => looked,
        Err(failures) => {
            if args.json {
                let report = operations::drift_not_begun(&failures);
                document(&report, output);
            }
            Err(failures)
        }
    }
}

/// Writes the report for programs.
fn document(report: &DriftReport, output: &Output) {
    output.json(&format!("{:#}", report::drift::document(report, schemas())));
}

/// The result of the look.
///
/// # Errors
/// If it could not begin.
async fn begin(args: &Args, output: &Output) -> Result<Result<Outcome, Failures>, Failures> {
    let webhook = args.notifications.check()?;
    let look = async |session: &Session| Ok(look(args, webhook, session, output).await);
    with_session(&args.manifest, &args.system, output, look).await
}

async fn look(args: &Args, webhook: Option<Webhook>, session: &Session, output: &Output) -> Result<Outcome, Failures> {
    let progress = output.watching(args.quiet);
    let Watched { report, warnings } = operations::drift(session, args.request(), &progress).await;
    output.end(&progress);
    show(args, output, &report);
    // Even a quiet run must report what it has not compared.
    output.warnings(&warnings);
    note_skipped(output, &report);
    let mut failures = failures(&report);
    let notifications = Notifications { args, output, session, report: &report };
    failures.extend(notifications.files());
    failures.extend(notifications.webhook(webhook).await.err());
    failures.extend(notifications.issue().await.err());
    if report.has_drift() && !args.quiet && !args.json {
        output.next(&args.next(&report));
    }
    failures.none_or(if report.has_drift() { Outcome::Differences } else { Outcome::Done })
}

fn show(args: &Args, output: &Output, report: &DriftReport) {
    // A program learns only from the document what could not be compared.
    let is_silent = if args.json { report.is_complete() } else { true };
    if args.quiet && is_silent && !report.has_drift() {
        return;
    }
    if args.json {
        return document(report, output);
    }
    output.screen(&report::terminal::drift(report, schemas(), &output.style()));
}

fn note_skipped(output: &Output, report: &DriftReport) {
    for scope in &report.scopes {
        if let Look::Skipped(because) = &scope.outcome {
            output.note(&format!("Left out {}: {}.", report::safe(&scope.scope), report::safe(because)));
        }
    }
}

/// The metrics that an earlier run wrote to `file`. Empty if it does not exist yet, or is not a regular file.
///
/// # Errors
/// If it holds something else: a mistyped name must not cost a configuration.
fn earlier_metrics(file: &Path) -> Result<String, Failure> {
    if !file.is_file() {
        return Ok(String::new());
    }
    let bytes = files::read(file, files::LARGEST_DOCUMENT).map_err(|error| {
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
fn failures(report: &DriftReport) -> Failures {
    let reasons = report.scopes.iter().filter_map(|scope| match &scope.outcome {
        Look::Failed(reasons) => Some(reasons.iter().map(move |reason| (&scope.scope, reason))),
        _ => None,
    });
    let failure = |(scope, Reason { message, help }): (&String, &Reason)| {
        let failure = Failure::new(message).of(scope);
        help.iter().fold(failure, |failure, help| failure.help(help))
    };
    reasons.flatten().map(failure).collect()
}

/// The drift, and where it is reported in addition.
struct Notifications<'a> {
    args: &'a Args,
    output: &'a Output,
    session: &'a Session,
    report: &'a DriftReport,
}

impl Notifications<'_> {
    /// Writes the files of the flags. Returns why one could not be written.
    fn files(&self) -> Failures {
        let page = |file: &PathBuf| append(file, &report::drift::markdown(self.report, schemas()));
        let markdown = self.args.notifications.markdown.as_ref().map_or(Ok(()), page);
        let prometheus = self.args.notifications.prometheus.as_ref().map_or(Ok(()), |file| self.metrics(file));
        [markdown, prometheus].into_iter().filter_map(Result::err).collect()
    }

    fn metrics(&self, file: &Path) -> Result<(), Failure> {
        put_in_place(file, &report::drift::prometheus(self.report, &earlier_metrics(file)?))
    }

    async fn webhook(&self, webhook: Option<Webhook>) -> Result<(), Failure> {
        match webhook {
            Some(webhook) if self.report.has_drift() || self.report.has_failed() => {
                notify::send(self.session, &webhook, &report::drift::document(self.report, schemas())).await
            }
            _ => Ok(()),
        }
    }

    async fn issue(&self) -> Result<(), Failure> {
        if !self.args.notifications.github_issue {
            return Ok(());
        }
        let page = report::drift::markdown(self.report, schemas());
        let change = match notify::update_issue(self.session, self.report, &page).await? {
            IssueChange::Opened(address) => format!("Opened the issue {address}."),
            IssueChange::Updated(address) => format!("Updated the issue {address}."),
            IssueChange::Closed(address) => format!("Closed the issue {address}."),
            IssueChange::None | IssueChange::Unchanged(_) => return Ok(()),
        };
        if !self.args.quiet {
            self.output.note(&change);
        }
        Ok(())
    }
}
