//! `repository_files`: koctl's own files in the platform repository, workflows for example, and the pull request that
//! proposes them.
//!
//! A file is wanted as a text or as a digest. A text is the wanted text of the file. A digest stands for a file that is
//! left to people: its present text is as wanted. A file that is to be deleted is wanted as null.
//!
//! Pull requests stack: a new one begins at the end of the last open one, so that they can be merged one after the other.
//! The files of the last one count as the present files.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::planned::{parse, text, texts};
use super::platform::{Platform, blob_id, contents};
use super::repository;
use crate::github::client::{Files, NewFile, ReadClient, Snapshot, TreeChange, WriteClient};
use crate::github::proposal::NewProposal;
use crate::github::resource::{GitHubType, PLAIN};
use crate::github::{Pull, Repository};
use crate::resource_type::{Generate, KeyShape};
use engine::plan::Notice;
use engine::refresh::{Scan, Wanted};
use engine::resource::Update;
use engine::schema::OnRemoval;
use engine::{Attributes, Error, ErrorKind, Reader, Remote, Schema, Writer};

engine::schema! {
    /// koctl's own files in the platform repository.
    RepositoryFiles = "repository_files" {
        REPOSITORY: Attribute::plain("repository").forces_replacement(),
        BRANCH: Attribute::plain("branch"),
        TITLE: Attribute::plain("title"),
        /// Files that koctl updates unless they were edited.
        FILES: Attribute::files("files"),
        /// Files that are written once, or changed in some lines, and then left to people.
        SHARED_FILES: Attribute::files("shared_files"),
        /// Files that another tool left, to be deleted.
        REMOVED_FILES: Attribute::files("removed_files"),
        /// The pull request that has to be merged.
        WAITS_FOR: Attribute::notice("waits_for"),
    }
    natural_key: &[REPOSITORY.text()],
    on_removal: OnRemoval::Forget,
    reads_after: &[repository::SCHEMA.type_name],
    ..PLAIN
}

/// Everything that is said of koctl's own files.
pub static TYPE: GitHubType = GitHubType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: |client| Box::new(Over(client.clone())),
    writer: Some(|client| Box::new(Over(client.clone()))),
    watch: &[],
    generate: Generate::NotRead,
};

/// The beginning of the names of the branches with proposals of koctl's files.
pub(crate) const BRANCH_PREFIX: &str = "konnect-orchestrator-";

/// The type over a client.
struct Over<C>(C);

impl Platform {
    /// The last open pull request that proposes koctl's own files: it holds those before it.
    pub(crate) fn last_proposal(&self) -> Option<&Pull> {
        let proposals = self.own_pulls().filter(|pull| pull.head.branch.starts_with(BRANCH_PREFIX));
        proposals.max_by_key(|pull| pull.number)
    }

    /// The files as they are, or will be after the open proposals are merged.
    pub(crate) async fn outlook(&self, client: &ReadClient) -> Result<Snapshot, Error> {
        match self.last_proposal() {
            Some(pull) => client.snapshot(&self.repository, &pull.head.sha).await,
            None => Ok(self.base.clone()),
        }
    }
}

fn map(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The files that are wanted as a digest: they are as wanted.
fn left_alone(files: &Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    files.iter().filter(|(_, file)| file.is_object()).map(|(path, file)| (path.clone(), file.clone()))
}

/// The paths of the files that are to be deleted.
fn unwanted(files: &Map<String, Value>) -> impl Iterator<Item = &String> {
    files.iter().filter(|(_, file)| file.is_null()).map(|(path, _)| path)
}

impl Over<ReadClient> {
    async fn view(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Option<Remote>, Error> {
        let platform = Platform::read(&self.0, parse(repository)?).await?;
        let outlook = platform.outlook(&self.0).await?;
        let mut attributes = Attributes::from([("repository".to_owned(), repository.into())]);
        let mut present = false;
        for name in ["files", "shared_files", "removed_files"] {
            let known = map(wanted.state.and_then(|state| state.attributes.get(name)));
            let asked = map(wanted.value(name).as_ref());
            let expected = texts(wanted.value(name).as_ref());
            let goes: BTreeSet<&String> = unwanted(&asked).collect();
            let ours = |path: &String| {
                expected.contains_key(path) || goes.contains(path) || (name == "files" && known.contains_key(path))
            };
            let found: Files = outlook.files.clone().into_iter().filter(|(path, _)| ours(path)).collect();
            present |= name != "removed_files" && !found.is_empty();
            let gone: Vec<_> = goes.into_iter().filter(|path| !found.contains_key(*path)).cloned().collect();
            // What was deleted once is as it was left, unless it is to be deleted again.
            let mut files = if name == "removed_files" { known } else { Map::new() };
            files.extend(contents(&self.0, &platform.repository, found, &expected).await?);
            files.extend(left_alone(&asked));
            files.extend(gone.into_iter().map(|path| (path, Value::Null)));
            if !asked.is_empty() || name == "removed_files" && !files.is_empty() {
                attributes.insert(name.to_owned(), Value::Object(files));
            }
        }
        // Branch and title belong to the last proposal: they count as the wanted ones.
        for name in ["branch", "title"] {
            let last = wanted.state.and_then(|state| state.attributes.get(name)).cloned();
            attributes.extend(last.or_else(|| wanted.value(name)).map(|value| (name.to_owned(), value)));
        }
        let waits = self.waits(&platform).await?;
        attributes.extend(waits.map(|waits| (WAITS_FOR.text().to_owned(), waits.value())));
        Ok(present.then(|| Remote { id: repository.to_owned(), attributes }))
    }

    /// What the files wait for, if they are proposed.
    async fn waits(&self, platform: &Platform) -> Result<Option<Notice>, Error> {
        let Some(pull) = platform.last_proposal() else { return Ok(None) };
        let mut waits = platform.waits(pull);
        if self.0.conflicts(&platform.repository, pull.number).await? {
            waits.reason.push_str(", and conflicts with it: resolve that on GitHub");
        }
        Ok(Some(waits))
    }
}

#[async_trait]
impl Reader for Over<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let mut found = Vec::new();
        for wanted in scan.wanted() {
            // The repository may not exist yet, or the platform may have left it.
            let Some(repository) = wanted.text("repository") else { continue };
            found.extend(self.view(&repository, wanted).await?);
        }
        Ok(found)
    }
}

