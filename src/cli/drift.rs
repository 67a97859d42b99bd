//! `koctl drift`

use std::time::Duration;

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::{DIFFERENCES, DONE, FAILED};
use crate::engine::drift::{DriftReport, Look, Reason};
use crate::operations::{DriftRequest, Failure, Watched, schema};
use crate::report;

/// Show what somebody changed outside koctl, and change nothing.
///
/// Compares the state with the live systems, whatever the configuration says: what was changed, from what to what, what
/// was deleted, and which teams, control planes, portals, APIs and identity providers no state knows. Exits with 0
/// when there is nothing of it, 2 when there is, and 1 when an organization could not be read; the others are shown
/// all the same.
#[derive(Debug, clap::Args)]
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
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
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
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let progress = output.watching(args.quiet);
    let Watched { report, warnings } = session.drift(args.request(), &progress).await;
    output.end(&progress);
    session.close().await;
    show(args, output, &report);
    for warning in warnings.iter().filter(|_| !args.quiet) {
        output.warning(warning);
    }
    output.failures(&failures(&report));
    match report {
        report if report.has_failed() => FAILED,
        report if report.has_drift() => DIFFERENCES,
        _ => DONE,
    }
}

fn show(args: &Args, output: &Output, report: &DriftReport) {
    if args.quiet && !report.has_drift() {
        return;
    }
    if args.json {
        return output.data(&format!("{:#}", report::drift::document(report, &schema)));
    }
    output.data(&report::terminal::drift(report, &schema, &output.style()));
    for scope in &report.scopes {
        if let Look::Skipped(because) = &scope.outcome {
            output.note(&format!("Left out {}: {}.", report::safe(&scope.scope), report::safe(because)));
        }
    }
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
