//! The manifests of one organization, one after the other, and the blocks that went with them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use tokenward_core::Timestamp;
use tokenward_core::snapshot::{BlockHash, KeyId, Stamp};
use tokio::sync::watch;

/// For how long blocks that the newest manifest no longer names can be fetched, in milliseconds.
const KEPT: i64 = 60 * 1000;

/// A manifest that was signed and handed out.
#[derive(Debug)]
pub struct Published {
    /// The generation.
    pub generation: u64,
    /// When it was issued, when it expires, and its place among others.
    pub stamp: Stamp,
    /// The key that it is signed with.
    pub key: KeyId,
    /// The sealed manifest.
    pub sealed: Bytes,
}

impl Published {
    /// What tells it from every other manifest of its organization.
    #[must_use]
    pub fn tag(&self) -> String {
        let hash = BlockHash::of(&self.sealed).to_string();
        hash.chars().take(32).collect()
    }
}

/// One organization's manifests.
pub(super) struct Feed {
    /// The newest manifest, for everybody who waits for it.
    pub(super) newest: watch::Sender<Option<Arc<Published>>>,
    gone: Mutex<VecDeque<(i64, HashMap<BlockHash, Bytes>)>>,
    asked: AtomicI64,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            newest: watch::Sender::new(None),
            gone: Mutex::default(),
            asked: AtomicI64::new(i64::MAX),
        }
    }
}

impl Feed {
    pub(super) fn published(&self) -> Option<Arc<Published>> {
        self.newest.borrow().clone()
    }

    /// Hands out a manifest, and keeps for a while what the one before had more.
    pub(super) fn publish(
        &self,
        published: Published,
        gone: Vec<(BlockHash, Vec<u8>)>,
    ) -> Arc<Published> {
        let now = published.stamp.issued.as_millis();
        let gone = gone.into_iter();
        let gone = gone.map(|(hash, bytes)| (hash, bytes.into())).collect();
        let mut kept = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(at, _)| (now - KEPT..=now).contains(at));
        kept.push_back((now, gone));
        drop(kept);
        let published = Arc::new(published);
        self.newest.send_replace(Some(published.clone()));
        published
    }

    /// A block that an earlier manifest named.
    pub(super) fn gone(&self, hash: &BlockHash) -> Option<Bytes> {
        let kept = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find_map(|(_, blocks)| blocks.get(hash))
            .cloned()
    }

    /// Notes that somebody asked for it.
    pub(super) fn asked(&self, now: Timestamp) {
        self.asked.store(now.as_millis(), Relaxed);
    }

    /// Whether nobody follows it, or has asked for it since then.
    pub(super) fn is_idle(&self, since: Timestamp) -> bool {
        self.newest.receiver_count() == 0 && self.asked.load(Relaxed) < since.as_millis()
    }
}
