//! A service that somebody asks to take off the platform: whoever may add its repository may also ask for that.

use super::app::App;
use super::error::Answer;
use super::owned::{Owned, owned};
use super::session::Session;
use super::submission::text;
use super::wish::{Previewed, Wish};
use crate::manifest::changes::Change;
use crate::report::code_span;

/// Checks a request to remove the service of a key.
///
/// # Errors
/// If there is no such service, if it is not one of a repository that the person may write to, if something protects it,
/// and if the configuration without it would not be valid.
pub(super) async fn check(app: &App, session: &Session, key: &str, note: Option<&str>) -> Answer<Previewed> {
    let note = text("note", note)?;
    let Owned { team, key, service, repository, configuration, .. } = owned(app, session, key, "remove").await?;
    let wish = Wish {
        change: Change::RemoveService { team: team.clone(), key: key.clone() },
        action: "remove",
        service: key.clone(),
        branch: format!("remove-service-{}-{}", repository.owner, repository.name),
        title: format!("[Konnect Orchestrator] - Remove Service: {}", service.name),
        request: format!("asks to remove the service {} from the team {}", code_span(&key), code_span(&team)),
        facts: Vec::new(),
        told: Vec::new(),
        note,
        summary: format!("Remove the service {key} of {team}"),
    };
    wish.previewed(app, &configuration, "remove the service").await
}
