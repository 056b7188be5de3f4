//! What the store gives and takes beside the rows of the core.

use serde::{Deserialize, Serialize};
use tokenward_core::snapshot::PublicKey;
use tokenward_core::{AuditEntry, Name, Notice, Row, Timestamp, TokenDigest, TokenId};

use super::reader::Reader;

/// How many entries the journal keeps: a server that is further behind loads everything again.
pub const JOURNAL_KEPT: u64 = 10_000;
/// For how long a claimed notice is left to whoever claimed it, in milliseconds.
pub const CLAIM_LASTS: i64 = 5 * 60 * 1000;

/// One committed change, as servers follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The number of the change: one more than that of the change before it.
    pub seq: u64,
    /// What was changed.
    pub recorded: Recorded,
}

/// What a change was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Recorded {
    /// Rows that were put or removed, in order.
    Rows(Vec<Row>),
    /// A hub got a credential.
    HubCredential(HubCredential),
}

/// A credential with which a hub lists repositories (contract §10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HubCredential {
    /// Its number.
    pub id: TokenId,
    /// The digest of its value.
    pub digest: TokenDigest,
    /// The last four characters of its value.
    pub last4: String,
    /// Since when it exists.
    pub created_at: Timestamp,
}

/// A key that manifests are signed with. Its seed is a secret: it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SnapshotKey {
    /// What the key is made from.
    pub seed: [u8; 32],
    /// Since when it exists and is published.
    pub created_at: Timestamp,
    /// From when on it signs, in place of the one before.
    pub signs_from: Timestamp,
    /// From when on it is published no more.
    pub gone_from: Option<Timestamp>,
}

impl SnapshotKey {
    /// What readers verify with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::of_seed(&self.seed)
    }
}

impl std::fmt::Debug for SnapshotKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SnapshotKey")
            .field(&self.public().id())
            .finish()
    }
}

/// Which generation a reader of snapshots has applied, as it said itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whose snapshots it follows.
    pub org: Name,
    /// The edge, or the token.
    pub reader: Reader,
    /// Which of its processes: several may share a credential.
    pub instance: String,
    /// The generation; nothing while it has only fetched.
    pub generation: Option<u64>,
    /// When it said so.
    pub applied_at: Option<Timestamp>,
    /// When it was last heard of.
    pub seen_at: Timestamp,
    /// How long it may decide from what it was handed, and a while longer.
    pub live_until: Timestamp,
}

/// A line of an audit log, with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// 24 hex digits.
    pub id: String,
    /// The line.
    pub entry: AuditEntry,
}

/// A notice that waits for delivery, or is just being delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedNotice {
    /// 24 hex digits; later notices have greater ids.
    pub id: String,
    /// Whom to tell what.
    pub notice: Notice,
    /// When the change was made.
    pub created_at: Timestamp,
    /// How often delivery has been tried, this time included.
    pub attempts: u64,
}
