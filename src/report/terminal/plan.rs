//! A plan, and the parts of it that are shown by themselves.

use std::collections::BTreeSet;

use serde_json::Value;

use super::screen::Screen;
use super::text::{self, Side};
use super::{closing, counts, drift, ignored, moved, protection, recovered, resource, risks, waiting};
use crate::report::escape::escape;
use crate::report::order;
use crate::report::plan_view::{Detail, PlanView};
use crate::report::style::{Style, Tone};
use crate::report::words::count;
use engine::address::PLATFORM_SCOPE;
use engine::{Action, Mode, Plan, ResourceChange, ScopePlan, StateOnly};

/// The meaning of each symbol, in the order of the legend.
const LEGEND: &[(Action, &str)] = &[
    (Action::Import, "import: it exists, and koctl takes it over"),
    (Action::Create, "create"),
    (Action::Update, "update in place"),
    (Action::Replace, "destroy, then create again"),
    (Action::Delete, "destroy"),
    (Action::Forget, "forget: it is removed from the state only"),
    (Action::Deferred, "deferred: it waits for something that does not exist yet"),
];

/// A whole plan: the counts and the risks, then the results of an unfinished apply, drift, and the changes by
/// organization and environment, and the summary last (R16).
#[must_use]
pub fn plan(plan: &Plan, view: PlanView<'_>, style: &Style) -> String {
    let mut screen = Screen::new(style);
    counts::section(&mut screen, plan, view.schemas);
    risks::section(&mut screen, view);
    screen.blank();
    recovered::section(&mut screen, plan);
    moved::section(&mut screen, plan, view);
    match view.detail {
        Detail::Summary => drift::number(&mut screen, plan),
        Detail::Normal | Detail::Full => detailed(&mut screen, plan, view),
    }
    protection::section(&mut screen, plan);
    ignored::section(&mut screen, plan);
    waiting::section(&mut screen, plan.scopes.iter().flat_map(|scope| &scope.waiting));
    screen.blank();
    closing::section(&mut screen, plan, view);
    screen.finish()
}

/// The details alone: drift, and every change with its attributes.
#[must_use]
pub fn details(plan: &Plan, view: PlanView<'_>, style: &Style) -> String {
    let mut screen = Screen::new(style);
    moved::section(&mut screen, plan, view);
    detailed(&mut screen, plan, view);
    screen.finish()
}

/// Writes drift, and then every change with its attributes. If drift is accepted, the changes follow from it.
fn detailed(screen: &mut Screen<'_>, plan: &Plan, view: PlanView<'_>) {
    drift::section(screen, plan, view.schemas);
    if plan.mode() == Mode::StateOnly(StateOnly::Refresh) {
        return;
    }
    let scopes: Vec<_> = plan.scopes.iter().map(|scope| (scope, environments(scope, view))).collect();
    legend(screen, scopes.iter().flat_map(|(_, environments)| environments));
    for (scope, environments) in &scopes {
        self::scope(screen, scope, environments, view);
    }
}

/// The deletions and replacements that lose other people's work (R12), for the prompt; `None` if there are none.
#[must_use]
pub fn guarded(plan: &Plan, style: &Style) -> Option<String> {
    let mut changes = plan.guarded().peekable();
    changes.peek()?;
    let mut screen = Screen::new(style);
    let warning = screen.paint(Tone::Danger, "This destroys what other people work with:");
    screen.sentence(&warning);
    screen.blank();
    for change in changes {
        resource::change_headline(&mut screen, change);
        let causes: Vec<&str> = change.replaced_by().collect();
        if !causes.is_empty() {
            screen.note(6, &format!("because of {}", causes.join(", ")));
        }
    }
    Some(screen.finish())
}

/// Files that koctl would overwrite, but leaves alone because they were edited: path, current text, and the text of
/// koctl.
#[must_use]
pub fn left_alone(files: &[(&str, &str, &str)], style: &Style) -> String {
    let mut screen = Screen::new(style);
    let number = count(files.len(), "file");
    let heading = format!("Left alone, because they were edited: {number}. --force overwrites them as shown.");
    let heading = screen.paint(Tone::Strong, &heading);
    screen.sentence(&heading);
    for (path, is, would_be) in files {
        screen.blank();
        let (is, would_be) = (Value::from(*is), Value::from(*would_be));
        let (old, new) = (Side::of(Some(&is)), Side::of(Some(&would_be)));
        screen.line(2, &format!("{}{}", escape(path), text::label(&old, &new)));
        text::body(&mut screen, 6, &old, &new, text::DIFF);
    }
    screen.finish()
}

