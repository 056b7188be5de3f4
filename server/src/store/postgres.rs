//! What only PostgreSQL has: how a database is reached, and how its transactions begin.

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};

use super::{MIGRATIONS, StoreError};

#[path = "sql/mod.rs"]
mod sql;
pub(super) use sql::{SqlStore, SqlTx};

/// The database of this instance of the SQL text.
type Db = sqlx::Postgres;

/// The lock is the row of `journal_head`, which every writer updates first.
const BEGIN: &str = "BEGIN";
/// Sees one state from its first statement on; nobody waits for it.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Writers wait for one another in any case; a few connections overlap their round trips.
const WRITERS: u32 = 3;
const READERS: u32 = 8;

/// Opens the pools for writing and for reading, and brings the schema up to date: writers that
/// wait for the lock never keep a reader out.
pub(super) async fn open(url: &str) -> Result<SqlStore, StoreError> {
    // A pool tries again and again; whoever starts a server with a wrong address is told at once.
    let mut first = PgConnection::connect(url).await?;
    let encoding: String = sqlx::query_scalar("SHOW server_encoding")
        .fetch_one(&mut first)
        .await?;
    first.close().await?;
    if encoding != "UTF8" {
        return Err(StoreError::Other("its encoding must be UTF8".into()));
    }
    let write = PgPoolOptions::new()
        .max_connections(WRITERS)
        .connect_lazy(url)?;
    MIGRATIONS.run(&write).await?;
    let read = PgPoolOptions::new()
        .max_connections(READERS)
        .connect_lazy(url)?;
    Ok(SqlStore::new(write, read))
}
