//! Planning: reads and compares, scope by scope, and cannot write.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use futures::join;

use super::clashes;
use super::connect;
use super::failure::{Failure, Failures, OfScope as _};
use super::locks::Locks;
use super::owners::{self, Opening};
use super::renames::{Renamed, renames};
use super::repository::{self, RepositoryPlan};
use super::request::PlanRequest;
use super::rivals::rivals;
use super::scope_plan::ScopeRequest;
use super::session::Session;
use super::sources::Sources;
use super::stray::stray_warnings;
use super::warning::Warning;
use crate::compiler::platform::{Kept, PlatformWork};
use crate::compiler::{self, ReadSecrets};
use crate::manifest::suggest::nearest;
use crate::registry;
use crate::report::count;
use crate::review::Review;
use engine::address::{PLATFORM_SCOPE, Targets};
use engine::plan::{Moved, Unplanned};
use engine::progress::Progress;
use engine::state::shell_word;
use engine::{Action, Address, Desired, Plan, Readers, ResourceChange, ScopePlan};

/// The result of planning.
#[derive(Debug)]
pub struct Planned {
    /// The plan of every scope that could be planned.
    pub plan: Plan,
    /// What a reviewer must see of it.
    pub review: Review,
    /// What seems to be renamed only, although it is destroyed and created, or would be.
    pub renamed: Vec<Renamed>,
    /// Why other scopes could not be planned.
    pub failures: Failures,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
    /// koctl's own files in the platform repository that were edited there, and that the plan leaves unchanged.
    pub kept: Vec<Kept>,
    /// True if the plan is about the platform repository alone, so that its screen shows how those files differ.
    pub reviews_files: bool,
}

/// Plans every organization of the configuration, and the platform repository if koctl keeps it. If `locks` are given,
/// only the scopes that are locked. A scope that cannot be planned does not stop the others.
///
/// # Errors
/// A reason that stops all of them: a pattern that is not valid, or no platform repository.
pub async fn plan(
    session: &Session,
    request: &PlanRequest,
    locks: Option<&Locks>,
    progress: &dyn Progress,
) -> Result<Planned, Failure> {
    let targets = match request.targets.as_slice() {
        [] => None,
        patterns => Some(Targets::new(patterns).map_err(|error| Failure::new(error.to_string()))?),
    };
    let (organizations, mut failures) = owners::connected(session, locks);
    let named: Vec<_> = organizations.iter().map(|(name, organization, _)| (*name, *organization)).collect();
    let sources = async {
        if !request.mode.heeds_configuration() || named.is_empty() {
            return Ok(Sources::default());
        }
        let is_meant = |address: &Address| request.is_meant(targets.as_ref(), address);
        Sources::read(session, &named, &is_meant).await
    };
    let (sources, opening) = join!(sources, owners::open(session, organizations, locks, true));
    let (sources, Opening { opened, failures: refused, mut warnings }) = (sources?, opening);
    failures.extend(refused);
    let loaded = &session.workspace.loaded;
    let input = sources.input(&loaded.manifest);
    let owners = opened.iter().map(|one| (one.name.to_owned(), one.owner.clone())).collect();
    let scope = |name: &str, readers: Readers| ScopeRequest {
        session,
        request,
        targets: targets.as_ref(),
        readers,
        locked: locks.and_then(|locks| locks.get(name)),
        progress,
    };
    let planning = join_all(
        opened.iter().map(async |one| scope(one.name, one.clients.readers()).plan(input, one).await.of_scope(one.name)),
    );
    let platform = async {
        if !repository::is_planned(session, request, locks).await? {
            return Ok(None);
        }
        let readers = connect::readers(session, PLATFORM_SCOPE)?;
        repository::plan(&scope(PLATFORM_SCOPE, readers)).await.map(Some)
    };
    let (planned, platform) = join!(planning, platform);
    warnings.extend(rivals(session, request, &named));
    let (mut plans, mut kept, mut addresses) = (Vec::new(), Vec::new(), BTreeSet::new());
    match platform.of_scope(PLATFORM_SCOPE) {
        Ok(Some(RepositoryPlan { plan, addresses: compared, kept: files, warnings: about })) => {
            plans.push(plan);
            addresses.extend(compared);
            kept = files;
            warnings.extend(about);
        }
        Ok(None) => {}
        Err(reasons) => failures.extend(reasons),
    }
    for outcome in planned {
        match outcome {
            Ok((plan, compared, reasons)) => {
                failures.extend(reasons.of(&plan.scope));
                plans.push(plan);
                addresses.extend(compared);
            }
            Err(reasons) => failures.extend(reasons),
        }
    }
    // What another process has locked is not compared, and the caller reports that.
    let is_whole = failures.is_empty() && named.len() == session.organizations().len();
    if let Some(targets) = targets.as_ref().filter(|_| is_whole) {
        check_targets(targets, &addresses)?;
    }
    let configuration = plans.iter().map(|plan| (plan.scope.clone(), session.digest_of(&plan.scope))).collect();
    let plan = Plan::new(session.systems.describe(), request.mode, plans)
        .made_from(configuration)
        .owned_by(owners)
        .kept_in(session.store().describe())
        .limited(request.targets.clone(), request.no_refresh)
        .without(recorded(&failures))
        .warning_of(clashes::of_plan(input, request, &named));
    let renamed = renames(&plan);
    let plan = if request.skip_guarded { without_guarded(plan, &mut warnings) } else { plan };
    warnings.extend(self::warnings(&plan));
    if request.mode.heeds_configuration() {
        warnings.extend(stray_warnings(&session.workspace.loaded));
    }
    let reviews_files = !matches!(session.work, PlatformWork::Maintain);
    let review = Review::of(&plan);
    Ok(Planned { plan, review, renamed, failures, warnings, kept, reviews_files })
}

