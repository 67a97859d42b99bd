//! `koctl schema`

use super::DONE;
use super::output::Output;

/// Print the JSON Schema of the configuration, for editors.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: &Args, output: &Output) -> u8 {
    output.data(&format!("{:#}", crate::manifest::model::json_schema()));
    DONE
}
