//! The errors of a request that got no answer.

/// No answer, even after retries.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The request did not leave, or cannot have been carried out.
    #[error("no connection to {host}: {cause}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The network's error.
        cause: String,
    },
    /// The request may have been carried out.
    #[error("the answer from {host} was lost: {cause}")]
    FateUnknown {
        /// Host and port.
        host: String,
        /// The network's error, or the status that an intermediary answered.
        cause: String,
    },
    /// The request cannot be sent at all.
    #[error("the request is not valid: {0}")]
    Invalid(String),
}
