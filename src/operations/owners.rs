//! Whose the states are (R14).
//!
//! Each token is asked which organization it opens, before anything is compared. A state that is about another
//! organization is not planned with it, and no two scopes own one organization.

use std::sync::Arc;

use futures::future::join_all;
use futures::join;

use super::connect::{self, Clients};
use super::failure::{Failure, Failures};
use super::locks::Locks;
use super::moved::{Relocated, relocated};
use super::renaming::Names;
use super::session::Session;
use super::stored::stored;
use super::warning::Warning;
use super::workspace::orphan_warnings;
use crate::compiler::platform::PlatformWork;
use crate::compiler::rename::Rename;
use crate::konnect;
use crate::manifest::model::Organization;
use crate::report::count;
use engine::address::PLATFORM_SCOPE;
use engine::state::{Owner, State, shell_word};
use engine::{Error, Plan};

/// An organization of the configuration, and what its token opens.
pub(super) struct Opened<'a> {
    pub(super) name: &'a str,
    pub(super) organization: &'a Organization,
    pub(super) clients: Clients,
    pub(super) owner: Owner,
    /// The stored state. `None` if there is none yet.
    pub(super) state: Option<Arc<State>>,
    /// The same as `moved` of the configuration changes it.
    pub(super) relocated: Relocated,
}

/// An organization of the configuration with its clients.
type Connected<'a> = (&'a String, &'a Organization, Clients);

/// The result of asking all tokens.
#[derive(Default)]
pub(super) struct Opening<'a> {
    /// The organizations that may be worked on.
    pub(super) opened: Vec<Opened<'a>>,
    /// Why others may not.
    pub(super) failures: Failures,
    /// Warnings about states of organizations that left the configuration.
    pub(super) warnings: Vec<Warning>,
}

/// The organization that the token of these clients opens. Each token is asked once in a run.
pub(super) async fn owner(session: &Session, clients: &Clients) -> Result<Owner, Error> {
    if let Some(known) = session.asked.get(clients.token()) {
        return Ok(known);
    }
    let owner = konnect::organization(clients.konnect()).await?;
    session.asked.keep(clients.token(), owner.clone());
    Ok(owner)
}

/// The organizations of the configuration with their clients, and why others have none; if `locks` are given, only those
/// that are locked.
pub(super) fn connected<'a>(session: &'a Session, locks: Option<&Locks>) -> (Vec<Connected<'a>>, Failures) {
    let is_locked = |name: &str| locks.is_none_or(|locks| locks.get(name).is_some());
    let (mut organizations, mut failures) = (Vec::new(), Failures::default());
    for (name, organization) in session.organizations().iter().filter(|(name, _)| is_locked(name)) {
        match connect::clients(session, name, organization) {
            Ok(clients) => organizations.push((name, organization, clients)),
            Err(failure) => failures.push(failure.of(name)),
        }
    }
    (organizations, failures)
}

/// Opens these organizations, with the addresses that `moved` gives their resources if it `heeds_moves`. One that cannot
/// be opened, or is not the one of its state, does not stop the others.
pub(super) async fn open<'a>(
    session: &Session,
    connected: Vec<Connected<'a>>,
    locks: Option<&Locks>,
    heeds_moves: bool,
) -> Opening<'a> {
    let opening = join_all(connected.into_iter().map(async |one| {
        let name = one.0;
        open_one(session, one, locks, heeds_moves).await.map_err(|failure| failure.of(name))
    }));
    let (outcomes, left) = join!(opening, left_behind(session));
    let mut opening = Opening::default();
    let left = left.unwrap_or_else(|failure| {
        opening.warnings.push(failure.into());
        Vec::new()
    });
    let mut opened = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(one) => opened.push(one),
            Err(failure) => opening.failures.push(failure),
        }
    }
    let refusals: Vec<_> = opened.iter().map(|one| refusal(one, &opened, &left)).collect();
    let new: Vec<&str> = opened.iter().filter(|one| one.state.is_none()).map(|one| one.name).collect();
    opening.warnings.extend(orphan_warnings(&left, &new));
    for (one, refused) in opened.into_iter().zip(refusals) {
        match refused {
            Some(failure) => opening.failures.push(failure.of(one.name)),
            None => opening.opened.push(one),
        }
    }
    opening
}

/// The states of organizations that left the configuration. A session about the platform repository alone has none that
/// they could have left.
async fn left_behind(session: &Session) -> Result<Vec<(String, State)>, Failure> {
    match session.work {
        PlatformWork::Maintain => session.workspace.left_behind().await,
        _ => Ok(Vec::new()),
    }
}

async fn open_one<'a>(
    session: &Session,
    (name, organization, clients): Connected<'a>,
    locks: Option<&Locks>,
    heeds_moves: bool,
) -> Result<Opened<'a>, Failure> {
    let locked = locks.and_then(|locks| locks.get(name));
    let (owner, state) = join!(owner(session, &clients), stored(session, name, locked));
    let state = state?;
    let relocated = match heeds_moves {
        true => relocated(session, name, state.clone(), locks).await?,
        false => Relocated::as_stored(state.clone()),
    };
    Ok(Opened { name, organization, owner: owner?, state, relocated, clients })
}

impl Opened<'_> {
    /// The organization that the state is about, if the state says so.
    fn recorded(&self) -> Option<&Owner> {
        self.relocated.state.as_ref()?.owner.as_ref()
    }

    /// True if the state says that the token is the right one.
    fn is_rightful(&self) -> bool {
        self.recorded().is_some_and(|recorded| recorded.is(&self.owner))
    }

    fn token(&self) -> String {
        format!("the access token of `{}` ({})", self.name, self.organization.access_token)
    }
}

