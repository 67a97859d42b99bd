//! Long options with one dash, as Terraform has them. `-out=plan.koctl` would otherwise be `-o` with the value
//! `ut=plan.koctl`.

use std::ffi::OsString;

use clap::Command;
use clap::error::ErrorKind;

/// The arguments, if none of them is a long option of its command with one dash.
///
/// # Errors
/// The first such option, with how it is written.
pub(super) fn check(
    mut root: Command,
    arguments: impl Iterator<Item = OsString>,
) -> Result<Vec<OsString>, clap::Error> {
    let arguments: Vec<OsString> = arguments.collect();
    // Gives the global options to the commands.
    root.build();
    match first(&root, &arguments) {
        None => Ok(arguments),
        Some((mut command, name)) => {
            let message = format!("unexpected argument '-{name}' found; options have two dashes: '--{name}'");
            Err(command.error(ErrorKind::UnknownArgument, message))
        }
    }
}

/// The first long option with one dash, and its command.
fn first(root: &Command, arguments: &[OsString]) -> Option<(Command, String)> {
    let mut command = root;
    let words = arguments.iter().skip(1).map_while(|argument| argument.to_str()).take_while(|word| *word != "--");
    for word in words {
        if let Some(below) = command.find_subcommand(word) {
            command = below;
        }
        let written = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        let name = written.map(|rest| rest.split('=').next().unwrap_or(rest)).filter(|name| name.len() > 1);
        if let Some(name) = name.filter(|name| command.get_arguments().any(|one| one.get_long() == Some(name))) {
            return Some((command.clone(), name.to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, Command};

    use super::check;

    fn command() -> Command {
        let plan =
            Command::new("plan").arg(Arg::new("out").long("out").short('o')).arg(Arg::new("target").long("target"));
        let list = Command::new("list").arg(Arg::new("state").long("state"));
        Command::new("koctl")
            .arg(Arg::new("verbose").long("verbose").short('v').action(ArgAction::Count).global(true))
            .subcommand(plan)
            .subcommand(Command::new("state").subcommand(list))
    }

    fn refused(line: &str) -> Option<String> {
        let words = line.split(' ').map(std::ffi::OsString::from);
        check(command(), words).err().map(|error| error.to_string())
    }

    #[test]
    fn short_options_their_values_and_what_follows_two_dashes_stay() {
        for line in [
            "koctl plan -o out=plan.koctl",
            "koctl plan -oplan.koctl --out=plan.koctl",
            "koctl plan -vv",
            "koctl state list -vv",
            "koctl plan -- -target",
            "koctl plan -unknown",
        ] {
            assert_eq!(refused(line), None, "{line}");
        }
    }

    #[test]
    fn long_options_with_one_dash_are_refused_with_how_they_are_written() {
        for (line, expected) in [
            ("koctl plan -out=plan.koctl", "'-out' found; options have two dashes: '--out'"),
            ("koctl plan -target=Acme/**", "'-target' found; options have two dashes: '--target'"),
            ("koctl state list -state=file:x", "'-state' found; options have two dashes: '--state'"),
            ("koctl plan -verbose", "'-verbose' found; options have two dashes: '--verbose'"),
        ] {
            assert!(refused(line).is_some_and(|error| error.contains(expected)), "{line}: {:?}", refused(line));
        }
    }
}
