//! `koctl completions`

use clap::Command;
use clap_complete::Shell;

use super::outcome::Outcome;
use super::output::Output;

/// Print the completions for a shell.
///
/// For bash: `koctl completions bash > /etc/bash_completion.d/koctl`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &Args, command: &mut Command, output: &Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "koctl", &mut script);
    output.data(&String::from_utf8_lossy(&script));
    Outcome::Done
}
