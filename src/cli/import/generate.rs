//! `koctl import --generate`

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::common::SystemArgs;
use crate::cli::environment::with_dotenv;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::generate::{RemotePattern, UnmanagedObject};
use crate::manifest::model::Region;
use crate::operations::generate::{GenerateOptions, Generated, generate};
use crate::operations::{Failure, Failures};
use crate::report::safe;
use engine::state::shell_word;

/// How to generate the configuration of an organization that has none.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Generating a configuration")]
pub(super) struct GenerateArgs {
    /// Read an organization that has no configuration, and write its configuration and state.
    ///
    /// What a configuration cannot express is listed and not managed. Only GET requests are sent to Konnect.
    #[arg(long, requires_all = ["org", "token_env", "out"], conflicts_with_all = ["address", "targets", "auto_approve", "file", "teams", "orgs", "platform"])]
    generate: bool,

    /// The name of the organization in the configuration.
    #[arg(long, value_name = "NAME", requires = "generate")]
    org: Option<String>,

    /// The variable with its access token; the variable may also be in a file `.env`.
    #[arg(long, value_name = "VARIABLE", requires = "generate")]
    token_env: Option<String>,

    /// A region to read: us, eu, au, me, in or sg; may be given more than once [default: all of them].
    #[arg(long = "region", value_name = "REGION", value_parser = crate::cli::common::region, add = crate::cli::complete::region(), value_hint = clap::ValueHint::Other, requires = "generate")]
    regions: Vec<Region>,

    /// The directory to create.
    #[arg(long, value_name = "DIR", requires = "generate")]
    out: Option<PathBuf>,

    /// The addresses of the services' repositories, which Konnect does not know: with `{service}` and optionally `{team}`
    /// in it [default: https://github.com/NAME/{service}.git].
    #[arg(long, value_name = "PATTERN", value_parser = RemotePattern::parse, requires = "generate")]
    git_remote: Option<RemotePattern>,

    /// Overwrite files in DIR, and a state of the organization if there is one.
    #[arg(long, requires = "generate")]
    force: bool,
}

impl GenerateArgs {
    /// True if a configuration is to be generated.
    pub(super) fn is_asked_for(&self) -> bool {
        self.generate
    }
}

pub(super) async fn run(
    args: &GenerateArgs,
    lock_timeout: Duration,
    system: &SystemArgs,
    output: &Output,
) -> Result<Outcome, Failures> {
    let environment = with_dotenv(args.token_env.as_deref(), output)?;
    let (Some(organization), Some(token_variable), Some(out)) = (&args.org, &args.token_env, &args.out) else {
        let missing = Failure::new("the organization, the variable of its token or the directory is missing");
        return Err(missing.help("give --org, --token-env and --out").into());
    };
    let regions: BTreeSet<Region> =
        if args.regions.is_empty() { Region::ALL.into() } else { args.regions.iter().copied().collect() };
    let options = GenerateOptions {
        organization: organization.clone(),
        token_variable: token_variable.clone(),
        regions,
        remote: args.git_remote.clone().unwrap_or_else(|| RemotePattern::of_organization(organization)),
        out: out.clone(),
        force: args.force,
        lock_timeout,
        state: system.state(&environment),
        sandbox: system.sandbox().map(Path::to_owned),
        environment,
    };
    let generated = generate(options).await?;
    if output.streams_events() {
        let events = output.progress();
        events.generated(&event(&generated, organization, out));
        output.end(&events);
    } else {
        output.screen(&screen(&generated, organization, out, system));
    }
    Ok(Outcome::Done)
}

/// What the screen says, for programs.
fn event(generated: &Generated, organization: &str, out: &Path) -> Value {
    let guess = |(path, guess): &(String, String)| json!({ "path": path, "guess": guess });
    let variable =
        |(name, purpose, is_set): &(String, &str, bool)| json!({ "name": name, "purpose": purpose, "is_set": is_set });
    let left = |one: &UnmanagedObject| json!({ "resource_type": one.type_name, "name": one.name, "id": one.id, "reason": one.reason });
    json!({
        "organization": organization,
        "directory": out.display().to_string(),
        "state": generated.state,
        "taken": generated.taken,
        "unlabelled": generated.unlabelled,
        "deferred": generated.deferred,
        "specifications": generated.specifications,
        "guesses": generated.guesses.iter().map(guess).collect::<Vec<_>>(),
        "left": generated.left.iter().map(left).collect::<Vec<_>>(),
        "variables": generated.variables.iter().map(variable).collect::<Vec<_>>(),
    })
}

