//! `pull_request`: the staged files of one environment in the platform repository, and the pull request that brings
//! them there (GitHub's Git Data API; no clone).
//!
//! In sync means that the open pull request's branch has the wanted files, or the base branch if none is open.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::planned::{digests, parse, text, texts};
use super::platform::{Platform, blob_id, contents};
use crate::github::client::{Files, ReadClient, Snapshot, TreeChange, WriteClient};
use crate::github::resource::{GitHubType, PLAIN};
use crate::github::{Pull, Repository};
use crate::resource_type::{Generate, KeyShape};
use engine::refresh::{Scan, Wanted};
use engine::resource::Update;
use engine::{Attributes, Error, Reader, Remote, Schema, Writer};

engine::schema! {
    /// The staged files of one environment.
    PullRequest = "pull_request" {
        REPOSITORY: Attribute::plain("repository").forces_replacement(),
        BRANCH: Attribute::plain("branch").forces_replacement(),
        FOLDER: Attribute::plain("folder").forces_replacement(),
        TITLE: Attribute::plain("title"),
        FILES: Attribute::files("files"),
        /// By path: an unchanged file is recognised by it without being read.
        BLOB_IDS: Attribute::computed("blob_ids"),
    }
    natural_key: &[REPOSITORY.text(), BRANCH.text()],
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of staged files.
pub static TYPE: GitHubType = GitHubType {
    schema: &SCHEMA,
    key: KeyShape::Environment,
    reader: |client| Box::new(Over(client.clone())),
    writer: Some(|client| Box::new(Over(client.clone()))),
    generate: Generate::NotRead,
};

/// The names of the files that koctl stages. Other files in the same folders are generated from them and not koctl's.
pub const STAGED: [&str; 2] = ["openapi.yaml", "ko-patch.yaml"];

/// The type over a client.
struct Over<C>(C);

/// Those of `files` that koctl staged under `folder`.
fn staged(files: &Files, folder: &str) -> Files {
    let ours = |path: &str| {
        let inside = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
        let of_a_service = inside.split('/').nth(1) == Some("services");
        of_a_service && inside.rsplit('/').next().is_some_and(|name| STAGED.contains(&name))
    };
    files.iter().filter(|(path, _)| ours(path)).map(|(path, id)| (path.clone(), id.clone())).collect()
}

fn blob_ids(files: &Files) -> Value {
    Value::Object(files.iter().map(|(path, id)| (path.clone(), id.as_str().into())).collect())
}

/// The digests of the files that are the same as in the state.
fn unchanged(wanted: &Wanted<'_>, found: &Files) -> Map<String, Value> {
    let remembered = |name: &str| wanted.state?.attributes.get(name)?.as_object();
    let (Some(ids), Some(digests)) = (remembered("blob_ids"), remembered("files")) else { return Map::new() };
    let same = found.iter().filter(|(path, id)| ids.get(*path).and_then(Value::as_str) == Some(id));
    same.filter_map(|(path, _)| Some((path.clone(), digests.get(path)?.clone()))).collect()
}

impl Over<ReadClient> {
    /// The staged files of one environment. `None` if there are none and no pull request is open.
    async fn view(&self, platform: &Platform, wanted: &Wanted<'_>) -> Result<Option<Remote>, Error> {
        let (Some(branch), Some(folder)) = (wanted.last_text("branch"), wanted.last_text("folder")) else {
            return Ok(None);
        };
        let texts = texts(wanted.value("files").as_ref());
        let pull = platform.pull(&branch);
        // Merging the open pull request could change the base, even if that is as wanted.
        let found = match pull {
            Some(pull) => staged(&self.0.snapshot(&platform.repository, &pull.head.sha).await?.files, &folder),
            None => staged(&platform.base.files, &folder),
        };
        if found.is_empty() && pull.is_none() {
            return Ok(None);
        }
        let blob_ids = blob_ids(&found);
        let known = if wanted.sets("files") { Map::new() } else { unchanged(wanted, &found) };
        let found = found.into_iter().filter(|(path, _)| !known.contains_key(path)).collect();
        let mut files = contents(&self.0, &platform.repository, found, &texts).await?;
        files.extend(known);
        let mut attributes = Attributes::from([
            ("repository".to_owned(), platform.repository.to_string().into()),
            ("branch".to_owned(), branch.clone().into()),
            ("folder".to_owned(), folder.into()),
            ("files".to_owned(), Value::Object(files)),
            ("blob_ids".to_owned(), blob_ids),
        ]);
        // The pull request may be merged long ago: its title counts as the wanted one.
        attributes.extend(wanted.last_text("title").map(|title| ("title".to_owned(), title.into())));
        Ok(Some(Remote { id: format!("{}:{branch}", platform.repository), attributes }))
    }
}

#[async_trait]
impl Reader for Over<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let found = scan.distinct("repository").into_iter().map(async |name| {
            let here = |wanted: &&Wanted<'_>| wanted.last_text("repository").as_deref() == Some(&name);
            let wanted: Vec<_> = scan.wanted().filter(here).collect();
            // After the platform moved, a repository that only the state has may be deleted.
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            let platform = Platform::read(&self.0, parse(&name)?).await?;
            try_join_all(wanted.into_iter().map(|wanted| self.view(&platform, wanted))).await
        });
        Ok(try_join_all(found).await?.into_iter().flatten().flatten().collect())
    }
}

