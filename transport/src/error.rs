//! The errors of a request that got no answer.

const MEBIBYTE: usize = 1024 * 1024;

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
    /// The answer has no end, or is too large to be read. The request may have been carried out.
    #[error("the answer from {host} is larger than {} MiB, the limit for an answer", .limit / MEBIBYTE)]
    TooLarge {
        /// Host and port.
        host: String,
        /// The largest body that is read, in bytes.
        limit: usize,
    },
    /// The request cannot be sent at all.
    #[error("the request is not valid: {0}")]
    Invalid(String),
}

impl TransportError {
    /// True if the request may have been carried out.
    #[must_use]
    pub fn is_fate_unknown(&self) -> bool {
        matches!(self, Self::FateUnknown { .. } | Self::TooLarge { .. })
    }
}
