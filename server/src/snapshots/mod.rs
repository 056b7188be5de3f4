//! Signed snapshots for edges: one feed for each organization that somebody follows.
//!
//! A [`SnapshotWriter`] lies beside the world in memory and is told of every row; whoever changes
//! an organization wakes [`keep_up`], which writes the blocks that were touched, signs the next
//! manifest and hands it to everybody who waits. Manifests are signed again long before they
//! expire. What edges say that they have applied is in [`receipts`].

mod feed;
pub mod file;
pub mod keys;
pub mod receipts;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use axum::body::Bytes;
use tokenward_core::snapshot::{BlockHash, Bundle, Parts, SnapshotWriter, Stamp, seal};
use tokenward_core::{Name, Timestamp};
use tokio::sync::{Notify, watch};

use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::memory::Memory;
use feed::Feed;
pub use feed::Published;
use keys::Keyring;
use receipts::Receipts;

/// How often keys are looked at, manifests renewed and receipts written down.
const TICK: Duration = Duration::from_secs(1);
/// Changes that come together are one manifest; also how long a second one may be kept waiting.
const GATHER: Duration = Duration::from_millis(20);
/// For how long a feed that nobody follows is kept up, in milliseconds.
const IDLE: i64 = 60 * 60 * 1000;
/// How often a writer that is busy is asked again.
const BUSY: Duration = Duration::from_millis(2);
/// How often a bundle is tried while changes come in between.
const TRIES: u32 = 5;

/// All feeds, the keys that they are signed with, and the receipts of those who follow them.
pub struct Snapshots {
    /// For how long a manifest may be decided from, in milliseconds.
    pub lifetime: i64,
    /// What edges have reported.
    pub receipts: Receipts,
    keys: Mutex<Keyring>,
    feeds: Mutex<HashMap<Name, Arc<Feed>>>,
    changed: Notify,
    closing: watch::Sender<bool>,
}

impl Snapshots {
    /// No feeds, and no keys yet.
    #[must_use]
    pub fn new(maximum_age: u32) -> Self {
        Self {
            lifetime: i64::from(maximum_age) * 1000,
            receipts: Receipts::default(),
            keys: Mutex::default(),
            feeds: Mutex::default(),
            changed: Notify::new(),
            closing: watch::Sender::new(false),
        }
    }

    /// Says that something may have changed.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Ends every stream: the server stops.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Tells when the server stops.
    #[must_use]
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// The keys that edges may trust now.
    pub fn keys(&self) -> MutexGuard<'_, Keyring> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<Name, Arc<Feed>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn feed(&self, org: &Name) -> Arc<Feed> {
        self.feeds().entry(org.clone()).or_default().clone()
    }

    /// Follows the manifests of an organization, from the newest on.
    #[must_use]
    pub fn follow(&self, org: &Name) -> watch::Receiver<Option<Arc<Published>>> {
        self.feed(org).newest.subscribe()
    }

    /// The ages of the manifests that are the newest of their organizations, in milliseconds.
    #[must_use]
    pub fn ages(&self, now: Timestamp) -> Vec<i64> {
        let feeds = self.feeds();
        let published = feeds.values().filter_map(|feed| feed.published());
        published
            .map(|published| now.as_millis() - published.stamp.issued.as_millis())
            .collect()
    }
}

/// A writer, locked.
pub fn lock(writer: &Mutex<SnapshotWriter>) -> MutexGuard<'_, SnapshotWriter> {
    // A panic while it is written leaves it touched: what it writes next is whole again.
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The newest manifest of an organization, which shows every change that was answered before.
///
/// # Errors
/// 404 when there is no such organization.
pub async fn newest(app: &App, org: &Name) -> Result<Arc<Published>, ApiError> {
    let feed = app.snapshots.feed(org);
    let now = clock::now();
    feed.asked(now);
    if let Some(published) = feed.published()
        && !is_due(&app.memory(), org, &published, app, now)
    {
        return Ok(published);
    }
    publish(app, org).await
}

