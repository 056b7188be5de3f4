//! What edges say that they have applied.
//!
//! An edge is **live** for as long as it may still decide from what it has fetched: a manifest
//! lasts for the maximum age, so an edge that was not heard of for longer refuses everything
//! itself. That is what makes a wait for a generation a proof.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokenward_core::{EdgeName, Name, Timestamp};
use tokio::sync::Notify;

use crate::app::App;
use crate::clock;
use crate::store::{Receipt, StoreError};

/// For how long an edge that says nothing is remembered, in milliseconds.
const REMEMBERED: i64 = 24 * 60 * 60 * 1000;

/// How much later than it is so it may be written down that an edge was heard of, in milliseconds.
const DELAY: i64 = 2000;

/// An organization, an edge of it, and one of the edge's processes.
type Key = (Name, EdgeName, String);

/// What this server was told.
#[derive(Default)]
pub struct Receipts {
    told: Mutex<Told>,
    news: Notify,
    /// Held while they are written down: what was taken to be written is not there to be read yet.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Told {
    all: HashMap<Key, Receipt>,
    unwritten: HashSet<Key>,
}

/// Numbers of live edges, for `/metrics`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct EdgeCounts {
    /// At the newest generation.
    pub current: u64,
    /// At an earlier one, or at none that they have told.
    pub behind: u64,
    /// By how many generations the furthest is behind.
    pub furthest: u64,
}

impl Receipts {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what an edge says; without a generation, that it was heard of. Tells whether this server
    /// hears of it for the first time.
    fn note(&self, org: &Name, edge: &EdgeName, instance: &str, generation: Option<u64>) -> bool {
        let now = clock::now();
        let key = (org.clone(), edge.clone(), instance.to_owned());
        let mut told = self.told();
        let is_new = !told.all.contains_key(&key);
        let receipt = told.all.entry(key.clone()).or_insert_with(|| Receipt {
            org: org.clone(),
            edge: edge.clone(),
            instance: instance.to_owned(),
            generation: None,
            applied_at: None,
            seen_at: now,
        });
        receipt.seen_at = now;
        let is_news = generation > receipt.generation;
        if is_news {
            receipt.generation = generation;
            receipt.applied_at = Some(now);
        }
        told.unwritten.insert(key);
        drop(told);
        if is_news {
            self.news.notify_waiters();
        }
        is_new
    }

    /// Resolves when each of these processes has told this server that it has applied a generation.
    pub async fn applied(&self, org: &Name, edges: Vec<(EdgeName, String)>, generation: u64) {
        let keys = edges.into_iter();
        let mut keys: Vec<Key> = keys
            .map(|(edge, instance)| (org.clone(), edge, instance))
            .collect();
        loop {
            // Before it is looked whether there are any: none are missed.
            let news = self.news.notified();
            while keys
                .pop_if(|key| self.has_applied(key, generation))
                .is_some()
            {}
            if keys.is_empty() {
                return;
            }
            news.await;
        }
    }

    fn has_applied(&self, key: &Key, generation: u64) -> bool {
        let told = self.told();
        let receipt = told.all.get(key);
        receipt.is_some_and(|receipt| receipt.generation >= Some(generation))
    }

    /// What was not written down yet; what was not heard of since then is forgotten.
    fn unwritten(&self, forget_before: Timestamp) -> Vec<Receipt> {
        let mut told = self.told();
        told.all
            .retain(|_, receipt| receipt.seen_at >= forget_before);
        let keys = std::mem::take(&mut told.unwritten);
        keys.iter()
            .filter_map(|key| told.all.get(key))
            .cloned()
            .collect()
    }

    fn put_back(&self, receipts: &[Receipt]) {
        let keys = receipts.iter();
        let keys = keys.map(|one| (one.org.clone(), one.edge.clone(), one.instance.clone()));
        self.told().unwritten.extend(keys);
    }

    /// How many live edges this server knows of, given what is newest and since when they are.
    pub fn counts(
        &self,
        newest: impl Fn(&Name) -> Option<u64>,
        live_from: Timestamp,
    ) -> EdgeCounts {
        let told = self.told();
        let live = told
            .all
            .values()
            .filter(|receipt| receipt.seen_at >= live_from);
        let behind = live.filter_map(|receipt| {
            Some(newest(&receipt.org)?.saturating_sub(receipt.generation.unwrap_or_default()))
        });
        behind.fold(EdgeCounts::default(), |counts, behind| EdgeCounts {
            current: counts.current + u64::from(behind == 0),
            behind: counts.behind + u64::from(behind > 0),
            furthest: counts.furthest.max(behind),
        })
    }
}

/// Notes what an edge says; without a generation, that it was heard of.
///
/// Whoever is heard of for the first time is written down before it gets anything to decide from,
/// so that other servers wait for it too.
///
/// # Errors
/// When the database is unavailable.
pub async fn note(
    app: &App,
    org: &Name,
    edge: &EdgeName,
    instance: &str,
    generation: Option<u64>,
) -> Result<(), StoreError> {
    match app.snapshots.receipts.note(org, edge, instance, generation) {
        true => write(app).await,
        false => Ok(()),
    }
}

/// Writes down what edges have told this server.
///
/// # Errors
/// When the database is unavailable; then they are kept for the next time.
pub async fn write(app: &App) -> Result<(), StoreError> {
    let _writing = app.snapshots.receipts.writing.lock().await;
    let forget_before = Timestamp::from_millis(clock::now().as_millis() - REMEMBERED);
    let receipts = app.snapshots.receipts.unwritten(forget_before);
    if receipts.is_empty() {
        return Ok(());
    }
    let written = app.store.put_receipts(&receipts, forget_before).await;
    if written.is_err() {
        app.snapshots.receipts.put_back(&receipts);
    }
    written
}

/// What the edges of an organization have told this server and others.
///
/// # Errors
/// When the database is unavailable or holds something unreadable.
pub async fn read(app: &App, org: &Name) -> Result<Vec<Receipt>, StoreError> {
    write(app).await?;
    app.store.receipts(org).await
}

/// Since when an edge must have been heard of to be live.
#[must_use]
pub fn live_from(app: &App) -> Timestamp {
    Timestamp::from_millis(clock::now().as_millis() - app.snapshots.lifetime - DELAY)
}
