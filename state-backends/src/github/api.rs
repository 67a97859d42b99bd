//! The operations of GitHub's REST API that this backend uses, named as in its published document.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::address::Address;
use crate::web::{Answer, Lost, Repeat, Web};
use crate::{AddressError, Attempt, Error, Kind};

/// A git object may be made twice: it is only there once.
const OBJECT: Repeat = Repeat::Harmless;
/// The largest content that is sent inside of a tree; more goes into a blob of its own.
const LARGEST_INLINE: usize = 1024 * 1024;
/// What may stand in a segment of a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// GitHub's API for one repository.
#[derive(Debug)]
pub(super) struct Api {
    web: Web,
    /// Of the repository: `https://api.github.com/repos/OWNER/REPOSITORY`.
    root: String,
    token: Option<SecretString>,
}

/// Why an operation has no result.
#[derive(Debug)]
pub(super) enum Trouble {
    /// GitHub did not answer.
    Lost(Lost),
    /// GitHub refused, with its words.
    Refused {
        status: StatusCode,
        message: String,
        /// Whether a token was sent.
        has_token: bool,
    },
    /// The answer is not as the document says.
    Strange(String),
}

/// A commit as `git/get-commit` and `git/create-commit` give it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Commit {
    pub(super) sha: String,
    pub(super) message: String,
    tree: Object,
}

impl Commit {
    pub(super) fn tree(&self) -> &str {
        &self.tree.sha
    }
}

/// A commit as `repos/list-commits` gives it.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) sha: String,
    pub(super) html_url: String,
    commit: Details,
}

impl Listed {
    /// When it was committed, where the document's optional field is there.
    pub(super) fn date(&self) -> Option<jiff::Timestamp> {
        self.commit.committer.as_ref()?.date
    }
}

#[derive(Debug, Deserialize)]
struct Details {
    committer: Option<Person>,
}

