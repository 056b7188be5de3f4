//! The journal: what the newest changes were, for servers that hold the world in memory.

use super::columns::Columns;
use super::{Connection, SqlStore, SqlTx, number, query};
use crate::store::StoreError;
use crate::store::fields::{Fields, to_json};
use crate::store::records::{JOURNAL_KEPT, JournalEntry, Recorded};

impl SqlStore {
    pub(in crate::store) async fn journal_head(&self) -> Result<u64, StoreError> {
        let row = query("SELECT seq FROM journal_head")
            .fetch_one(&self.read)
            .await?;
        Columns::of(&row).count()
    }

    pub(in crate::store) async fn journal_since(
        &self,
        seen: u64,
    ) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let row = query("SELECT seq FROM journal_head")
            .fetch_one(&mut *snapshot)
            .await?;
        let newest = Columns::of(&row).count()?;
        let entries = since(&mut snapshot, seen, newest).await?;
        snapshot.rollback().await?;
        Ok(entries)
    }
}

impl SqlTx {
    pub(in crate::store) async fn journal_since(
        &mut self,
        seen: u64,
    ) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        since(&mut self.inner, seen, self.seq.saturating_sub(1)).await
    }
}

/// Writes what a change was, and forgets what nobody should need any more.
pub(super) async fn record(
    tx: &mut Connection,
    seq: u64,
    recorded: &Recorded,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO journal (seq, recorded) VALUES ($1, $2)";
    query(sql)
        .bind(number(seq)?)
        .bind(to_json(recorded)?)
        .execute(&mut *tx)
        .await?;
    let oldest = number(seq.saturating_sub(JOURNAL_KEPT))?;
    query("DELETE FROM journal WHERE seq <= $1")
        .bind(oldest)
        .execute(tx)
        .await?;
    Ok(())
}

/// The changes `seen + 1 ..= newest`, or nothing when one of them is missing.
async fn since(
    connection: &mut Connection,
    seen: u64,
    newest: u64,
) -> Result<Option<Vec<JournalEntry>>, StoreError> {
    let Some(missing) = newest.checked_sub(seen) else {
        return Ok(None);
    };
    if missing == 0 {
        return Ok(Some(Vec::new()));
    }
    if missing > JOURNAL_KEPT {
        return Ok(None);
    }
    let sql = "SELECT seq, recorded FROM journal WHERE seq > $1 ORDER BY seq";
    let rows = query(sql).bind(number(seen)?).fetch_all(connection).await?;
    let entries = rows
        .iter()
        .map(|row| entry(Columns::of(row)))
        .collect::<Result<Vec<_>, _>>()?;
    let found = entries.iter().map(|entry| entry.seq);
    Ok(found.eq(seen + 1..=newest).then_some(entries))
}

fn entry(mut columns: Columns<'_>) -> Result<JournalEntry, StoreError> {
    Ok(JournalEntry {
        seq: columns.count()?,
        recorded: columns.json()?,
    })
}
