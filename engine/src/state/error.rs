//! Errors of states, and what to do next.

use std::sync::Arc;

use state_backends::{Kind, LockId, LockInfo, OpenError};

use super::damage::{Damage, Unreadable};
use super::encryption::KeyError;

/// Why a state could not be opened, read, locked or written. Every error has advice.
///
/// Cheap to clone: a failed write is reported to every task whose change was in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The address of the store cannot be used.
    #[error("cannot open the state store `{url}`: {reason}")]
    InvalidUrl {
        /// The URL, without secrets.
        url: String,
        /// The mistake in it.
        reason: String,
        /// The next step for a user.
        help: String,
    },
    /// The store refused, or failed.
    #[error("{}", transport::causes(&**error))]
    Store {
        /// The error of the store.
        error: Arc<state_backends::Error>,
        /// The scope; `None` if the error is about the whole store.
        scope: Option<String>,
    },
    /// The stored document is not a state that this koctl can use.
    #[error("cannot read the state of `{scope}` in {store}: {damage}")]
    Damaged {
        /// The scope.
        scope: String,
        /// The store, in words.
        store: String,
        /// The damage.
        damage: Damage,
        /// A version to restore.
        intact: Option<Box<Intact>>,
    },
    /// It needs other keys than those that are configured.
    #[error("cannot use the state of `{scope}` in {store}: {error}")]
    Sealed {
        /// The scope.
        scope: String,
        /// The store, in words.
        store: String,
        /// The error of the keys.
        error: KeyError,
    },
    /// The stored state belongs to another scope: it was copied.
    #[error("cannot use the state of `{scope}` in {store}: it is the state of `{found}`")]
    WrongScope {
        /// The scope that was read.
        scope: String,
        /// The store, in words.
        store: String,
        /// The scope.
        found: String,
    },
    /// The task that writes the state is gone, because a change to it panicked or the program is ending.
    #[error("cannot write the state of `{scope}`: its writer has stopped")]
    WriterStopped {
        /// The scope.
        scope: String,
    },
}

/// The newest version of a damaged state that is intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    /// Its name in the store.
    pub revision: state_backends::Revision,
    /// Its serial.
    pub serial: u64,
    /// The time at which it was written.
    pub written: jiff::Timestamp,
}

impl Error {
    /// The next step for a user.
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
                    "The newest version that is intact has serial {serial}, of {written}: restore it with \
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

    /// True if another process holds the lock, so that waiting may help.
    pub fn is_locked(&self) -> bool {
        matches!(self, Error::Store { error, .. } if matches!(error.kind(), Kind::Locked { .. }))
    }

    /// The lock of another process. `None` if the error is another one, or the lock does not say whose it is.
    pub fn holder(&self) -> Option<&LockId> {
        let Error::Store { error, .. } = self else { return None };
        let Kind::Locked { holder } = error.kind() else { return None };
        holder.as_deref().map(|holder| &holder.id)
    }

    /// The document of `scope` in `store` cannot be read.
    pub(super) fn unreadable(scope: &str, store: String, reason: Unreadable) -> Self {
        let scope = scope.to_owned();
        match reason {
            Unreadable::Damaged(damage) => Error::Damaged { scope, store, damage, intact: None },
            Unreadable::Locked(error) => Error::Sealed { scope, store, error },
        }
    }

    /// The store failed for one scope.
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
            format!("{wait}. If you are sure that it no longer runs: `koctl force-unlock {} {id}`.", shell_word(scope))
        }
        None => format!("{wait}."),
    }
}

/// `text` as one word of a shell command.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./@~%".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
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
