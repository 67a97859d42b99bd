//! Requests to GitHub through octocrab, over the program's own HTTP stack.
//!
//! Operations are those of GitHub's REST API document: `git/get-ref`, `git/get-tree`, `git/create-commit` and so
//! on; each method names its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use dryoc::dryocbox::{DryocBox, PublicKey as PublicKeyBytes};
use http::{HeaderName, HeaderValue, Request, Response, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use octocrab::models::pulls::PullRequest;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::explain;
use super::remote::Repository;
use engine::{Error, ErrorKind};
use transport::{Repeatable, Transport};

/// Where GitHub's API is.
pub const DEFAULT_URL: &str = "https://api.github.com";

/// How many entries a page of a list holds: GitHub's most.
pub(super) const PAGE_SIZE: u8 = 100;

/// How to get in.
#[derive(Debug, Clone)]
pub struct Access {
    /// The address of the API.
    pub url: String,
    /// A token; without one, only public repositories can be read.
    pub token: Option<SecretString>,
    /// Where the token comes from, for messages: `the variable GITHUB_TOKEN`.
    pub token_source: String,
}

/// Reads from GitHub, and can do nothing else.
#[derive(Debug, Clone)]
pub struct ReadClient {
    octocrab: Octocrab,
    access: Access,
}

/// Writes to GitHub.
#[derive(Debug, Clone)]
pub struct WriteClient {
    read: ReadClient,
    author: Option<Author>,
}

/// Who the commits are from; without one, the token's owner.
#[derive(Debug, Clone)]
pub struct Author {
    /// A name.
    pub name: String,
    /// An email.
    pub email: String,
}

/// The files of a commit: the ids of their blobs by path.
pub type Files = BTreeMap<String, String>;

/// An answer as it came.
type Raw = Response<BoxBody<Bytes, octocrab::Error>>;

/// A commit and the files in it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The id of the commit.
    pub commit: String,
    /// The id of its tree.
    pub tree: String,
    /// Its files.
    pub files: Files,
}

/// What a commit changes in a tree: a path, and the text of its file, or none where it goes.
pub type TreeChange = (String, Option<String>);

#[derive(Deserialize)]
struct Ref {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    sha: String,
}

#[derive(Deserialize)]
struct Commit {
    tree: Object,
}

#[derive(Deserialize)]
struct Tree {
    tree: Vec<TreeEntry>,
    truncated: bool,
}

#[derive(Deserialize)]
struct TreeEntry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
    sha: Option<String>,
}

#[derive(Deserialize)]
struct Blob {
    content: String,
    encoding: String,
    #[serde(default)]
    sha: String,
}

#[derive(Deserialize)]
struct SecretNames {
    secrets: Vec<SecretName>,
}

#[derive(Deserialize)]
struct SecretName {
    name: String,
}

#[derive(Deserialize)]
struct PublicKey {
    key_id: String,
    key: String,
}

impl ReadClient {
    /// A client over `transport`.
    ///
    /// # Errors
    /// When the address or the token cannot be part of a request.
    pub fn new(transport: Transport, access: Access) -> Result<Self, Error> {
        let refused = |cause: String| Error::new(ErrorKind::Refused, format!("set up access to {}", access.url), cause);
        let base = access
            .url
            .parse()
            .map_err(|error| refused(format!("it is no address: {error}")).help("check KOCTL_GITHUB_URL"))?;
        let mut headers: Vec<(HeaderName, HeaderValue)> = vec![
            (header::ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
            (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28")),
        ];
        if let Some(token) = &access.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).map_err(|_| {
                refused(format!("{} holds characters that no token has", access.token_source))
                    .help("check it for line breaks and spaces")
            })?;
            value.set_sensitive(true);
            headers.push((header::AUTHORIZATION, value));
        }
        let service = tower::service_fn(move |request| send(transport.clone(), request));
        let octocrab = OctocrabBuilder::new_empty()
            .with_service(service)
            .with_layer(&BaseUriLayer::new(base))
            .with_layer(&ExtraHeadersLayer::new(Arc::new(headers)))
            .with_auth(AuthState::None)
            .build()
            .unwrap_or_else(|never| match never {});
        Ok(Self { octocrab, access })
    }

