//! `koctl version`

use serde_json::json;

use super::outcome::Outcome;
use super::output::Output;

/// Print the version.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        output.json(&json!({ "version": version }).to_string());
    } else {
        output.screen(&format!("koctl {version}"));
    }
    Outcome::Done
}
