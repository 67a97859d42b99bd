//! Why an operation failed, as a person is told.

use engine::Error;
use engine::diff::Refusal;

/// One reason, told in full: what was attempted, why it failed, what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The organization that it concerns, or none where it concerns everything.
    pub scope: Option<String>,
    /// What was attempted and why it failed.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

impl Failure {
    /// A failure that concerns everything.
    pub fn new(message: impl Into<String>) -> Self {
        Self { scope: None, message: message.into(), help: None }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, of one organization.
    #[must_use]
    pub fn of(mut self, scope: &str) -> Self {
        self.scope = Some(scope.to_owned());
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { scope: None, message: error.to_string(), help: error.help }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.to_string())
    }
}

impl From<engine::state::Error> for Failure {
    fn from(error: engine::state::Error) -> Self {
        Self::new(error.to_string()).help(error.help())
    }
}
