//! `pull_request`: the staged files of one environment in the platform repository, and the pull request that brings
//! them there (GitHub's Git Data API; no clone).
//!
//! A pull request is a proposal, not the result. In sync means that the base branch has the wanted files, or that an open
//! pull request brings exactly them; then they wait for its merge. A pull request that conflicts brings nothing: its
//! branch gets a commit that resolves that. Files that are to be removed stay in the state until the base branch has
//! lost them.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::planned::{digests, parse, text, texts};
use super::platform::{Platform, blob_id, contents};
use crate::github::Repository;
use crate::github::client::{Files, NewFile, ReadClient, TreeChange, WriteClient};
use crate::github::proposal::{Line, Merge, NewProposal};
use crate::github::resource::{GitHubType, PLAIN};
use crate::resource_type::{Generate, KeyShape, Watch};
use engine::plan::Notice;
use engine::refresh::{Scan, Wanted};
use engine::resource::Update;
use engine::schema::OnRemoval;
use engine::{Attributes, Error, Reader, Remote, Schema, Writer};

engine::schema! {
    /// The staged files of one environment.
    PullRequest = "pull_request" {
        REPOSITORY: Attribute::plain("repository").forces_replacement(),
        /// It is named after the organization and the environment, as the folder: both change with a renaming alone.
        BRANCH: Attribute::plain("branch"),
        FOLDER: Attribute::plain("folder"),
        /// The folders under former names, in which nothing stays.
        FORMER_FOLDERS: Attribute::plain("former_folders"),
        TITLE: Attribute::plain("title"),
        FILES: Attribute::files("files").generated(),
        /// By path: an unchanged file is recognised by it without being read.
        BLOB_IDS: Attribute::computed("blob_ids"),
        /// The number of the repository: another one can get its name.
        REPOSITORY_ID: Attribute::computed("repository_id"),
        /// The pull request that has to be merged.
        WAITS_FOR: Attribute::notice("waits_for"),
    }
    natural_key: &[REPOSITORY.text(), BRANCH.text()],
    environment_in_key: true,
    on_removal: OnRemoval::Propose,
    ..PLAIN
}

/// Everything that is said of staged files.
pub static TYPE: GitHubType = GitHubType {
    schema: &SCHEMA,
    key: KeyShape::Environment,
    reader: |client| Box::new(Over(client.clone())),
    writer: Some(|client| Box::new(Over(client.clone()))),
    watch: &[Watch::Specification { attribute: FILES.text(), file: Some(SPECIFICATION) }],
    generate: Generate::NotRead,
};

/// The name of the file of a service that is its specification.
const SPECIFICATION: &str = "openapi.yaml";

/// The names of the files that koctl stages. Other files in the same folders are generated from them and not koctl's.
pub const STAGED: [&str; 2] = [SPECIFICATION, "ko-patch.yaml"];

/// The type over a client.
struct Over<C>(C);

/// The folders of the staged files of one environment: the one with its name, and those with former names.
#[derive(Debug)]
struct Folders {
    now: String,
    former: Vec<String>,
}

impl Folders {
    fn new(now: String, former: Option<&Value>) -> Self {
        let former = former.and_then(Value::as_array).into_iter().flatten();
        Self { now, former: former.filter_map(|one| one.as_str().map(str::to_owned)).collect() }
    }

    /// True for the path of a file that koctl stages in one of them.
    fn have(&self, path: &str) -> bool {
        self.former.iter().chain([&self.now]).any(|folder| is_staged(path, folder))
    }

    /// Those of `files` that koctl staged in one of them.
    fn staged(&self, files: &Files) -> Files {
        files.iter().filter(|(path, _)| self.have(path)).map(|(path, id)| (path.clone(), id.clone())).collect()
    }
}

/// True for the path of a file that koctl stages under `folder`.
fn is_staged(path: &str, folder: &str) -> bool {
    let inside = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    let of_a_service = inside.split('/').nth(1) == Some("services");
    of_a_service && inside.rsplit('/').next().is_some_and(|name| STAGED.contains(&name))
}

fn blob_ids(files: &Files) -> Value {
    Value::Object(files.iter().map(|(path, id)| (path.clone(), id.as_str().into())).collect())
}

/// A text as the state has it, or else as the configuration sets it.
fn remembered_text(wanted: &Wanted<'_>, name: &str) -> Option<String> {
    wanted.remembered(name).or_else(|| wanted.text(name))
}

/// The digests of the files that are the same as in the state.
fn unchanged(wanted: &Wanted<'_>, found: &Files) -> Map<String, Value> {
    let remembered = |name: &str| wanted.state?.attributes.get(name)?.as_object();
    let (Some(ids), Some(digests)) = (remembered("blob_ids"), remembered("files")) else { return Map::new() };
    let same = found.iter().filter(|(path, id)| ids.get(*path).and_then(Value::as_str) == Some(id));
    same.filter_map(|(path, _)| Some((path.clone(), digests.get(path)?.clone()))).collect()
}

