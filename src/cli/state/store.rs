//! The flags that say which state a subcommand works on.

use crate::cli::common::{ManifestArgs, SystemArgs};

/// Where the state is, as every subcommand takes it.
#[derive(Debug, clap::Args)]
pub(super) struct StoreArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,

    #[command(flatten)]
    pub(super) system: SystemArgs,
}
