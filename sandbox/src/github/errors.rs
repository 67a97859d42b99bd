//! Errors: inside the sandbox, and in an answer to a client.

use std::path::PathBuf;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The documentation URL of every error body. GitHub links the page of the operation, the sandbox the index.
const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// The reasons why the sandbox's repositories cannot be read, created or changed on disk.
#[derive(Debug, thiserror::Error)]
pub enum GitHubSandboxError {
    /// The name is not valid on GitHub, or would leave the sandbox's folder.
    #[error(
        "`{name}` is not a valid name for {what}: {rule}. Choose another name, or rename the folder that it comes from."
    )]
    Name {
        /// The thing that was to be named: "an owner", "a repository", "a branch".
        what: &'static str,
        /// The refused name.
        name: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A folder of service repositories does not have the expected layout.
    #[error(
        "cannot seed from {}: it holds no branch. Put the files of each branch into a folder, as in `<owner>/<repository>/main/openapi.yaml`.",
        .path.display()
    )]
    NoBranch {
        /// The folder of the repository.
        path: PathBuf,
    },
    /// A file name that the sandbox cannot put into a git tree.
    #[error("cannot seed from {}: its name is not valid UTF-8. Rename it.", .path.display())]
    FileName {
        /// The offending file or folder.
        path: PathBuf,
    },
    /// The file system failed.
    #[error("cannot {action} {}: {source}. Check that the sandbox's folder is writable and has space left.", .path.display())]
    Io {
        /// The action that was attempted, as in "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Git failed.
    #[error("cannot {action} the git repository {}: {}. Run `git fsck` in it, or delete it to start again.", .path.display(), .source.message())]
    Git {
        /// The action that was attempted, as in "open".
        action: &'static str,
        /// The bare repository.
        path: PathBuf,
        /// The cause.
        source: git2::Error,
    },
    /// Pull requests cannot be merged, although they do not conflict.
    #[error("cannot merge the pull requests of {repository}: {reason}")]
    Merge {
        /// The repository.
        repository: String,
        /// The cause.
        reason: String,
    },
    /// A file with accounts or tokens is not valid.
    #[error("cannot read {}: {reason}. Repair the file, or delete it to start again with those of a fresh sandbox.", .path.display())]
    Accounts {
        /// The JSON file.
        path: PathBuf,
        /// The rule that it breaks.
        reason: String,
    },
    /// The file beside a repository is not valid.
    #[error("cannot read {}: {source}. Repair the file, or delete it, which loses the repository's pull requests and labels.", .path.display())]
    Metadata {
        /// The JSON file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
}

/// An error answer with GitHub's body: `message`, `documentation_url`, `status`, and for a failed validation `errors`
/// (schemas `basic-error` and `validation-error` of GitHub's API document).
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    message: String,
    errors: Vec<Value>,
    headers: Vec<(HeaderName, String)>,
}

impl ApiError {
    /// An error with only a message.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// Adds a header.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((HeaderName::from_static(name), value.into()));
        self
    }

    /// 403 for a person whose role is too low, or an app without the permission.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 401 for what needs a signed-in user.
    pub(super) fn requires_authentication() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Requires authentication")
    }

    /// 401 for a credential that is not valid, or no longer.
    pub(super) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Bad credentials")
    }

    /// 403 for an app without the permission.
    pub(super) fn integration() -> Self {
        Self::forbidden("Resource not accessible by integration")
    }

    /// What went wrong, in GitHub's words.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// 404 in GitHub's words, which do not say what is missing.
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

    /// 422 about one field, with the code `custom` and a message.
    pub(super) fn custom(resource: &str, field: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self::validation_failed(json!({"resource": resource, "field": field, "code": "custom", "message": message}))
    }

    /// 422 with one sentence as its error (schema `validation-error-simple`).
    pub(super) fn sentence(error: impl Into<String>) -> Self {
        let error: String = error.into();
        Self { errors: vec![error.into()], ..Self::unprocessable("Unprocessable Entity") }
    }

    fn validation_failed(error: Value) -> Self {
        let failed = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed");
        Self { errors: vec![error], ..failed }
    }

    /// 403 for a blob above the API's limit of 100 MB.
    pub(super) fn too_large() -> Self {
        let message = "This API returns blobs up to 100 MB in size. The requested blob is too large; \
                       clone the repository to read it.";
        Self {
            errors: vec![json!({"resource": "Blob", "field": "data", "code": "too_large"})],
            ..Self::forbidden(message)
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
        let mut response = (self.status, Json(body)).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl From<GitHubSandboxError> for ApiError {
    fn from(error: GitHubSandboxError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<git2::Error> for ApiError {
    /// For failures of git that no client can cause; the others are answered where they occur.
    fn from(error: git2::Error) -> Self {
        let message = format!("The sandbox's git repository failed: {}.", error.message().trim_end_matches('.'));
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}
