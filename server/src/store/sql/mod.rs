//! The SQL text, written once: compiled for SQLite and for PostgreSQL, `Db` coming from the parent.
//!
//! What makes one text enough: columns are TEXT, BIGINT or BOOLEAN, placeholders are `$1`, and the
//! statements use `ON CONFLICT … DO UPDATE` and `RETURNING`, which both databases have. Every
//! transaction that writes begins with [`lock`].

mod changes;
mod columns;
mod hubs;
mod journal;
mod load;
mod outbox;
mod reads;
mod rows;
mod snapshots;

use sqlx::query::Query;
use sqlx::{Database, Pool, Transaction};
use tokenward_core::Timestamp;

use super::{BEGIN, BEGIN_READ, Db};
use crate::store::StoreError;
use crate::store::fields::Fields;

type Connection = <Db as Database>::Connection;
type DbRow = <Db as Database>::Row;

/// The store in one kind of database.
#[derive(Debug, Clone)]
pub struct SqlStore {
    write: Pool<Db>,
    read: Pool<Db>,
}

/// A change in the making, in one kind of database.
#[derive(Debug)]
pub struct SqlTx {
    inner: Transaction<'static, Db>,
    seq: u64,
}

impl SqlStore {
    pub(in crate::store) fn new(write: Pool<Db>, read: Pool<Db>) -> Self {
        Self { write, read }
    }

    pub(in crate::store) async fn begin(&self) -> Result<SqlTx, StoreError> {
        let (inner, seq) = self.lock(1).await?;
        Ok(SqlTx { inner, seq })
    }

    /// A transaction that holds the write lock, and the number of the newest change after moving
    /// it on by `changes`.
    async fn lock(&self, changes: i64) -> Result<(Transaction<'static, Db>, u64), StoreError> {
        let mut inner = self.write.begin_with(BEGIN).await?;
        let sql = "UPDATE journal_head SET seq = seq + $1 RETURNING seq";
        let row = query(sql).bind(changes).fetch_one(&mut *inner).await?;
        let seq = columns::Columns::of(&row).count()?;
        Ok((inner, seq))
    }

    /// A transaction that sees one state throughout.
    async fn snapshot(&self) -> Result<Transaction<'static, Db>, StoreError> {
        Ok(self.read.begin_with(BEGIN_READ).await?)
    }
}

impl SqlTx {
    pub(in crate::store) fn seq(&self) -> u64 {
        self.seq
    }
}

fn query(sql: &'static str) -> Query<'static, Db, <Db as Database>::Arguments> {
    sqlx::query(sql)
}

/// A number as the databases keep it.
fn number(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count).map_err(|_| StoreError::corrupt("number"))
}

fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_millis)
}
