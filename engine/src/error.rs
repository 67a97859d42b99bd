//! Errors between the engine and a remote system.

use std::fmt;

/// An error of a reader or a writer.
#[derive(Debug, Clone)]
pub struct Error {
    /// The kind, which the engine can react to.
    pub kind: ErrorKind,
    /// The attempted operation: `create the portal`, with the request.
    pub attempted: String,
    /// The cause, in the words of the server if it gave any.
    pub cause: String,
    /// The next step for a user.
    pub help: Option<String>,
}

/// The kinds of errors that the engine, or the command above it, reacts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server refused the credentials.
    Unauthorized,
    /// The server refused the request. Sending it again changes nothing.
    Refused,
    /// The object does not exist.
    NotFound,
    /// The object exists already.
    Conflict,
    /// The request may have been carried out or not: look before it is sent again (R13).
    FateUnknown,
    /// The server could not be reached or could not answer, also after retries.
    Unavailable,
    /// The answer does not follow the published API document.
    Unexpected,
    /// The state could not be written.
    State,
}

impl Error {
    /// An error without advice.
    pub fn new(kind: ErrorKind, attempted: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { kind, attempted: attempted.into(), cause: cause.into(), help: None }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: {}", self.attempted, self.cause)
    }
}

impl std::error::Error for Error {}
