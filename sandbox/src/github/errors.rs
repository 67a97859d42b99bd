//! What can go wrong: inside the sandbox, and in an answer to a client.

use std::path::PathBuf;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Where every error body points; GitHub points at the page of the operation, the sandbox at their index.
const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// Why the sandbox's repositories could not be read, made or changed on disk.
#[derive(Debug, thiserror::Error)]
pub enum GitHubSandboxError {
    /// The name would not be one on GitHub, or would leave the sandbox's folder.
    #[error("`{name}` cannot be the name of {what}: {rule}. Choose another name, or rename the folder it comes from.")]
    Name {
        /// What was to be named: "an owner", "a repository", "a branch".
        what: &'static str,
        /// The refused name.
        name: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A folder of service repositories does not have the expected layout.
    #[error(
        "cannot seed from {}: it holds no branch. Put the files of each branch in a folder of their own, as in `<owner>/<repository>/main/openapi.yaml`.",
        .path.display()
    )]
    NoBranch {
        /// The folder of the repository.
        path: PathBuf,
    },
    /// A file name that no git tree of the sandbox can carry.
    #[error("cannot seed from {}: its name is not valid UTF-8. Rename it.", .path.display())]
    FileName {
        /// The offending file or folder.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {source}. Check that the sandbox's folder is writable and has space left.", .path.display())]
    Io {
        /// What was attempted, as in "read".
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Git refused.
    #[error("cannot {action} the git repository {}: {}. Run `git fsck` in it, or delete it to start afresh.", .path.display(), .source.message())]
    Git {
        /// What was attempted, as in "open".
        action: &'static str,
        /// The bare repository.
        path: PathBuf,
        /// Why it failed.
        source: git2::Error,
    },
    /// The file beside a repository is not what the sandbox wrote.
    #[error("cannot understand {}: {source}. Repair the file, or delete it to lose the repository's pull requests and labels.", .path.display())]
    Metadata {
        /// The JSON file.
        path: PathBuf,
        /// Why it cannot be understood.
        source: serde_json::Error,
    },
}

/// An answer that is no success, with GitHub's body: `message`, `documentation_url`, `status`, and for a
/// failed validation `errors` (schemas `basic-error` and `validation-error` of GitHub's API document).
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    message: String,
    errors: Vec<Value>,
}

impl ApiError {
    /// An error with only a message.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new() }
    }

    /// 404 as GitHub says it, which does not tell what is missing.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// 409 for operations on git objects of a repository that has no branch yet.
    pub(super) fn empty_repository() -> Self {
        Self::new(StatusCode::CONFLICT, "Git Repository is empty.")
    }

    /// 422 with a message and no list of errors, as the Git Data API answers.
    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 422 about one field; `code` is one of GitHub's: `missing_field`, `invalid`, `already_exists`.
    pub(super) fn validation(resource: &str, field: &str, code: &str) -> Self {
        Self::validation_failed(json!({"resource": resource, "field": field, "code": code}))
    }

    /// 422 about one field, said in words: the code `custom` with a message.
    pub(super) fn custom(resource: &str, field: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self::validation_failed(json!({"resource": resource, "field": field, "code": "custom", "message": message}))
    }

    fn validation_failed(error: Value) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, message: "Validation Failed".to_owned(), errors: vec![error] }
    }

    /// 403 for a blob above the 100 MB that the API hands out.
    pub(super) fn too_large() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            message: "This API returns blobs up to 100 MB in size. The requested blob is too large; \
                      clone the repository to read it."
                .to_owned(),
            errors: vec![json!({"resource": "Blob", "field": "data", "code": "too_large"})],
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = json!({
            "message": self.message,
            "documentation_url": DOCUMENTATION,
            "status": self.status.as_str(),
        });
        if !self.errors.is_empty() {
            body["errors"] = Value::Array(self.errors);
        }
        (self.status, Json(body)).into_response()
    }
}

impl From<GitHubSandboxError> for ApiError {
    fn from(error: GitHubSandboxError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<git2::Error> for ApiError {
    /// For failures of git that no client can cause; those that a client can cause are answered where they occur.
    fn from(error: git2::Error) -> Self {
        let message = format!("The sandbox's git repository failed: {}.", error.message().trim_end_matches('.'));
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}
