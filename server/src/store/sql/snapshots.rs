//! What snapshots need beside the world: signing keys, and what edges have reported.

use tokenward_core::{Name, Timestamp};

use super::columns::Columns;
use super::{Connection, SqlStore, millis, number, query};
use crate::store::StoreError;
use crate::store::fields::Fields;
use crate::store::records::{Receipt, SnapshotKey};

impl SqlStore {
    pub(in crate::store) async fn snapshot_keys(&self) -> Result<Vec<SnapshotKey>, StoreError> {
        keys(&mut *self.read.acquire().await?).await
    }

    /// Adds the first key where there is none; servers that start at once add one of theirs.
    pub(in crate::store) async fn add_first_key(
        &self,
        key: &SnapshotKey,
    ) -> Result<(), StoreError> {
        let (mut tx, _) = self.lock(0).await?;
        if keys(&mut tx).await?.is_empty() {
            add_key(&mut tx, key).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(in crate::store) async fn rotate_key(
        &self,
        key: &SnapshotKey,
        others_gone_from: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (mut tx, _) = self.lock(0).await?;
        let sql = "UPDATE snapshot_keys SET gone_from = $1 \
                   WHERE gone_from IS NULL OR gone_from > $1";
        query(sql)
            .bind(others_gone_from.as_millis())
            .execute(&mut *tx)
            .await?;
        // What nobody trusts any more is not worth keeping secret.
        query("DELETE FROM snapshot_keys WHERE gone_from <= $1")
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
        add_key(&mut tx, key).await?;
        Ok(tx.commit().await?)
    }

    pub(in crate::store) async fn put_receipts(
        &self,
        receipts: &[Receipt],
        forget_before: Timestamp,
    ) -> Result<(), StoreError> {
        let (mut tx, _) = self.lock(0).await?;
        for receipt in receipts {
            put_receipt(&mut tx, receipt).await?;
        }
        query("DELETE FROM edge_receipts WHERE seen_at < $1 AND live_until < $1")
            .bind(forget_before.as_millis())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    pub(in crate::store) async fn receipts(&self, org: &Name) -> Result<Vec<Receipt>, StoreError> {
        let sql = "SELECT org, edge, instance, generation, applied_at, seen_at, live_until \
                   FROM edge_receipts WHERE org = $1 ORDER BY edge, instance";
        let rows = query(sql)
            .bind(org.as_str().to_owned())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| receipt(Columns::of(row))).collect()
    }
}

async fn keys(connection: &mut Connection) -> Result<Vec<SnapshotKey>, StoreError> {
    let sql = "SELECT id, seed, created_at, signs_from, gone_from FROM snapshot_keys \
               ORDER BY signs_from, id";
    let rows = query(sql).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let mut columns = Columns::of(row);
            let id = columns.text()?;
            let key = SnapshotKey {
                seed: columns.digest()?.as_bytes().to_owned(),
                created_at: columns.time()?,
                signs_from: columns.time()?,
                gone_from: columns.maybe_time()?,
            };
            match key.public().id().to_string() == id {
                true => Ok(key),
                false => Err(StoreError::corrupt("snapshot key")),
            }
        })
        .collect()
}

async fn add_key(tx: &mut Connection, key: &SnapshotKey) -> Result<(), StoreError> {
    let sql = "INSERT INTO snapshot_keys (id, seed, created_at, signs_from, gone_from) \
               VALUES ($1, $2, $3, $4, $5)";
    query(sql)
        .bind(key.public().id().to_string())
        .bind(hex(&key.seed))
        .bind(key.created_at.as_millis())
        .bind(key.signs_from.as_millis())
        .bind(millis(key.gone_from))
        .execute(tx)
        .await?;
    Ok(())
}

/// What is newer stays.
async fn put_receipt(tx: &mut Connection, receipt: &Receipt) -> Result<(), StoreError> {
    let sql = "INSERT INTO edge_receipts (org, edge, instance, generation, applied_at, seen_at, \
               live_until) VALUES ($1, $2, $3, $4, $5, $6, $7) \
               ON CONFLICT (org, edge, instance) DO UPDATE SET \
               applied_at = CASE WHEN edge_receipts.generation IS NULL \
               OR excluded.generation > edge_receipts.generation \
               THEN excluded.applied_at ELSE edge_receipts.applied_at END, \
               generation = CASE WHEN edge_receipts.generation IS NULL \
               OR excluded.generation > edge_receipts.generation \
               THEN excluded.generation ELSE edge_receipts.generation END, \
               seen_at = CASE WHEN excluded.seen_at > edge_receipts.seen_at \
               THEN excluded.seen_at ELSE edge_receipts.seen_at END, \
               live_until = CASE WHEN excluded.live_until > edge_receipts.live_until \
               THEN excluded.live_until ELSE edge_receipts.live_until END";
    query(sql)
        .bind(receipt.org.as_str().to_owned())
        .bind(receipt.reader.to_string())
        .bind(receipt.instance.clone())
        .bind(receipt.generation.map(number).transpose()?)
        .bind(millis(receipt.applied_at))
        .bind(receipt.seen_at.as_millis())
        .bind(receipt.live_until.as_millis())
        .execute(tx)
        .await?;
    Ok(())
}

fn receipt(mut columns: Columns<'_>) -> Result<Receipt, StoreError> {
    let generation = |number| u64::try_from(number).map_err(|_| StoreError::corrupt("generation"));
    Ok(Receipt {
        org: columns.name()?,
        reader: columns.reader()?,
        instance: columns.text()?.into(),
        generation: columns.maybe_number()?.map(generation).transpose()?,
        applied_at: columns.maybe_time()?,
        seen_at: columns.time()?,
        live_until: columns.time()?,
    })
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
