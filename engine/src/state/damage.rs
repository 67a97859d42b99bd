//! Why a document cannot be read.

use super::encryption::KeyError;

/// Why a document is not a state that this koctl can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The document ends in the middle.
    #[error("it is cut short: it ends in line {line}, in the middle of the document")]
    CutShort {
        /// The last line, counted from 1.
        line: usize,
    },
    /// It is not JSON.
    #[error("line {line}, column {column}: {reason}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The message of the parser.
        reason: String,
    },
    /// It is JSON, but not a state.
    #[error("it is not a koctl state: its `format` is not \"koctl-state\"")]
    NotAState,
    /// A newer koctl wrote it.
    #[error("it has version {found}, and this koctl reads versions up to {supported}")]
    Newer {
        /// The version of the document.
        found: u64,
        /// The newest version that this koctl reads.
        supported: u64,
    },
    /// It was changed by something other than koctl.
    #[error("its checksum does not fit its content: something other than koctl changed it, perhaps an editor")]
    Edited,
    /// Its fields do not fit its version.
    #[error("{0}")]
    Fields(String),
    /// Its encrypted part was cut short or changed.
    #[error("its encrypted part was cut short or changed")]
    Ciphertext,
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is damaged, for every reader.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// It needs a key.
    #[error(transparent)]
    Locked(KeyError),
}
