//! `koctl completions`

use clap::CommandFactory;
use clap_complete::Shell;

use super::output::Output;
use super::{Cli, DONE};

/// Print completions for a shell.
///
/// For bash: `koctl completions bash > /etc/bash_completion.d/koctl`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &Args, output: &Output) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "koctl", &mut script);
    output.data(&String::from_utf8_lossy(&script));
    DONE
}
