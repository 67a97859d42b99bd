//! The command line: one file a command, with its flags, its wiring and how it ends.
//!
//! The doc comments of the flags are the help texts. Nothing is decided here: [`operations`](crate::operations) does the
//! work, and [`report`](crate::report) writes the screens.

mod add;
mod apply;
mod approval;
mod change;
mod common;
mod complete;
mod completions;
mod dashes;
mod destroy;
mod detail;
mod drift;
mod environment;
mod fmt;
mod force_unlock;
mod graph;
mod groups;
mod import;
mod init;
mod interrupt;
mod man;
mod next;
mod outcome;
mod output;
mod placed;
mod plan;
mod planned;
mod prompt;
mod remove;
mod repository;
mod request;
mod rounds;
mod run;
mod runner;
mod sandbox;
mod schema;
mod show;
mod spec;
mod state;
mod validate;
mod variables;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::operations::Failures;
use outcome::{FAILED, Outcome, exit_code};
use output::Output;

/// Terraform for the Konnect Reference Platform.
///
/// Describe teams, services, environments and organizations in YAML; see what that changes in Kong Konnect and in
/// the platform repository; apply it after approval.
#[derive(Debug, Parser)]
#[command(name = "koctl", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = output::Color::Auto)]
    color: output::Color,

    /// Log retries to stderr; given twice, log every request.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Add(add::Args),
    Remove(remove::Args),
    Validate(validate::Args),
    Fmt(fmt::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Destroy(destroy::Args),
    Import(import::Args),
    Drift(drift::Args),
    Show(show::Args),
    Graph(graph::Args),
    Spec(spec::Args),
    Run(Box<run::Args>),
    State(state::Args),
    ForceUnlock(force_unlock::Args),
    Sandbox(sandbox::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
    Version(version::Args),
}

impl Command {
    /// True if a program reads what happens, as JSON events on stdout.
    fn streams_events(&self) -> bool {
        match self {
            Self::Init(args) => args.streams_events(),
            Self::Add(args) => args.streams_events(),
            Self::Remove(args) => args.streams_events(),
            Self::Plan(args) => args.streams_events(),
            Self::Apply(args) => args.streams_events(),
            Self::Destroy(args) => args.streams_events(),
            Self::Import(args) => args.streams_events(),
            _ => false,
        }
    }
}

/// The whole command line.
fn command_line() -> clap::Command {
    groups::grouped(Cli::command())
}

fn parse(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut matches = command_line().try_get_matches_from(arguments)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command_line()))
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    complete::answer(command_line);
    let cli = match dashes::check(command_line(), std::env::args_os()).and_then(parse) {
        Ok(cli) => cli,
        Err(message) => {
            let is_written = output::answer(&message);
            return if message.use_stderr() || !is_written { ExitCode::from(FAILED) } else { ExitCode::SUCCESS };
        }
    };
    let output = Output::new(cli.color, cli.command.streams_events());
    output::log(cli.verbose, &output);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&format!("could not start: {error}"), None);
            return ExitCode::from(FAILED);
        }
    };
    let code = exit_code(runtime.block_on(run(cli.command, &output)), &output);
    runtime.shutdown_background();
    ExitCode::from(code)
}

async fn run(command: Command, output: &Output) -> Result<Outcome, Failures> {
    environment::require_text()?;
    match command {
        Command::Init(args) => init::run(&args, output).await,
        Command::Add(args) => add::run(&args, output).await,
        Command::Remove(args) => remove::run(&args, output).await,
        Command::Validate(args) => validate::run(&args, output),
        Command::Fmt(args) => fmt::run(&args, output),
        Command::Plan(args) => plan::run(&args, output).await,
        Command::Apply(args) => apply::run(&args, output).await,
        Command::Destroy(args) => destroy::run(&args, output).await,
        Command::Import(args) => import::run(&args, output).await,
        Command::Drift(args) => drift::run(&args, output).await,
        Command::Show(args) => show::run(&args, output).await,
        Command::Graph(args) => graph::run(&args, output).await,
        Command::Run(args) => run::run(&args, output).await,
        Command::Spec(args) => spec::run(&args, output),
        Command::State(args) => state::run(&args, output).await,
        Command::ForceUnlock(args) => force_unlock::run(&args, output).await,
        Command::Sandbox(args) => sandbox::run(args, output).await,
        Command::Schema(args) => Ok(schema::run(&args, output)),
        Command::Completions(args) => completions::run(&args, output),
        Command::Man(args) => man::run(&args, command_line(), output),
        Command::Version(args) => Ok(version::run(&args, output)),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::manifest::document::parse_value;

    #[test]
    fn the_command_line_is_consistent() {
        super::command_line().debug_assert();
    }

    #[test]
    fn every_command_is_in_one_group_of_the_help() {
        let command = super::command_line();
        let shown = command.get_subcommands().filter(|command| !command.is_hide_set()).map(clap::Command::get_name);
        let mut all: Vec<&str> = shown.chain(["help"]).collect();
        let mut grouped: Vec<&str> =
            super::groups::GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        all.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, all);
    }

    #[test]
    fn the_help_lists_commands_by_what_people_do_and_then_the_options() {
        let help = super::command_line().render_help().to_string();
        let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text} is missing in {help}"));
        let order = [
            "Usage: koctl",
            "Set up:\n  init          ",
            "Plan and apply:\n  plan          ",
            "  man           ",
            "Options:\n",
        ];
        assert!(order.map(place).is_sorted(), "{help}");
        assert_eq!(help.matches("\n  force-unlock  ").count(), 1, "{help}");
    }

    /// The words of a command line without quotes, from `koctl` on.
    fn words(line: &str) -> Vec<String> {
        let words = line.split_whitespace().skip_while(|word| !word.ends_with("koctl"));
        words.map(|word| word.trim_matches('"').to_owned()).collect()
    }

    #[test]
    fn the_examples_for_cron_are_commands_that_koctl_has() {
        let line = |text: &str, start: &str| {
            let found = text.lines().find(|line| line.trim_start().starts_with(start));
            words(found.unwrap_or_else(|| panic!("no line begins with {start}: {text}")))
        };
        let cluster = parse_value(include_str!("../../examples/cron/kubernetes.yaml")).unwrap();
        let container = &cluster["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0];
        let listed = |name: &str| container[name].as_array().unwrap().clone();
        let in_cluster = listed("command").into_iter().chain(listed("args"));
        let commands = [
            line(include_str!("../../examples/cron/koctl-drift.service"), "ExecStart="),
            line(include_str!("../../examples/cron/crontab"), "17 * * * * "),
            line(include_str!("../../examples/cron/github-actions.yml"), "run: koctl"),
            in_cluster.map(|word| word.as_str().unwrap().to_owned()).collect(),
        ];
        for command in commands {
            assert_eq!(command[1], "drift", "{command:?}");
            super::Cli::try_parse_from(&command).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        }
    }
}