/// Why an organization must not be worked on with its token.
fn refusal(one: &Opened<'_>, all: &[Opened<'_>], left: &[(String, State)]) -> Option<Failure> {
    if let Some(recorded) = one.recorded().filter(|recorded| !recorded.is(&one.owner)) {
        return Some(foreign(&one.token(), &one.owner, one.name, recorded));
    }
    if one.is_rightful() {
        // A second entry that opens the same organization is refused, and not this one.
        return all.iter().find(|other| is_twin(one, other) && other.is_rightful()).map(|other| twins(one, other));
    }
    if let Some(other) = all.iter().find(|other| is_twin(one, other)) {
        return Some(twins(one, other));
    }
    let owns = |state: &State| state.owner.as_ref().is_some_and(|recorded| recorded.is(&one.owner));
    let (scope, _) = left.iter().find(|(_, state)| owns(state))?;
    Some(owned_already(one, scope))
}

fn is_twin(one: &Opened<'_>, other: &Opened<'_>) -> bool {
    one.name != other.name && one.owner.is(&other.owner)
}

/// The token opens another organization than the one that the state is about.
fn foreign(token: &str, opens: &Owner, scope: &str, recorded: &Owner) -> Failure {
    Failure::new(format!(
        "{token} opens the Konnect organization {opens}, but the state of `{scope}` is about {recorded}"
    ))
    .help(format!(
        "give `{scope}` a token of {recorded}; if it is meant to move to the other organization, run `koctl state \
         adopt-organization {}` first",
        shell_word(scope)
    ))
}

/// A state that does not say whose it is has nothing of what the token opens.
pub(super) fn unfamiliar(scope: &str, owner: &Owner, known: usize) -> Failure {
    let what = count(known, "object");
    Failure::new(format!(
        "the access token of `{scope}` opens the Konnect organization {owner}, which has none of the {what} that the state \
         of `{scope}` knows by their ids"
    ))
    .help(format!(
        "it is probably the token of another organization; if they were all deleted, or the organization has moved, run \
         `koctl state adopt-organization {}` first",
        shell_word(scope)
    ))
}

/// Two entries of the configuration open one organization.
fn twins(one: &Opened<'_>, other: &Opened<'_>) -> Failure {
    let same =
        if one.clients.token() == other.clients.token() { "have the same token, which opens" } else { "both open" };
    Failure::new(format!(
        "`{}` ({}) and `{}` ({}) {same} the Konnect organization {}",
        one.name, one.organization.access_token, other.name, other.organization.access_token, one.owner
    ))
    .help("give each entry of `organizations` the token of its own organization, or remove one of them")
}

/// The state of an organization that left the configuration is about the same one.
fn owned_already(one: &Opened<'_>, scope: &str) -> Failure {
    let names = Names::of(&Rename::Organization { from: scope.to_owned(), to: one.name.to_owned() });
    Failure::new(format!(
        "{} opens the Konnect organization {}, which the state of `{scope}` is about already",
        one.token(),
        one.owner
    ))
    .help(format!(
        "if `{scope}` was renamed, {}; otherwise give `{}` the token of its own organization",
        names.ways(),
        one.name
    ))
}

/// Checks that none of these other states with records is about `owner`.
///
/// # Errors
/// The one that is.
pub(super) fn check_unowned(scope: &str, owner: &Owner, others: &[(String, State)]) -> Result<(), Failure> {
    let owns = |state: &State| {
        let is_in_use = !state.resources.is_empty() || !state.intents.is_empty();
        is_in_use && state.owner.as_ref().is_some_and(|recorded| recorded.is(owner))
    };
    let Some((other, _)) = others.iter().find(|(_, state)| owns(state)) else { return Ok(()) };
    let message =
        format!("the Konnect organization {owner} cannot be that of `{scope}`: the state of `{other}` is about it");
    Err(Failure::new(message)
        .help(format!("give `{scope}` the token of another organization, or remove `{other}` first")))
}

/// Checks that the tokens still open the organizations that a saved plan is for, and that the states are about these.
pub(super) async fn check_plan(session: &Session, plan: &Plan, locks: &Locks) -> Failures {
    let written = plan.scopes.iter().filter(|scope| scope.has_work());
    let scopes = written.map(|scope| scope.scope.as_str()).filter(|scope| *scope != PLATFORM_SCOPE);
    let checks =
        join_all(scopes.map(async |scope| {
            check_scope(session, plan, locks, scope).await.map_err(|failure| failure.of(scope)).err()
        }));
    checks.await.into_iter().flatten().collect()
}

async fn check_scope(session: &Session, plan: &Plan, locks: &Locks, scope: &str) -> Result<(), Failure> {
    let organization = connect::configured(session, scope)?;
    let opens = owner(session, &connect::clients(session, scope, organization)?).await?;
    let token = format!("the access token of `{scope}` ({})", organization.access_token);
    let state = locks.get(scope).map(|locked| locked.state.state());
    if let Some(recorded) = state.as_ref().and_then(|state| state.owner.as_ref()).filter(|one| !one.is(&opens)) {
        return Err(foreign(&token, &opens, scope, recorded));
    }
    match plan.owners.get(scope) {
        Some(planned) if !planned.is(&opens) => Err(Failure::new(format!(
            "{token} opens the Konnect organization {opens}, but the plan was made for {planned}"
        ))
        .help("use the token that the plan was made with, or make a new plan")),
        _ => Ok(()),
    }
}
