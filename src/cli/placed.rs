//! Commands in messages, which are to be copied: they need the flags that say where the configuration, the state and the
//! systems are.

/// The commands that take all of these flags.
const COMMANDS: [&str; 7] = ["plan", "apply", "destroy", "drift", "import", "state", "force-unlock"];

/// The text with `flags`, each with a blank before it, added to the commands in backticks that lack them.
pub(super) fn with_flags(text: &str, flags: &str) -> String {
    let parts = text.split('`').enumerate();
    let placed = parts.map(|(number, part)| if number % 2 == 1 { command(part, flags) } else { part.to_owned() });
    placed.collect::<Vec<_>>().join("`")
}

/// A text in backticks, with the flags if it is such a command.
fn command(text: &str, flags: &str) -> String {
    let name = text.strip_prefix("koctl ").and_then(|rest| rest.split_whitespace().next());
    if !name.is_some_and(|name| COMMANDS.contains(&name)) {
        return text.to_owned();
    }
    let given = flags.split(" --").skip(1).filter(|flag| !names(text, flag));
    given.fold(text.to_owned(), |text, flag| format!("{text} --{flag}"))
}

/// True if a command has a flag already, with whatever value.
fn names(command: &str, flag: &str) -> bool {
    let name = flag.split([' ', '=']).next().unwrap_or(flag);
    command
        .split_whitespace()
        .any(|word| word.strip_prefix("--").is_some_and(|word| word.split('=').next() == Some(name)))
}

#[cfg(test)]
mod tests {
    use super::with_flags;

    #[test]
    fn without_flags_a_text_stays_as_it_is() {
        let text = "run `koctl state list` and `unclosed";
        assert_eq!(with_flags(text, ""), text);
    }

    #[test]
    fn commands_that_work_on_a_state_get_the_flags_and_others_do_not() {
        let flags = " --file 'a b.yaml' --state file:x --sandbox=d";
        for (text, placed) in [
            ("`koctl state show a`.", "`koctl state show a --file 'a b.yaml' --state file:x --sandbox=d`."),
            ("`koctl plan --sandbox`", "`koctl plan --sandbox --file 'a b.yaml' --state file:x`"),
            ("`koctl apply --state=y`", "`koctl apply --state=y --file 'a b.yaml' --sandbox=d`"),
            ("`koctl schema`, koctl plan, `plan`", "`koctl schema`, koctl plan, `plan`"),
        ] {
            assert_eq!(with_flags(text, flags), placed);
        }
    }
}