/// What a user should look at in a plan: objects that exist twice, what is moved and then destroyed, and what the plan
/// itself warns of.
#[must_use]
pub fn warnings(plan: &Plan) -> Vec<Warning> {
    let duplicates = plan.scopes.iter().flat_map(|scope| &scope.duplicates).map(|one| format!("{one}.").into());
    let moved = plan.scopes.iter().filter_map(moved_in_vain);
    duplicates.chain(moved).chain(plan.warnings.iter().cloned().map(Warning::from)).collect()
}

/// A move to a name that nothing of the configuration has.
fn moved_in_vain(scope: &ScopePlan) -> Option<Warning> {
    let gone: BTreeMap<&Address, &ResourceChange> = scope
        .changes
        .iter()
        .filter(|change| matches!(change.action, Action::Delete | Action::Forget))
        .map(|change| (&change.address, change))
        .collect();
    // A new name that something keeps is right. What goes nevertheless was removed from the configuration, too.
    let right: BTreeSet<(&str, &str)> =
        scope.moved.iter().filter(|one| !gone.contains_key(&one.to)).flat_map(renamed_parts).collect();
    let is_right =
        |one: &&Moved| renamed_parts(one).any(|(from, to)| right.iter().any(|(old, new)| from.replace(old, new) == to));
    let vain = scope.moved.iter().filter(|one| !is_right(one)).filter_map(|one| gone.get(&one.to).copied());
    let vain: Vec<&ResourceChange> = vain.filter(|change| change.destroys()).collect();
    let first = vain.iter().find(|change| change.guarded).or_else(|| vain.first())?;
    let others = vain.len() - 1;
    let more = if others == 0 { String::new() } else { format!(" and {}", count(others, "other resource")) };
    let message = format!("`moved` renames `{}`{more}, and this plan destroys what has the new name.", first.address);
    Some(Warning { message, help: Some("check the names in `moved` against the configuration".to_owned()) })
}

/// The parts of a key that change, each with its new text.
fn renamed_parts(moved: &Moved) -> impl Iterator<Item = (&str, &str)> {
    moved.from.key().split('/').zip(moved.to.key().split('/')).filter(|(from, to)| from != to)
}

/// The plan without what a person has to approve (R12), and a warning about that.
fn without_guarded(plan: Plan, warnings: &mut Vec<Warning>) -> Plan {
    let number = plan.guarded().count();
    if number > 0 {
        let (resources, them) = if number == 1 { ("resource", "it") } else { ("resources", "them") };
        let warning = format!(
            "The destruction of {number} guarded {resources} waits for a person, and so does what goes with {them}. After \
             a review, run `koctl apply`, which asks, or add --allow-destroy."
        );
        warnings.push(warning.into());
    }
    plan.without_guarded(&registry::schema)
}

/// The failures as a saved plan records them.
fn recorded(failures: &Failures) -> Vec<Unplanned> {
    let failures = failures.iter().cloned();
    failures.map(|Failure { scope, message, help, .. }| Unplanned { scope, message, help }).collect()
}

/// What a saved plan leaves out, because it could not be planned.
#[must_use]
pub fn unplanned(plan: &Plan) -> Failures {
    let failure = |Unplanned { scope, message, help }| {
        let failure = Failure::new(message);
        Failure { scope, help, ..failure }
    };
    plan.unplanned.iter().cloned().map(failure).collect()
}

/// Every resource of the configuration, of all organizations, but without its secrets.
///
/// # Errors
/// Everything that could not be compiled.
pub async fn desired(session: &Session) -> Result<Vec<Desired>, Failures> {
    let organizations = session.organizations();
    let all: Vec<_> = organizations.iter().collect();
    let mut sources = Sources::read(session, &all, &|_| false).await?;
    // Nothing is sent: specifications are not needed, and secrets that cannot be read do not matter.
    sources.skip_specs(&session.workspace.loaded.manifest, &all);
    sources.secrets = ReadSecrets::blank();
    let input = sources.input(&session.workspace.loaded.manifest);
    let (mut desired, mut failures) = (Vec::new(), Failures::default());
    for (name, organization) in organizations {
        match compiler::compile(input, name, organization) {
            Ok(compiled) => desired.extend(compiled.desired),
            Err(errors) => failures.extend(Failures::from(errors).of(name)),
        }
    }
    failures.none_or(desired)
}

/// Checks that every pattern matches a resource that was compared. If a part could not be planned, its addresses are not
/// known, and the command fails for that reason.
fn check_targets(targets: &Targets, addresses: &BTreeSet<Address>) -> Result<(), Failure> {
    let missed = targets.without_match(addresses);
    let Some(first) = missed.first() else { return Ok(()) };
    let patterns = missed.iter().map(|pattern| format!("`--target {}`", shell_word(pattern))).collect::<Vec<_>>();
    let verb = if missed.len() == 1 { "matches" } else { "match" };
    let near = nearest(first, addresses.iter().map(Address::as_str));
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let failure = Failure::new(format!("{} {verb} no resource of this plan", patterns.join(" and ")));
    Err(failure.help(format!(
        "{near}`koctl graph` shows the resources of the configuration, `koctl state list` those of the state"
    )))
}
