//! `koctl graph`

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::{DONE, FAILED};
use crate::report;

/// Print the graph of the resources that the configuration describes.
///
/// An arrow points from a resource to what it depends on. `koctl graph | dot -Tsvg > graph.svg` draws it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The language to print it in.
    #[arg(long, value_enum, default_value_t = report::graph::Format::Dot)]
    format: report::graph::Format,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let code = match session.desired().await {
        Ok(resources) => {
            output.data(&report::graph::draw(&resources, args.format));
            DONE
        }
        Err(failures) => {
            output.failures(&failures);
            FAILED
        }
    };
    session.close().await;
    code
}
