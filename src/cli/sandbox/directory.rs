//! The flag that says where a sandbox is.

use std::path::PathBuf;

use crate::cli::common::DEFAULT_SANDBOX;

/// The directory of a sandbox, as all commands take it.
#[derive(Debug, clap::Args)]
pub(super) struct DirectoryArgs {
    /// The directory with the data of the sandbox.
    #[arg(long = "dir", value_name = "DIR", default_value = DEFAULT_SANDBOX)]
    pub(super) directory: PathBuf,
}
