//! `koctl man`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

use super::outcome::Outcome;
use super::output::Output;
use crate::operations::{Failure, Failures};

/// Print the man page of koctl, or write one for each command.
///
/// The pages have the texts of `--help`. To read them with `man koctl-plan`, write them where man looks: `koctl man --dir
/// ~/.local/share/man/man1`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write a page for koctl and for each of its commands into this directory, which is created if it does not exist.
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &Args, command: Command, output: &Output) -> Result<Outcome, Failures> {
    // The pages of `help` would repeat all others.
    let mut command = command.disable_help_subcommand(true);
    // Gives each command its whole name.
    command.build();
    match &args.dir {
        None => {
            output.data(&page(&command).map_err(|error| Failure::new(format!("could not make the page: {error}")))?)
        }
        Some(directory) => {
            let count = write_all(&command, directory)?;
            output.screen(&format!("Wrote {count} man pages to {}", directory.display()));
        }
    }
    Ok(Outcome::Done)
}

/// The page of a command, in the language of man.
fn page(command: &Command) -> io::Result<String> {
    let mut page = Vec::new();
    Man::new(command.clone())
        .source(format!("koctl {}", env!("CARGO_PKG_VERSION")))
        .manual("koctl")
        .render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// The name of the page of a command: `koctl-state-list.1`.
fn file_name(command: &Command) -> String {
    format!("{}.1", command.get_display_name().unwrap_or_else(|| command.get_name()))
}

/// Writes the pages of a command and of all below it. Returns their number.
fn write_all(command: &Command, directory: &Path) -> Result<usize, Failure> {
    let failed = |path: &Path, error: io::Error| {
        Failure::new(format!("could not write the man page {}: {error}", path.display()))
            .help("choose a directory that you may write to: `--dir DIRECTORY`")
    };
    fs::create_dir_all(directory).map_err(|error| {
        Failure::new(format!("could not create the directory {}: {error}", directory.display()))
            .help("choose a directory that you may create: `--dir DIRECTORY`")
    })?;
    let path = directory.join(file_name(command));
    page(command).and_then(|page| fs::write(&path, page)).map_err(|error| failed(&path, error))?;
    let below = command.get_subcommands().filter(|command| !command.is_hide_set());
    below.map(|command| write_all(command, directory)).try_fold(1, |sum, count| Ok(sum + count?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let list = Command::new("list").about("List addresses.");
        let state = Command::new("state").about("Inspect the state.").subcommand(list);
        let secret = Command::new("inner").hide(true);
        let mut command = Command::new("koctl").version("1.2.3").subcommand(state).subcommand(secret);
        command = command.disable_help_subcommand(true);
        command.build();
        command
    }

    #[test]
    fn a_command_without_others_has_one_page() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(write_all(&Command::new("koctl"), directory.path()).unwrap(), 1);
        assert!(fs::read_to_string(directory.path().join("koctl.1")).unwrap().contains(".TH koctl 1"));
    }

    #[test]
    fn each_command_that_is_shown_has_a_page_with_its_whole_name() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(write_all(&command(), directory.path()).unwrap(), 3);
        let mut names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["koctl-state-list.1", "koctl-state.1", "koctl.1"]);
        let page = fs::read_to_string(directory.path().join("koctl-state-list.1")).unwrap();
        assert!(page.contains("List addresses.") && page.contains(".TH koctl-state-list 1"), "{page}");
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = write_all(&command(), &file.path().join("man1")).unwrap_err();
        assert!(error.to_string().contains("man1"), "{error}");
    }
}
