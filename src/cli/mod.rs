//! The command line: one file a command, with its flags, its wiring and its exit code.
//!
//! The doc comments of the flags are the help texts. Nothing is decided here: what a command does is in
//! [`operations`](crate::operations), how it looks in [`report`](crate::report).

mod add;
mod apply;
mod common;
mod completions;
mod destroy;
mod drift;
mod environment;
mod force_unlock;
mod graph;
mod import;
mod init;
mod interrupt;
mod output;
mod plan;
mod repository;
mod sandbox;
mod schema;
mod show;
mod state;
mod validate;
mod version;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::Output;

/// Everything is as it should be.
const DONE: u8 = 0;
/// Something failed.
const FAILED: u8 = 1;
/// There are differences, and `--detailed-exitcode` asked for them.
const DIFFERENCES: u8 = 2;

/// Terraform for the Konnect Reference Platform.
///
/// Describe teams, services, environments and organizations in YAML; see what that changes in Kong Konnect and in
/// the platform repository; apply it once somebody said yes.
#[derive(Debug, Parser)]
#[command(name = "koctl", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = output::Color::Auto)]
    color: output::Color,

    /// Tell more on stderr; twice tells every request.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Add(add::Args),
    Validate(validate::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Destroy(destroy::Args),
    Import(import::Args),
    Drift(drift::Args),
    Show(show::Args),
    Graph(graph::Args),
    State(state::Args),
    ForceUnlock(force_unlock::Args),
    Sandbox(sandbox::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Version(version::Args),
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            // Not the 2 of clap: that says of `drift` and `plan` that there are differences.
            let code = if told.use_stderr() { FAILED } else { DONE };
            // Where even this cannot be printed, nobody is there to be told.
            let _ = told.print();
            return ExitCode::from(code);
        }
    };
    let output = Output::new(cli.color);
    output::log(cli.verbose, &output);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&format!("could not start: {error}"), None);
            return ExitCode::from(FAILED);
        }
    };
    let code = runtime.block_on(run(cli.command, &output));
    let code = if output.lost_data() { FAILED } else { code };
    runtime.shutdown_background();
    ExitCode::from(code)
}

async fn run(command: Command, output: &Output) -> u8 {
    match command {
        Command::Init(args) => init::run(&args, output).await,
        Command::Add(args) => add::run(&args, output).await,
        Command::Validate(args) => validate::run(&args, output),
        Command::Plan(args) => plan::run(&args, output).await,
        Command::Apply(args) => apply::run(&args, output).await,
        Command::Destroy(args) => destroy::run(&args, output).await,
        Command::Import(args) => import::run(&args, output).await,
        Command::Drift(args) => drift::run(&args, output).await,
        Command::Show(args) => show::run(&args, output).await,
        Command::Graph(args) => graph::run(&args, output).await,
        Command::State(args) => state::run(&args, output).await,
        Command::ForceUnlock(args) => force_unlock::run(&args, output).await,
        Command::Sandbox(args) => sandbox::run(args, output).await,
        Command::Schema(args) => schema::run(&args, output),
        Command::Completions(args) => completions::run(&args, output),
        Command::Version(args) => version::run(&args, output),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use clap::Parser;

    use crate::manifest::document::parse_value;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
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
