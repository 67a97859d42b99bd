//! `koctl sandbox seed`

use std::path::PathBuf;

use super::DirectoryArgs;
use crate::cli::output::Output;
use crate::cli::{DONE, FAILED};
use ::sandbox;

/// Make repositories in the sandbox from folders.
///
/// FOLDER holds `<owner>/<repository>/<branch>/…`: each folder below a repository becomes a branch with exactly its files.
/// Repositories that exist are left alone. The sandbox may be running.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder with the owners.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    #[command(flatten)]
    sandbox: DirectoryArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> u8 {
    let directory = &args.sandbox.directory;
    match sandbox::seed(directory, &args.folder) {
        Ok(made) if made.is_empty() => {
            output.note("Nothing was made: every repository exists already.");
            DONE
        }
        Ok(made) => {
            output.data(&made.join("\n"));
            DONE
        }
        Err(error) => {
            let (folder, directory) = (args.folder.display(), directory.display());
            output.error(&format!("could not seed the sandbox in {directory} from {folder}: {error}"), None);
            FAILED
        }
    }
}