/// A proposed change to the platform repository.
struct Proposal {
    repository: Repository,
    branch: String,
    title: String,
    texts: BTreeMap<String, String>,
    /// Files that koctl wrote and no longer has, and those of another tool.
    gone: BTreeSet<String>,
}

impl Proposal {
    fn new(planned: &Attributes, before: Option<&Attributes>) -> Result<Self, Error> {
        let wanted = map(planned.get("files"));
        let before = map(before.and_then(|before| before.get("files")));
        let mut all = texts(planned.get("files"));
        all.extend(texts(planned.get("shared_files")));
        let removed = map(planned.get("removed_files"));
        let retired = before.into_iter().map(|(path, _)| path).filter(|path| !wanted.contains_key(path));
        Ok(Self {
            repository: parse(text(planned, "repository")?)?,
            branch: text(planned, "branch")?.to_owned(),
            title: text(planned, "title")?.to_owned(),
            texts: all,
            gone: unwanted(&removed).cloned().chain(retired).collect(),
        })
    }

    /// The changes that give a tree the files of the proposal.
    fn changes(&self, start: &Files) -> Vec<TreeChange> {
        let new = self.texts.iter().filter(|(path, text)| start.get(*path) != Some(&blob_id(text)));
        let new = new.map(|(path, text)| (path.clone(), NewFile::Text(text.clone())));
        let gone = self.gone.iter().filter(|path| start.contains_key(*path));
        new.chain(gone.map(|path| (path.clone(), NewFile::Deleted))).collect()
    }

    fn is_ours(&self, path: &str) -> bool {
        self.texts.contains_key(path) || self.gone.contains(path)
    }
}

fn body(changes: &[TreeChange]) -> String {
    let mut body = "koctl proposes these files of the platform repository:\n\n".to_owned();
    for (path, file) in changes {
        body.push_str(&format!("- `{path}`{}\n", if *file == NewFile::Deleted { ", which is deleted" } else { "" }));
    }
    body
}

impl Over<WriteClient> {
    /// Commits the files of the proposal to its branch and opens a pull request. Returns what the files wait for.
    async fn propose(&self, proposal: &Proposal) -> Result<Option<Notice>, Error> {
        let Proposal { repository, branch, title, .. } = proposal;
        let reader = self.0.reader();
        let platform = Platform::read(reader, repository.clone()).await?;
        let start = platform.outlook(reader).await?;
        let changes = proposal.changes(&start.files);
        if changes.is_empty() {
            return Ok(platform.last_proposal().map(|pull| platform.waits(pull)));
        }
        let line = platform.line(reader, branch, &start).await?;
        let new = NewProposal {
            repository,
            branch,
            message: title,
            base: &start,
            line: line.as_ref(),
            is_ours: &|path| proposal.is_ours(path),
            changes: &|files| proposal.changes(files),
        };
        new.push(&self.0).await.map_err(|error| explain(error, &changes))?;
        let pull = match platform.pull(branch) {
            None => self.0.open_pull(repository, branch, &platform.branch, title, &body(&changes)).await?,
            Some(pull) => {
                if pull.title != *title {
                    self.0.rename_pull(repository, pull.number, title).await?;
                }
                pull.clone()
            }
        };
        Ok(Some(platform.waits(&pull)))
    }
}

/// GitHub refuses workflows if the token cannot change them, and does not say so.
fn explain(error: Error, changes: &[TreeChange]) -> Error {
    let has_workflows = changes.iter().any(|(path, _)| path.starts_with(".github/workflows/"));
    if has_workflows && matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unauthorized) {
        let help = "give the token what changing workflows needs besides: the scope `workflow`, or for a fine-grained \
                    token the permission to write Workflows";
        let help = error.help.as_ref().map_or_else(|| help.to_owned(), |other| format!("{other}; {help}"));
        return error.help(help);
    }
    error
}

/// The object after the proposal is made.
fn proposed(planned: &Attributes, waits: Option<Notice>) -> Result<Remote, Error> {
    let mut attributes = planned.clone();
    attributes.extend(waits.map(|waits| (WAITS_FOR.text().to_owned(), waits.value())));
    Ok(Remote { id: text(planned, "repository")?.to_owned(), attributes })
}

#[async_trait]
impl Writer for Over<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let waits = self.propose(&Proposal::new(planned, None)?).await?;
        proposed(planned, waits)
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let waits = self.propose(&Proposal::new(update.after, Some(update.before))?).await?;
        proposed(update.after, waits)
    }

    async fn delete(&self, id: &str, _: &Attributes) -> Result<(), Error> {
        let attempted = format!("delete koctl's files in {id}");
        let error = Error::new(ErrorKind::Refused, attempted, "koctl only removes them from its state");
        Err(error.help("delete them in the repository if they are no longer needed"))
    }
}
