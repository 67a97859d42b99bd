//! What a shell completes on the command line besides commands and flags: regions, organizations and addresses.
//!
//! A shell runs koctl with the whole command line as arguments, so that the flags on it say which files to look at.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use super::common::DEFAULT_SANDBOX;
use crate::manifest::model::Region;
use crate::operations::complete;
use crate::platform_repository::ORGANIZATIONS;

/// The variable with which the script of `koctl completions` asks for completions.
pub(super) const VARIABLE: &str = "KOCTL_COMPLETE";

/// The shells that have completions.
pub(super) const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Answers a shell that asks for completions, and ends the program. Returns if none does.
pub(super) fn answer(command: impl Fn() -> Command) {
    // Another value is no shell, and is not repeated: a secret may be in it by mistake.
    let asked = std::env::var_os(VARIABLE);
    let shell = asked.as_deref().map(|value| Path::new(value).file_stem().unwrap_or(value).to_owned());
    let is_known = shell.is_none_or(|shell| SHELLS.names().any(|name| shell == *name));
    if std::env::args_os().len() > 0 && is_known {
        CompleteEnv::with_factory(command).var(VARIABLE).shells(SHELLS).complete();
    }
}

/// Completes a region.
pub(super) fn region() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        candidates(typed, Region::ALL.iter().map(|region| region.as_str().to_owned()))
    })
}

/// Completes the name of an organization of the configuration.
pub(super) fn organization() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let line = Line::of_process();
        let file = line.path("--file").or_else(|| line.path("--orgs")).unwrap_or_else(|| ORGANIZATIONS.into());
        candidates(typed, complete::organizations(&file))
    })
}

/// Completes an address in the state.
pub(super) fn address() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| candidates(typed, complete::addresses(&Line::of_process().state())))
}

fn candidates(typed: &OsStr, names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    names.into_iter().filter(|name| name.starts_with(&*typed)).map(CompletionCandidate::new).collect()
}

/// Bash, which splits a word at `=`: what is typed there is put together again.
struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        clap_complete::env::Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        clap_complete::env::Bash.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        name: &str,
        program: &str,
        completer: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        clap_complete::env::Bash.write_registration(variable, name, program, completer, script)
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        directory: Option<&Path>,
        answer: &mut dyn Write,
    ) -> io::Result<()> {
        let set = |name: &str| std::env::var(name).ok();
        let index = set("_CLAP_COMPLETE_INDEX").and_then(|index| index.parse().ok()).unwrap_or(0_usize);
        let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let typed = words.get(index).cloned().unwrap_or_default();
        let Line(mut line) = Line::of(words.into_iter().take(index + 1));
        if line.is_empty() {
            line.push(typed.clone());
        }
        let last = line.len() - 1;
        // Bash replaces the part after `=` only.
        let before = line[last].strip_suffix(&typed).unwrap_or_default().to_owned();
        let line = line.into_iter().map(OsString::from).collect();
        let candidates = clap_complete::engine::complete(command, line, last, directory)?;
        let candidates = candidates.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned());
        let words: Vec<String> =
            candidates.map(|word| word.strip_prefix(&before).unwrap_or(&word).to_owned()).collect();
        write!(answer, "{}", words.join(&set("_CLAP_IFS").unwrap_or_else(|| "\n".to_owned())))
    }
}

/// The command line that is completed.
struct Line(Vec<String>);

impl Line {
    fn of_process() -> Self {
        let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        Self::of(words.skip_while(|word| word != "--").skip(1))
    }

    /// Bash splits `--flag=value` in three.
    fn of(words: impl Iterator<Item = String>) -> Self {
        let mut line: Vec<String> = Vec::new();
        let mut joins = false;
        for word in words {
            match line.last_mut() {
                Some(last) if joins || word == "=" && last.starts_with("--") => {
                    joins = word == "=" && !joins;
                    last.push_str(&word);
                }
                _ => line.push(word),
            }
        }
        Self(line)
    }

    /// The value of a flag, after a blank or `=`.
    fn value(&self, flag: &str) -> Option<&str> {
        self.0.iter().enumerate().find_map(|(index, word)| match word.strip_prefix(flag)? {
            "" => self.0.get(index + 1).map(String::as_str),
            rest => rest.strip_prefix('='),
        })
    }

    fn path(&self, flag: &str) -> Option<PathBuf> {
        self.value(flag).map(PathBuf::from)
    }

    /// The directory of the sandbox, whose value needs `=`.
    fn sandbox(&self) -> Option<&str> {
        self.0.iter().find_map(|word| match word.strip_prefix("--sandbox")? {
            "" | "=" => Some(DEFAULT_SANDBOX),
            rest => rest.strip_prefix('='),
        })
    }

    /// Where the state is, as a command with this line would find it.
    fn state(&self) -> String {
        let configured = || {
            let file = self.path("--file").or_else(|| self.path("--platform"));
            complete::configured_state(file.as_deref())
        };
        let of_sandbox = || Some(format!("file:{}", Path::new(self.sandbox()?).join("state").display()));
        let named = self.value("--state").map(str::to_owned).or_else(of_sandbox);
        let named = named.or_else(|| std::env::var("KOCTL_STATE").ok()).or_else(configured);
        named.unwrap_or_else(|| "file:.koctl/state".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> Line {
        Line::of(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn a_line_without_flags_names_nothing() {
        let line = line(&["koctl", "plan"]);
        assert_eq!((line.value("--file"), line.sandbox()), (None, None));
    }

    #[test]
    fn a_flag_has_its_value_after_a_blank_or_a_sign_however_the_shell_splits_it() {
        for words in [&["--state", "file:a"][..], &["--state=file:a"], &["--state", "=", "file:a"]] {
            assert_eq!(line(words).value("--state"), Some("file:a"), "{words:?}");
        }
        assert_eq!(line(&["--statements", "x"]).value("--state"), None);
        assert_eq!(line(&["--target", "=", ""]).value("--target"), Some(""));
    }

    #[test]
    fn the_state_of_a_sandbox_is_in_its_directory_unless_a_flag_names_another() {
        assert_eq!(line(&["plan", "--sandbox"]).state(), "file:.koctl/sandbox/state");
        assert_eq!(line(&["plan", "--sandbox", "=", "box"]).state(), "file:box/state");
        assert_eq!(line(&["plan", "--sandbox=box", "--state", "file:s"]).state(), "file:s");
    }
}