/// The proposed files of one environment.
struct Proposal {
    repository: Repository,
    branch: String,
    folder: String,
    title: String,
    files: BTreeMap<String, String>,
    /// The paths of files that stay as they are.
    kept: BTreeSet<String>,
}

impl Proposal {
    /// The proposal of these files: texts, and digests of those that stay as they are.
    fn new(attributes: &Attributes, planned: Option<&Value>) -> Result<Self, Error> {
        let text = |name: &str| text(attributes, name).map(str::to_owned);
        Ok(Self {
            repository: parse(&text("repository")?)?,
            branch: text("branch")?,
            folder: text("folder")?,
            title: text("title")?,
            files: texts(planned),
            kept: digests(planned),
        })
    }

    /// The changes that give a tree exactly the files of the proposal, and those that stay.
    fn changes(&self, start: &Snapshot) -> Vec<TreeChange> {
        let there = staged(&start.files, &self.folder);
        let new = self.files.iter().filter(|(path, text)| there.get(*path) != Some(&blob_id(text)));
        let mut changes: Vec<TreeChange> = new.map(|(path, text)| (path.clone(), Some(text.clone()))).collect();
        let gone = there.into_keys().filter(|path| !self.files.contains_key(path) && !self.kept.contains(path));
        changes.extend(gone.map(|path| (path, None)));
        changes
    }

    fn body(&self) -> String {
        let mut body = format!("koctl staged these files under `{}`:\n\n", self.folder);
        for path in self.files.keys() {
            body.push_str(&format!("- `{}`\n", path.strip_prefix(&format!("{}/", self.folder)).unwrap_or(path)));
        }
        if self.files.is_empty() && self.kept.is_empty() {
            body.push_str("- none: the environment left the configuration, so its files are deleted\n");
        }
        body
    }
}

impl Over<WriteClient> {
    /// Commits exactly the files of the proposal to its branch and opens a pull request. If the base has them already,
    /// closes the pull request that would change that.
    async fn propose(&self, proposal: &Proposal) -> Result<(), Error> {
        let Proposal { repository, branch, .. } = proposal;
        let reader = self.0.reader();
        let platform = Platform::read(reader, repository.clone()).await?;
        let pull = platform.pull(branch);
        if proposal.changes(&platform.base).is_empty() {
            return match pull {
                Some(pull) => self.withdraw(proposal, pull).await,
                None => Ok(()),
            };
        }
        let start = match pull {
            Some(pull) => reader.snapshot(repository, &pull.head.sha).await?,
            None => platform.base.clone(),
        };
        let changes = proposal.changes(&start);
        if !changes.is_empty() {
            let commit = self.0.commit(repository, &start, &changes, &proposal.title).await?;
            let exists = pull.is_some() || reader.tip(repository, branch).await?.is_some();
            // Without an open pull request, the branch remains from a merged one and can be moved.
            self.0.point(repository, branch, &commit, exists, pull.is_none()).await?;
        }
        if pull.is_none() {
            self.0.open_pull(repository, branch, &platform.branch, &proposal.title, &proposal.body()).await?;
        }
        Ok(())
    }

    /// Closes a pull request that is no longer wanted. The branch is deleted first: GitHub closes the pull request with
    /// it, and no branch remains if koctl is interrupted.
    async fn withdraw(&self, proposal: &Proposal, pull: &Pull) -> Result<(), Error> {
        self.0.delete_branch(&proposal.repository, &proposal.branch).await?;
        self.0.close_pull(&proposal.repository, pull.number).await
    }
}

/// The result of a proposal. The ids of files that stay are left out: the next plan reads these files.
fn proposed(planned: &Attributes, proposal: &Proposal) -> Remote {
    let id = format!("{}:{}", proposal.repository, proposal.branch);
    let files = proposal.files.iter().map(|(path, text)| (path.clone(), blob_id(text))).collect();
    let mut attributes = planned.clone();
    attributes.insert("blob_ids".to_owned(), blob_ids(&files));
    Remote { id, attributes }
}

#[async_trait]
impl Writer for Over<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let proposal = Proposal::new(planned, planned.get("files"))?;
        self.propose(&proposal).await?;
        Ok(proposed(planned, &proposal))
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        self.create(update.after).await
    }

    /// A pull request deletes the files. One that was never merged is closed instead.
    async fn delete(&self, _: &str, prior: &Attributes) -> Result<(), Error> {
        self.propose(&Proposal::new(prior, None)?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_files_that_koctl_stages_are_its_own() {
        let files = [
            "k/t/services/a/b/openapi.yaml",
            "k/t/services/a/b/ko-patch.yaml",
            "k/t/services/a/b/kong.yaml",
            "k/t/docs/openapi.yaml",
            "k2/t/services/a/openapi.yaml",
            "openapi.yaml",
        ];
        let files: Files = files.iter().map(|path| ((*path).to_owned(), "id".to_owned())).collect();
        let ours: Vec<_> = staged(&files, "k").into_keys().collect();
        assert_eq!(ours, ["k/t/services/a/b/ko-patch.yaml", "k/t/services/a/b/openapi.yaml"]);
    }
}
