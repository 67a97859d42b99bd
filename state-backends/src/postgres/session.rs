//! One connection, and statements on it.

use std::fmt;
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::statement_error::StatementError;

/// Time limit for a statement. It is enough for a document of the largest platforms on a slow line.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(120);

/// The settings of a session, which override those of the server's administrator: a lock may be held for long between
/// two statements, and a machine that vanished should free it within two minutes. An older server that does not know
/// one of these settings goes without it.
const SETTINGS: &str = "SELECT set_config(name, wanted.value, false) FROM (VALUES \
    ('idle_session_timeout', '0'), ('statement_timeout', '0'), ('default_transaction_isolation', 'read committed'), \
    ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '15'), ('tcp_keepalives_count', '4') \
    ) AS wanted (name, value) JOIN pg_settings USING (name)";

/// A parameter of a statement, and its type.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection. Dropping it ends it.
pub(super) struct Session(Client);

impl Session {
    /// Connects as `config` says, and makes the connection fit to hold a lock.
    pub(super) async fn open(config: &Config, tls: MakeRustlsConnect) -> Result<Self, StatementError> {
        let (client, connection) = config.connect(tls).await?;
        tokio::spawn(async move {
            // Statements on the connection fail with the same error.
            if let Err(error) = connection.await {
                tracing::debug!("a connection to PostgreSQL ended: {}", StatementError::from(error));
            }
        });
        let session = Self(client);
        session.run(SETTINGS).await?;
        Ok(session)
    }

    pub(super) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }

    /// The rows of one statement.
    pub(super) async fn ask(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, StatementError> {
        within_time(self.0.query_typed(statement, parameters)).await
    }

    /// Runs several statements.
    pub(super) async fn run(&self, statements: &str) -> Result<(), StatementError> {
        within_time(self.0.batch_execute(statements)).await
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("open", &self.is_open()).finish()
    }
}

async fn within_time<T>(asked: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StatementError> {
    match timeout(STATEMENT_TIMEOUT, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StatementError::TooSlow),
    }
}
