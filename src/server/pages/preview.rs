//! What a change would do, before it is asked for: the operations of the API, the edit of the configuration, and the plan.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::compiler::SpecOperation;
use crate::operations::{Preview, PreviewedDocument, schemas};
use crate::report::{count, unified};
use engine::plan::ResourceChange;
use engine::{Action, Plan};

/// The operations of an API that are shown at most.
const MOST_OPERATIONS: usize = 200;
/// The changes of a place that are shown at most.
const MOST_CHANGES: usize = 100;

/// The content of the page.
pub(super) fn content(preview: &Preview) -> Markup {
    html! {
        @if !preview.documents.is_empty() {
            h2 { "The API" }
            @for documents in alike(&preview.documents) { (api(&documents)) }
        }
        h2 { "The change of the configuration" }
        @for (path, before, after) in &preview.edits {
            pre tabindex="0" aria-label={ "The change of " (path) } { (diff(&unified(path, before, after))) }
        }
        h2 { "What follows" }
        (plan(&preview.plan))
        @if !preview.left_out.is_empty() {
            p {
                "Not in " (preview.left_out.join(", ")) ": these environments list what takes part. The platform team adds it \
                 there."
            }
        }
    }
}

/// The documents, those that describe the same API together.
fn alike(documents: &[PreviewedDocument]) -> Vec<Vec<&PreviewedDocument>> {
    let mut groups: Vec<Vec<&PreviewedDocument>> = Vec::new();
    for one in documents {
        let is_alike = |group: &&mut Vec<&PreviewedDocument>| {
            group.iter().any(|other| other.version == one.version && other.document == one.document)
        };
        match groups.iter_mut().find(is_alike) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

fn api(documents: &[&PreviewedDocument]) -> Markup {
    let Some(first) = documents.first() else { return html! {} };
    let operations = &first.document.operations;
    html! {
        h3 { (first.document.title.as_deref().unwrap_or("Without a title")) " " (first.version) }
        ul {
            @for one in documents {
                li {
                    (one.path) " on the branch " (one.branch)
                    @if one.places.is_empty() { ", for no environment" } @else { ", for " (one.places.join(", ")) }
                }
            }
        }
        @if operations.is_empty() {
            p { "It has no operations yet." }
        } @else {
            table {
                thead { tr { th scope="col" { "Method" } th scope="col" { "Path" } th scope="col" { "Summary" } } }
                tbody { @for one in operations.iter().take(MOST_OPERATIONS) { (operation(one)) } }
            }
            @if operations.len() > MOST_OPERATIONS {
                p.hint { "The first " (MOST_OPERATIONS) " of " (count(operations.len(), "operation")) "." }
            }
        }
    }
}

fn operation(one: &SpecOperation) -> Markup {
    html! {
        tr {
            td data-name="Method" { code { (one.method) } }
            td.long data-name="Path" { code { (one.path) } }
            td data-name="Summary" { (one.summary.as_deref().unwrap_or("")) }
        }
    }
}

/// The lines of a unified diff. Its first two name the file.
fn diff(text: &str) -> Markup {
    html! {
        @for (number, line) in text.lines().enumerate() {
            @if number > 1 && line.starts_with('+') { ins { (line) } }
            @else if number > 1 && line.starts_with('-') { del { (line) } }
            @else { (line) }
            "\n"
        }
    }
}

/// The plan, by place.
fn plan(plan: &Plan) -> Markup {
    let changes = plan.scopes.iter().flat_map(|scope| &scope.changes);
    let mut places: BTreeMap<String, Vec<(&ResourceChange, &str)>> = BTreeMap::new();
    for change in changes.filter(|change| change.action != Action::NoOp) {
        let (place, name) = placed(change);
        places.entry(place).or_default().push((change, name));
    }
    html! {
        p.hint {
            "Compared with the configuration and the state of the last apply. Konnect itself was not asked: the portal needs no \
             token of an organization for this."
        }
        @if places.is_empty() { p { "Nothing changes in Konnect." } }
        @for (place, changes) in &places {
            h3 { (place) }
            ul.plan {
                @for (change, name) in changes.iter().take(MOST_CHANGES) {
                    li { (action(change.action)) " " (kind(change)) " " strong.long { (name) } }
                }
                @if changes.len() > MOST_CHANGES { li { "and " (changes.len() - MOST_CHANGES) " more" } }
            }
        }
    }
}

/// The organization, or the environment, that a change is in, and the name of the resource there.
fn placed(change: &ResourceChange) -> (String, &str) {
    let address = &change.address;
    let schema = schemas().0.iter().find(|schema| schema.type_name == address.type_name());
    let in_environment = schema.is_some_and(|schema| schema.environment_in_key);
    match address.key().split_once('/').filter(|_| in_environment) {
        Some((environment, name)) => (format!("{}/{environment}", address.scope()), name),
        None if in_environment => (format!("{}/{}", address.scope(), address.key()), address.key()),
        None => (address.scope().to_owned(), address.key()),
    }
}

/// The type of a resource, in words.
fn kind(change: &ResourceChange) -> &'static str {
    match change.address.type_name() {
        "api" => "the API",
        "api_version" => "the specification of",
        "api_publication" => "the publication of",
        "api_implementation" => "the link to the gateway of",
        "control_plane" => "the control plane",
        "pull_request" => "the staged files of",
        "team" => "the team",
        "team_user" => "the membership",
        "team_role" | "portal_team_role" => "the role",
        "portal" => "the portal",
        "user" => "the user",
        other => {
            schemas().0.iter().find(|schema| schema.type_name == other).map_or("the resource", |one| one.type_name)
        }
    }
}

fn action(action: Action) -> Markup {
    let (class, text) = match action {
        Action::Create => ("good", "Adds"),
        Action::Update => ("wait", "Changes"),
        Action::Replace => ("bad", "Replaces"),
        Action::Delete => ("bad", "Removes"),
        Action::Import => ("good", "Takes over"),
        Action::Forget => ("wait", "Leaves alone from now on"),
        Action::NoOp => ("", "Keeps"),
        Action::Deferred => ("wait", "Later adds"),
    };
    html! { span class={ "state " (class) } { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_marks_its_lines_and_texts_in_it_stay_texts() {
        let shown = diff("--- a/t\n+++ b/t\n@@ -1 +1 @@\n-a\n+<b>\n c\n").into_string();
        assert_eq!(shown, "--- a/t\n+++ b/t\n@@ -1 +1 @@\n<del>-a</del>\n<ins>+&lt;b&gt;</ins>\n c\n");
    }
}
