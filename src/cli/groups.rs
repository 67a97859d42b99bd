//! The commands in the order in which people need them, for `koctl --help`.

use std::fmt::Write as _;

use clap::Command;

/// What people do, and the commands for it.
pub(super) const GROUPS: [(&str, &[&str]); 6] = [
    ("Set up", &["init", "import"]),
    ("Change the configuration", &["add", "remove", "validate", "fmt"]),
    ("Plan and apply", &["plan", "apply", "show", "graph", "destroy"]),
    ("Watch and repair", &["drift", "state", "force-unlock"]),
    ("Serve and try", &["run", "sandbox", "spec"]),
    ("The program itself", &["schema", "completions", "man", "version", "help"]),
];

/// The command with a help that lists its commands by groups.
pub(super) fn grouped(command: Command) -> Command {
    let list = list(&command);
    command.help_template(format!(
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{list}Options:\n{{options}}{{after-help}}"
    ))
}

/// The groups, with the first line of each command.
fn list(command: &Command) -> String {
    let about = |name: &str| match command.find_subcommand(name) {
        Some(command) => command.get_about().map(ToString::to_string).unwrap_or_default(),
        None => "Print this message or the help of the given command".to_owned(),
    };
    let width = GROUPS.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (title, names) in GROUPS {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{title}:");
        for name in names {
            let _ = writeln!(text, "  {name:width$}  {}", about(name));
        }
        text.push('\n');
    }
    text
}
