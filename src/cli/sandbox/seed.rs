//! `koctl sandbox seed`

use std::path::{Path, PathBuf};

use super::directory::DirectoryArgs;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::operations::{Failure, Failures};
use ::sandbox;

/// Create repositories in the sandbox from folders.
///
/// FOLDER contains `<owner>/<repository>/<branch>/…`: each folder below a repository becomes a branch with exactly its
/// files. Repositories that exist are not changed. The sandbox may be running. One that does not exist is made beside a
/// configuration only.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder with the owners.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    #[command(flatten)]
    sandbox: DirectoryArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let directory = &args.sandbox.directory;
    if !args.folder.is_dir() {
        let failure = Failure::new(format!("there is no folder {} to seed the sandbox from", args.folder.display()));
        return Err(failure.help("name the folder with the owners, like `services`").into());
    }
    // Beside a configuration, the sandbox can be made before its first use.
    if !Path::new("konnect").is_dir() {
        args.sandbox.existing()?;
    }
    let made = sandbox::seed(directory, &args.folder).map_err(|error| {
        let (folder, directory) = (args.folder.display(), directory.display());
        Failure::new(format!("could not seed the sandbox in {directory} from {folder}: {error}"))
    })?;
    if made.is_empty() {
        output.note("Nothing was created: every repository exists already.");
    } else {
        output.screen(&made.join("\n"));
    }
    Ok(Outcome::Done)
}
