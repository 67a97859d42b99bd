//! Changes of the configuration that people ask for: each is a pull request of its own in the platform repository.
//!
//! `koctl add` and `koctl remove` work for one platform engineer, whose changes stack. Here many people ask at the same
//! time, so each request has a branch of its own, which its owner can update, and which nobody else can.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use futures::future::try_join_all;
use github_api::LabelledPull;
use tokio::sync::{Mutex, OnceCell};

use super::change::made;
use super::connect::{github_clients, platform_repository};
use super::failure::{Failure, Failures};
use super::preview::{self, Preview};
use super::repository::RepositorySession;
use super::request_mark::RequestMark;
use super::session::Session;
use super::workspace::Environment;
use crate::github::client::{NewFile, Snapshot, TreeChange};
use crate::github::proposal::{Line, NewProposal};
use crate::github::{Pull, ReadClient, Repository, WriteClient};
use crate::manifest::Loaded;
use crate::manifest::changes::{Change, Files};
use crate::manifest::document::without_secrets;
use crate::manifest::load::load_texts;
use crate::manifest::model::Manifest;
use crate::platform_repository::{ORGANIZATIONS, PLATFORM, TEAMS};
use engine::{Error, ErrorKind};
use transport::Transport;

/// The branches of one name that are tried before a person is to choose.
const MOST_BRANCHES: usize = 50;

/// The configuration in the platform repository.
#[derive(Debug)]
pub struct Configuration {
    /// The commit that it is of.
    pub commit: String,
    loaded: Loaded,
    /// The paths of all files below `konnect/`.
    paths: BTreeSet<String>,
    files: Files,
    /// The text of the platform's settings, which no change touches.
    platform: Option<String>,
}

impl Configuration {
    /// The configuration, which is valid.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.loaded.manifest
    }

    /// The paths of all files below `konnect/`, staged ones too.
    pub(super) fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }

    /// The files and the configuration after a change. There is at least one file that it changes.
    fn with(&self, change: &Change) -> Result<(Files, Loaded), Failures> {
        let (files, loaded) = made(change, &self.files, self.platform.as_deref())?;
        if files.texts == self.files.texts {
            let failure = Failure::new("the configuration says that already");
            return Err(failure.help("nothing is to be done").into());
        }
        Ok((files, loaded))
    }

    /// The files that a change leaves otherwise: the name, the text before, and the text after it.
    fn edits<'f>(&'f self, after: &'f Files) -> impl Iterator<Item = (&'f str, &'f str, &'f str)> {
        let before = |path: &str| self.files.texts.get(path).map(String::as_str).unwrap_or_default();
        let all = after.texts.iter().map(move |(path, text)| (path.as_str(), before(path), text.as_str()));
        all.filter(|(_, before, after)| before != after)
    }
}

/// A change that somebody asks for.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The change.
    pub change: Change,
    /// The name of its branch; a number follows if that is taken.
    pub branch: String,
    /// The title of its pull request.
    pub title: String,
    /// The description, in Markdown, before the changed lines.
    pub body: String,
    /// Whose it is, and what it is about.
    pub mark: RequestMark,
    /// The message of the commit.
    pub message: String,
    /// The labels of the pull request.
    pub labels: Vec<String>,
    /// People, and teams as `organization/team`, who are asked for a review.
    pub reviewers: Vec<String>,
}

/// A pull request with a change.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// Its number.
    pub number: u64,
    /// Its page, where GitHub names it.
    pub url: Option<String>,
    /// What was left undone, for example a review that could not be asked for.
    pub warnings: Vec<String>,
}

/// The platform repository, for changes that people ask for.
pub struct Onboarding {
    session: RepositorySession,
    repository: Repository,
    client: WriteClient,
    /// The variables, in which the credentials of services can be.
    environment: Arc<Environment>,
    /// The branch that pull requests go to, as far as it is known.
    branch: OnceCell<String>,
    /// One apply at a time, in the sandbox.
    pub(super) applying: Mutex<()>,
    /// One submission at a time: two of the same person and service would each open a pull request.
    submitting: Mutex<()>,
}

impl Onboarding {
    /// The platform repository of a session. Pull requests go to `branch`, or to the default branch. Credentials of
    /// services are read from `environment`.
    ///
    /// # Errors
    /// If the repository is not on GitHub, or the token for it cannot be used.
    pub fn new(
        session: RepositorySession,
        branch: Option<String>,
        environment: Arc<Environment>,
    ) -> Result<Self, Failure> {
        let repository = platform_repository(session.session())?;
        let client = github_clients(session.session())?.writer();
        let branch = OnceCell::new_with(branch);
        Ok(Self {
            session,
            repository,
            client,
            environment,
            branch,
            submitting: Mutex::default(),
            applying: Mutex::default(),
        })
    }