#[derive(Debug, Deserialize)]
struct Person {
    date: Option<jiff::Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
struct Object {
    sha: String,
}

#[derive(Debug, Deserialize)]
struct Reference {
    object: Object,
}

#[derive(Debug, Deserialize)]
struct Tree {
    tree: Vec<Entry>,
    truncated: bool,
}

#[derive(Debug, Deserialize)]
struct Entry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// What a tree is to hold: a path, and the content of its file.
pub(super) type File<'a> = (&'a str, &'a [u8]);

impl Api {
    pub(super) fn new(address: &Address, url: &str) -> Result<Self, AddressError> {
        let web = Web::new().map_err(|reason| AddressError::new(url, reason))?;
        let root = format!("{}/repos/{}/{}", address.api, address.owner, address.repository);
        reqwest::Url::parse(&root).map_err(|error| {
            AddressError::new(url, format!("GitHub's API at `{}` is no address: {error}", address.api))
                .help("Correct the variable KOCTL_GITHUB_URL, or unset it for GitHub's own.")
        })?;
        Ok(Self { web, root, token: address.token.clone() })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Trouble> {
        let mut request = self.web.client().request(method, format!("{}{path}", self.root));
        request = request.header("x-github-api-version", "2022-11-28");
        if let Some(token) = &self.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
                .map_err(|_| Trouble::Strange("the token in GITHUB_TOKEN holds characters that no token has".into()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        Ok(request)
    }

    async fn send(&self, request: RequestBuilder, repeat: Repeat) -> Result<Answer, Trouble> {
        let request = request.build().map_err(|error| Trouble::Strange(error.without_url().to_string()))?;
        let answer = self.web.send(request, repeat).await.map_err(Trouble::Lost)?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let told: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let message = told.and_then(|told| told["message"].as_str().map(str::to_owned)).unwrap_or_default();
        Err(Trouble::Refused { status: answer.status, message, has_token: self.token.is_some() })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Trouble> {
        let request = self.request(Method::GET, path)?.header(ACCEPT, "application/vnd.github+json");
        absent_as_none(self.send(request, Repeat::Harmless).await)?.map(|answer| parse(&answer)).transpose()
    }

    async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        repeat: Repeat,
    ) -> Result<T, Trouble> {
        let request = self.request(method, path)?.header(ACCEPT, "application/vnd.github+json").json(body);
        parse(&self.send(request, repeat).await?)
    }

    /// Whether the repository is there for this token (`repos/get`).
    pub(super) async fn repository_exists(&self) -> Result<bool, Trouble> {
        Ok(self.get::<Value>("").await?.is_some())
    }

    /// The commit that a reference points to (`git/get-ref`); `reference` is without `refs/`.
    pub(super) async fn reference(&self, reference: &str) -> Result<Option<String>, Trouble> {
        let found: Option<Reference> = self.get(&format!("/git/ref/{}", encoded(reference))).await?;
        Ok(found.map(|found| found.object.sha))
    }

    /// Makes a reference (`git/create-ref`), which fails if there is one of that name.
    pub(super) async fn create_reference(&self, reference: &str, commit: &str) -> Result<(), Trouble> {
        let body = json!({ "ref": format!("refs/{reference}"), "sha": commit });
        self.change::<Value>(Method::POST, "/git/refs", &body, Repeat::Never).await.map(drop)
    }

    /// Moves a reference forward (`git/update-ref` without `force`), which fails if `commit` does not come after what
    /// it points to.
    pub(super) async fn forward_reference(&self, reference: &str, commit: &str) -> Result<(), Trouble> {
        let (path, body) = (format!("/git/refs/{}", encoded(reference)), json!({ "sha": commit, "force": false }));
        self.change::<Value>(Method::PATCH, &path, &body, Repeat::Harmless).await.map(drop)
    }

    /// A commit (`git/get-commit`).
    pub(super) async fn commit(&self, commit: &str) -> Result<Option<Commit>, Trouble> {
        self.get(&format!("/git/commits/{}", encoded(commit))).await
    }

    /// Makes a commit (`git/create-commit`); nothing points to it yet.
    pub(super) async fn create_commit(
        &self,
        message: &str,
        tree: &str,
        parent: Option<&str>,
    ) -> Result<Commit, Trouble> {
        let parents: Vec<&str> = parent.into_iter().collect();
        let body = json!({ "message": message, "tree": tree, "parents": parents });
        self.change(Method::POST, "/git/commits", &body, OBJECT).await
    }

    /// Makes a tree that has these files beside those of `base` (`git/create-tree`), and returns its id.
    pub(super) async fn create_tree(&self, base: Option<&str>, files: &[File<'_>]) -> Result<String, Trouble> {
        let mut entries = Vec::new();
        for (path, content) in files {
            let mut entry = json!({ "path": path, "mode": "100644", "type": "blob" });
            match std::str::from_utf8(content) {
                Ok(text) if !text.is_empty() && text.len() <= LARGEST_INLINE => entry["content"] = text.into(),
                _ => entry["sha"] = self.create_blob(content).await?.into(),
            }
            entries.push(entry);
        }
        let mut body = json!({ "tree": entries });
        if let Some(base) = base {
            body["base_tree"] = base.into();
        }
        Ok(self.change::<Object>(Method::POST, "/git/trees", &body, OBJECT).await?.sha)
    }

    /// Stores bytes (`git/create-blob`) and returns their id.
    async fn create_blob(&self, content: &[u8]) -> Result<String, Trouble> {
        let body = json!({ "content": BASE64.encode(content), "encoding": "base64" });
        Ok(self.change::<Object>(Method::POST, "/git/blobs", &body, OBJECT).await?.sha)
    }

    /// The files of a branch (`git/get-tree`, recursive); nothing where there is no such branch.
    pub(super) async fn files(&self, branch: &str) -> Result<Option<Vec<String>>, Trouble> {
        let Some(tree) = self.get::<Tree>(&format!("/git/trees/{}?recursive=1", segment(branch))).await? else {
            return Ok(None);
        };
        if tree.truncated {
            return Err(Trouble::Strange("the branch has more files than GitHub lists in one answer".into()));
        }
        Ok(Some(tree.tree.into_iter().filter(|entry| entry.kind == "blob").map(|entry| entry.path).collect()))
    }

    /// The commits up to `start`, a branch or a commit, that changed the file at `path`, newest first, `most` of them
    /// (`repos/list-commits`); nothing where `start` does not exist.
    pub(super) async fn changes(&self, start: &str, path: &str, most: u8) -> Result<Option<Vec<Listed>>, Trouble> {
        let (start, path) = (segment(start), segment(path));
        self.get(&format!("/commits?sha={start}&path={path}&per_page={most}")).await
    }

    /// The bytes of a file in a commit (`repos/get-content` as raw bytes, of which GitHub gives 100 MB).
    pub(super) async fn content(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let route = format!("/contents/{}?ref={}", encoded(path), segment(commit));
        let request = self.request(Method::GET, &route)?.header(ACCEPT, "application/vnd.github.raw+json");
        Ok(absent_as_none(self.send(request, Repeat::Harmless).await)?.map(|answer| answer.body))
    }
}

impl Trouble {
    /// Whether GitHub refused to make or move a reference, perhaps because it is no longer where it was. The document
    /// gives 422 for a reference that exists and for a move that is not forward, and 409 for a conflict.
    pub(super) fn may_be_contention(&self) -> bool {
        matches!(self, Trouble::Refused { status: StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT, .. })
    }

    /// Whether GitHub says that the reference is not where it was. The document has no code for it; these are its words.
    pub(super) fn is_contention(&self) -> bool {
        let words = ["fast forward", "fast-forward", "already exists"];
        matches!(self, Trouble::Refused { message, .. } if words.iter().any(|words| message.contains(words)))
    }

    /// Whether it may have been done nevertheless.
    pub(super) fn may_have_happened(&self) -> bool {
        matches!(self, Trouble::Lost(Lost::FateUnknown(_)))
    }

    /// The repository is not there for this token.
    pub(super) fn no_repository(has_token: bool) -> Self {
        Trouble::Refused { status: StatusCode::NOT_FOUND, message: String::new(), has_token }
    }

    fn kind(&self) -> Kind {
        match self {
            Trouble::Lost(_) => Kind::Unavailable,
            Trouble::Strange(_) => Kind::Misconfigured,
            Trouble::Refused { status, message, .. } => match *status {
                // GitHub's 403 for too many requests says so; there is no code for it.
                StatusCode::FORBIDDEN if message.to_lowercase().contains("rate limit") => Kind::Unavailable,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::PermissionDenied,
                StatusCode::TOO_MANY_REQUESTS => Kind::Unavailable,
                status if status.is_server_error() => Kind::Unavailable,
                _ => Kind::Misconfigured,
            },
        }
    }

    /// The error for a person.
    pub(super) fn told(self, attempt: &Attempt) -> Error {
        attempt.failed_by(self.kind(), self.to_string())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Lost(lost) => lost.fmt(f),
            Trouble::Strange(what) => f.write_str(what),
            Trouble::Refused { status, message, has_token } => {
                write!(f, "GitHub answered {status}")?;
                if !message.is_empty() && Some(message.as_str()) != status.canonical_reason() {
                    write!(f, ": {message}")?;
                }
                match *status {
                    StatusCode::NOT_FOUND if *has_token => {
                        f.write_str("; either it does not exist, or the token in GITHUB_TOKEN may not do that")
                    }
                    _ if !has_token => f.write_str("; the variable GITHUB_TOKEN is not set"),
                    StatusCode::UNAUTHORIZED => f.write_str("; the token in GITHUB_TOKEN may have expired"),
                    StatusCode::FORBIDDEN => f.write_str("; the token in GITHUB_TOKEN needs write access to contents"),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// What is not there; also what is not in a repository without a commit, for which the document has 409.
fn absent_as_none(answer: Result<Answer, Trouble>) -> Result<Option<Answer>, Trouble> {
    match answer {
        Err(Trouble::Refused { status: StatusCode::NOT_FOUND | StatusCode::CONFLICT, .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

fn parse<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| Trouble::Strange(format!("GitHub's answer is not as its document says: {error}")))
}

/// A path whose segments are fit for a URL; slashes stay.
fn encoded(path: &str) -> String {
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}
