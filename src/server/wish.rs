//! A change of the configuration that somebody asks for, and its pull request: who asks, for what, and what follows.

use std::sync::Arc;

use super::app::App;
use super::error::{Answer, ApiError};
use super::session::Session;
use super::work;
use crate::manifest::changes::Change;
use crate::operations::{Configuration, Preview, Proposed, RequestMark, Submission};
use crate::report::code_span;

/// The room for what follows from a change in the description of its pull request, in bytes. GitHub takes 65,536
/// characters.
const LARGEST_PLAN: usize = 30_000;

/// A change that somebody asks for.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// The change.
    pub(super) change: Change,
    /// What is done: `add`, `change`, `move`, `remove`.
    pub(super) action: &'static str,
    /// The key of the service.
    pub(super) service: String,
    /// The name of its branch; a number follows if that is taken.
    pub(super) branch: String,
    /// The title of its pull request.
    pub(super) title: String,
    /// What is asked, in Markdown: `asks to add …`.
    pub(super) request: String,
    /// Details by name. The texts are anybody's.
    pub(super) facts: Vec<(&'static str, String)>,
    /// What else the request says, in Markdown, a paragraph each.
    pub(super) told: Vec<String>,
    /// A word to the reviewer.
    pub(super) note: Option<String>,
    /// The first line of the commit's message.
    pub(super) summary: String,
}

/// A change that somebody asks for, which was checked.
pub(super) struct Previewed {
    /// What is asked for.
    pub(super) wish: Wish,
    /// What it does.
    pub(super) preview: Preview,
}

impl Wish {
    /// The change with what it does, if everything about it is right. `attempted` is what was tried: `move the service`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) async fn previewed(
        self,
        app: &App,
        configuration: &Arc<Configuration>,
        attempted: &str,
    ) -> Answer<Previewed> {
        let preview = work::preview(app, configuration, &self.change).await;
        Ok(Previewed { preview: preview.map_err(|error| error.about(attempted))?, wish: self })
    }

    /// Opens the pull request, or updates the one that the same person opened for it.
    pub(super) async fn submit(&self, app: &App, session: &Session, preview: &Preview) -> Answer<Proposed> {
        let submission = Submission {
            branch: self.branch.clone(),
            title: self.title.clone(),
            body: self.body(session, preview),
            mark: RequestMark {
                owner: session.person.to_string(),
                action: self.action.to_owned(),
                service: self.service.clone(),
            },
            message: format!(
                "{}\n\nRequested-by: {} <{}+{}@users.noreply.github.com>",
                self.summary, session.login, session.person, session.login
            ),
            labels: app.settings.labels.clone(),
            reviewers: app.settings.reviewers.clone(),
            change: self.change.clone(),
        };
        let proposed = app.platform.onboarding.submit(&submission).await;
        app.platform.forget().await;
        proposed.map_err(|failures| ApiError::of_platform(&failures))
    }

    /// The description of the pull request. Texts of people are code spans, in which nothing has an effect.
    fn body(&self, session: &Session, preview: &Preview) -> String {
        let note = self.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        let facts =
            self.facts.iter().map(|(name, value)| (*name, value.as_str())).chain(note.map(|note| ("note", note)));
        let lines: String = facts.map(|(name, value)| format!("| {name} | {} |\n", code_span(value))).collect();
        let table = if lines.is_empty() { lines } else { format!("| | |\n| --- | --- |\n{lines}\n") };
        let told: String = self.told.iter().map(|text| format!("{text}\n\n")).collect();
        format!(
            "@{} {}.\n\n{table}{told}### What follows\n\nCompared with the state of the last apply, and not with Konnect.\n\n{}",
            session.login,
            self.request,
            preview.markdown(LARGEST_PLAN)
        )
    }
}