/// The screen of the command: what was written, what was guessed, what is not managed, and the next steps.
fn screen(generated: &Generated, organization: &str, out: &Path, system: &SystemArgs) -> String {
    let parts = [
        taken(generated, organization, out),
        guesses(generated),
        left(&generated.left),
        variables(generated),
        next(generated, out, system),
    ];
    let shown: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    shown.join("\n")
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn taken(generated: &Generated, organization: &str, out: &Path) -> String {
    let total: usize = generated.taken.values().sum();
    let mut text = format!(
        "The configuration of {organization} is in {}, and describes {}:\n\n",
        out.display(),
        count(total, "object", "objects")
    );
    let width = generated.taken.values().max().map_or(0, |most| most.to_string().len());
    for (type_name, number) in &generated.taken {
        line(&mut text, &format!("  {number:>width$} {type_name}"));
    }
    if total > 0 {
        text.push('\n');
    }
    line(&mut text, &format!("The state that goes with it is in {}.", generated.state));
    if generated.unlabelled > 0 {
        let which = count(generated.unlabelled, "object lacks", "objects lack");
        line(&mut text, &format!("{which} labels that koctl gives to what it creates; they stay as they are."));
    }
    if generated.deferred > 0 {
        let which = count(generated.deferred, "API waits", "APIs wait");
        line(&mut text, &format!("{which} for a gateway service with the tag `ko-api-name=…` to be linked with."));
    }
    text
}

fn guesses(generated: &Generated) -> String {
    let is_remote = |path: &str| path.ends_with("git.remote");
    let remotes = generated.guesses.iter().filter(|(path, _)| is_remote(path)).count();
    let mut text = String::new();
    if remotes > 0 {
        let which = count(remotes, "repository of a service is", "repositories of services are");
        line(&mut text, &format!("{which} guessed; correct them in konnect/teams.yaml, or give --git-remote."));
    }
    for (path, guess) in generated.guesses.iter().filter(|(path, _)| !is_remote(path)) {
        line(&mut text, &safe(&format!("  {path}: {guess}")));
    }
    text
}

/// By type, each with its name, its id and the reason.
fn left(left: &[UnmanagedObject]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let which = count(left.len(), "object is", "objects are");
    let mut text = format!("{which} not managed, for the reason beside each:\n");
    let mut last = "";
    for UnmanagedObject { type_name, name, id, reason } in left {
        if last != *type_name {
            let of_type = left.iter().filter(|other| other.type_name == *type_name).count();
            line(&mut text, &format!("\n  {type_name} ({of_type})"));
            last = type_name;
        }
        line(&mut text, &safe(&format!("    {name} ({id}): {reason}")));
    }
    text
}

fn variables(generated: &Generated) -> String {
    let mut text = "Variables that the configuration needs:\n".to_owned();
    for (name, what, is_set) in &generated.variables {
        let missing = if *is_set { "" } else { " (not set now)" };
        line(&mut text, &format!("  {name}: {what}{missing}"));
    }
    text
}

fn next(generated: &Generated, out: &Path, system: &SystemArgs) -> String {
    let mut text = String::new();
    if generated.specifications > 0 {
        let which = count(generated.specifications, "specification is", "specifications are");
        line(&mut text, &format!("{which} in services/OWNER/REPOSITORY/BRANCH: push them to these repositories."));
        let which = count(generated.to_stage, "pull request", "pull requests");
        line(
            &mut text,
            &format!(
                "Then the plan has nothing but {which}, one an environment, to stage the specifications in the platform \
                 repository. It changes nothing in Konnect."
            ),
        );
    }
    let folder = shell_word(&out.display().to_string());
    line(&mut text, &format!("Next: cd {folder} && koctl plan{}", system.flags_elsewhere()));
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
