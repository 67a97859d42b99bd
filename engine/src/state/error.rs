//! What can go wrong with a state, and what to do next.

use std::sync::Arc;

use state_backends::{Kind, LockInfo, OpenError};

use super::document::{Damage, Unreadable};
use super::encryption::KeyError;

/// Why a state could not be opened, read, locked or written. Every error has advice.
///
/// Cheap to clone: one failed write is told to everybody whose changes were in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The address of the store cannot be used.
    #[error("cannot open the state store `{url}`: {reason}")]
    InvalidUrl {
        /// As it was given, without what may be secret in it.
        url: String,
        /// What is wrong with it.
        reason: String,
        /// What a person can do.
        help: String,
    },
    /// The store refused, or failed.
    #[error("{}", with_cause(error))]
    Store {
        /// What the store said.
        error: Arc<state_backends::Error>,
        /// Of the scope whose state it is, where it is about one.
        scope: Option<String>,
    },
    /// What is stored is no state that this koctl can use.
    #[error("cannot read the state of `{scope}` in {store}: {damage}")]
    Damaged {
        /// Whose state it is.
        scope: String,
        /// Where it is stored.
        store: String,
        /// What is wrong with it.
        damage: Damage,
        /// What can be put in its place.
        intact: Option<Box<Intact>>,
    },
    /// It takes other keys than those that are configured.
    #[error("cannot use the state of `{scope}` in {store}: {error}")]
    Sealed {
        /// Whose state it is.
        scope: String,
        /// Where it is stored.
        store: String,
        /// What is missing.
        error: KeyError,
    },
    /// The state of another scope lies where that of this one should: somebody copied it.
    #[error("cannot use the state of `{scope}` in {store}: it is the state of `{found}`")]
    WrongScope {
        /// Whose state was asked for.
        scope: String,
        /// Where it is stored.
        store: String,
        /// Whose state it is.
        found: String,
    },
    /// The task that writes the state is gone, because a change to it panicked or the program is ending.
    #[error("cannot write the state of `{scope}`: its writer has stopped")]
    WriterStopped {
        /// Whose state it is.
        scope: String,
    },
}

/// The newest earlier version of a damaged state that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    /// What the store calls it.
    pub revision: state_backends::Revision,
    /// How often the state had been written by then.
    pub serial: u64,
    /// When it was written.
    pub written: jiff::Timestamp,
}

impl Error {
    /// What a person can do next.
    pub fn help(&self) -> String {
        match self {
            Error::InvalidUrl { help, .. } => help.clone(),
            Error::Store { error, scope } => match (error.kind(), scope) {
                (Kind::Locked { holder }, Some(scope)) => locked(scope, holder.as_deref()),
                _ => error.next_step(),
            },
            Error::Damaged { damage: Damage::Newer { .. }, .. } => {
                "Use the koctl that wrote it, or a newer one.".to_owned()
            }
            Error::Damaged { intact: Some(intact), scope, .. } => {
                let Intact { revision, serial, written } = &**intact;
                format!(
                    "The newest version that is whole has serial {serial}, of {written}: restore it with \
                     `koctl state restore {} {}`, or another that `koctl state history` lists.",
                    shell_word(scope),
                    shell_word(revision.as_str())
                )
            }
            Error::Damaged { intact: None, .. } | Error::WrongScope { .. } => {
                "Restore it from a backup with `koctl state push FILE`, or move it away: the next plan then imports what \
                 exists."
                    .to_owned()
            }
            Error::Sealed { error, .. } => error.help().to_owned(),
            Error::WriterStopped { .. } => "Run the command again: it continues from what is stored.".to_owned(),
        }
    }

    /// Whether somebody else holds the lock, so that waiting may help.
    pub fn is_locked(&self) -> bool {
        matches!(self, Error::Store { error, .. } if matches!(error.kind(), Kind::Locked { .. }))
    }

    /// What is stored for `scope` in `store` cannot be read.
    pub(super) fn unreadable(scope: &str, store: String, reason: Unreadable) -> Self {
        let scope = scope.to_owned();
        match reason {
            Unreadable::Damaged(damage) => Error::Damaged { scope, store, damage, intact: None },
            Unreadable::Locked(error) => Error::Sealed { scope, store, error },
        }
    }

    /// The store failed at something that is about one scope.
    pub(super) fn of_scope(scope: &str) -> impl FnOnce(state_backends::Error) -> Self {
        let scope = Some(scope.to_owned());
        move |error| Error::Store { error: Arc::new(error), scope }
    }
}

impl From<state_backends::Error> for Error {
    fn from(error: state_backends::Error) -> Self {
        Error::Store { error: Arc::new(error), scope: None }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Address(error) => Error::InvalidUrl {
                url: error.address().to_owned(),
                reason: error.reason().to_owned(),
                help: error.next_step().to_owned(),
            },
            OpenError::Store(error) => error.into(),
        }
    }
}

fn locked(scope: &str, holder: Option<&LockInfo>) -> String {
    let wait = "Wait until the holder is done, or let koctl wait with `--lock-timeout`";
    match holder {
        Some(LockInfo { id, .. }) => {
            format!("{wait}. Only if it surely runs no longer: `koctl force-unlock {} {id}`.", shell_word(scope))
        }
        None => format!("{wait}."),
    }
}

/// The text of an error with that of what caused it, if anything did.
fn with_cause(error: &state_backends::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// `text` as one word of a command that somebody copies.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./@~%".contains(&byte);
    match text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_in_an_advice_can_be_copied_whatever_the_scope_is_called() {
        assert_eq!(shell_word("@platform"), "@platform");
        assert_eq!(shell_word("Kong Airlines"), "'Kong Airlines'");
        assert_eq!(shell_word("O'Hare"), r"'O'\''Hare'");
    }
}
