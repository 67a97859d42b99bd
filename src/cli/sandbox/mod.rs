//! `koctl sandbox`, and the commands below it, one a file.

mod reset;
mod seed;
mod serve;

use std::path::PathBuf;

use clap::Subcommand;

use super::output::Output;

/// Serve a local Konnect and GitHub, for koctl and any other client.
///
/// Prints variables that point clients at it, as a shell reads them, and serves until it is
/// interrupted, so that `koctl sandbox >sandbox.env &` and then `. ./sandbox.env` make a shell use it.
///
/// The organizations, their tokens' variables and the service repositories are those of the
/// configuration, where there is one. The tokens are made up, and no account is needed. What is made
/// in the sandbox stays in its directory.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: serve::ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Seed(seed::Args),
    Reset(reset::Args),
}

/// Which sandbox.
#[derive(Debug, clap::Args)]
struct DirectoryArgs {
    /// The directory that keeps what is in the sandbox.
    #[arg(long = "dir", value_name = "DIR", default_value = ".koctl/sandbox")]
    directory: PathBuf,
}

pub(super) async fn run(args: Args, output: &Output) -> u8 {
    match args.command {
        Some(Command::Seed(args)) => seed::run(&args, output),
        Some(Command::Reset(args)) => reset::run(&args, output),
        None => serve::run(args.serve, output).await,
    }
}
