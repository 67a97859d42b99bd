//! The reading of a platform repository: its default branch, and the pull requests that would change it.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use github_api::{Details, Reason};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};

use crate::github::MOVED;
use crate::github::client::{Files, ReadClient, Snapshot};
use crate::github::proposal::Line;
use crate::github::{Pull, Repository};
use engine::plan::Notice;
use engine::state::ResourceState;
use engine::{Error, ErrorKind};

/// One platform repository.
pub(crate) struct Platform {
    pub(crate) repository: Repository,
    /// Its number, which it keeps when it is renamed.
    pub(super) id: u64,
    /// The branch that pull requests go to.
    pub(crate) branch: String,
    pub(crate) base: Snapshot,
    pub(crate) pulls: Vec<Pull>,
}

impl Platform {
    pub(crate) async fn read(client: &ReadClient, repository: Repository) -> Result<Self, Error> {
        let details = client.repository(&repository).await?;
        Self::read_upon(client, repository, details).await
    }

    /// The same, if it was looked up.
    ///
    /// # Errors
    /// Also if it is archived: nothing could be proposed, which is better known before anything is changed.
    pub(crate) async fn read_upon(
        client: &ReadClient,
        repository: Repository,
        details: Details,
    ) -> Result<Self, Error> {
        let Details { id, default_branch: branch, .. } = details;
        if details.archived {
            let attempted = format!("read the platform repository {repository}");
            let error =
                Error::new(ErrorKind::Refused, attempted, "it is archived, so that nothing can be proposed in it");
            return Err(error.help(Reason::Archived.remedy("")));
        }
        let tip = client.tip(&repository, &branch).await?.ok_or_else(|| {
            let cause = format!("its default branch {branch} has no commit yet");
            Error::new(ErrorKind::NotFound, format!("read the platform repository {repository}"), cause)
                .help("push a first commit, a README for example")
        })?;
        let (base, pulls) = futures::try_join!(client.snapshot(&repository, &tip), client.open_pulls(&repository))?;
        Ok(Self { repository, id, branch, base, pulls })
    }

    /// Refuses a repository that was made under the name of the one that the state knows.
    pub(super) fn check_known(&self, state: Option<&ResourceState>) -> Result<(), Error> {
        let known = |name: &str| state?.attributes.get(name);
        let is_name = known("repository").and_then(Value::as_str) == Some(self.repository.to_string().as_str());
        match known("repository_id").and_then(Value::as_u64) {
            Some(id) if is_name && id != self.id => {
                let cause = format!(
                    "it is not the repository that the state knows (number {id} then, {} now): that one was renamed, \
                     transferred or deleted, and another one got its name",
                    self.id
                );
                let attempted = format!("read the platform repository {}", self.repository);
                let help = format!(
                    "{MOVED}, to the new name; if the new repository is meant, remove what the state knows of the old one \
                     with `koctl state rm`"
                );
                Err(Error::new(ErrorKind::Refused, attempted, cause).help(help))
            }
            _ => Ok(()),
        }
    }

    /// The branch of that name beside a commit that it is to be merged into. `None` if there is no such branch.
    pub(super) async fn line(&self, client: &ReadClient, branch: &str, base: &Snapshot) -> Result<Option<Line>, Error> {
        let tip = match self.pull(branch) {
            Some(pull) => Some(pull.head.sha.clone()),
            None => client.tip(&self.repository, branch).await?,
        };
        match tip {
            Some(tip) => Line::read(client, &self.repository, base, &tip).await.map(Some),
            None => Ok(None),
        }
    }

    /// What is said of a pull request that waits.
    pub(super) fn waits(&self, pull: &Pull) -> Notice {
        let reason =
            format!("pull request #{} of {} is to be merged into {}", pull.number, self.repository, self.branch);
        Notice { reason, link: pull.html_url.clone(), by_apply: false }
    }

    /// The open pull request from our own branch into the base; forks may have branches of the same name.
    pub(super) fn pull(&self, branch: &str) -> Option<&Pull> {
        self.own_pulls().find(|pull| pull.head.branch == branch)
    }

    /// The open pull requests from the repository's own branches into the base.
    pub(super) fn own_pulls(&self) -> impl Iterator<Item = &Pull> {
        let name = self.repository.to_string();
        self.pulls.iter().filter(move |pull| {
            let home = pull.head.repo.as_ref().map(|repository| &repository.full_name);
            pull.base.branch == self.branch && home.is_some_and(|home| home.eq_ignore_ascii_case(&name))
        })
    }
}

/// The id that git gives a text.
pub(super) fn blob_id(text: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", text.len()));
    hash.update(text);
    hex::encode(hash.finalize())
}

/// The texts of files: those that are as `expected` are known, the others are read.
pub(crate) async fn contents(
    client: &ReadClient,
    repository: &Repository,
    found: Files,
    expected: &BTreeMap<String, String>,
) -> Result<Map<String, Value>, Error> {
    let read = found.into_iter().map(async |(path, id)| {
        if let Some(text) = expected.get(&path).filter(|text| blob_id(text) == id) {
            return Ok((path, text.clone().into()));
        }
        let bytes = client.blob(repository, &id).await?;
        Ok::<_, Error>((path, String::from_utf8_lossy(&bytes).into_owned().into()))
    });
    Ok(try_join_all(read).await?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_id_is_the_one_that_git_gives() {
        // `printf 'hello\n' | git hash-object --stdin`
        assert_eq!(blob_id("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
