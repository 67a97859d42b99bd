//! A plan, and the parts of it that are shown by themselves.

use serde_json::Value;

use super::screen::Screen;
use super::text::{self, Side};
use super::{closing, drift, protection, recovered, resource, waiting};
use crate::report::escape::escape;
use crate::report::order;
use crate::report::schemas::Schemas;
use crate::report::style::{Style, Tone};
use crate::report::words::count;
use engine::address::PLATFORM_SCOPE;
use engine::plan::Summary;
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

/// A whole plan: the results of an unfinished apply, then drift, then the changes by organization and environment, and
/// the summary last.
#[must_use]
pub fn plan(plan: &Plan, schemas: Schemas<'_>, style: &Style) -> String {
    let mut screen = Screen::new(style);
    recovered::section(&mut screen, plan);
    drift::section(&mut screen, plan, schemas);
    // If drift is accepted, the changes follow from it.
    if plan.mode() != Mode::StateOnly(StateOnly::Refresh) {
        legend(&mut screen, plan);
        for scope in &plan.scopes {
            self::scope(&mut screen, scope, schemas);
        }
    }
    protection::section(&mut screen, plan);
    waiting::section(&mut screen, plan.scopes.iter().flat_map(|scope| &scope.waiting));
    screen.blank();
    closing::section(&mut screen, plan);
    screen.finish()
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
        text::body(&mut screen, 6, &old, &new);
    }
    screen.finish()
}

/// The shown changes of a plan. No-ops only write their records again, which the closing counts.
fn shown(scope: &ScopePlan) -> impl Iterator<Item = &ResourceChange> {
    scope.changes.iter().filter(|change| change.action != Action::NoOp)
}

fn legend(screen: &mut Screen<'_>, plan: &Plan) {
    let occurs = |action: Action| plan.scopes.iter().flat_map(shown).any(|change| change.action == action);
    let occurring: Vec<_> = LEGEND.iter().filter(|(action, _)| occurs(*action)).collect();
    if occurring.is_empty() {
        return;
    }
    let mut deferred = plan.scopes.iter().flat_map(shown).filter(|change| change.action == Action::Deferred);
    let all_undecided = deferred.all(|change| !change.candidates.is_empty());
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

fn scope(screen: &mut Screen<'_>, scope: &ScopePlan, schemas: Schemas<'_>) {
    let mut changes: Vec<&ResourceChange> = shown(scope).collect();
    if changes.is_empty() {
        return;
    }
    changes.sort_by(|a, b| order::key(&a.address, schemas).cmp(&order::key(&b.address, schemas)));
    let name = match scope.scope.as_str() {
        PLATFORM_SCOPE => "Platform repository".to_owned(),
        organization => format!("Organization {}", escape(organization)),
    };
    heading(screen, 0, &name, &changes);
    let together = |a: &&ResourceChange, b: &&ResourceChange| {
        order::environment(&a.address, schemas) == order::environment(&b.address, schemas)
    };
    for group in changes.chunk_by(together) {
        if let Some(name) = group.first().and_then(|change| order::environment(&change.address, schemas)) {
            heading(screen, 2, &format!("Environment {}", escape(name)), group);
        }
        // An organization that is imported has hundreds of complete one-line changes: no blank lines between them.
        for one_by_one in group.chunk_by(|a, b| resource::is_one_line(a) && resource::is_one_line(b)) {
            screen.blank();
            for change in one_by_one {
                resource::change(screen, change, schemas);
            }
        }
    }
}

/// A heading with counts by action.
fn heading(screen: &mut Screen<'_>, indent: usize, name: &str, changes: &[&ResourceChange]) {
    let summary: Summary = changes.iter().copied().collect();
    let counts = if changes.iter().any(|change| change.action.is_change()) {
        screen.paint(Tone::Note, &format!("  ({summary})"))
    } else {
        String::new()
    };
    screen.blank();
    let name = screen.paint(Tone::Strong, name);
    screen.line(indent, &format!("{name}{counts}"));
}
