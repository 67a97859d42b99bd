//! `koctl schema`

use super::outcome::Outcome;
use super::output::Output;

/// Print the JSON Schema of the configuration, for editors.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the schema of stored states instead.
    #[arg(long)]
    state: bool,
}

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let schema = if args.state { engine::state::json_schema() } else { crate::manifest::model::json_schema() };
    output.json(&format!("{schema:#}"));
    Outcome::Done
}
