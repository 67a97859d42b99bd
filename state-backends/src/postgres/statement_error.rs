//! Errors of PostgreSQL and of the connection to it, by what can be done about them.

use std::error::Error as _;
use std::fmt;

use tokio_postgres::error::SqlState;

use crate::{Attempt, Error, Kind};

/// Why a statement has no result.
#[derive(Debug)]
pub(super) enum StatementError {
    /// An error of the server or of the driver.
    Postgres(tokio_postgres::Error),
    /// There was no answer in time.
    TooSlow,
}

impl From<tokio_postgres::Error> for StatementError {
    fn from(error: tokio_postgres::Error) -> Self {
        StatementError::Postgres(error)
    }
}

impl StatementError {
    fn code(&self) -> Option<&SqlState> {
        match self {
            StatementError::Postgres(error) => error.code(),
            StatementError::TooSlow => None,
        }
    }

    /// True if the tables, or the schema that they are in, do not exist yet.
    pub(super) fn is_missing_table(&self) -> bool {
        self.code().is_some_and(|code| [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(code))
    }

    /// True if there is a row of that key already.
    pub(super) fn is_duplicate(&self) -> bool {
        self.code() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// True if the connection cannot be used any more.
    pub(super) fn breaks_the_connection(&self) -> bool {
        match self {
            StatementError::TooSlow => true,
            StatementError::Postgres(error) => error.is_closed() || error.code().is_none() || self.is_shutdown(),
        }
    }

    /// True if it may succeed on a new connection: the network broke, or the server is restarting. False if the address
    /// or the statement is wrong.
    pub(super) fn may_pass(&self) -> bool {
        match self.code() {
            Some(code) => {
                self.is_shutdown()
                    || [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
                    || [SqlState::TOO_MANY_CONNECTIONS, SqlState::CANNOT_CONNECT_NOW].contains(code)
            }
            None => matches!(self, StatementError::Postgres(error) if error.is_closed() || is_io(error)),
        }
    }

    fn is_shutdown(&self) -> bool {
        let ends = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::IDLE_SESSION_TIMEOUT];
        self.code().is_some_and(|code| ends.contains(code))
    }

    fn kind(&self) -> Kind {
        let Some(code) = self.code() else { return Kind::Unavailable };
        match code.code() {
            // The user is not known, or may not do that, or no user may: a standby, a read-only database.
            code if code.starts_with("28") => Kind::PermissionDenied,
            "42501" | "25006" => Kind::PermissionDenied,
            "53100" => Kind::NoSpace,
            // No such database; tables that are not as this code creates them.
            "3D000" | "3F000" => Kind::Misconfigured,
            code if code.starts_with("42") => Kind::Misconfigured,
            _ => Kind::Unavailable,
        }
    }

    /// The error for a person.
    pub(super) fn failed(&self, attempt: &Attempt) -> Error {
        attempt.failed_by(self.kind(), self.to_string())
    }
}

/// True if a connection broke or never came up. Trying again does not help if a server refuses TLS, or its certificate
/// is wrong.
fn is_io(error: &tokio_postgres::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause
        .is_some_and(|io| io.kind() != std::io::ErrorKind::InvalidData && io.kind() != std::io::ErrorKind::InvalidInput)
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StatementError::Postgres(error) = self else { return f.write_str("it did not answer in time") };
        if let Some(answer) = error.as_db_error() {
            write!(f, "PostgreSQL says: {}", answer.message())?;
            let more = [answer.detail(), answer.hint()].into_iter().flatten();
            return more.into_iter().try_for_each(|more| write!(f, " ({more})"));
        }
        f.write_str(&transport::causes(error))
    }
}