impl Over<ReadClient> {
    /// The staged files that the base branch has, or will have after the merge of the open pull request, and what that
    /// waits for.
    ///
    /// A pull request that conflicts brings nothing. Only the files that conflict are as in the base branch then: no one
    /// deleted the others. But where that would look like the wanted files, all of them are.
    async fn present(
        &self,
        platform: &Platform,
        branch: &str,
        folders: &Folders,
        texts: &BTreeMap<String, String>,
    ) -> Result<(Files, Option<Notice>), Error> {
        let base = &platform.base;
        let Some(pull) = platform.pull(branch) else { return Ok((folders.staged(&base.files), None)) };
        let merge = Line::read(&self.0, &platform.repository, base, &pull.head.sha).await?.merge(&base.files);
        let conflicts = |paths: &BTreeSet<String>| paths.iter().any(|path| folders.have(path));
        let Some(Merge { files, conflicts }) = merge.clone().filter(|merge| !conflicts(&merge.conflicts)) else {
            let reason = format!("pull request #{} conflicts with {}", pull.number, platform.branch);
            let notice = Notice { reason, link: pull.html_url.clone(), by_apply: true };
            let brought = merge.map(|merge| folders.staged(&merge.files));
            let is_wanted = |files: &Files| {
                files.len() == texts.len() && texts.iter().all(|(path, text)| files.get(path) == Some(&blob_id(text)))
            };
            let files = brought.filter(|files| !is_wanted(files)).unwrap_or_else(|| folders.staged(&base.files));
            return Ok((files, Some(notice)));
        };
        let mut waits = platform.waits(pull);
        // GitHub merges line by line, and may find no conflict.
        if !conflicts.is_empty() && self.0.conflicts(&platform.repository, pull.number).await? {
            let paths = conflicts.into_iter().collect::<Vec<_>>().join(", ");
            waits.reason.push_str(&format!(", and conflicts with it in {paths}: resolve that on GitHub"));
        }
        Ok((folders.staged(&files), Some(waits)))
    }

    /// The staged files of one environment. `None` if there are none, and no pull request brings any.
    async fn view(&self, platform: &Platform, wanted: &Wanted<'_>) -> Result<Option<Remote>, Error> {
        // After a renaming, these are the files under the former name, which are going to be moved.
        let (Some(branch), Some(folder)) = (remembered_text(wanted, "branch"), remembered_text(wanted, "folder"))
        else {
            return Ok(None);
        };
        platform.check_known(wanted.state)?;
        let texts = texts(wanted.value("files").as_ref());
        let former = wanted.value(FORMER_FOLDERS.text());
        let folders = Folders::new(folder.clone(), former.as_ref());
        let (found, waits) = self.present(platform, &branch, &folders, &texts).await?;
        if found.is_empty() && folders.staged(&platform.base.files).is_empty() {
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
            (REPOSITORY_ID.text().to_owned(), platform.id.into()),
        ]);
        // The pull request may be merged long ago: its title counts as the wanted one, except for one of another name.
        let is_renamed = wanted.text("branch").is_some_and(|new| new != branch);
        let title = if is_renamed { remembered_text(wanted, "title") } else { wanted.last_text("title") };
        attributes.extend(former.map(|former| (FORMER_FOLDERS.text().to_owned(), former)));
        attributes.extend(title.map(|title| ("title".to_owned(), title.into())));
        attributes.extend(waits.map(|waits| (WAITS_FOR.text().to_owned(), waits.value())));
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
    folders: Folders,
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
            folders: Folders::new(text("folder")?, attributes.get(FORMER_FOLDERS.text())),
            title: text("title")?,
            files: texts(planned),
            kept: digests(planned),
        })
    }

    /// The changes that give a tree exactly the files of the proposal, and those that stay.
    fn changes(&self, start: &Files) -> Vec<TreeChange> {
        let there = self.folders.staged(start);
        let new = self.files.iter().filter(|(path, text)| there.get(*path) != Some(&blob_id(text)));
        let mut changes: Vec<_> = new.map(|(path, text)| (path.clone(), NewFile::Text(text.clone()))).collect();
        let gone = there.into_keys().filter(|path| !self.files.contains_key(path) && !self.kept.contains(path));
        changes.extend(gone.map(|path| (path, NewFile::Deleted)));
        changes
    }

    /// True if the merge of a branch gives exactly the files of the proposal.
    fn is_brought_by(&self, line: &Line, base: &Files) -> bool {
        let brings = |merge: Merge| merge.conflicts.is_empty() && self.changes(&merge.files).is_empty();
        line.merge(base).is_some_and(brings)
    }

    /// The description of its pull request. `has_history` is whether the branch had commits that the base does not have.
    fn body(&self, has_history: bool) -> String {
        let folder = &self.folders.now;
        let mut body = format!("koctl staged these files under `{folder}`:\n\n");
        for path in self.files.keys() {
            body.push_str(&format!("- `{}`\n", path.strip_prefix(&format!("{folder}/")).unwrap_or(path)));
        }
        if self.files.is_empty() && self.kept.is_empty() {
            body.push_str("- none: the environment left the configuration, so its files are deleted\n");
        }
        if has_history {
            body.push_str("\nThe branch had commits before, which stay part of it: look at them, too.\n");
        }
        body
    }
}

