//! Progress as a stream of JSON objects for programs: one on each line, each with a `type`.
//!
//! The types have the names of Terraform's machine-readable output, if it has them. Fields that do not apply are left
//! out. A program should ignore types and fields that it does not know.
//!
//! | `type` | when | fields |
//! | --- | --- | --- |
//! | `refresh_start` | a scope is being read | `scope` |
//! | `refresh_complete` | it was read | `scope`, `elapsed_seconds` |
//! | `refresh_errored` | it could not be read | `scope`, `elapsed_seconds` |
//! | `resource_drift` | something changed outside koctl | `address`, `action` (`update`, `delete`, `replace`), `id`, `changed` |
//! | `resource_moved` | a resource gets another address | `address`, `previous_address` |
//! | `planned_change` | something will be done, or is deferred | `address`, `action`, `id`, `reason`, `changed`, `replaced_by`, `outstanding`, `guarded`, `protect` |
//! | `risk` | a reviewer must see a change | `address`, `kind` (`destroys`, `opens`, `access`, `breaks`, `cuts`), `effects` |
//! | `waiting` | it waits for others, after a plan or an apply | `address`, `reason`, `link` |
//! | `apply_start` | work on a resource began | `address`, `action` |
//! | `apply_complete` | it is done | `address`, `action`, `id`, `elapsed_seconds`, `done`, `total` |
//! | `apply_errored` | it failed | `address`, `action`, `elapsed_seconds`, `error`, `done`, `total` |
//! | `apply_skipped` | it was not tried | `address`, `because` (the address of what failed), `done`, `total` |
//! | `error` | a scope, or a service of it, could not be planned or applied; without `scope`, everything | `scope`, `message`, `help` |
//! | `note` | other information, as an interrupt | `message`, `help` |
//! | `ignored` | attributes differ from the configuration, and `ignore-changes` leaves them so | `address`, `attributes` |
//! | `edited` | a file here was changed | `path`, `diff` (unified, without secrets) |
//! | `generated` | the configuration of an organization was written | `organization`, `directory`, `state`, `taken` (numbers by type), `unlabelled`, `deferred`, `specifications`, `guesses` (`path`, `guess`), `left` (`resource_type`, `name`, `id`, `reason`), `variables` (`name`, `purpose`, `is_set`) |
//! | `change_summary` | after a plan | `operation` (`plan`), `import`, `add`, `change`, `destroy`, `replace`, `forget`, `deferred` |
//! | `change_summary` | after an apply | `operation` (`apply`), `import`, `add`, `change`, `destroy`, `forget`, `failed`, `skipped`, `interrupted` |
//!
//! `action` is one of `create`, `update`, `replace`, `delete`, `import`, `forget`, `deferred`, `no-op`. During an
//! apply, a replacement is a `delete` and a `create`, and a no-op is a `record`. `id` is the id of the object in the
//! remote system. `elapsed_seconds` is a number with up to three decimals. `changed` and `replaced_by` are names of
//! attributes; their values are in the plan file. `outstanding` are those that differ from the configuration although
//! the object is imported as it is. `protect` is the new protection, if that changes, also of a `no-op`. If only the state is written, nothing starts: everything is complete at once.
//! `done` of the `total` steps of the apply have ended, this one included, in whatever way.
//! `error` has the texts `attempted` and `cause`, and `help` if there is advice.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use transport::visible;

use super::output::Output;
use super::view::{Count, End, View};
use crate::report::tally::Tally;
use crate::report::words;
use crate::review::{Review, Risk};
use engine::execute::{Outcome, Step};
use engine::plan::{Drift, DriftKind, Ignored, Moved, Summary, Waiting};
use engine::{Action, Address, Error, Plan};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event<'a> {
    RefreshStart {
        scope: &'a str,
    },
    RefreshComplete {
        scope: &'a str,
        elapsed_seconds: f64,
    },
    RefreshErrored {
        scope: &'a str,
        elapsed_seconds: f64,
    },
    ResourceDrift {
        address: &'a Address,
        action: Action,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        changed: Vec<&'a String>,
    },
    ResourceMoved {
        address: &'a Address,
        previous_address: &'a Address,
    },
    PlannedChange {
        address: &'a Address,
        action: Action,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        changed: Vec<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        replaced_by: Vec<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        outstanding: Vec<&'a str>,
        guarded: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        protect: Option<bool>,
    },
    Risk {
        address: &'a Address,
        kind: &'a str,
        effects: Vec<String>,
    },
    Waiting {
        address: &'a Address,
        reason: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<&'a str>,
    },
    Ignored {
        address: &'a Address,
        attributes: &'a BTreeSet<String>,
    },
    Edited {
        path: &'a str,
        diff: &'a str,
    },
    Generated(&'a Value),
    ApplyStart {
        address: &'a Address,
        action: &'a str,
    },
    ApplyComplete {
        address: &'a Address,
        action: &'a str,
        id: &'a str,
        elapsed_seconds: f64,
        #[serde(flatten)]
        count: Option<Count>,
    },
    ApplyErrored {
        address: &'a Address,
        action: &'a str,
        elapsed_seconds: f64,
        error: Failure<'a>,
        #[serde(flatten)]
        count: Option<Count>,
    },
    ApplySkipped {
        address: &'a Address,
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<&'a Address>,
        #[serde(flatten)]
        count: Option<Count>,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        scope: Option<&'a str>,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<&'a str>,
    },
    Note {
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<&'a str>,
    },
    ChangeSummary(Changes),
}

