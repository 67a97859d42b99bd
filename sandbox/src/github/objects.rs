//! Blobs and trees of the Git Data API.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use git2::{ErrorCode, ObjectType, Oid, TreeWalkMode, TreeWalkResult};
use serde_json::{Value, json};

use super::answer::{Answer, bytes, created, ok};
use super::errors::ApiError;
use super::ids::node_id;
use super::links::Links;
use super::repository::{Repo, absent_as_none, full_id};
use super::request::{ApiRequest, Fields};
use super::tree::Edits;

/// The most entries of a recursive tree in one answer.
const MOST_ENTRIES: usize = 100_000;
/// The largest recursive tree in one answer, in bytes.
const MOST_BYTES: usize = 7 * 1024 * 1024;
/// The largest blob that the API returns, in bytes.
pub(super) const LARGEST_BLOB: usize = 100 * 1024 * 1024;
/// Content type of plain bytes.
pub(super) const RAW: &str = "application/vnd.github.raw+json; charset=utf-8";

/// `POST /repos/{owner}/{repo}/git/blobs` (git/create-blob).
pub(super) fn create_blob(repo: &mut Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let fields = request.fields("Blob")?;
    let content = fields.required("content")?;
    let id = match fields.text("encoding")?.unwrap_or("utf-8") {
        "utf-8" => repo.git.blob(content.as_bytes())?,
        "base64" => {
            let content = from_base64(content).ok_or_else(|| fields.invalid("content"))?;
            repo.git.blob(&content)?
        }
        _ => return Err(fields.invalid("encoding")),
    };
    let url = request.links.object(&repo.name, "blobs", id);
    created(json!({"url": url, "sha": id.to_string()}))
}

/// `GET /repos/{owner}/{repo}/git/blobs/{file_sha}` (git/get-blob).
pub(super) fn get_blob(repo: &Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let sha = request.param("sha");
    let id = full_id(sha).ok_or_else(|| ApiError::validation("Blob", "sha", "invalid"))?;
    let blob = absent_as_none(repo.git.find_blob(id))?.ok_or_else(ApiError::not_found)?;
    if blob.size() > LARGEST_BLOB {
        return Err(ApiError::too_large());
    }
    if request.wants("raw") {
        return bytes(RAW, blob.content().to_vec());
    }
    ok(json!({
        "sha": id.to_string(),
        "node_id": node_id("Blob", format!("{}:{id}", repo.name)),
        "size": blob.size(),
        "url": request.links.object(&repo.name, "blobs", id),
        "content": to_base64(blob.content()),
        "encoding": "base64",
    }))
}

/// `POST /repos/{owner}/{repo}/git/trees` (git/create-tree).
pub(super) fn create_tree(repo: &mut Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let fields = request.fields("Tree")?;
    let base = match fields.text("base_tree")? {
        Some(base) => Some(base_tree(repo, base)?),
        None => None,
    };
    let mut edits = Edits::default();
    for entry in fields.required_objects("tree")? {
        add_entry(repo, &mut edits, &entry)?;
    }
    let id = edits.apply(&repo.git, base.as_ref()).map_err(refusal)?;
    created(to_json(repo, &request.links, id, false)?)
}

/// A tree by its id, or by the id of a commit that has it.
fn base_tree<'repo>(repo: &'repo Repo, id: &str) -> Result<git2::Tree<'repo>, ApiError> {
    let missing = || ApiError::unprocessable("base_tree is not the id of an existing tree");
    let id = full_id(id).ok_or_else(missing)?;
    let object = absent_as_none(repo.git.find_object(id, None))?.ok_or_else(missing)?;
    object.peel_to_tree().map_err(|_| missing())
}

fn add_entry(repo: &Repo, edits: &mut Edits, entry: &Fields) -> Result<(), ApiError> {
    let path = entry.required("path")?;
    let (sha, content) = (entry.text("sha")?, entry.text("content")?);
    if entry.has("sha") && sha.is_none() && content.is_none() {
        return edits.remove(path).map_err(refusal);
    }
    let (mode, kind) = match entry.text("mode")? {
        Some("100644") => (0o100_644, ObjectType::Blob),
        Some("100755") => (0o100_755, ObjectType::Blob),
        Some("120000") => (0o120_000, ObjectType::Blob),
        Some("040000") => (0o040_000, ObjectType::Tree),
        Some("160000") => (0o160_000, ObjectType::Commit),
        Some(_) => return Err(entry.invalid("mode")),
        None => return Err(ApiError::validation("Tree", "mode", "missing_field")),
    };
    if entry.text("type")?.is_some_and(|given| given != kind.str()) {
        return Err(entry.refuse("type", format!("{path}: the mode asks for a {}", kind.str())));
    }
    let id = match (sha, content) {
        (Some(sha), None) => existing(repo, sha, kind, path)?,
        (None, Some(content)) if kind == ObjectType::Blob => repo.git.blob(content.as_bytes())?,
        _ => return Err(entry.refuse("sha", format!("{path}: give either sha or content"))),
    };
    edits.put(path, mode, id).map_err(refusal)
}