/// The newest snapshot of an organization as one file.
///
/// # Errors
/// As [`newest`].
pub async fn bundle(
    app: &App,
    org: &Name,
    parts: Parts,
) -> Result<(Arc<Published>, Bundle), ApiError> {
    for _ in 0..TRIES {
        let published = newest(app, org).await?;
        let bundle = asked(app, org, |writer| writer.bundle(&published.sealed, parts)).await;
        if let Some(Ok(bundle)) = bundle {
            return Ok((published, bundle));
        }
    }
    Err(ApiError::Internal(anyhow::anyhow!(
        "the snapshot changes too quickly to be bundled"
    )))
}

/// A page or block of the newest snapshot of an organization, or of one shortly before.
pub async fn block(app: &App, org: &Name, hash: &BlockHash) -> Option<Bytes> {
    let feed = app.snapshots.feeds().get(org).cloned()?;
    feed.asked(clock::now());
    let copy = |writer: &SnapshotWriter| writer.block(hash).map(Bytes::copy_from_slice);
    let newest = asked(app, org, copy).await.flatten();
    newest.or_else(|| feed.gone(hash))
}

/// Asks an organization's writer, if there is one. While it writes, which can take seconds, no
/// thread waits for it.
async fn asked<T>(app: &App, org: &Name, question: impl Fn(&SnapshotWriter) -> T) -> Option<T> {
    loop {
        let writer = app.memory().writers.get(org).cloned()?;
        match writer.try_lock() {
            Ok(writer) => return Some(question(&writer)),
            Err(TryLockError::Poisoned(writer)) => return Some(question(&writer.into_inner())),
            Err(TryLockError::WouldBlock) => {}
        }
        clock::pause(BUSY).await;
    }
}

/// Keeps every feed up for as long as the server runs.
pub async fn keep_up(app: App) {
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = app.snapshots.changed.notified() => {}
            _ = tick.tick() => look_around(&app).await,
        }
        for org in due(&app) {
            if let Err(error) = publish(&app, &org).await {
                let error = format!("{error:?}");
                tracing::error!(%org, error, "cannot publish a snapshot");
            }
        }
        clock::pause(GATHER).await;
    }
}

/// What is done now and then.
async fn look_around(app: &App) {
    if let Err(error) = load_keys(app).await {
        tracing::error!(%error, "cannot read the keys of snapshots");
    }
    if let Err(error) = receipts::write(app).await {
        tracing::error!(%error, "cannot write down what edges have applied");
    }
    let idle = idle(app);
    if !idle.is_empty() {
        let _writer = app.writer.lock().await;
        let mut memory = app.memory_mut();
        for org in idle {
            app.snapshots.feeds().remove(&org);
            memory.writers.remove(&org);
        }
    }
}

/// Reads the keys; those of a new database are made first.
///
/// # Errors
/// When the database is unavailable or holds something unreadable.
pub async fn load_keys(app: &App) -> Result<(), crate::store::StoreError> {
    let mut keys = app.store.snapshot_keys().await?;
    if keys.is_empty() {
        app.store.add_first_key(&keys::new(clock::now())).await?;
        keys = app.store.snapshot_keys().await?;
    }
    *app.snapshots.keys() = Keyring::of(keys);
    Ok(())
}

/// The organizations whose newest manifest is not good enough, and those whose edges wait for one.
fn due(app: &App) -> BTreeSet<Name> {
    let feeds = app.snapshots.feeds().clone();
    let (memory, now) = (app.memory(), clock::now());
    let with_edges = memory.world.orgs_with_edges();
    let mut due: BTreeSet<Name> = with_edges
        .filter(|org| !feeds.contains_key(*org))
        .cloned()
        .collect();
    for (org, feed) in feeds {
        let published = feed.published();
        if published.is_some_and(|published| is_due(&memory, &org, &published, app, now)) {
            due.insert(org);
        }
    }
    due
}

/// The organizations whose feed nobody has asked for in a long time.
fn idle(app: &App) -> Vec<Name> {
    let since = Timestamp::from_millis(clock::now().as_millis() - IDLE);
    let memory = app.memory();
    let with_edges: BTreeSet<&Name> = memory.world.orgs_with_edges().collect();
    let feeds = app.snapshots.feeds();
    let idle = feeds
        .iter()
        .filter(|(org, feed)| feed.is_idle(since) && !with_edges.contains(org));
    idle.map(|(org, _)| org.clone()).collect()
}

