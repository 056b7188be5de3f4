//! The outbox: notices that were committed with their change and wait to be delivered.
//!
//! Delivery is at least once: a notice is forgotten only when somebody says that it is done.

use tokenward_core::Timestamp;

use super::columns::Columns;
use super::{SqlStore, query};
use crate::store::StoreError;
use crate::store::fields::Fields;
use crate::store::records::{CLAIM_LASTS, QueuedNotice};

impl SqlStore {
    pub(in crate::store) async fn claim(
        &self,
        most: u32,
        now: Timestamp,
    ) -> Result<Vec<QueuedNotice>, StoreError> {
        if !self.is_due(now).await? {
            return Ok(Vec::new());
        }
        // The condition stands outside the sub-select once more: it is judged again where another
        // worker has been faster.
        let sql = "UPDATE outbox SET attempts = attempts + 1, next_attempt = $2 \
                   WHERE next_attempt <= $1 AND id IN (SELECT id FROM outbox \
                   WHERE next_attempt <= $1 ORDER BY next_attempt, id LIMIT $3) \
                   RETURNING id, notice, created_at, attempts";
        let (mut tx, _) = self.lock(0).await?;
        let rows = query(sql)
            .bind(now.as_millis())
            .bind(now.as_millis().saturating_add(CLAIM_LASTS))
            .bind(i64::from(most))
            .fetch_all(&mut *tx)
            .await?;
        tx.commit().await?;
        let mut claimed = rows
            .iter()
            .map(|row| notice(Columns::of(row)))
            .collect::<Result<Vec<_>, _>>()?;
        claimed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(claimed)
    }

    /// Spares an idle mailer the write lock.
    async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM outbox WHERE next_attempt <= $1 LIMIT 1";
        Ok(query(sql)
            .bind(now.as_millis())
            .fetch_optional(&self.read)
            .await?
            .is_some())
    }

    pub(in crate::store) async fn done(&self, id: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM outbox WHERE id = $1";
        query(sql).bind(id.to_owned()).execute(&self.write).await?;
        Ok(())
    }

    pub(in crate::store) async fn failed(
        &self,
        id: &str,
        next_attempt: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET next_attempt = $2 WHERE id = $1";
        let query = query(sql)
            .bind(id.to_owned())
            .bind(next_attempt.as_millis());
        query.execute(&self.write).await?;
        Ok(())
    }
}

fn notice(mut columns: Columns<'_>) -> Result<QueuedNotice, StoreError> {
    Ok(QueuedNotice {
        id: columns.text()?.into(),
        notice: columns.json()?,
        created_at: columns.time()?,
        attempts: columns.count()?,
    })
}
