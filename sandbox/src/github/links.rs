//! URLs in answers, all below the address that the client used.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::repo_name::RepoName;

/// Builds URLs that lead back to this server.
#[derive(Clone, Debug)]
pub(super) struct Links {
    base: String,
}

impl Links {
    /// `host` is the request's Host header; `nested_at` is the path that the router is mounted at, or empty.
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

    /// `rest` below the repository's page. Pull requests have pages; all other URLs are only identifiers.
    pub(super) fn html(&self, repo: &RepoName, rest: &str) -> String {
        format!("{}/{repo}{rest}", self.base)
    }

    /// The address of a file's plain bytes at a commit.
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

/// The bytes that a segment of a path must have encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The bytes that a path must have encoded: slashes separate its segments.
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// Percent-encodes a path; its slashes stay.
pub(super) fn encode(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// Percent-encodes one segment of a path, slashes included.
pub(super) fn encode_segment(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}
