//! The state of a repository, and the events that lead from one state to the next.

use std::collections::BTreeMap;

use git2::Oid;

use crate::github::metadata::{Issue, State};
use crate::github::repository::Repo;

/// The branches and pull requests at a moment.
#[derive(Debug)]
pub(super) struct Snapshot {
    branches: BTreeMap<String, Oid>,
    pulls: BTreeMap<u64, PullState>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PullState {
    state: State,
    head: Oid,
    title: String,
    body: Option<String>,
    base: String,
    labels: Vec<u64>,
}

/// Something that happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A branch moved. `None` before it was created, and after it was deleted.
    Push { branch: String, before: Option<Oid>, after: Option<Oid> },
    /// A pull request changed.
    Pull { number: u64, action: Action },
}

/// The change of a pull request, as in the field `action`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    Opened,
    Closed,
    Reopened,
    Edited,
    Synchronize { before: Oid, after: Oid },
    Labeled(u64),
    Unlabeled(u64),
}

impl Action {
    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Edited => "edited",
            Self::Synchronize { .. } => "synchronize",
            Self::Labeled(_) => "labeled",
            Self::Unlabeled(_) => "unlabeled",
        }
    }
}

impl Snapshot {
    /// The present state.
    pub(super) fn of(repo: &Repo) -> Result<Self, git2::Error> {
        let branches = repo.branches()?.into_iter().collect();
        let pulls = repo.metadata.issues.iter().filter_map(|(number, issue)| Some((*number, pull_state(issue)?)));
        Ok(Self { branches, pulls: pulls.collect() })
    }

    /// The tips of all branches.
    pub(super) fn tips(&self) -> impl Iterator<Item = Oid> {
        self.branches.values().copied()
    }

    /// The events between this state and a later one, pushes first.
    pub(super) fn events_until(&self, later: &Self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut names: Vec<&String> = self.branches.keys().chain(later.branches.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let (before, after) = (self.branches.get(name).copied(), later.branches.get(name).copied());
            if before != after {
                events.push(Event::Push { branch: name.clone(), before, after });
            }
        }
        for (number, now) in &later.pulls {
            let actions = actions(self.pulls.get(number), now);
            events.extend(actions.into_iter().map(|action| Event::Pull { number: *number, action }));
        }
        events
    }
}

fn pull_state(issue: &Issue) -> Option<PullState> {
    let pull = issue.pull.as_ref()?;
    Some(PullState {
        state: issue.state,
        head: pull.head_sha,
        title: issue.title.clone(),
        body: issue.body.clone(),
        base: pull.base.clone(),
        labels: issue.labels.clone(),
    })
}

fn actions(before: Option<&PullState>, now: &PullState) -> Vec<Action> {
    let mut actions = Vec::new();
    let no_labels = Vec::new();
    let labels = before.map_or(&no_labels, |before| &before.labels);
    match before {
        None => actions.push(Action::Opened),
        Some(before) => {
            if (&before.title, &before.body, &before.base) != (&now.title, &now.body, &now.base) {
                actions.push(Action::Edited);
            }
            if before.state == State::Closed && now.state == State::Open {
                actions.push(Action::Reopened);
            } else if before.head != now.head {
                actions.push(Action::Synchronize { before: before.head, after: now.head });
            }
        }
    }
    actions.extend(now.labels.iter().filter(|label| !labels.contains(label)).map(|label| Action::Labeled(*label)));
    actions.extend(labels.iter().filter(|label| !now.labels.contains(label)).map(|label| Action::Unlabeled(*label)));
    if now.state == State::Closed && before.is_none_or(|before| before.state == State::Open) {
        actions.push(Action::Closed);
    }
    actions
}
