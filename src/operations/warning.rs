//! Warnings: what a person should look at, although nothing failed.

use super::failure::Failure;
use engine::plan::Warned;

/// Something to look at, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What there is, in sentences.
    pub message: String,
    /// The next step for a user.
    pub help: Option<String>,
}

impl From<String> for Warning {
    fn from(message: String) -> Self {
        Self { message, help: None }
    }
}

impl From<Failure> for Warning {
    fn from(failure: Failure) -> Self {
        Self { message: failure.to_string(), help: failure.help }
    }
}

impl From<Warned> for Warning {
    fn from(Warned { message, help }: Warned) -> Self {
        Self { message, help }
    }
}
