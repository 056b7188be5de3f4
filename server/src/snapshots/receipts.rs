//! What edges say that they have applied, and others who read snapshots with a token.
//!
//! A reader is **live** for as long as it may still decide from what it was handed: until the last
//! manifest expires that it got from any server, whatever their maximum age was then. Later it
//! refuses everything itself. That is what makes a wait for a generation a proof.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use tokenward_core::{Name, Timestamp};
use tokio::sync::Notify;

use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::store::{Reader, Receipt, StoreError};

/// For how long a reader that says nothing is remembered, in milliseconds.
const REMEMBERED: i64 = 24 * 60 * 60 * 1000;

/// By how much a reader's clock may be behind, in milliseconds; by no more than the maximum age.
const SKEW: i64 = 30 * 1000;
/// How many processes of a reader are remembered; more are refused until some have expired.
const MOST: usize = 1000;

/// An organization, a reader of its snapshots, and one of the reader's processes.
type Key = (Name, Reader, String);

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
    /// How long each is live by what is written down.
    durable: HashMap<Key, Timestamp>,
}

/// What a reader says, or is handed.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// The generation that it has applied.
    pub applied: Option<u64>,
    /// When the manifest expires that it is being handed, or may hold.
    pub handed: Timestamp,
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

impl Heard {
    /// It is handed a manifest that expires then, and says nothing.
    #[must_use]
    pub const fn handed(expires: Timestamp) -> Self {
        Self {
            applied: None,
            handed: expires,
        }
    }
}

impl Receipts {
    /// Keeps everything from being written down for as long as what it returns is held.
    pub async fn hold(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.writing.lock().await
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what is heard of a reader. Tells whether it has to be written down first; nothing when it
    /// has too many processes.
    fn note(&self, key: &Key, heard: Heard, lifetime: i64) -> Option<bool> {
        let now = clock::now();
        let later = |expires: Timestamp, more: i64| {
            Timestamp::from_millis(expires.as_millis() + SKEW.min(lifetime) + more)
        };
        let mut told = self.told();
        let is_new = !told.all.contains_key(key);
        if is_new && told.processes(key, now) >= MOST {
            return None;
        }
        let receipt = told.all.entry(key.clone()).or_insert_with(|| Receipt {
            org: key.0.clone(),
            reader: key.1.clone(),
            instance: key.2.clone(),
            generation: None,
            applied_at: None,
            seen_at: now,
            live_until: now,
        });
        receipt.seen_at = now;
        let is_news = heard.applied > receipt.generation;
        if is_news {
            receipt.generation = heard.applied;
            receipt.applied_at = Some(now);
        }
        // Ahead of what comes next, so that it need not be written down each time.
        let until = later(heard.handed, lifetime / 3);
        receipt.live_until = receipt.live_until.max(until);
        let durable = told.durable.get(key).copied();
        told.unwritten.insert(key.clone());
        drop(told);
        if is_news {
            self.news.notify_waiters();
        }
        Some(durable < Some(later(heard.handed, 0)))
    }

    /// Resolves when each of these processes has told this server that it has applied a generation.
    pub async fn applied(&self, org: &Name, readers: Vec<(Reader, String)>, generation: u64) {
        let keys = readers.into_iter();
        let mut keys: Vec<Key> = keys
            .map(|(reader, instance)| (org.clone(), reader, instance))
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
        let is_kept = |receipt: &Receipt| receipt.seen_at.max(receipt.live_until) >= forget_before;
        told.all.retain(|_, receipt| is_kept(receipt));
        let Told { all, durable, .. } = &mut *told;
        durable.retain(|key, _| all.contains_key(key));
        let keys = std::mem::take(&mut told.unwritten);
        keys.iter()
            .filter_map(|key| told.all.get(key))
            .cloned()
            .collect()
    }

    /// Notes what became of receipts that were to be written down.
    fn written(&self, receipts: Vec<Receipt>, is_done: bool) {
        let mut told = self.told();
        for Receipt {
            org,
            reader,
            instance,
            live_until,
            ..
        } in receipts
        {
            let key = (org, reader, instance);
            match is_done {
                true => drop(told.durable.insert(key, live_until)),
                false => drop(told.unwritten.insert(key)),
            }
        }
    }

    /// How many live edges this server knows of, given what is newest.
    pub fn counts(&self, newest: impl Fn(&Name) -> Option<u64>, now: Timestamp) -> EdgeCounts {
        let told = self.told();
        let live = told
            .all
            .values()
            .filter(|receipt| receipt.live_until >= now);
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

impl Told {
    /// How many processes of a reader may still decide.
    fn processes(&self, (org, reader, _): &Key, now: Timestamp) -> usize {
        let live = self
            .all
            .values()
            .filter(|receipt| receipt.live_until >= now);
        live.filter(|receipt| receipt.org == *org && receipt.reader == *reader)
            .count()
    }
}

/// Notes what is heard of a reader.
///
/// Until when it will be live is written down before it gets anything to decide from, so that other
/// servers wait for it too, and this one after a crash.
///
/// # Errors
/// 429 when the reader has too many processes, or when the database is unavailable.
pub async fn note(
    app: &App,
    org: &Name,
    reader: &Reader,
    instance: &str,
    heard: Heard,
) -> Result<(), ApiError> {
    let key = (org.clone(), reader.clone(), instance.to_owned());
    let lifetime = app.snapshots.lifetime;
    match app.snapshots.receipts.note(&key, heard, lifetime) {
        Some(true) => Ok(write(app).await?),
        Some(false) => Ok(()),
        None => {
            let text = format!("{reader} has more than {MOST} instances. Reuse their names.");
            Err(ApiError::Bad(StatusCode::TOO_MANY_REQUESTS, text))
        }
    }
}

/// Writes down what readers have told this server.
///
/// # Errors
/// When the database is unavailable; then they are kept for the next time.
pub async fn write(app: &App) -> Result<(), StoreError> {
    let app = app.clone();
    // Whoever waits for it may go away; what was taken to be written is written all the same.
    let writing = tokio::spawn(async move {
        let _writing = app.snapshots.receipts.hold().await;
        let forget_before = Timestamp::from_millis(clock::now().as_millis() - REMEMBERED);
        let receipts = app.snapshots.receipts.unwritten(forget_before);
        if receipts.is_empty() {
            return Ok(());
        }
        let done = app.store.put_receipts(&receipts, forget_before).await;
        app.snapshots.receipts.written(receipts, done.is_ok());
        done
    });
    let lost = |_| StoreError::Other("receipts were not written down".into());
    writing.await.unwrap_or_else(|error| Err(lost(error)))
}

/// What the readers of an organization have told this server and others.
///
/// # Errors
/// When the database is unavailable or holds something unreadable.
pub async fn read(app: &App, org: &Name) -> Result<Vec<Receipt>, StoreError> {
    write(app).await?;
    app.store.receipts(org).await
}
