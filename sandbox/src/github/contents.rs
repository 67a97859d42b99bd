//! Files and folders by path, at a branch, tag or commit.

use std::path::Path;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use git2::{Blob, Commit, ObjectType, Oid, Tree, TreeEntry};
use serde_json::{Value, json};

use super::answer::{Answer, bytes, ok};
use super::commits;
use super::errors::ApiError;
use super::links::{Links, encode};
use super::objects::{LARGEST_BLOB, RAW, from_base64, no_commit_for, refusal, to_base64};
use super::repository::{Repo, absent_as_none};
use super::request::{ApiRequest, Fields};
use super::tree::{Edits, FILE, is_tree_path};

/// The largest file whose content is in the JSON, in bytes.
const LARGEST_INLINE: usize = 1024 * 1024;
/// The most entries of a folder in one answer.
const MOST_ENTRIES: usize = 1_000;
/// Content type of a file or folder as one object.
const OBJECT: &str = "application/vnd.github.object; charset=utf-8";
const SYMLINK: i32 = 0o120_000;

/// `GET /repos/{owner}/{repo}/contents/{path}` (repos/get-content), as JSON, raw bytes or one object.
pub(super) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    let view = View::new(repo, request)?;
    let path = request.param("path").trim_matches('/');
    if path.is_empty() {
        return view.folder(request, path, &view.commit.tree()?);
    }
    let tree = view.commit.tree()?;
    let entry = entry_at(&tree, path)?.ok_or_else(ApiError::not_found)?;
    match entry.kind() {
        Some(ObjectType::Tree) => view.folder(request, path, &repo.git.find_tree(entry.id())?),
        Some(ObjectType::Blob) if entry.filemode() == SYMLINK => view.symlink(request, path, &tree, entry.id()),
        Some(ObjectType::Blob) => view.file(request, path, &repo.git.find_blob(entry.id())?),
        _ => Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "The sandbox does not offer repos/get-content of a submodule yet.",
        )),
    }
}

/// The plain bytes of a file, at the address of `download_url` and `raw_url`.
pub(super) fn raw(repo: &Repo, request: &ApiRequest) -> Answer {
    let commit = repo.resolve(request.param("ref"))?.ok_or_else(ApiError::not_found)?;
    let entry = entry_at(&commit.tree()?, request.param("path"))?;
    let entry = entry.ok_or_else(ApiError::not_found)?;
    let blob = absent_as_none(repo.git.find_blob(entry.id()))?.ok_or_else(ApiError::not_found)?;
    bytes("application/octet-stream", blob.content().to_vec())
}

/// A commit, and the name by which the client asked for it.
struct View<'a> {
    repo: &'a Repo,
    links: &'a Links,
    commit: Commit<'a>,
    at: String,
}

impl<'a> View<'a> {
    fn new(repo: &'a Repo, request: &'a ApiRequest) -> Result<Self, ApiError> {
        let at = match request.query("ref") {
            Some(at) => at.to_owned(),
            None => repo.default_branch()?,
        };
        let Some(commit) = repo.resolve(&at)? else {
            let empty = repo.branches()?.is_empty();
            return Err(if empty {
                ApiError::new(StatusCode::NOT_FOUND, "This repository is empty.")
            } else {
                no_commit_for(&at)
            });
        };
        Ok(Self { repo, links: &request.links, commit, at })
    }

    fn file(&self, request: &ApiRequest, path: &str, blob: &Blob<'_>) -> Answer {
        if blob.size() > LARGEST_BLOB {
            return Err(ApiError::too_large());
        }
        if request.wants("raw") {
            return bytes(RAW, blob.content().to_vec());
        }
        let mut body = self.entry("file", path, blob.id(), blob.size());
        let (content, encoding) =
            if blob.size() > LARGEST_INLINE { (String::new(), "none") } else { (to_base64(blob.content()), "base64") };
        body["content"] = content.into();
        body["encoding"] = encoding.into();
        if request.wants("object") {
            return bytes(OBJECT, body.to_string().into_bytes());
        }
        ok(body)
    }

