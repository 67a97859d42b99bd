//! `koctl spec diff`

use std::path::PathBuf;

use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::operations::{self, Failures};
use crate::report;

/// Show what the changes between two specifications mean for callers of the API.
///
/// The exit code is 0 if no change breaks callers, 2 if one does, and 1 if a specification could not be read.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The old specification: OpenAPI 3 in YAML or JSON, `-` for stdin.
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// The new specification.
    #[arg(value_name = "NEW")]
    new: PathBuf,

    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let changes = operations::spec_diff(&args.old, &args.new)?;
    if args.json {
        output.json(&format!("{:#}", report::spec_diff::document(&changes)));
    } else {
        output.screen(&report::spec_diff::text(&changes, output.style()));
    }
    Ok(if changes.is_breaking() { Outcome::Differences } else { Outcome::Done })
}
