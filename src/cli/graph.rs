//! `koctl graph`

use super::common::{ManifestArgs, SystemArgs, with_session};
use super::outcome::Outcome;
use super::output::Output;
use crate::operations::{Failures, desired};
use crate::report;

/// Print the graph of the resources in the configuration.
///
/// An arrow points from a resource to what it depends on. `koctl graph | dot -Tsvg > graph.svg` draws it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The format of the graph.
    #[arg(long, value_enum, default_value_t = report::graph::Format::Dot)]
    format: report::graph::Format,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let resources = with_session(&args.manifest, &args.system, output, async |session| desired(session).await).await?;
    output.data(&report::graph::draw(&resources, args.format));
    Ok(Outcome::Done)
}