    /// A link to a file of the repository is answered with that file, any other with the link itself.
    fn symlink(&self, request: &ApiRequest, path: &str, tree: &Tree<'_>, id: Oid) -> Answer {
        let link = self.repo.git.find_blob(id)?;
        let target = String::from_utf8_lossy(link.content()).into_owned();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let entry = match join(folder, &target) {
            Some(target) => entry_at(tree, &target)?,
            None => None,
        };
        let is_file = |mode: i32| mode != SYMLINK;
        if let Some(entry) = entry.filter(|entry| is_file(entry.filemode()))
            && let Some(blob) = absent_as_none(self.repo.git.find_blob(entry.id()))?
        {
            return self.file(request, path, &blob);
        }
        let mut body = self.entry("symlink", path, id, link.size());
        body["target"] = target.into();
        ok(body)
    }

    fn folder(&self, request: &ApiRequest, path: &str, tree: &Tree<'_>) -> Answer {
        let odb = self.repo.git.odb()?;
        let mut entries = Vec::new();
        for entry in tree.iter().take(MOST_ENTRIES) {
            let name = String::from_utf8_lossy(entry.name_bytes());
            let path = if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") };
            let (kind, size) = match entry.kind() {
                Some(ObjectType::Tree) => ("dir", 0),
                // For compatibility, GitHub lists a submodule as a file.
                Some(ObjectType::Commit) => ("file", 0),
                _ if entry.filemode() == SYMLINK => ("symlink", odb.read_header(entry.id())?.0),
                _ => ("file", odb.read_header(entry.id())?.0),
            };
            entries.push(self.entry(kind, &path, entry.id(), size));
        }
        if !request.wants("object") {
            return ok(Value::Array(entries));
        }
        let mut body = self.entry("dir", path, tree.id(), 0);
        body["entries"] = Value::Array(entries);
        bytes(OBJECT, body.to_string().into_bytes())
    }

    /// The fields that the schemas of files, folders, links and entries share.
    fn entry(&self, kind: &str, path: &str, id: Oid, size: usize) -> Value {
        let name = &self.repo.name;
        let (objects, page) = if kind == "dir" { ("trees", "tree") } else { ("blobs", "blob") };
        let url = self.links.contents(name, &self.at, path);
        let git_url = self.links.object(name, objects, id);
        let html = format!("/{page}/{}/{}", encode(&self.at), encode(path));
        let html_url = self.links.html(name, &html);
        let download = (kind != "dir").then(|| self.links.raw(name, self.commit.id(), path));
        json!({
            "type": kind,
            "size": size,
            "name": path.rsplit('/').next().unwrap_or(path),
            "path": path,
            "sha": id.to_string(),
            "url": url,
            "git_url": git_url,
            "html_url": html_url,
            "download_url": download,
            "_links": {"self": url, "git": git_url, "html": html_url},
        })
    }
}

/// The entry at a path, `None` if there is none.
fn entry_at(tree: &Tree<'_>, path: &str) -> Result<Option<TreeEntry<'static>>, git2::Error> {
    if !is_tree_path(path) {
        return Ok(None);
    }
    absent_as_none(tree.get_path(Path::new(path)))
}

/// Follows a relative path from a folder, `None` if it leaves the repository.
fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if relative.starts_with('/') {
        return None;
    }
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `PUT /repos/{owner}/{repo}/contents/{path}` (repos/create-or-update-file-contents). It also makes the first
/// commit of an empty repository.
pub(super) fn put(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let fields = request.fields("Content")?;
    let target = FileTarget::new(repo, request, &fields)?;
    let message = fields.message()?;
    let content = from_base64(fields.required("content")?).ok_or_else(|| fields.invalid("content"))?;
    match (target.present, fields.text("sha")?) {
        (None, None) => {}
        (Some(_), None) => {
            return Err(ApiError::unprocessable("Invalid request.\n\n\"sha\" wasn't supplied."));
        }
        (present, Some(sha)) => target.require(present.map(|(id, _)| id), sha)?,
    }
    let mode = target.present.map_or(FILE, |(_, mode)| mode);
    let blob = repo.git.blob(&content)?;
    let mut edits = Edits::default();
    edits.put(&target.path, mode, blob).map_err(refusal)?;
    let commit = target.commit(repo, &Write { request, fields: &fields, message }, &edits)?;
    let view = View { repo, links: &request.links, commit: repo.git.find_commit(commit)?, at: target.branch.clone() };
    let body = json!({
        "content": view.entry("file", &target.path, blob, content.len()),
        "commit": commits::git_commit(repo, &request.links, commit)?,
    });
    let status = if target.present.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(body)).into_response())
}

