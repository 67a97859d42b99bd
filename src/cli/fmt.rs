//! `koctl fmt`

use std::path::PathBuf;

use super::common::ManifestArgs;
use super::outcome::Outcome;
use super::output::Output;
use crate::operations::{Failures, format_files};
use crate::report;

/// Write the configuration in its usual form.
///
/// Indentation, spaces and quotes change; comments, order and meaning stay. Prints the names of the files that change.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The files [default: those of the configuration].
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,

    /// Change nothing. Exit with 2 if a file is not in its usual form.
    #[arg(long)]
    check: bool,

    /// Show the changes.
    #[arg(long)]
    diff: bool,

    #[command(flatten)]
    manifest: ManifestArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let paths = if args.paths.is_empty() { args.manifest.sources().existing() } else { args.paths.clone() };
    let (changed, failures) = format_files(&paths, args.check);
    for (name, before, after) in &changed {
        output.data(&format!("{}\n", report::safe(name)));
        if args.diff {
            output.screen(&report::terminal::edits(&[(name, before, after)], &output.style()));
        }
    }
    failures.none_or(match (args.check, changed.is_empty()) {
        (true, false) => Outcome::Differences,
        _ => Outcome::Done,
    })
}
