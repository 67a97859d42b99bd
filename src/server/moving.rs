//! A service that somebody asks to move to another team.

use super::app::App;
use super::error::{Answer, ApiError};
use super::owned::{Owned, owned};
use super::session::Session;
use super::submission::text;
use super::wish::{Previewed, Wish};
use crate::manifest::changes::Change;
use crate::manifest::model::Manifest;
use crate::report::code_span;

/// Checks a request to move the service of a key to a team, which may be new.
///
/// # Errors
/// If there is no such service, if it is not one of a repository that the person may write to, if the team has it, and if
/// the configuration after it would not be valid.
pub(super) async fn check(
    app: &App,
    session: &Session,
    key: &str,
    team: Option<&str>,
    note: Option<&str>,
) -> Answer<Previewed> {
    let Owned { team: from, key, service, repository, configuration, .. } = owned(app, session, key, "move").await?;
    let to = text("team", team)?.ok_or_else(|| ApiError::unprocessable("A team is required"))?;
    if to == from {
        return Err(ApiError::conflict(format!("{key} is in the team already: {to}")));
    }
    let manifest = configuration.manifest();
    let is_new = !manifest.teams.contains_key(&to);
    let new = if is_new { "new " } else { "" };
    let wish = Wish {
        action: "move",
        service: key.clone(),
        branch: format!("move-service-{}-{}", repository.owner, repository.name),
        title: format!("[Konnect Orchestrator] - Move Service: {}", service.name),
        request: format!(
            "asks to move the service {} from the team {} to the {new}team {}",
            code_span(&key),
            code_span(&from),
            code_span(&to)
        ),
        facts: Vec::new(),
        told: told(manifest, &from, &to),
        note: text("note", note)?,
        summary: format!("Move the service {key} from {from} to {to}"),
        change: change(from, key, to, is_new),
    };
    wish.previewed(app, &configuration, "move the service").await
}

/// The change: with a team that is new, both at once.
fn change(from: String, key: String, to: String, is_new: bool) -> Change {
    let team = to.clone();
    let moved = Change::MoveService { from, key, to };
    if !is_new {
        return moved;
    }
    let team = Change::AddTeam { description: Some(team.clone()), team, users: Vec::new(), environments: Vec::new() };
    Change::All(vec![team, moved])
}

/// What the request means to the two teams, in Markdown.
fn told(manifest: &Manifest, from: &str, to: &str) -> Vec<String> {
    let members = |team: &str| {
        let users = manifest.teams.get(team).map(|team| team.users.as_slice()).unwrap_or_default();
        match users {
            [] => format!("The configuration names no members of {}.", code_span(team)),
            users => {
                let users: Vec<String> = users.iter().map(|user| code_span(user)).collect();
                format!("Members of {}: {}.", code_span(team), users.join(", "))
            }
        }
    };
    vec![
        format!(
            "**For {from} and {to}:** from the merge on, the service belongs to {to}, and its gateway is in the control \
             planes of {to}. Its APIs keep their names, their addresses in portals and their applications. A \
             `plugins.yaml` of the service stays in the folder of {from} until a person moves it.",
            from = code_span(from),
            to = code_span(to),
        ),
        format!("{} {}", members(from), members(to)),
    ]
}
