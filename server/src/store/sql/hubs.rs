//! Credentials of hubs: kept like any change, so that running servers learn of them.

use super::columns::Columns;
use super::{SqlStore, journal, query};
use crate::store::StoreError;
use crate::store::fields::Fields;
use crate::store::records::{HubCredential, Recorded};

impl SqlStore {
    pub(in crate::store) async fn add_hub_credential(
        &self,
        credential: &HubCredential,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO hub_credentials (id, digest, last4, created_at) \
                   VALUES ($1, $2, $3, $4)";
        let (mut tx, seq) = self.lock(1).await?;
        query(sql)
            .bind(credential.id.to_string())
            .bind(credential.digest.to_string())
            .bind(credential.last4.clone())
            .bind(credential.created_at.as_millis())
            .execute(&mut *tx)
            .await?;
        journal::record(&mut tx, seq, &Recorded::HubCredential(credential.clone())).await?;
        Ok(tx.commit().await?)
    }

    pub(in crate::store) async fn hub_credentials(&self) -> Result<Vec<HubCredential>, StoreError> {
        let sql = "SELECT id, digest, last4, created_at FROM hub_credentials \
                   ORDER BY created_at, id";
        let rows = query(sql).fetch_all(&self.read).await?;
        rows.iter()
            .map(|row| hub_credential(Columns::of(row)))
            .collect()
    }
}

fn hub_credential(mut columns: Columns<'_>) -> Result<HubCredential, StoreError> {
    Ok(HubCredential {
        id: columns.token_id()?,
        digest: columns.digest()?,
        last4: columns.text()?.into(),
        created_at: columns.time()?,
    })
}
