//! `koctl completions`

use clap_complete::Shell;

use super::complete::{SHELLS, VARIABLE};
use super::outcome::Outcome;
use super::output::Output;
use crate::operations::{Failure, Failures};

/// Print the completions for a shell: of commands and flags, and of regions, organizations and addresses.
///
/// Organizations come from the configuration, addresses from the state, if that is a directory of this machine: nothing
/// is sent. For bash, add `source <(koctl completions bash)` to ~/.bashrc; for zsh, `source <(koctl completions zsh)` to
/// ~/.zshrc, after compinit; for fish, run `koctl completions fish > ~/.config/fish/completions/koctl.fish`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let mut script = Vec::new();
    let name = args.shell.to_string();
    let shell = SHELLS.completer(&name).ok_or_else(|| {
        Failure::new(format!("there are no completions for {name}"))
            .help("use one of the shells that `koctl help completions` lists")
    })?;
    // The program by its name: a script that is installed with koctl must not name where it was built.
    shell
        .write_registration(VARIABLE, "koctl", "koctl", "koctl", &mut script)
        .map_err(|error| Failure::new(format!("could not write completions for {name}: {error}")))?;
    output.data(&String::from_utf8_lossy(&script));
    Ok(Outcome::Done)
}