/// `DELETE /repos/{owner}/{repo}/contents/{path}` (repos/delete-file).
pub(super) fn delete(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let fields = request.fields("Content")?;
    let target = FileTarget::new(repo, request, &fields)?;
    let message = fields.message()?;
    let sha = fields.required("sha")?;
    let (present, _) = target.present.ok_or_else(ApiError::not_found)?;
    target.require(Some(present), sha)?;
    let mut edits = Edits::default();
    edits.remove(&target.path).map_err(refusal)?;
    let commit = target.commit(repo, &Write { request, fields: &fields, message }, &edits)?;
    ok(json!({
        "content": null,
        "commit": commits::git_commit(repo, &request.links, commit)?,
    }))
}

/// Who writes a file, with which fields of the body and which message.
struct Write<'a> {
    request: &'a ApiRequest,
    fields: &'a Fields,
    message: &'a str,
}

/// The file to be written: a path on a branch, and the blob that is there now.
struct FileTarget {
    path: String,
    branch: String,
    /// `None` in a repository without commits.
    tip: Option<Oid>,
    /// The blob at the path, and its mode.
    present: Option<(Oid, i32)>,
}

impl FileTarget {
    fn new(repo: &Repo, request: &ApiRequest, fields: &Fields) -> Result<Self, ApiError> {
        let path = request.param("path").to_owned();
        let default = repo.default_branch()?;
        let branch = fields.text("branch")?.unwrap_or(&default).to_owned();
        let tip = repo.tip(&branch)?;
        if tip.is_none() && (branch != default || !repo.branches()?.is_empty()) {
            let message = format!("Branch {branch} not found");
            return Err(ApiError::new(StatusCode::NOT_FOUND, message));
        }
        let entry = match tip {
            None => None,
            Some(tip) => {
                let tree = repo.git.find_commit(tip)?.tree()?;
                entry_at(&tree, &path)?
            }
        };
        let present = entry.map(|entry| (entry.id(), entry.filemode(), entry.kind()));
        if let Some((_, _, kind)) = present
            && kind != Some(ObjectType::Blob)
        {
            return Err(fields.refuse("path", format!("{path} is not a file")));
        }
        Ok(Self { path, branch, tip, present: present.map(|(id, mode, _)| (id, mode)) })
    }

    /// 409 if the client has seen another version of the file.
    fn require(&self, present: Option<Oid>, sha: &str) -> Result<(), ApiError> {
        if present.is_some_and(|present| present.to_string() == sha) {
            return Ok(());
        }
        let message = format!("{} does not match {sha}", self.path);
        Err(ApiError::new(StatusCode::CONFLICT, message))
    }

    fn commit(&self, repo: &Repo, write: &Write<'_>, edits: &Edits) -> Result<Oid, ApiError> {
        let Write { request, fields, message } = *write;
        let committer = commits::person(fields, "committer", &request.signature()?)?;
        let author = commits::person(fields, "author", &committer)?;
        let parent = self.tip.map(|tip| repo.git.find_commit(tip)).transpose()?;
        let base = parent.as_ref().map(Commit::tree).transpose()?;
        let tree = edits.apply(&repo.git, base.as_ref()).map_err(refusal)?;
        let tree = repo.git.find_tree(tree)?;
        let parents: Vec<&Commit<'_>> = parent.iter().collect();
        let branch = format!("refs/heads/{}", self.branch);
        let commit = repo.git.commit(Some(&branch), &author, &committer, message, &tree, &parents)?;
        Ok(commit)
    }
}
