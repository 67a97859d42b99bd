//! `koctl schema`

use super::DONE;
use super::output::Output;

/// Print the JSON Schema of the configuration, for editors.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print that of stored states instead.
    #[arg(long)]
    state: bool,
}

pub(super) fn run(args: &Args, output: &Output) -> u8 {
    let schema = if args.state { engine::state::json_schema() } else { crate::manifest::model::json_schema() };
    output.data(&format!("{schema:#}"));
    DONE
}
