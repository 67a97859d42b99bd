//! Why an operation failed.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::manifest::Diagnostics;
use engine::Refusal;
use engine::plan::Stale;
use engine::secret::Unsuited;

/// One reason: what failed and why, and what to do next.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The organization that it concerns. `None` if it concerns the whole command.
    pub scope: Option<String>,
    /// The attempted operation and the cause.
    pub message: String,
    /// The next step for a user.
    pub help: Option<String>,
    pub(super) source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure of the whole command.
    pub fn new(message: impl Into<String>) -> Self {
        Self { scope: None, message: message.into(), help: None, source: None }
    }

    /// A failure with the message of `source`.
    pub(super) fn caused_by(source: impl Error + Send + Sync + 'static) -> Self {
        let failure = Self::new(source.to_string());
        Self { source: Some(Arc::new(source)), ..failure }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says that the failure concerns one organization.
    #[must_use]
    pub fn of(mut self, scope: &str) -> Self {
        self.scope = Some(scope.to_owned());
        self
    }

    /// The error behind the failure, if it is an `E`.
    #[must_use]
    pub fn source_as<E: Error + 'static>(&self) -> Option<&E> {
        self.source.as_deref().and_then(|source| (source as &(dyn Error + 'static)).downcast_ref())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Some(scope) => write!(f, "{scope}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        Self { help: error.help.clone(), ..Self::caused_by(error) }
    }
}

impl From<engine::state::Error> for Failure {
    fn from(error: engine::state::Error) -> Self {
        let help = error.help();
        Self::caused_by(error).help(help)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::caused_by(refusal)
    }
}

impl From<Stale> for Failure {
    fn from(stale: Stale) -> Self {
        Self::caused_by(stale)
    }
}

impl From<Unsuited> for Failure {
    fn from(unsuited: Unsuited) -> Self {
        Self::caused_by(unsuited)
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::caused_by(diagnostics)
    }
}

/// Every reason why an operation failed. `?` makes it of one failure, of several, and of the errors of the engine.
#[derive(Debug, Clone, Default)]
pub struct Failures(Vec<Failure>);

impl Failures {
    /// True if nothing failed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The failures, in the order in which they happened.
    pub fn iter(&self) -> std::slice::Iter<'_, Failure> {
        self.0.iter()
    }

    /// Adds a failure.
    pub fn push(&mut self, failure: impl Into<Failure>) {
        self.0.push(failure.into());
    }

    /// Says that all of them concern one organization.
    #[must_use]
    pub fn of(self, scope: &str) -> Self {
        self.into_iter().map(|failure| failure.of(scope)).collect()
    }

    /// `value` if nothing failed.
    ///
    /// # Errors
    /// The failures, if there are any.
    pub fn none_or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl<E: Into<Failure>> From<E> for Failures {
    fn from(error: E) -> Self {
        Self(vec![error.into()])
    }
}

impl<E: Into<Failure>> From<Vec<E>> for Failures {
    fn from(errors: Vec<E>) -> Self {
        errors.into_iter().collect()
    }
}

impl<E: Into<Failure>> FromIterator<E> for Failures {
    fn from_iter<I: IntoIterator<Item = E>>(errors: I) -> Self {
        Self(errors.into_iter().map(Into::into).collect())
    }
}

impl<E: Into<Failure>> Extend<E> for Failures {
    fn extend<I: IntoIterator<Item = E>>(&mut self, errors: I) {
        self.0.extend(errors.into_iter().map(Into::into));
    }
}

impl IntoIterator for Failures {
    type Item = Failure;
    type IntoIter = std::vec::IntoIter<Failure>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Failures {
    type Item = &'a Failure;
    type IntoIter = std::slice::Iter<'a, Failure>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Says of a result which organization its failures concern.
pub(super) trait OfScope<T> {
    fn of_scope(self, scope: &str) -> Result<T, Failures>;
}

impl<T, E: Into<Failures>> OfScope<T> for Result<T, E> {
    fn of_scope(self, scope: &str) -> Result<T, Failures> {
        self.map_err(|errors| errors.into().of(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::ErrorKind;

    fn refused() -> engine::Error {
        engine::Error::new(ErrorKind::Refused, "create the team", "400 Bad Request").help("shorten its name")
    }

    #[test]
    fn the_errors_of_the_engine_become_failures_of_a_scope_with_their_source() {
        let planned: Result<(), _> = Err(vec![refused(), refused()]);
        let failures = planned.of_scope("Acme").unwrap_err();
        let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["Acme: could not create the team: 400 Bad Request"; 2]);
        for failure in &failures {
            assert_eq!(failure.help.as_deref(), Some("shorten its name"));
            assert_eq!(failure.source_as::<engine::Error>().map(|error| error.kind), Some(ErrorKind::Refused));
        }
    }

    #[test]
    fn a_value_is_returned_only_if_nothing_failed() {
        assert_eq!(Failures::default().none_or(1).ok(), Some(1));
        assert!(Failures::from(Failure::new("no")).none_or(1).is_err());
    }
}