impl Over<WriteClient> {
    /// Commits exactly the files of the proposal to its branch and opens a pull request. If the base has them already,
    /// closes the pull request that would change that; its branch stays, with all commits.
    async fn propose(&self, proposal: &Proposal) -> Result<Proposed, Error> {
        let Proposal { repository, branch, folders, title, .. } = proposal;
        let reader = self.0.reader();
        let platform = Platform::read(reader, repository.clone()).await?;
        let (base, pull) = (&platform.base, platform.pull(branch));
        if proposal.changes(&base.files).is_empty() {
            if let Some(pull) = pull {
                self.0.close_pull(repository, pull.number).await?;
            }
            return Ok(Proposed { repository_id: platform.id, waits: None });
        }
        let line = platform.line(reader, branch, base).await?;
        if !line.as_ref().is_some_and(|line| proposal.is_brought_by(line, &base.files)) {
            let new = NewProposal {
                repository,
                branch,
                message: title,
                base,
                line: line.as_ref(),
                is_ours: &|path| folders.have(path),
                changes: &|files| proposal.changes(files),
            };
            new.push(&self.0).await?;
        }
        let pull = match pull {
            Some(pull) => pull.clone(),
            None => {
                let body = proposal.body(line.is_some_and(|line| !line.is_merged()));
                self.0.open_pull(repository, branch, &platform.branch, title, &body).await?
            }
        };
        Ok(Proposed { repository_id: platform.id, waits: Some(platform.waits(&pull)) })
    }
}

/// The result of a proposal.
struct Proposed {
    repository_id: u64,
    /// What the files wait for.
    waits: Option<Notice>,
}

impl Proposed {
    /// The object then. The ids of files that stay are left out: the next plan reads these files.
    fn remote(self, planned: &Attributes, proposal: &Proposal) -> Remote {
        let id = format!("{}:{}", proposal.repository, proposal.branch);
        let files = proposal.files.iter().map(|(path, text)| (path.clone(), blob_id(text))).collect();
        let mut attributes = planned.clone();
        attributes.insert("blob_ids".to_owned(), blob_ids(&files));
        attributes.insert(REPOSITORY_ID.text().to_owned(), self.repository_id.into());
        attributes.extend(self.waits.map(|waits| (WAITS_FOR.text().to_owned(), waits.value())));
        Remote { id, attributes }
    }
}

#[async_trait]
impl Writer for Over<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let proposal = Proposal::new(planned, planned.get("files"))?;
        Ok(self.propose(&proposal).await?.remote(planned, &proposal))
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let (before, after) = (text(update.before, "branch")?, text(update.after, "branch")?);
        let remote = self.create(update.after).await?;
        if before != after {
            // What the pull request of the former name brings is in the new one.
            let repository = parse(text(update.before, "repository")?)?;
            let platform = Platform::read(self.0.reader(), repository.clone()).await?;
            if let Some(pull) = platform.pull(before) {
                self.0.close_pull(&repository, pull.number).await?;
            }
        }
        Ok(remote)
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        self.remove(id, prior).await.map(drop)
    }

    /// A pull request deletes the files. One that was never merged is closed instead.
    async fn remove(&self, _: &str, prior: &Attributes) -> Result<Option<Remote>, Error> {
        let proposal = Proposal::new(prior, None)?;
        let proposed = self.propose(&proposal).await?;
        let nothing = Attributes::from([("files".to_owned(), Value::Object(Map::new()))]);
        let left: Attributes = prior.clone().into_iter().chain(nothing).collect();
        Ok(proposed.waits.is_some().then(|| proposed.remote(&left, &proposal)))
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
        let folders = Folders::new("k".to_owned(), None);
        let ours: Vec<_> = folders.staged(&files).into_keys().collect();
        assert_eq!(ours, ["k/t/services/a/b/ko-patch.yaml", "k/t/services/a/b/openapi.yaml"]);
    }
}