    /// The platform repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The connections that requests go over.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.session().systems.transport
    }

    /// The address of GitHub's API.
    #[must_use]
    pub fn github_url(&self) -> &str {
        &self.session().systems.addresses.github
    }

    /// True if a sandbox stands for Konnect and GitHub.
    #[must_use]
    pub fn is_in_sandbox(&self) -> bool {
        self.session().systems.are_sandboxed()
    }

    /// The address of GitHub's pages.
    #[must_use]
    pub fn web_url(&self) -> &str {
        match self.github_url() {
            github_api::DEFAULT_URL => github_api::DEFAULT_WEB_URL,
            url => url.trim_end_matches('/').trim_end_matches("/api/v3"),
        }
    }

    /// The address of a repository for git, as a configuration has it. The sandbox stands for github.com.
    #[must_use]
    pub fn remote_of(&self, repository: &str) -> String {
        let web = if self.is_in_sandbox() { github_api::DEFAULT_WEB_URL } else { self.web_url() };
        format!("{web}/{repository}.git")
    }

    fn session(&self) -> &Session {
        self.session.session()
    }

    /// The client that reads the platform repository.
    pub(super) fn reader(&self) -> &ReadClient {
        self.client.reader()
    }

    /// The client that also writes there.
    pub(super) fn writer(&self) -> &WriteClient {
        &self.client
    }

    /// The addresses in the state of a scope.
    pub(super) async fn known(&self, scope: &str) -> Result<BTreeSet<String>, Failure> {
        let state = self.session().workspace.state(scope).await?;
        Ok(state.iter().flat_map(|state| state.resources.keys().cloned()).collect())
    }

    /// A session about a configuration, on the same systems and states.
    pub(super) fn about(&self, loaded: Loaded) -> Session {
        let environment = Arc::clone(&self.environment);
        self.session().about(loaded, Box::new(move |name| environment(name)))
    }

    /// The branch that pull requests go to.
    async fn branch(&self) -> Result<&str, Failure> {
        let read = || async { Ok::<_, Error>(self.client.reader().repository(&self.repository).await?.default_branch) };
        Ok(self.branch.get_or_try_init(read).await?)
    }

    /// The configuration as it is now. If it is still the `known` one, that costs one request.
    ///
    /// # Errors
    /// If it cannot be read, or is not valid.
    pub async fn configuration(&self, known: Option<&Arc<Configuration>>) -> Result<Arc<Configuration>, Failures> {
        let commit = self.tip().await?;
        if let Some(known) = known.filter(|known| known.commit == commit) {
            return Ok(Arc::clone(known));
        }
        let snapshot = self.client.reader().snapshot(&self.repository, &commit).await?;
        self.configuration_of(&snapshot).await.map(Arc::new)
    }

    pub(super) async fn tip(&self) -> Result<String, Failure> {
        let branch = self.branch().await?;
        self.client.reader().tip(&self.repository, branch).await?.ok_or_else(|| {
            Failure::new(format!("the platform repository {} has no branch {branch}", self.repository))
                .help("correct `platform.portal.base-branch`, or push the branch")
        })
    }

    async fn configuration_of(&self, snapshot: &Snapshot) -> Result<Configuration, Failures> {
        let reader = self.client.reader();
        let read = [TEAMS, ORGANIZATIONS, PLATFORM].into_iter().filter_map(|path| {
            let blob = snapshot.files.get(path)?;
            Some(async move {
                let bytes = reader.blob(&self.repository, blob).await?;
                let text = String::from_utf8(bytes).map_err(|_| {
                    let attempted = format!("read {path} of {}", self.repository);
                    Error::new(ErrorKind::Refused, attempted, "it is not valid UTF-8").help("save the file as UTF-8")
                });
                Ok::<_, Error>((path, text?))
            })
        });
        let mut texts: BTreeMap<&str, String> = try_join_all(read).await?.into_iter().collect();
        if !texts.contains_key(TEAMS) {
            let failure = Failure::new(format!("the platform repository {} has no {TEAMS}", self.repository));
            return Err(failure.help("set it up with `koctl init`, and merge its pull request").into());
        }
        let named: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let loaded = load_texts(&named, Path::new("."))?;
        let platform = texts.remove(PLATFORM);
        let files = Files {
            teams: TEAMS.to_owned(),
            organizations: ORGANIZATIONS.to_owned(),
            texts: texts.into_iter().map(|(path, text)| (path.to_owned(), text)).collect(),
        };
        let paths = snapshot.files.keys().filter(|path| path.starts_with("konnect/")).cloned().collect();
        Ok(Configuration { commit: snapshot.commit.clone(), loaded, paths, files, platform })
    }

    /// What a change would do, if everything about it is right. The specifications of services that it touches are read with
    /// the platform's own token; no live system is compared, and nothing is written.
    ///
    /// # Errors
    /// Everything that is wrong: if the change cannot be made, or the configuration would not be valid; if specifications
    /// cannot be read or are none; what no plan may do.
    pub async fn preview(&self, configuration: &Configuration, change: &Change) -> Result<Preview, Failures> {
        let (files, loaded) = configuration.with(change)?;
        let edits = configuration.edits(&files);
        let edits =
            edits.map(|(path, before, after)| (path.to_owned(), without_secrets(before), without_secrets(after)));
        let edits = edits.collect();
        let (before, after) = (self.about(configuration.loaded.clone()), self.about(loaded));
        preview::preview(&before, &after, change, edits).await
    }

    /// The pull requests with a label, newest first. `state` is `open`, `closed` or `all`.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn requests(&self, label: &str, state: &str) -> Result<Vec<LabelledPull>, Failures> {
        Ok(self.client.reader().labelled_pulls(&self.repository, label, state).await?)
    }

    /// Opens a pull request with a change, or updates the one that the same person opened for it.
    ///
    /// # Errors
    /// If the change cannot be made, or the configuration would not be valid; if GitHub refuses.
    pub async fn submit(&self, submission: &Submission) -> Result<Proposed, Failures> {
        let _one = self.submitting.lock().await;
        let base = self.client.reader().snapshot(&self.repository, &self.tip().await?).await?;
        let configuration = self.configuration_of(&base).await?;
        let (edited, _) = configuration.with(&submission.change)?;
        let edits = configuration.edits(&edited);
        let edits: Vec<TreeChange> =
            edits.map(|(path, _, text)| (path.to_owned(), NewFile::Text(text.to_owned()))).collect();
        let (branch, pull) = self.place(submission).await?;
        self.push(&base, &branch, pull.as_ref(), submission, &edits).await?;
        Ok(self.open(&branch, pull, submission).await?)
    }

    /// The branch of a request, and its pull request if there is one already.
    async fn place(&self, submission: &Submission) -> Result<(String, Option<Pull>), Failures> {
        let reader = self.client.reader();
        let pulls = reader.open_pulls(&self.repository).await?;
        let name = self.repository.to_string();
        let is_ours = |pull: &&Pull| {
            let home = pull.head.repo.as_ref().is_some_and(|home| home.full_name.eq_ignore_ascii_case(&name));
            home && is_owned(pull.body.as_deref().unwrap_or_default(), &submission.mark.owner)
        };
        let candidates = (1..=MOST_BRANCHES).map(|number| match number {
            1 => submission.branch.clone(),
            _ => format!("{}-{number}", submission.branch),
        });
        for branch in candidates {
            if let Some(pull) = pulls.iter().filter(is_ours).find(|pull| pull.head.branch == branch) {
                return Ok((branch, Some(pull.clone())));
            }
            let is_taken = pulls.iter().any(|pull| pull.head.branch == branch);
            if !is_taken && reader.tip(&self.repository, &branch).await?.is_none() {
                return Ok((branch, None));
            }
        }
        let failure = Failure::new(format!("all branches of the name {} are taken", submission.branch));
        Err(failure.help(format!("delete those in {} that are not needed any more", self.repository)).into())
    }

    async fn push(
        &self,
        base: &Snapshot,
        branch: &str,
        pull: Option<&Pull>,
        submission: &Submission,
        edits: &[TreeChange],
    ) -> Result<(), Error> {
        let line = match pull {
            Some(pull) => Some(Line::read(self.client.reader(), &self.repository, base, &pull.head.sha).await?),
            None => None,
        };
        let proposal = NewProposal {
            repository: &self.repository,
            branch,
            message: &submission.message,
            base,
            line: line.as_ref(),
            is_ours: &|path| edits.iter().any(|(edited, _)| edited == path),
            changes: &|_| edits.to_vec(),
        };
        proposal.push(&self.client).await
    }

    async fn open(&self, branch: &str, pull: Option<Pull>, submission: &Submission) -> Result<Proposed, Failure> {
        let Submission { title, labels, reviewers, .. } = submission;
        let body = format!("{}\n\n{}\n", submission.body, submission.mark.line());
        if let Some(pull) = pull {
            self.client.describe_pull(&self.repository, pull.number, title, &body).await?;
            return Ok(Proposed { number: pull.number, url: pull.html_url, warnings: Vec::new() });
        }
        let base = self.branch().await?;
        let pull = self.client.open_pull(&self.repository, branch, base, title, &body).await?;
        let mut warnings = Vec::new();
        // The request is there: what is only for convenience must not make it look as if it were not.
        if let Err(error) = self.client.label_pull(&self.repository, pull.number, labels).await {
            warnings.push(error.to_string());
        }
        if !reviewers.is_empty()
            && let Err(error) = self.client.ask_for_review(&self.repository, pull.number, reviewers).await
        {
            warnings.push(error.to_string());
        }
        Ok(Proposed { number: pull.number, url: pull.html_url, warnings })
    }

    /// Ends the session.
    pub async fn close(self) {
        self.session.close().await;
    }
}

/// True if a description is that of a request of `owner`.
fn is_owned(body: &str, owner: &str) -> bool {
    RequestMark::read(body).is_some_and(|mark| mark.owner == owner)
}
