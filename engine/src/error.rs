//! What can go wrong between the engine and a remote system.

use std::fmt;

/// An error of a reader or a writer, told so that somebody can act on it.
#[derive(Debug, Clone)]
pub struct Error {
    /// What the engine can react to.
    pub kind: ErrorKind,
    /// What was attempted: `create the portal`, with the request.
    pub attempted: String,
    /// Why it failed, in the server's own words where it had any.
    pub cause: String,
    /// What to do next.
    pub help: Option<String>,
}

/// The few things that the engine, or the command above it, reacts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server refused the credentials.
    Unauthorized,
    /// The server refused the request: sending it again changes nothing.
    Refused,
    /// The object is not there.
    NotFound,
    /// The object is there already.
    Conflict,
    /// The request may have been carried out, or not: look before sending it again (R13).
    FateUnknown,
    /// The server could not be reached, or was not able to answer, also after retries.
    Unavailable,
    /// The answer was not what the published document promises.
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
