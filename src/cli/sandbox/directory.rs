//! The flag that says where a sandbox is.

use std::path::{Path, PathBuf};

use crate::cli::common::DEFAULT_SANDBOX;
use crate::operations::Failure;

/// The directory of a sandbox, as all commands take it.
#[derive(Debug, clap::Args)]
pub(super) struct DirectoryArgs {
    /// The directory with the data of the sandbox.
    #[arg(long = "dir", value_name = "DIR", default_value = DEFAULT_SANDBOX)]
    pub(super) directory: PathBuf,
}

impl DirectoryArgs {
    /// The directory, in which there must be a sandbox.
    pub(super) fn existing(&self) -> Result<&Path, Failure> {
        if ::sandbox::exists(&self.directory) {
            return Ok(&self.directory);
        }
        let failure = Failure::new(format!("there is no sandbox in {}", self.directory.display()));
        Err(failure.help("run the command in the directory of its configuration, or name it with --dir"))
    }
}
