//! URLs in answers, all below the address that the client itself used.

use std::fmt::Write;

use super::store::RepoName;

/// Makes URLs that lead back to this server.
#[derive(Clone, Debug)]
pub(super) struct Links {
    base: String,
}

impl Links {
    /// `host` is the request's Host header, `nested_at` the path that the router is mounted at, or nothing.
    pub(super) fn new(host: &str, nested_at: &str) -> Self {
        Self { base: format!("http://{host}{}", nested_at.trim_end_matches('/')) }
    }

    /// The host and port, as `git@` addresses need them.
    pub(super) fn host(&self) -> &str {
        let rest = self.base.trim_start_matches("http://");
        rest.split('/').next().unwrap_or(rest)
    }

    /// `path` (with its leading slash, already encoded) below the root of the API.
    pub(super) fn api(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// `rest` (with its leading slash, already encoded) below the repository in the API.
    pub(super) fn repo(&self, repo: &RepoName, rest: &str) -> String {
        format!("{}/repos/{repo}{rest}", self.base)
    }

    /// `rest` below the repository's page. The sandbox has no pages, so these only tell things apart.
    pub(super) fn html(&self, repo: &RepoName, rest: &str) -> String {
        format!("{}/{repo}{rest}", self.base)
    }

    /// Where the plain bytes of a file at a commit are served.
    pub(super) fn raw(&self, repo: &RepoName, commit: git2::Oid, path: &str) -> String {
        format!("{}/raw/{repo}/{commit}/{}", self.base, encode(path))
    }

    /// A file or folder in the contents API; `at` is a branch, tag or commit.
    pub(super) fn contents(&self, repo: &RepoName, at: &str, path: &str) -> String {
        let (path, at) = (encode(path), encode(at));
        self.repo(repo, &format!("/contents/{path}?ref={at}"))
    }

    /// A git object: `kind` is `blobs`, `trees`, `commits` or `tags`.
    pub(super) fn object(&self, repo: &RepoName, kind: &str, id: git2::Oid) -> String {
        self.repo(repo, &format!("/git/{kind}/{id}"))
    }
}

/// Percent-encodes everything but what a path keeps as it is; slashes stay.
pub(super) fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    encoded
}