#[derive(Serialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
enum Changes {
    Plan(Summary),
    Apply(Tally),
}

#[derive(Serialize)]
struct Failure<'a> {
    attempted: &'a str,
    cause: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

/// The view that writes them.
pub(super) struct Events(Output);

impl Events {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Self(Output::new(writer))
    }

    fn write(&self, event: &Event<'_>) {
        let line = serde_json::to_string(event).expect("an event has only text keys and finite numbers");
        let line = visible::json(&line);
        self.0.line(&line);
    }

    fn waiting<'a>(&self, waiting: impl Iterator<Item = &'a Waiting>) {
        for Waiting { address, reason, link, .. } in waiting.filter(|waiting| !waiting.by_apply) {
            self.write(&Event::Waiting { address, reason, link: link.as_deref() });
        }
    }
}

/// Milliseconds are precise enough.
fn elapsed_seconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1000.0).round() / 1000.0
}

fn drift(drift: &Drift) -> Event<'_> {
    let address = &drift.address;
    let (action, id, changed) = match &drift.kind {
        DriftKind::Deleted => (Action::Delete, None, Vec::new()),
        DriftKind::Remade { id } => (Action::Replace, Some(id.as_str()), Vec::new()),
        DriftKind::Changed { attributes } => (Action::Update, None, attributes.keys().collect()),
    };
    Event::ResourceDrift { address, action, id, changed }
}

impl View for Events {
    fn note(&self, text: &str, help: Option<&str>) {
        self.write(&Event::Note { message: text, help });
    }

    fn refused(&self, scope: Option<&str>, message: &str, help: Option<&str>) {
        self.write(&Event::Error { scope, message, help });
    }

    fn refreshing(&self, scope: &str) {
        self.write(&Event::RefreshStart { scope });
    }

    fn refreshed(&self, scope: &str, elapsed: Duration, succeeded: bool) {
        let elapsed_seconds = elapsed_seconds(elapsed);
        self.write(&if succeeded {
            Event::RefreshComplete { scope, elapsed_seconds }
        } else {
            Event::RefreshErrored { scope, elapsed_seconds }
        });
    }

    fn started(&self, address: &Address, step: Step) {
        self.write(&Event::ApplyStart { address, action: words::name(step) });
    }

    fn finished(&self, end: End<'_>, id: &str) {
        let End { address, step, elapsed, count } = end;
        let (action, elapsed_seconds) = (words::name(step), elapsed_seconds(elapsed));
        self.write(&Event::ApplyComplete { address, action, id, elapsed_seconds, count });
    }

    fn failed(&self, end: End<'_>, error: &Error) {
        let End { address, step, elapsed, count } = end;
        let (action, elapsed_seconds) = (words::name(step), elapsed_seconds(elapsed));
        let error = Failure { attempted: &error.attempted, cause: &error.cause, help: error.help.as_deref() };
        self.write(&Event::ApplyErrored { address, action, elapsed_seconds, error, count });
    }

    fn skipped(&self, address: &Address, because: Option<&Address>, count: Option<Count>) {
        self.write(&Event::ApplySkipped { address, because, count });
    }

    fn planned(&self, plan: &Plan, review: &Review) {
        for Risk { kind, address, effects } in &review.risks {
            let effects = effects.iter().map(ToString::to_string).collect();
            self.write(&Event::Risk { address, kind: kind.name(), effects });
        }
        for scope in &plan.scopes {
            for drifted in &scope.drift {
                self.write(&drift(drifted));
            }
            for Moved { from, to } in &scope.moved {
                self.write(&Event::ResourceMoved { address: to, previous_address: from });
            }
            for change in &scope.changes {
                self.write(&Event::PlannedChange {
                    address: &change.address,
                    action: change.action,
                    id: change.id.as_deref(),
                    reason: change.reason.as_deref(),
                    changed: change.changed().collect(),
                    replaced_by: change.replaced_by().collect(),
                    outstanding: change.outstanding().collect(),
                    guarded: change.destroys_guarded(),
                    protect: change.new_protection(),
                });
            }
        }
        for Ignored { address, attributes } in plan.scopes.iter().flat_map(|scope| &scope.ignored) {
            self.write(&Event::Ignored { address, attributes });
        }
        self.waiting(plan.scopes.iter().flat_map(|scope| &scope.waiting));
        self.write(&Event::ChangeSummary(Changes::Plan(plan.summary())));
    }

    fn edited(&self, path: &str, diff: &str) {
        self.write(&Event::Edited { path, diff });
    }

    fn generated(&self, what: &Value) {
        self.write(&Event::Generated(what));
    }

    fn applied(&self, outcomes: &[(String, Outcome)]) {
        self.waiting(outcomes.iter().flat_map(|(_, outcome)| &outcome.waiting));
        self.write(&Event::ChangeSummary(Changes::Apply(Tally::of(outcomes))));
    }

    fn finish(&self) -> io::Result<()> {
        self.0.finish()
    }
}