/// Files that a command edits: path, current text, and the text after it.
#[must_use]
pub fn edits(files: &[(&str, &str, &str)], style: &Style) -> String {
    let mut screen = Screen::new(style);
    for (path, is, will_be) in files {
        screen.blank();
        let (is, will_be) = (Value::from(*is), Value::from(*will_be));
        let (old, new) = (Side::of(Some(&is)), Side::of(Some(&will_be)));
        screen.line(2, &format!("{}{}", escape(path), text::label(&old, &new)));
        text::body(&mut screen, 6, &old, &new, text::DIFF);
    }
    screen.blank();
    screen.finish()
}

/// The changes in one environment, or of what belongs to a whole organization.
struct Environment<'a> {
    name: Option<&'a str>,
    changes: Vec<&'a ResourceChange>,
    /// What waits by itself, and is shown in a line together.
    waiting: Vec<&'a ResourceChange>,
}

impl Environment<'_> {
    fn has(&self, action: Action) -> bool {
        self.changes.iter().chain(&self.waiting).any(|change| change.action == action)
    }
}

/// The shown changes of a scope. No-ops only write their records again, which the closing counts; where nothing else
/// happens, also what waits is only counted.
fn environments<'a>(scope: &'a ScopePlan, view: PlanView<'_>) -> Vec<Environment<'a>> {
    let mut changes: Vec<&ResourceChange> =
        scope.changes.iter().filter(|change| change.action != Action::NoOp).collect();
    changes.sort_by(|a, b| order::key(&a.address, view.schemas).cmp(&order::key(&b.address, view.schemas)));
    let environment = |change: &'a ResourceChange| order::environment(&change.address, view.schemas);
    let waits =
        |change: &ResourceChange| !view.is_full() && change.action == Action::Deferred && change.candidates.is_empty();
    let groups = changes.chunk_by(|a, b| environment(a) == environment(b)).map(|group| {
        let (waiting, changes) = group.iter().partition(|change| waits(change));
        Environment { name: group.first().and_then(|change| environment(change)), changes, waiting }
    });
    groups.filter(|environment| !environment.changes.is_empty()).collect()
}

fn legend<'a>(screen: &mut Screen<'_>, environments: impl Iterator<Item = &'a Environment<'a>>) {
    let environments: Vec<_> = environments.collect();
    let occurs = |action: Action| environments.iter().any(|environment| environment.has(action));
    let occurring: Vec<_> = LEGEND.iter().filter(|(action, _)| occurs(*action)).collect();
    if occurring.is_empty() {
        return;
    }
    let changes = environments.iter().flat_map(|environment| environment.changes.iter().chain(&environment.waiting));
    let mut deferred = changes.filter(|change| change.action == Action::Deferred);
    let all_undecided = deferred.all(|change| !change.candidates.is_empty());
    screen.blank();
    let heading = screen.paint(Tone::Strong, "What the symbols mean:");
    screen.sentence(&heading);
    screen.blank();
    for (action, meaning) in occurring {
        let meaning = match action {
            Action::Deferred if all_undecided => "left to you: it could be any of several objects",
            _ => meaning,
        };
        let (symbol, tone) = resource::symbol(*action);
        let symbol = screen.paint(tone, &format!("{symbol:>3}"));
        screen.line(0, &format!("{symbol} {meaning}"));
    }
}

fn scope(screen: &mut Screen<'_>, scope: &ScopePlan, environments: &[Environment<'_>], view: PlanView<'_>) {
    if environments.is_empty() {
        return;
    }
    let name = match scope.scope.as_str() {
        PLATFORM_SCOPE => "Platform repository".to_owned(),
        organization => format!("Organization {}", escape(organization)),
    };
    heading(screen, 0, &name);
    for Environment { name, changes, waiting } in environments {
        if let Some(name) = name {
            heading(screen, 2, &format!("Environment {}", escape(name)));
        }
        // An organization that is imported has hundreds of complete one-line changes: no blank lines between them.
        for one_by_one in changes.chunk_by(|a, b| resource::is_one_line(a) && resource::is_one_line(b)) {
            screen.blank();
            for change in one_by_one {
                resource::change(screen, change, view);
            }
        }
        self::waiting(screen, waiting);
    }
}

fn heading(screen: &mut Screen<'_>, indent: usize, name: &str) {
    screen.blank();
    let name = screen.paint(Tone::Strong, name);
    screen.line(indent, &name);
}

/// Writes all that waits by itself in one line.
fn waiting(screen: &mut Screen<'_>, waiting: &[&ResourceChange]) {
    if waiting.is_empty() {
        return;
    }
    let types: BTreeSet<&str> = waiting.iter().map(|change| change.address.type_name()).collect();
    let types = types.into_iter().map(escape).collect::<Vec<_>>().join(", ");
    let verb = if waiting.len() == 1 { "is" } else { "are" };
    let (symbol, tone) = resource::symbol(Action::Deferred);
    let symbol = screen.paint(tone, &format!("{symbol:>3}"));
    screen.blank();
    screen.line(0, &format!("{symbol} {} {verb} deferred ({types})", count(waiting.len(), "resource")));
}
