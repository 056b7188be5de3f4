//! The manifests of one organization, one after the other, and the blocks that went with them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokenward_core::Timestamp;
use tokenward_core::snapshot::{BlockHash, KeyId, Stamp};
use tokio::sync::watch;

/// For how long blocks that the newest manifest no longer names can be fetched, in milliseconds.
const KEPT: i64 = 60 * 1000;

/// How much room those blocks take at most, in bytes; what the newest one had more is always kept.
const ROOM: usize = 32 << 20;

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
    /// The same in base64: made once, for however many streams.
    pub text: String,
    /// What tells it from every other manifest of its organization.
    pub tag: String,
}

impl Published {
    pub(super) fn new(generation: u64, stamp: Stamp, key: KeyId, sealed: Vec<u8>) -> Self {
        let hash = BlockHash::of(&sealed).to_string();
        Self {
            generation,
            stamp,
            key,
            text: STANDARD.encode(&sealed),
            tag: hash.chars().take(32).collect(),
            sealed: sealed.into(),
        }
    }
}

/// What a manifest had more than the one that followed it at this time.
struct Gone {
    at: i64,
    size: usize,
    blocks: HashMap<BlockHash, Bytes>,
}

/// One organization's manifests.
pub(super) struct Feed {
    /// The newest manifest, for everybody who waits for it.
    pub(super) newest: watch::Sender<Option<Arc<Published>>>,
    gone: Mutex<VecDeque<Gone>>,
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
        let size = gone.iter().map(|(_, bytes)| bytes.len()).sum();
        let gone = gone.into_iter();
        let blocks = gone.map(|(hash, bytes)| (hash, bytes.into())).collect();
        let mut kept = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|gone| (now - KEPT..=now).contains(&gone.at));
        let mut room: usize = kept.iter().map(|gone| gone.size).sum();
        while room + size > ROOM
            && let Some(oldest) = kept.pop_front()
        {
            room -= oldest.size;
        }
        kept.push_back(Gone {
            at: now,
            size,
            blocks,
        });
        drop(kept);
        let published = Arc::new(published);
        self.newest.send_replace(Some(published.clone()));
        published
    }

    /// A block that an earlier manifest named.
    pub(super) fn gone(&self, hash: &BlockHash) -> Option<Bytes> {
        let kept = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = kept.iter();
        kept.find_map(|gone| gone.blocks.get(hash)).cloned()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(feed: &Feed, at: i64, size: usize) -> BlockHash {
        let now = Timestamp::from_millis(at);
        let stamp = Stamp {
            revision: 1,
            issued: now,
            expires: now,
        };
        let bytes = vec![u8::try_from(at % 251).unwrap_or_default(); size];
        let hash = BlockHash::of(&bytes);
        let key = tokenward_core::snapshot::PublicKey::of_seed(&[1; 32]).id();
        let published = Published::new(1, stamp, key, Vec::new());
        feed.publish(published, vec![(hash, bytes)]);
        hash
    }

    #[test]
    fn blocks_that_are_gone_are_kept_for_a_while_and_as_long_as_there_is_room() {
        let feed = Feed::default();
        let (first, second) = (publish(&feed, 1, 10), publish(&feed, 2, 10));
        assert!(feed.gone(&first).is_some());
        let third = publish(&feed, KEPT + 2, 10);
        assert!(feed.gone(&first).is_none(), "its time is over");
        assert!(feed.gone(&second).is_some());
        let large = publish(&feed, KEPT + 3, ROOM - 10);
        assert!(feed.gone(&second).is_none(), "there is no room for it");
        assert!(feed.gone(&third).is_some());
        let larger = publish(&feed, KEPT + 4, ROOM + 1);
        assert!(feed.gone(&large).is_none());
        assert!(feed.gone(&larger).is_some(), "the last is always kept");
    }
}
