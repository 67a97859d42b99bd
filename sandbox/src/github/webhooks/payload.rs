//! The bodies of events: <https://docs.github.com/webhooks/webhook-events-and-payloads>.

use git2::{Delta, Oid};
use serde_json::{Value, json};

use super::snapshot::{Action, Event, Snapshot};
use crate::github::accounts::LOGIN;
use crate::github::errors::ApiError;
use crate::github::labels;
use crate::github::links::{Links, encode};
use crate::github::pulls;
use crate::github::repos;
use crate::github::repository::{Repo, timestamp};

/// The object id that stands for no commit.
const NONE: &str = "0000000000000000000000000000000000000000";
/// The most commits in the payload of a push.
const MOST_COMMITS: usize = 2_048;

/// An event about to be sent: its name, its action, and its body.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) event: &'static str,
    pub(super) action: Option<&'static str>,
    pub(super) payload: Value,
}

/// The message about an event, `None` for a pull request that is not there any more.
pub(super) fn message(
    repo: &Repo,
    links: &Links,
    sender: &Value,
    before: &Snapshot,
    event: &Event,
) -> Result<Option<Message>, ApiError> {
    let mut message = match event {
        Event::Push { branch, before: from, after } => {
            Message { event: "push", action: None, payload: push(repo, links, (branch, *from, *after), before)? }
        }
        Event::Pull { number, action } => {
            let Some(pull) = pulls::to_json(repo, links, *number)? else { return Ok(None) };
            Message {
                event: "pull_request",
                action: Some(action.name()),
                payload: pull_request(repo, links, pull, action),
            }
        }
    };
    message.payload["repository"] = repos::to_json(repo, links)?;
    message.payload["sender"] = sender.clone();
    Ok(Some(message))
}

fn pull_request(repo: &Repo, links: &Links, pull: Value, action: &Action) -> Value {
    let number = pull["number"].clone();
    let mut payload = json!({"action": action.name(), "number": number, "pull_request": pull});
    match action {
        Action::Synchronize { before, after } => {
            payload["before"] = before.to_string().into();
            payload["after"] = after.to_string().into();
        }
        Action::Labeled(id) | Action::Unlabeled(id) => {
            let label = repo.metadata.labels.iter().find(|label| label.id == *id);
            payload["label"] = label.map_or(Value::Null, |label| labels::to_json(repo, links, label));
        }
        Action::Edited => payload["changes"] = json!({}),
        Action::Opened | Action::Closed | Action::Reopened => {}
    }
    payload
}

fn push(
    repo: &Repo,
    links: &Links,
    (branch, before, after): (&str, Option<Oid>, Option<Oid>),
    snapshot: &Snapshot,
) -> Result<Value, ApiError> {
    let id = |commit: Option<Oid>| commit.map_or_else(|| NONE.to_owned(), |commit| commit.to_string());
    let forced = match (before, after) {
        (Some(before), Some(after)) => !repo.git.graph_descendant_of(after, before)?,
        _ => false,
    };
    let mut commits = Vec::new();
    if let Some(after) = after {
        for commit in new_commits(repo, after, snapshot)? {
            commits.push(commit_json(repo, links, commit)?);
        }
    }
    let head = after.map(|after| commit_json(repo, links, after)).transpose()?;
    let author = head.as_ref().map_or_else(|| json!({"name": LOGIN, "email": null}), |head| head["committer"].clone());
    let range = format!("/compare/{}...{}", id(before), id(after));
    Ok(json!({
        "ref": format!("refs/heads/{branch}"),
        "before": id(before),
        "after": id(after),
        "created": before.is_none(),
        "deleted": after.is_none(),
        "forced": forced,
        "base_ref": null,
        "compare": links.html(&repo.name, &encode(&range)),
        "commits": commits,
        "head_commit": head,
        "pusher": {"name": author["name"], "email": author["email"]},
    }))
}

/// The commits that no branch had before, oldest first.
fn new_commits(repo: &Repo, after: Oid, snapshot: &Snapshot) -> Result<Vec<Oid>, git2::Error> {
    let mut walk = repo.git.revwalk()?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE)?;
    walk.push(after)?;
    for tip in snapshot.tips() {
        walk.hide(tip)?;
    }
    walk.take(MOST_COMMITS).collect()
}

fn commit_json(repo: &Repo, links: &Links, id: Oid) -> Result<Value, ApiError> {
    let commit = repo.git.find_commit(id)?;
    let parent = commit.parents().next().map(|parent| parent.tree()).transpose()?;
    let diff = repo.git.diff_tree_to_tree(parent.as_ref(), Some(&commit.tree()?), None)?;
    let paths = |wanted: &[Delta]| -> Vec<String> {
        let of_kind = diff.deltas().filter(|delta| wanted.contains(&delta.status()));
        let path = |delta: git2::DiffDelta<'_>| {
            let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
            file.path_bytes().map(|path| String::from_utf8_lossy(path).into_owned())
        };
        of_kind.filter_map(path).collect()
    };
    let person = |person: &git2::Signature<'_>| {
        json!({
            "name": String::from_utf8_lossy(person.name_bytes()),
            "email": String::from_utf8_lossy(person.email_bytes()),
        })
    };
    Ok(json!({
        "id": id.to_string(),
        "tree_id": commit.tree_id().to_string(),
        "distinct": true,
        "message": String::from_utf8_lossy(commit.message_bytes()).trim_end(),
        "timestamp": timestamp(commit.time()),
        "url": links.html(&repo.name, &format!("/commit/{id}")),
        "author": person(&commit.author()),
        "committer": person(&commit.committer()),
        "added": paths(&[Delta::Added]),
        "removed": paths(&[Delta::Deleted]),
        "modified": paths(&[Delta::Modified, Delta::Typechange]),
    }))
}