/// Whether there may be something newer than what was published, or it is old.
fn is_due(memory: &Memory, org: &Name, published: &Published, app: &App, now: Timestamp) -> bool {
    // Whoever holds it for long is writing what comes next.
    let is_untouched = |writer: &Arc<Mutex<SnapshotWriter>>| {
        writer.try_lock().is_ok_and(|writer| !writer.is_touched())
    };
    let writer = memory.writers.get(org);
    !writer.is_some_and(is_untouched) || is_old(memory, org, published, app, now)
}

/// The same for certain: others hold the writer for moments, and here they are waited for, so that
/// nothing is signed twice.
fn is_outdated(
    memory: &Memory,
    org: &Name,
    published: &Published,
    app: &App,
    now: Timestamp,
) -> bool {
    let writer = memory.writers.get(org);
    writer.is_none_or(|writer| lock(writer).is_touched())
        || is_old(memory, org, published, app, now)
}

/// Whether what was published is of another generation, or old, or signed with a key that signs no
/// more.
fn is_old(memory: &Memory, org: &Name, published: &Published, app: &App, now: Timestamp) -> bool {
    let generation = memory.world.generation(org.as_str());
    let newest = app.newest_at().min(now);
    let age = newest.as_millis() - published.stamp.issued.as_millis();
    let signs = app.snapshots.keys().signing(now).map(|key| key.id);
    generation != Some(published.generation)
        || age.abs() >= app.snapshots.lifetime / 3
        || signs != Some(published.key)
}

/// Writes, signs and hands out the next manifest, unless somebody just did.
///
/// Nobody changes anything meanwhile: a change would wait for the memory, and the calls that only
/// look at it behind the change.
///
/// The lock is the work's own: a caller who goes away does not take it along.
async fn publish(app: &App, org: &Name) -> Result<Arc<Published>, ApiError> {
    let lock = app.writer.clone().lock_owned().await;
    let (here, name) = (app.clone(), org.clone());
    let written = tokio::task::spawn_blocking(move || {
        let _lock = lock;
        write(&here, &name)
    });
    match written
        .await
        .map_err(|error| ApiError::Internal(error.into()))?
    {
        Some(published) => Ok(published),
        None => {
            app.snapshots.feeds().remove(org);
            Err(ApiError::not_found("Organization not found"))
        }
    }
}

fn write(app: &App, org: &Name) -> Option<Arc<Published>> {
    let feed = app.snapshots.feed(org);
    let now = clock::now();
    if let Some(published) = feed.published()
        && !is_outdated(&app.memory(), org, &published, app, now)
    {
        return Some(published);
    }
    let writer = writer(app, org)?;
    let memory = app.memory();
    let key = app.snapshots.keys().signing(now)?.clone();
    // A server that is cut off from its database must not pass for a fresh one.
    let issued = app.newest_at().min(now);
    let stamp = Stamp {
        revision: memory.seq,
        issued,
        expires: Timestamp::from_millis(issued.as_millis() + app.snapshots.lifetime),
    };
    let written = lock(&writer).write(&memory.world, &stamp);
    let generation = memory.world.generation(org.as_str())?;
    let sealed = seal(&written.manifest, &key.key.seed);
    let published = Published::new(generation, stamp, key.id, sealed);
    app.metrics.published();
    Some(feed.publish(published, written.gone))
}

/// The organization's writer, which follows the memory from now on.
fn writer(app: &App, org: &Name) -> Option<Arc<Mutex<SnapshotWriter>>> {
    let made = {
        let memory = app.memory();
        if let Some(writer) = memory.writers.get(org) {
            return Some(writer.clone());
        }
        SnapshotWriter::new(&memory.world, org.as_str())?
    };
    let writer = Arc::new(Mutex::new(made));
    let mut memory = app.memory_mut();
    memory.writers.insert(org.clone(), writer.clone());
    Some(writer)
}
