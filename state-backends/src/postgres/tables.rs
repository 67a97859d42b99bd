//! The tables, and every statement that is run on them.

/// The version of the tables that this code creates and knows.
pub(super) const VERSION: i32 = 1;

/// Frees the advisory lock of a connection that goes back to the spare ones.
pub(super) const FREE_SESSION: &str = "SELECT pg_advisory_unlock_all()";

/// How many earlier versions of each kind are kept: those that a holder of the lock found when it came, and those in
/// the middle of its work. Counted apart, so that one long run does not push out what there was before it.
const KEPT_OF_EACH_KIND: u32 = 20;

/// The statements for one schema. `$1` is the key everywhere.
#[derive(Debug)]
pub(super) struct Tables {
    /// Several statements; they create what is missing.
    pub(super) create: String,
    /// `version`.
    pub(super) version: String,
    /// `key`.
    pub(super) keys: String,
    /// `revision`, `content`.
    pub(super) read: String,
    /// `revision`, `content` of the revision `$2`.
    pub(super) read_version: String,
    /// `revision`, `number`, `written`, newest first, without the current one.
    pub(super) history: String,
    /// `holder` of the lock in force.
    pub(super) holder: String,
    /// Takes the lock with the id `$2` and the session `$3` for the holder `$4`, if the one that there is has ended: a
    /// row if so. Either way the connection then holds the session's advisory lock.
    pub(super) take_lock: String,
    /// Gives the lock with the id `$2` the new session `$3`: a row, if it is still there.
    pub(super) resume_lock: String,
    /// Deletes the lock with the id `$2`: a row, if it is still there.
    pub(super) delete_lock: String,
    /// Writes `$5`, whose digest is `$4`, under the lock `$2`, if the current revision is `$3`. Returns the id of the
    /// lock, the revision that was current, and the one that was written, each if there is one.
    pub(super) write: String,
}

impl Tables {
    /// `schema` is a plain name, as the address checks.
    pub(super) fn new(schema: &str) -> Self {
        let table = |name: &str| format!("\"{schema}\".{name}");
        let (format, documents, locks) = (table("format"), table("documents"), table("locks"));
        Self {
            create: create(schema),
            version: format!("SELECT version FROM {format}"),
            keys: format!("SELECT DISTINCT key FROM {documents}"),
            read: format!("SELECT revision, content FROM {documents} WHERE key = $1 ORDER BY number DESC LIMIT 1"),
            read_version: format!("SELECT revision, content FROM {documents} WHERE key = $1 AND revision = $2"),
            history: format!(
                "SELECT revision, number, written FROM {documents} WHERE key = $1 ORDER BY number DESC OFFSET 1"
            ),
            // Materialized, so that the advisory lock of no other row is touched. Who can take a session's advisory
            // lock, if only for this statement, knows that the session has ended.
            holder: format!(
                "WITH lock AS MATERIALIZED (SELECT session, holder FROM {locks} WHERE key = $1) \
                 SELECT holder FROM lock WHERE NOT pg_try_advisory_xact_lock(session)"
            ),
            take_lock: format!(
                "WITH session AS MATERIALIZED (SELECT pg_advisory_lock($3)) \
                 INSERT INTO {locks} AS lock (key, id, session, holder) SELECT $1, $2, $3, $4 FROM session \
                 ON CONFLICT (key) DO UPDATE \
                 SET id = excluded.id, session = excluded.session, holder = excluded.holder \
                 WHERE pg_try_advisory_xact_lock(lock.session) RETURNING id"
            ),
            resume_lock: format!(
                "WITH session AS MATERIALIZED (SELECT pg_advisory_lock($3)) \
                 UPDATE {locks} SET session = $3 FROM session WHERE key = $1 AND id = $2 RETURNING id"
            ),
            delete_lock: format!("DELETE FROM {locks} WHERE key = $1 AND id = $2 RETURNING id"),
            write: write(&documents, &locks),
        }
    }
}

/// Two first users may come at once: the advisory lock lets one after the other create the tables.
fn create(schema: &str) -> String {
    format!(
        "BEGIN; \
         SELECT pg_advisory_xact_lock(hashtext('{schema}')); \
         DO $$ BEGIN \
           IF to_regnamespace('\"{schema}\"') IS NULL THEN CREATE SCHEMA \"{schema}\"; END IF; \
         END $$; \
         CREATE TABLE IF NOT EXISTS \"{schema}\".format (version integer NOT NULL); \
         CREATE TABLE IF NOT EXISTS \"{schema}\".documents ( \
           key text NOT NULL, number bigint NOT NULL, revision text NOT NULL, \
           written timestamptz NOT NULL DEFAULT now(), written_by text NOT NULL, content bytea NOT NULL, \
           PRIMARY KEY (key, number)); \
         CREATE TABLE IF NOT EXISTS \"{schema}\".locks ( \
           key text PRIMARY KEY, id text NOT NULL, session bigint NOT NULL, holder text NOT NULL); \
         INSERT INTO \"{schema}\".format SELECT {VERSION} WHERE NOT EXISTS (SELECT FROM \"{schema}\".format); \
         COMMIT"
    )
}

/// The lock's row is held in place until the write is done: forcing it open has to wait.
///
/// A version is what a holder found when it came, if the next one was written under another lock.
fn write(documents: &str, locks: &str) -> String {
    format!(
        "WITH lock AS MATERIALIZED (SELECT id FROM {locks} WHERE key = $1 FOR SHARE), \
         current AS MATERIALIZED ( \
           SELECT number, revision FROM {documents} WHERE key = $1 ORDER BY number DESC LIMIT 1), \
         next AS (SELECT coalesce((SELECT number FROM current), 0) + 1 AS number), \
         written AS ( \
           INSERT INTO {documents} (key, number, revision, written_by, content) \
           SELECT $1, number, number || '-' || $4, $2, $5 FROM next \
           WHERE (SELECT id FROM lock) = $2 AND (SELECT revision FROM current) IS NOT DISTINCT FROM $3 \
           RETURNING revision), \
         earlier AS ( \
           SELECT number, written_by <> coalesce(lead(written_by) OVER (ORDER BY number), $2) AS was_found \
           FROM {documents} WHERE key = $1), \
         ranked AS ( \
           SELECT number, row_number() OVER (PARTITION BY was_found ORDER BY number DESC) AS rank FROM earlier), \
         pruned AS ( \
           DELETE FROM {documents} AS document USING ranked \
           WHERE document.key = $1 AND document.number = ranked.number AND ranked.rank > {KEPT_OF_EACH_KIND} \
             AND EXISTS (SELECT FROM written)) \
         SELECT (SELECT id FROM lock), (SELECT revision FROM current), (SELECT revision FROM written)"
    )
}
