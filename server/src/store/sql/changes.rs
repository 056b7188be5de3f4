//! Commits a change: its rows, and all that is written beside them.

use std::collections::BTreeSet;

use tokenward_core::{AuditEntry, Change, Notice, RetiredDigest, Timestamp, TokenId};

use super::{Connection, SqlStore, SqlTx, journal, number, query, rows};
use crate::store::StoreError;
use crate::store::fields::{to_json, to_word};
use crate::store::ids::notice_id;
use crate::store::records::Recorded;

impl SqlTx {
    pub(in crate::store) async fn commit(
        mut self,
        change: &Change,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        check(change)?;
        if change.is_empty() {
            return Ok(self.inner.rollback().await?);
        }
        let tx = &mut *self.inner;
        for row in &change.rows {
            rows::put(tx, row).await?;
        }
        for retired in &change.retired {
            retire(tx, retired).await?;
        }
        for entry in &change.entries {
            add_entry(tx, entry).await?;
        }
        for (nth, notice) in change.notices.iter().enumerate() {
            add_notice(tx, &notice_id(self.seq, nth), notice, now).await?;
        }
        journal::record(tx, self.seq, &Recorded::Rows(change.rows.clone())).await?;
        Ok(self.inner.commit().await?)
    }
}

impl SqlStore {
    pub(in crate::store) async fn touch(
        &self,
        used: &[(TokenId, Timestamp)],
    ) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        let sql = "UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND created_at < $2 \
                   AND (last_used_at IS NULL OR last_used_at < $2)";
        let (mut tx, _) = self.lock(0).await?;
        for (id, at) in used {
            query(sql)
                .bind(id.to_string())
                .bind(at.as_millis())
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }
}

/// INVARIANT: every generation has exactly one audit entry, so that neither has a gap.
fn check(change: &Change) -> Result<(), StoreError> {
    let moved: BTreeSet<_> = change.generations().collect();
    let entered: BTreeSet<_> = change
        .entries
        .iter()
        .map(|entry| (&entry.org, entry.generation))
        .collect();
    let once = moved.len() == change.generations().count() && entered.len() == change.entries.len();
    if once && moved == entered {
        return Ok(());
    }
    Err(StoreError::Other(
        "a change and its audit entries do not belong together".into(),
    ))
}

async fn retire(tx: &mut Connection, retired: &RetiredDigest) -> Result<(), StoreError> {
    let sql = "INSERT INTO retired_digests (digest, token, by_itself) VALUES ($1, $2, $3)";
    query(sql)
        .bind(retired.digest.to_string())
        .bind(retired.token.to_string())
        .bind(retired.by_itself)
        .execute(tx)
        .await?;
    Ok(())
}

async fn add_entry(tx: &mut Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (org, generation, at, type, actor, data, message) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(entry.org.as_str().to_owned())
        .bind(number(entry.generation)?)
        .bind(entry.at.as_millis())
        .bind(to_word(entry.r#type)?)
        .bind(to_json(&entry.actor)?)
        .bind(to_json(&entry.data)?)
        .bind(entry.message.clone())
        .execute(tx)
        .await?;
    Ok(())
}

async fn add_notice(
    tx: &mut Connection,
    id: &str,
    notice: &Notice,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (id, notice, created_at, attempts, next_attempt) \
               VALUES ($1, $2, $3, 0, $3)";
    query(sql)
        .bind(id.to_owned())
        .bind(to_json(notice)?)
        .bind(now.as_millis())
        .execute(tx)
        .await?;
    Ok(())
}
