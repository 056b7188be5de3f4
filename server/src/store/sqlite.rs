//! What only SQLite has: how a database is opened, and how its transactions begin.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{MIGRATIONS, StoreError};
use crate::clock::{self, Stopwatch};

#[path = "sql/mod.rs"]
mod sql;
pub(super) use sql::{SqlStore, SqlTx};

/// The database of this instance of the SQL text.
type Db = sqlx::Sqlite;

/// Takes the write lock at once: a transaction that read first could not become a writer when
/// somebody else has written in the meantime.
const BEGIN: &str = "BEGIN IMMEDIATE";
/// Sees one state from its first statement on; nobody waits for it.
const BEGIN_READ: &str = "BEGIN";

const READERS: u32 = 8;
const BUSY: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// Opens the pools for writing and for reading, and brings the schema up to date. One
/// writer: SQLite has no more, and queueing for the connection is fairer than polling for the lock.
pub(super) async fn open(path: &str) -> Result<SqlStore, StoreError> {
    if path.is_empty() || path.contains(":memory:") {
        let why = "`sqlite:` needs the path of a file: a database in memory would be lost";
        return Err(StoreError::Other(why.into()));
    }
    make_private(path)?;
    let options = options(path);
    let write = connect(&options).await?;
    migrate(&write).await?;
    let read = pool(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
    Ok(SqlStore::new(write, read))
}

/// Opens the pool for writing. When somebody else turns a new file to a write-ahead log, SQLite does
/// not wait as it does for all else.
async fn connect(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let waiting = Stopwatch::start();
    loop {
        match pool(1).connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && waiting.time() < BUSY => {
                clock::pause(PAUSE).await;
            }
            opened => return Ok(opened?),
        }
    }
}

/// The lowest byte of a code of SQLite is the primary one.
fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

/// Brings the schema up to date, all of it or nothing, while other processes that start on the same
/// file wait for their turn and then find it done.
async fn migrate(write: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = write.begin_with(BEGIN).await?;
    // `run` is the same, but its future cannot be sent to another thread.
    MIGRATIONS
        .run_direct(None, &mut *transaction, false)
        .await?;
    Ok(transaction.commit().await?)
}

/// A new file is for its owner alone: it holds digests and mail addresses. SQLite gives the files
/// beside it the same mode.
fn make_private(path: &str) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(StoreError::Other(format!(
            "its file cannot be made: {error}"
        ))),
        _ => Ok(()),
    }
}

/// `synchronous=FULL` with a write-ahead log: one fsync for every commit, none lost.
fn options(path: &str) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .row_buffer_size(4096)
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}