    pub(super) async fn get<T: octocrab::FromResponse>(&self, attempted: &str, route: &str) -> Result<T, Error> {
        let answer = self.octocrab.get(route, None::<&()>).await;
        answer.map_err(|error| explain(attempted, &self.access, error))
    }

    async fn get_if_there<T: octocrab::FromResponse>(&self, attempted: &str, route: &str) -> Result<Option<T>, Error> {
        match self.get(attempted, route).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// The name of the branch that pull requests go to (`repos/get`); none where there is no such repository, or the
    /// token may not see it.
    ///
    /// # Errors
    /// What else GitHub answered, in its own words.
    pub async fn default_branch_if_there(&self, repository: &Repository) -> Result<Option<String>, Error> {
        let found: Option<Value> =
            self.get_if_there(&read_repository(repository), &format!("/repos/{repository}")).await?;
        Ok(found.map(|found| found["default_branch"].as_str().unwrap_or("main").to_owned()))
    }

    /// The same of a repository that must exist.
    ///
    /// # Errors
    /// When it does not exist, or may not be read.
    pub async fn default_branch(&self, repository: &Repository) -> Result<String, Error> {
        let found: Value = self.get(&read_repository(repository), &format!("/repos/{repository}")).await?;
        Ok(found["default_branch"].as_str().unwrap_or("main").to_owned())
    }

    /// The commit at the tip of a branch (`git/get-ref`); none where there is no such branch.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn tip(&self, repository: &Repository, branch: &str) -> Result<Option<String>, Error> {
        let attempted = format!("read the branch {branch} of {repository}");
        let route = format!("/repos/{repository}/git/ref/heads/{}", path(branch));
        match self.get_if_there::<Ref>(&attempted, &route).await {
            // A repository without a commit has no branches; the document gives it this status.
            Err(error) if error.kind == ErrorKind::Conflict => Ok(None),
            found => Ok(found?.map(|found| found.object.sha)),
        }
    }

    /// The files of a commit (`git/get-commit`, `git/get-tree`).
    ///
    /// # Errors
    /// What GitHub answered, and trees that are too large for one answer.
    pub async fn snapshot(&self, repository: &Repository, commit: &str) -> Result<Snapshot, Error> {
        let attempted = format!("read the commit {commit} of {repository}");
        let found: Commit = self.get(&attempted, &format!("/repos/{repository}/git/commits/{commit}")).await?;
        let attempted = format!("read the files of {repository} at {commit}");
        let route = format!("/repos/{repository}/git/trees/{}?recursive=1", found.tree.sha);
        let tree: Tree = self.get(&attempted, &route).await?;
        if tree.truncated {
            let cause = "the repository has more files than GitHub lists in one answer";
            return Err(Error::new(ErrorKind::Unexpected, attempted, cause)
                .help("use a repository of its own as the platform repository"));
        }
        let blobs = tree.tree.into_iter().filter(|entry| entry.kind == "blob");
        let files = blobs.filter_map(|entry| Some((entry.path, entry.sha?))).collect();
        Ok(Snapshot { commit: commit.to_owned(), tree: found.tree.sha, files })
    }

