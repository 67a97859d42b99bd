//! The flags of commands that change the configuration, and how a change becomes a pull request or an edit of the files
//! here.

use super::approval::ApprovalArgs;
use super::common::{ManifestArgs, SystemArgs, in_session, same_place};
use super::environment::with_dotenv;
use super::next::merge;
use super::outcome::Outcome;
use super::output::Output;
use super::repository::{RepositoryArgs, carry_out_in};
use crate::compiler::leaving;
use crate::compiler::platform::PlatformWork;
use crate::manifest::changes::{Change, EnvironmentName};
use crate::manifest::model::Manifest;
use crate::operations::{Failure, Failures, LocalChange, check_service};
use crate::report;
use engine::Address;
use engine::plan::Waiting;

/// Where a change of the configuration is made.
#[derive(Debug, clap::Args)]
pub(super) struct ChangeArgs {
    /// Edit the files here, instead of opening a pull request in the platform repository.
    #[arg(long)]
    local: bool,

    #[command(flatten)]
    repository: RepositoryArgs,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    approval: ApprovalArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl ChangeArgs {
    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.approval.streams_events()
    }
}

/// Makes a change. If it `checks` a new service, its specification is read first.
pub(super) async fn run(change: Change, checks: bool, args: &ChangeArgs, output: &Output) -> Result<Outcome, Failures> {
    if args.local { edit(&change, checks, args, output).await } else { propose(change, checks, args, output).await }
}

/// Opens a pull request.
async fn propose(change: Change, checks: bool, args: &ChangeArgs, output: &Output) -> Result<Outcome, Failures> {
    let environment = with_dotenv(None, output)?;
    let state = args.system.state(&environment);
    let (access, _) = args.repository.open(&args.system, environment, output).await?;
    let manifest = access.changed(&change)?;
    let before = change.removes().then(|| access.configured()).flatten();
    for note in notes(&change, before.as_ref(), &manifest) {
        output.note(&note);
    }
    let repository = access.session(state.as_deref(), PlatformWork::Change(change.clone()))?;
    if let (Change::AddService(service), true) = (&change, checks)
        && let Err(failures) = check_service(repository.session(), service, &manifest).await
    {
        repository.close().await;
        return Err(unchecked(failures));
    }
    let next = |waiting: &[&Waiting]| merge(waiting, &args.system);
    carry_out_in(repository, &args.approval, &next, output).await
}

/// Edits the files here.
async fn edit(change: &Change, checks: bool, args: &ChangeArgs, output: &Output) -> Result<Outcome, Failures> {
    let local = LocalChange::prepare(&args.manifest.sources(), change)?;
    let edits = local.edits();
    let notes = notes(change, local.before().as_ref(), &local.loaded.manifest);
    if output.streams_events() {
        if !args.approval.auto_approve() {
            let failure = Failure::new("events leave no room for a question");
            return Err(failure.help("add --auto-approve, or leave out --json to be asked").into());
        }
    } else if edits.is_empty() {
        output.screen("Nothing to change: the configuration says that already.");
        return Ok(Outcome::Done);
    } else {
        notes.iter().for_each(|note| output.note(note));
    }
    if let (Change::AddService(service), true) = (change, checks) {
        let manifest = &local.loaded.manifest;
        let checked = in_session(local.loaded.clone(), &args.manifest, &args.system, output, async |session| {
            check_service(session, service, manifest).await
        });
        checked.await.map_err(unchecked)?;
    }
    let shown = local.shown();
    if output.streams_events() {
        local.write()?;
        report_edits(&shown, &notes, output);
        return Ok(Outcome::Done);
    }
    let shown: Vec<_> = shown.iter().map(|(name, before, after)| (*name, before.as_str(), after.as_str())).collect();
    output.screen(&report::terminal::edits(&shown, &output.style()));
    if !approves(args, output)? {
        output.note("Nothing was changed.");
        return Ok(Outcome::Incomplete);
    }
    local.write()?;
    let names = edits.iter().map(|(name, ..)| report::safe(name)).collect::<Vec<_>>();
    output.screen(&format!("Changed {}.", names.join(" and ")));
    output.next(&format!("koctl plan{}", same_place(&args.manifest, &args.system)));
    Ok(Outcome::Done)
}

fn approves(args: &ChangeArgs, output: &Output) -> Result<bool, Failure> {
    if args.approval.auto_approve() {
        return Ok(true);
    }
    if !output.is_interactive() {
        let failure = Failure::new("the change needs approval, and there is no terminal to ask on");
        return Err(failure.help("run the command in a terminal, or add --auto-approve"));
    }
    output.is_approved("Change these files?")
}

fn unchecked(failures: Failures) -> Failures {
    let with_way_out = failures.into_iter().map(|failure| {
        let help = failure.help.clone().unwrap_or_else(|| "correct the repository or the flags".to_owned());
        failure.help(format!("{help}; or add the service without looking: --no-check"))
    });
    with_way_out.collect()
}

/// Tells a program what was changed, and what else to know.
fn report_edits(edits: &[(&str, String, String)], notes: &[String], output: &Output) {
    let events = output.progress();
    for (path, before, after) in edits {
        events.edited(path, &report::unified(path, before, after));
    }
    notes.iter().for_each(|note| events.warned(note, None));
    output.end(&events);
}

/// What else to know about a change from one configuration to another. Without the first one, less is known.
fn notes(change: &Change, before: Option<&Manifest>, after: &Manifest) -> Vec<String> {
    let leaving = before.filter(|_| change.removes()).map(|before| leaving(before, after));
    let destroyed = leaving.and_then(|leaving| destroyed(&leaving));
    left_out(&change.left_out(after)).into_iter().chain(destroyed).collect()
}

/// A note about the objects that a plan destroys after a change.
fn destroyed(leaving: &[Address]) -> Option<String> {
    const SHOWN: usize = 12;
    let more = leaving.len().saturating_sub(SHOWN);
    let mut names: Vec<String> = leaving.iter().take(SHOWN).map(|one| report::safe(&one.to_string())).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let names = names.join(", ");
    (!names.is_empty()).then(|| format!("A plan then destroys what there is of {names}, with all that is in it."))
}

/// A note about the environments in which what was added does not take part.
fn left_out(environments: &[String]) -> Option<String> {
    let names = environments.iter().map(|name| report::safe(name)).collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("Not in {names}, which list what takes part: add it there with --environment."))
}

/// An environment, as a flag names it.
pub(super) fn environment(text: &str) -> Result<EnvironmentName, String> {
    text.parse()
}

/// An environment, as an argument or an answer names it.
pub(super) fn environment_of(text: &str) -> Result<EnvironmentName, Failure> {
    environment(text).map_err(|help| Failure::new(format!("`{text}` is not an environment")).help(help))
}

/// The value of an argument, or the answer of a person.
pub(super) fn given(value: Option<&String>, what: &str, usage: &str, output: &Output) -> Result<String, Failure> {
    match value {
        Some(value) => Ok(value.clone()),
        None if output.is_interactive() => {
            let mut question = what.to_owned();
            if let Some(first) = question.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            output.prompt(&question, None)
        }
        None => Err(missing(what, usage)),
    }
}

/// The failure of a command without a terminal, which cannot ask.
pub(super) fn missing(what: &str, usage: &str) -> Failure {
    let failure = Failure::new(format!("the {what} is missing, and there is no terminal to ask on"));
    failure.help(format!("give it: `{usage}`"))
}
