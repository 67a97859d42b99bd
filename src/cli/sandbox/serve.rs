//! `koctl sandbox` itself

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::DirectoryArgs;
use crate::cli::common::ManifestArgs;
use crate::cli::interrupt;
use crate::cli::output::Output;
use crate::cli::{DONE, FAILED};
use crate::operations::{ServeOptions, Tenants, serve};
use ::sandbox::{FaultRule, Record, Wire, parse_duration};

/// The organization of a sandbox that nobody named any for.
const NAMELESS: &str = "sandbox";

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// The port to serve on; 0 takes any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,

    #[command(flatten)]
    sandbox: DirectoryArgs,

    /// An organization of Konnect, instead of those of the configuration; may be given more than once.
    #[arg(long = "organization", value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organizations: Vec<String>,

    /// Add each request with its answer to FILE, as a line of JSON without tokens.
    ///
    /// Where the variable KOCTL_SANDBOX_RECORD_DIR names a folder, every sandbox, that of `--sandbox` too, adds a file
    /// of its own to it.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// How long every request waits, for example `50ms`.
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "What goes wrong")]
    latency: Option<Duration>,

    /// Answer more than N requests a second with 429.
    #[arg(long, value_name = "N", value_parser = limit, help_heading = "What goes wrong")]
    rate_limit: Option<NonZeroU32>,

    /// Let requests fail, for example `status=503 method=POST path=/v3/apis nth=2`; may be given more than once.
    ///
    /// What goes wrong is one of `status=CODE`, `drop` (no answer, nothing done), `lose-answer` (no answer, all done)
    /// and `slow-body=TIME` (a pause in the middle of the answer). Which requests: `method=METHOD` and `path=PATTERN`,
    /// the end of a path in which `*` stands for any text. How many of these: `nth=N` or `next=N`, else all.
    #[arg(long = "fault", value_name = "RULE", help_heading = "What goes wrong")]
    faults: Vec<FaultRule>,

    #[command(flatten)]
    manifest: ManifestArgs,
}

fn time(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text).ok_or("a time is written like `500ms`, `2s` or `1m`")
}

fn limit(text: &str) -> Result<NonZeroU32, &'static str> {
    text.parse().map_err(|_| "a limit is a number of requests, 1 or more")
}

pub(super) async fn run(args: ServeArgs, output: &Output) -> u8 {
    let Some(tenants) = tenants(&args, output) else { return FAILED };
    let directory = args.sandbox.directory;
    let wire = Wire {
        latency: args.latency.unwrap_or_default(),
        rate_limit: args.rate_limit,
        faults: args.faults.into_iter().map(|rule| (rule.trigger, rule.fault)).collect(),
        record: args.record.map_or(Record::Nothing, Record::File),
    };
    let environment = Box::new(|name: &str| std::env::var(name).ok());
    let mut stop = interrupt::watch();
    let options = ServeOptions { directory: directory.clone(), port: args.port, tenants, wire, environment };
    let serving = match serve(options).await {
        Ok(serving) => serving,
        Err(failure) => {
            output.failures(&[failure]);
            return FAILED;
        }
    };
    let lines: String = serving.variables.iter().map(|(name, value)| export(name, value)).collect();
    output.data(&lines);
    output.note(&format!("Serving Konnect and GitHub from {}. Press Ctrl-C to end.", directory.display()));
    // Nothing but an interrupt ends it; where nobody can interrupt any more, neither can anybody wait.
    let _ = stop.wait_for(|stop| *stop).await;
    serving.sandbox.stop().await;
    DONE
}

/// Whose organizations there are; shows what is wrong with the configuration.
fn tenants(args: &ServeArgs, output: &Output) -> Option<Tenants> {
    if !args.organizations.is_empty() {
        return Some(Tenants::Named(args.organizations.clone()));
    }
    if args.manifest.is_there() {
        return args.manifest.load(output).map(|loaded| Tenants::Configuration(Box::new(loaded)));
    }
    Some(Tenants::Named(vec![NAMELESS.to_owned()]))
}

/// A line that gives a variable this value in any shell of POSIX, whatever the value.
fn export(name: &str, value: &str) -> String {
    format!("export {name}='{}'\n", value.replace('\'', r"'\''"))
}