    /// The content of a file in a repository (`git/get-blob`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn blob(&self, repository: &Repository, id: &str) -> Result<Vec<u8>, Error> {
        let attempted = format!("read the file {id} of {repository}");
        let blob: Blob = self.get(&attempted, &format!("/repos/{repository}/git/blobs/{id}")).await?;
        decode(&attempted, &blob)
    }

    /// The content of the file `file` on a branch (`repos/get-content`); none where there is no such file.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn file(&self, repository: &Repository, branch: &str, file: &str) -> Result<Option<Vec<u8>>, Error> {
        let attempted = format!("read {file} on the branch {branch} of {repository}");
        let reference: String = url::form_urlencoded::byte_serialize(branch.as_bytes()).collect();
        let route = format!("/repos/{repository}/contents/{}?ref={reference}", path(file));
        let Some(found) = self.get_if_there::<Value>(&attempted, &route).await? else { return Ok(None) };
        let blob: Blob = serde_json::from_value(found)
            .map_err(|_| Error::new(ErrorKind::Refused, &attempted, "it is not a file").help("correct `spec-path`"))?;
        match blob.encoding.as_str() {
            // Files of more than a megabyte come without their content.
            "none" => self.blob(repository, &blob.sha).await.map(Some),
            _ => decode(&attempted, &blob).map(Some),
        }
    }

    /// The names of the Actions secrets of a repository (`actions/list-repo-secrets`), all pages.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn secrets(&self, repository: &Repository) -> Result<Vec<String>, Error> {
        let attempted = format!("read the names of the Actions secrets of {repository}");
        let mut all = Vec::new();
        for number in 1u32.. {
            let route = format!("/repos/{repository}/actions/secrets?per_page={PAGE_SIZE}&page={number}");
            let page: SecretNames = self.get(&attempted, &route).await?;
            let last = page.secrets.len() < usize::from(PAGE_SIZE);
            all.extend(page.secrets.into_iter().map(|secret| secret.name));
            if last {
                break;
            }
        }
        Ok(all)
    }

    /// The open pull requests of a repository (`pulls/list`), all pages.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn open_pulls(&self, repository: &Repository) -> Result<Vec<PullRequest>, Error> {
        let attempted = format!("read the open pull requests of {repository}");
        let pulls = self.octocrab.pulls(&repository.owner, &repository.name);
        let mut all = Vec::new();
        for number in 1u32.. {
            let page = pulls.list().state(octocrab::params::State::Open).per_page(PAGE_SIZE).page(number).send().await;
            let page = page.map_err(|error| explain(&attempted, &self.access, error))?;
            let last = page.items.len() < usize::from(PAGE_SIZE);
            all.extend(page.items);
            if last {
                break;
            }
        }
        Ok(all)
    }
}

impl WriteClient {
    /// A client that may also write, as `author`.
    #[must_use]
    pub fn new(read: ReadClient, author: Option<Author>) -> Self {
        Self { read, author }
    }

    /// The client that can only read.
    #[must_use]
    pub fn reader(&self) -> &ReadClient {
        &self.read
    }

    pub(super) async fn post(&self, attempted: &str, route: &str, body: &Value) -> Result<Value, Error> {
        let answer = self.read.octocrab.post(route, Some(body)).await;
        answer.map_err(|error| explain(attempted, &self.read.access, error))
    }

    pub(super) async fn patch(&self, attempted: &str, route: &str, body: &Value) -> Result<Value, Error> {
        let answer = self.read.octocrab.patch(route, Some(body)).await;
        answer.map_err(|error| explain(attempted, &self.read.access, error))
    }

