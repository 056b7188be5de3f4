//! The running server's parts, shared by all requests.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokenward_core::{Timestamp, TokenId};

use crate::clock;
use crate::config::Settings;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::rate_limit::RateLimit;
use crate::snapshots::{self, Snapshots};
use crate::store::{Store, StoreError};

/// How often another process's changes are looked for: it must be seen within a second.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// How often uses of tokens are written down.
const TOUCH_EVERY: Duration = Duration::from_secs(2);

/// The server's parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] holds.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// How the server is set up.
    pub settings: Settings,
    /// Numbers for `/metrics`.
    pub metrics: Metrics,
    /// Failing calls by address.
    pub rate_limit: RateLimit,
    /// Signed snapshots for edges.
    pub snapshots: Snapshots,
    /// One change at a time in this process; the database keeps the others out.
    pub(crate) writer: Arc<tokio::sync::Mutex<()>>,
    /// Up to when the memory is known to be what the database holds, in milliseconds.
    newest_at: AtomicI64,
    memory: RwLock<Memory>,
    used: Mutex<HashMap<TokenId, Timestamp>>,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Loads the store into memory.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn new(store: Store, settings: Settings) -> Result<Self, StoreError> {
        let loading = clock::now();
        let memory = Memory::load(&store).await?;
        Ok(Self(Arc::new(Parts {
            store,
            rate_limit: RateLimit::new(settings.rate_limit),
            snapshots: Snapshots::new(settings.snapshot_max_age),
            settings,
            metrics: Metrics::default(),
            writer: Arc::default(),
            newest_at: AtomicI64::new(loading.as_millis()),
            memory: RwLock::new(memory),
            used: Mutex::default(),
        })))
    }

    /// What is known without asking the database. Hold it briefly, and never across an await.
    pub fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        // A panic while reading cannot leave the index half-changed.
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn memory_mut(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the memory was what the database held at this time.
    pub(crate) fn was_newest(&self, at: Timestamp) {
        self.newest_at.fetch_max(at.as_millis(), Relaxed);
    }

    /// Up to when the memory is known to be what the database holds.
    #[must_use]
    pub fn newest_at(&self) -> Timestamp {
        Timestamp::from_millis(self.newest_at.load(Relaxed))
    }

    /// Notes that a token was used; written down a little later.
    pub fn used(&self, id: TokenId, at: Timestamp) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(id, at);
    }

    /// Forgets the uses of a token that are not written down yet: its value has changed.
    pub fn forget_uses(&self, id: TokenId) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.remove(&id);
    }

    /// Writes down which tokens were used.
    ///
    /// # Errors
    /// When the database is unavailable; then the uses are kept for the next time.
    pub async fn write_uses(&self) -> Result<(), StoreError> {
        let batch: Vec<(TokenId, Timestamp)> = {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *used).into_iter().collect()
        };
        if batch.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.store.touch(&batch).await {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            batch.into_iter().for_each(|(id, at)| {
                used.entry(id).or_insert(at);
            });
            return Err(error);
        }
        // Whoever holds this may be reading the memory for long; nobody should queue behind us.
        let _writer = self.writer.lock().await;
        let mut memory = self.memory_mut();
        batch
            .iter()
            .for_each(|(id, at)| memory.world.touch(*id, *at));
        Ok(())
    }

    /// Catches up with what other processes have changed.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let now = clock::now();
        if self.store.journal_head().await? <= self.memory().seq {
            self.was_newest(now);
            return Ok(());
        }
        let _writer = self.writer.lock().await;
        let seen = self.memory().seq;
        match self.store.journal_since(seen).await? {
            Some(entries) => {
                let mut memory = self.memory_mut();
                entries.iter().for_each(|entry| memory.follow(entry));
            }
            None => {
                tracing::warn!(
                    seen,
                    "the journal does not reach back so far: loading everything"
                );
                let fresh = Memory::load(&self.store).await?;
                *self.memory_mut() = fresh;
            }
        }
        self.was_newest(now);
        self.snapshots.wake();
        Ok(())
    }

    /// Follows other processes, writes down uses and publishes snapshots, for as long as the server
    /// runs.
    pub async fn keep_up(self) {
        tokio::join!(self.clone().keep_memory_up(), snapshots::keep_up(self));
    }

    async fn keep_memory_up(self) {
        let mut follow = tokio::time::interval(FOLLOW_EVERY);
        let mut touch = tokio::time::interval(TOUCH_EVERY);
        loop {
            let done = tokio::select! {
                _ = follow.tick() => self.follow().await,
                _ = touch.tick() => self.write_uses().await,
            };
            if let Err(error) = done {
                tracing::error!(%error, "cannot keep up with the database");
            }
        }
    }
}
