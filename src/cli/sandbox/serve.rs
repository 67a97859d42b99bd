//! `koctl sandbox` itself

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::directory::DirectoryArgs;
use crate::cli::common::ManifestArgs;
use crate::cli::environment::of_process;
use crate::cli::interrupt;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::operations::{Failures, ServeOptions, Tenants, serve};
use ::sandbox::{FaultRule, Record, Wire, parse_duration};

/// The organization of a sandbox by default.
const NAMELESS: &str = "sandbox";

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// The port to serve on; 0 takes any free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,

    #[command(flatten)]
    sandbox: DirectoryArgs,

    /// An organization of Konnect, instead of those of the configuration; may be given more than once.
    #[arg(long = "organization", value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organizations: Vec<String>,

    /// Add each request with its answer to FILE, as a line of JSON without tokens.
    ///
    /// If the variable KOCTL_SANDBOX_RECORD_DIR names a folder, every sandbox, also that of `--sandbox`, adds a file of its
    /// own to it.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Delay every request, for example by `50ms`.
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Faults")]
    latency: Option<Duration>,

    /// Answer more than N requests a second with 429.
    #[arg(long, value_name = "N", value_parser = limit, help_heading = "Faults")]
    rate_limit: Option<NonZeroU32>,

    /// Make requests fail, for example `status=503 method=POST path=/v3/apis nth=2`; may be given more than once.
    ///
    /// The fault is one of `status=CODE`, `drop` (no answer, nothing done), `lose-answer` (no answer, all done)
    /// and `slow-body=TIME` (a pause in the middle of the answer). Which requests: `method=METHOD` and `path=PATTERN`,
    /// the end of a path in which `*` stands for any text. How many of these: `nth=N` or `next=N`, else all.
    #[arg(long = "fault", value_name = "RULE", help_heading = "Faults")]
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

pub(super) async fn run(args: ServeArgs, output: &Output) -> Result<Outcome, Failures> {
    let tenants = tenants(&args)?;
    let directory = args.sandbox.directory;
    let wire = Wire {
        latency: args.latency.unwrap_or_default(),
        rate_limit: args.rate_limit,
        faults: args.faults.into_iter().map(|rule| (rule.trigger, rule.fault)).collect(),
        record: args.record.map_or(Record::Nothing, Record::File),
    };
    let environment = of_process();
    let mut stop = interrupt::watch();
    let options = ServeOptions { directory: directory.clone(), port: args.port, tenants, wire, environment };
    let serving = serve(options).await?;
    let lines: String = serving.variables.iter().map(|(name, value)| export(name, value)).collect();
    output.data(&lines);
    output.note(&format!("Serving Konnect and GitHub from {}. Press Ctrl-C to end.", directory.display()));
    // Only an interrupt ends it. An error means that no task listens for interrupts any more.
    let _ = stop.wait_for(|stop| *stop).await;
    serving.sandbox.stop().await;
    Ok(Outcome::Done)
}

/// The organizations of the sandbox: those of the flags, or of the configuration if there is one.
fn tenants(args: &ServeArgs) -> Result<Tenants, Failures> {
    if !args.organizations.is_empty() {
        return Ok(Tenants::Named(args.organizations.clone()));
    }
    if args.manifest.is_there() {
        return Ok(Tenants::Configuration(Box::new(args.manifest.load()?)));
    }
    Ok(Tenants::Named(vec![NAMELESS.to_owned()]))
}

/// A line that gives a variable this value in any shell of POSIX, whatever the value.
fn export(name: &str, value: &str) -> String {
    format!("export {name}='{}'\n", value.replace('\'', r"'\''"))
}