    /// Makes a private repository with a README in it (`repos/create-in-org`, or `repos/create-for-authenticated-user`
    /// where the owner is the token's own user, `users/get-authenticated`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn create_repository(&self, repository: &Repository, description: &str) -> Result<(), Error> {
        let attempted = format!("create the repository {repository}");
        let user: Value = self.read.get(&attempted, "/user").await?;
        let own = user["login"].as_str().is_some_and(|login| login.eq_ignore_ascii_case(&repository.owner));
        let route = if own { "/user/repos".to_owned() } else { format!("/orgs/{}/repos", repository.owner) };
        let body = json!({
            "name": repository.name,
            "description": description,
            "private": true,
            "auto_init": true,
        });
        self.post(&attempted, &route, &body).await?;
        Ok(())
    }

    /// Sets an Actions secret (`actions/get-repo-public-key`, `actions/create-or-update-repo-secret`). Its value
    /// leaves in a sealed box, which only GitHub can open.
    ///
    /// # Errors
    /// What GitHub answered, in its own words, and a public key that is none.
    pub async fn set_secret(&self, repository: &Repository, name: &str, value: &SecretString) -> Result<(), Error> {
        let attempted = format!("set the Actions secret {name} of {repository}");
        let route = format!("/repos/{repository}/actions/secrets");
        let key: PublicKey = self.read.get(&attempted, &format!("{route}/public-key")).await?;
        let sealed = seal(&attempted, &key.key, value)?;
        let body = json!({ "encrypted_value": sealed, "key_id": key.key_id });
        let answer = self.read.octocrab._put(format!("{route}/{name}"), Some(&body)).await;
        self.without_body(&attempted, answer).await
    }

    /// Deletes an Actions secret (`actions/delete-repo-secret`). One that is gone already is as good as deleted.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn delete_secret(&self, repository: &Repository, name: &str) -> Result<(), Error> {
        let attempted = format!("delete the Actions secret {name} of {repository}");
        let route = format!("/repos/{repository}/actions/secrets/{name}");
        let answer = self.read.octocrab._delete(route, None::<&()>).await;
        match self.without_body(&attempted, answer).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Renames a pull request (`pulls/update`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn rename_pull(&self, repository: &Repository, number: u64, title: &str) -> Result<(), Error> {
        let attempted = format!("rename the pull request {number} of {repository}");
        self.patch(&attempted, &format!("/repos/{repository}/pulls/{number}"), &json!({ "title": title })).await?;
        Ok(())
    }

    /// What an answer without a body says: that it worked out, or why not.
    async fn without_body(&self, attempted: &str, answer: octocrab::Result<Raw>) -> Result<(), Error> {
        let answer = match answer {
            Ok(response) => octocrab::map_github_error(response).await.map(|_| ()),
            Err(error) => Err(error),
        };
        answer.map_err(|error| explain(attempted, &self.read.access, error))
    }

    /// Makes a commit upon `parent` with `changes` to its tree (`git/create-tree`, `git/create-commit`) and returns
    /// its id. No branch points to it yet.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn commit(
        &self,
        repository: &Repository,
        parent: &Snapshot,
        changes: &[TreeChange],
        message: &str,
    ) -> Result<String, Error> {
        let attempted = format!("make a commit in {repository}");
        let entry = |(path, text): &TreeChange| match text {
            Some(text) => json!({ "path": path, "mode": "100644", "type": "blob", "content": text }),
            None => json!({ "path": path, "mode": "100644", "type": "blob", "sha": null }),
        };
        let entries: Vec<Value> = changes.iter().map(entry).collect();
        let body = json!({ "base_tree": parent.tree, "tree": entries });
        let tree = sha(&attempted, &self.post(&attempted, &format!("/repos/{repository}/git/trees"), &body).await?)?;
        let mut body = json!({ "message": message, "tree": tree, "parents": [parent.commit] });
        if let Some(author) = &self.author {
            body["author"] = json!({ "name": author.name, "email": author.email });
        }
        sha(&attempted, &self.post(&attempted, &format!("/repos/{repository}/git/commits"), &body).await?)
    }

    /// Makes `branch` point to `commit` (`git/create-ref`, `git/update-ref`); with `force` also where that takes
    /// commits from it.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn point(
        &self,
        repository: &Repository,
        branch: &str,
        commit: &str,
        exists: bool,
        force: bool,
    ) -> Result<(), Error> {
        let attempted = format!("update the branch {branch} of {repository}");
        if exists {
            let route = format!("/repos/{repository}/git/refs/heads/{}", path(branch));
            self.patch(&attempted, &route, &json!({ "sha": commit, "force": force })).await?;
        } else {
            let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": commit });
            self.post(&attempted, &format!("/repos/{repository}/git/refs"), &body).await?;
        }
        Ok(())
    }

    /// Deletes a branch (`git/delete-ref`). One that is gone already is as good as deleted.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn delete_branch(&self, repository: &Repository, branch: &str) -> Result<(), Error> {
        let attempted = format!("delete the branch {branch} of {repository}");
        let route = format!("/repos/{repository}/git/refs/heads/{}", path(branch));
        let answer = self.read.octocrab._delete(route, None::<&()>).await;
        let answer = match answer {
            Ok(response) => octocrab::map_github_error(response).await.map(|_| ()),
            Err(error) => Err(error),
        };
        match answer {
            Err(octocrab::Error::GitHub { source, .. }) if source.message == "Reference does not exist" => Ok(()),
            other => other.map_err(|error| explain(&attempted, &self.read.access, error)),
        }
    }

    /// Opens a pull request from `branch` into `base` (`pulls/create`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn open_pull(
        &self,
        repository: &Repository,
        branch: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> Result<PullRequest, Error> {
        let attempted = format!("open a pull request from {branch} in {repository}");
        let pulls = self.read.octocrab.pulls(&repository.owner, &repository.name);
        let answer = pulls.create(title, branch, base).body(body).send().await;
        answer.map_err(|error| explain(&attempted, &self.read.access, error))
    }

    /// Closes a pull request without merging it (`pulls/update`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn close_pull(&self, repository: &Repository, number: u64) -> Result<(), Error> {
        let attempted = format!("close the pull request {number} of {repository}");
        self.patch(&attempted, &format!("/repos/{repository}/pulls/{number}"), &json!({ "state": "closed" })).await?;
        Ok(())
    }
}