/// The object of a tree's entry. A commit belongs to a submodule, so it need not exist here.
fn existing(repo: &Repo, sha: &str, kind: ObjectType, path: &str) -> Result<Oid, ApiError> {
    let missing = || {
        let kind = kind.str();
        ApiError::unprocessable(format!("tree.sha {sha} of {path} is not a valid {kind}"))
    };
    let id = full_id(sha).ok_or_else(missing)?;
    let found = repo.git.odb()?.read_header(id);
    let right = kind == ObjectType::Commit || found.is_ok_and(|(_, found)| found == kind);
    if right { Ok(id) } else { Err(missing()) }
}

/// Mistakes of the client in editing a tree are reported; all other errors are the sandbox's own.
pub(super) fn refusal(error: git2::Error) -> ApiError {
    match error.code() {
        ErrorCode::NotFound | ErrorCode::InvalidSpec => {
            ApiError::unprocessable(format!("tree.path: {}", error.message()))
        }
        // libgit2 refuses a name that a file system takes for `.git`, without a code of its own.
        ErrorCode::GenericError if error.class() == git2::ErrorClass::Tree => {
            ApiError::unprocessable(format!("tree.path: {}", error.message()))
        }
        _ => error.into(),
    }
}

/// `GET /repos/{owner}/{repo}/git/trees/{tree_sha}` (git/get-tree): by the id of a tree or commit, or by the name
/// of a reference.
pub(super) fn get_tree(repo: &Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let wanted = request.param("sha");
    let by_id = match full_id(wanted) {
        Some(id) => absent_as_none(repo.git.find_tree(id))?.map(|tree| tree.id()),
        None => None,
    };
    let id = match by_id {
        Some(id) => id,
        None => repo.resolve(wanted)?.ok_or_else(ApiError::not_found)?.tree_id(),
    };
    // Any value turns it on, even `0` or `false`.
    let recursive = request.has_query("recursive");
    ok(to_json(repo, &request.links, id, recursive)?)
}

/// The schema `git-tree`.
fn to_json(repo: &Repo, links: &Links, id: Oid, recursive: bool) -> Result<Value, ApiError> {
    let mut listing = Listing::new(repo, links, recursive)?;
    // The walk stops with an error when the listing is full; the listing knows that, so the error is ignored.
    let walked = repo.git.find_tree(id)?.walk(TreeWalkMode::PreOrder, |folder, entry| listing.visit(folder, entry));
    if let Some(error) = listing.failure {
        return Err(error);
    }
    if !listing.truncated {
        walked?;
    }
    Ok(json!({
        "sha": id.to_string(),
        "url": links.object(&repo.name, "trees", id),
        "tree": listing.entries,
        "truncated": listing.truncated,
    }))
}

/// The entries of a tree that fit into one answer.
struct Listing<'a> {
    repo: &'a Repo,
    links: &'a Links,
    odb: git2::Odb<'a>,
    recursive: bool,
    entries: Vec<Value>,
    bytes: usize,
    truncated: bool,
    failure: Option<ApiError>,
}

impl<'a> Listing<'a> {
    fn new(repo: &'a Repo, links: &'a Links, recursive: bool) -> Result<Self, ApiError> {
        Ok(Self {
            repo,
            links,
            odb: repo.git.odb()?,
            recursive,
            entries: Vec::new(),
            bytes: 0,
            truncated: false,
            failure: None,
        })
    }

    fn visit(&mut self, folder: &str, entry: &git2::TreeEntry<'_>) -> TreeWalkResult {
        let rendered = match self.render(folder, entry) {
            Ok(rendered) => rendered,
            Err(error) => {
                self.failure = Some(error);
                return TreeWalkResult::Abort;
            }
        };
        let bytes = rendered.to_string().len() + 1;
        let full = self.entries.len() == MOST_ENTRIES || self.bytes + bytes > MOST_BYTES;
        if self.recursive && full {
            self.truncated = true;
            return TreeWalkResult::Abort;
        }
        self.bytes += bytes;
        self.entries.push(rendered);
        if self.recursive { TreeWalkResult::Ok } else { TreeWalkResult::Skip }
    }

    fn render(&self, folder: &str, entry: &git2::TreeEntry<'_>) -> Result<Value, ApiError> {
        let name = String::from_utf8_lossy(entry.name_bytes());
        let id = entry.id();
        let mut rendered = json!({
            "path": format!("{folder}{name}"),
            "mode": format!("{:06o}", entry.filemode()),
            "sha": id.to_string(),
        });
        match entry.kind() {
            Some(ObjectType::Tree) => {
                rendered["type"] = "tree".into();
                rendered["url"] = self.links.object(&self.repo.name, "trees", id).into();
            }
            // A submodule's commit lies in another repository, so it has no URL here.
            Some(ObjectType::Commit) => rendered["type"] = "commit".into(),
            _ => {
                rendered["type"] = "blob".into();
                rendered["size"] = self.odb.read_header(id)?.0.into();
                rendered["url"] = self.links.object(&self.repo.name, "blobs", id).into();
            }
        }
        Ok(rendered)
    }
}

/// Base64 in lines of sixty characters, as GitHub sends it.
pub(super) fn to_base64(content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / 60 + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so every index is the boundary of a character.
        let (line, next) = rest.split_at(rest.len().min(60));
        lines.push_str(line);
        lines.push('\n');
        rest = next;
    }
    lines
}

/// Base64 with or without line breaks.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(compact).ok()
}

/// 404 about a revision, in GitHub's words.
pub(super) fn no_commit_for(revision: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("No commit found for the ref {revision}"))
}