/// `value` in a sealed box (libsodium's `crypto_box_seal`) for a public key in Base64, in Base64 as well.
fn seal(attempted: &str, key: &str, value: &SecretString) -> Result<String, Error> {
    let unusable = || {
        let cause =
            "the repository's public key is not one of 32 bytes in Base64, which the published document promises";
        Error::new(ErrorKind::Unexpected, attempted, cause)
    };
    let key: [u8; 32] = BASE64.decode(key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(unusable)?;
    let sealed = DryocBox::seal_to_vecbox(value.expose_secret().as_bytes(), &PublicKeyBytes::from(key));
    Ok(BASE64.encode(sealed.map_err(|_| unusable())?.to_vec()))
}

fn read_repository(repository: &Repository) -> String {
    format!("read the repository {repository}")
}

fn sha(attempted: &str, answer: &Value) -> Result<String, Error> {
    answer["sha"].as_str().map(str::to_owned).ok_or_else(|| {
        Error::new(ErrorKind::Unexpected, attempted, "the answer has no `sha`, which the published document promises")
    })
}

fn decode(attempted: &str, blob: &Blob) -> Result<Vec<u8>, Error> {
    let packed: String = blob.content.chars().filter(|c| !c.is_whitespace()).collect();
    BASE64.decode(packed).map_err(|error| {
        Error::new(ErrorKind::Unexpected, attempted, format!("the content is not valid base64: {error}"))
    })
}

/// A path whose segments are fit for a URL; slashes stay.
fn path(text: &str) -> String {
    let segment = |segment: &str| {
        let encoded: String = url::form_urlencoded::byte_serialize(segment.as_bytes()).collect();
        encoded.replace('+', "%20")
    };
    text.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// octocrab's requests over the program's own stack. Git objects to which nothing points yet do no harm twice, so that
/// their creation may be repeated (R13).
async fn send(
    transport: Transport,
    request: Request<OctoBody>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (mut parts, body) = request.into_parts();
    let is_object = ["/git/trees", "/git/commits"].iter().any(|end| parts.uri.path().ends_with(end));
    if is_object {
        parts.extensions.insert(Repeatable);
    }
    let body = body.collect().await?.to_bytes();
    let response = transport.send(Request::from_parts(parts, body)).await?;
    Ok(response.map(Full::new))
}
