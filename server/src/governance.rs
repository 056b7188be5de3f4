//! The only way to change anything: lock, look, decide, commit, follow.
//!
//! The database's own lock is held from the first look to the commit, so that two changes never
//! meet. Whether the caller may is decided inside it, from the state that the change starts from.

use tokenward_core::{
    Actor, Change, Command, Details, Name, Timestamp, TokenDigest, TokenId, Via, apply,
};
use tokio::sync::MutexGuard;

use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::memory::Memory;
use crate::store::{JournalEntry, Recorded, StoreError, Tx};

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Done {
    /// Whether anything changed.
    pub changed: bool,
    /// A generation at which the change can be seen.
    pub generation: u64,
}

/// A command and who sends it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who.
    pub actor: Actor,
    /// What.
    pub command: Command,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// Carries out a command, if `permit` lets it from the state that it would change.
///
/// # Errors
/// What `permit` says, a refusal, or an internal error; then nothing has changed.
pub async fn run(
    app: &App,
    order: &Order,
    permit: impl Fn(&Memory) -> Result<(), ApiError> + Send + Sync,
) -> Result<Done, ApiError> {
    run_at(app, order, clock::now, permit).await
}

/// Carries out a command as if at another time: for the example organization, which has a past.
///
/// # Errors
/// As [`run`].
pub async fn run_at(
    app: &App,
    order: &Order,
    time: impl Fn() -> Timestamp + Send,
    permit: impl Fn(&Memory) -> Result<(), ApiError> + Send + Sync,
) -> Result<Done, ApiError> {
    let find = |_: &Memory, _: Option<Retired>| Ok::<_, ApiError>(Some(order.clone()));
    let done = locked(app, None, find, permit, time).await?;
    done.ok_or_else(|| ApiError::Internal(anyhow::anyhow!("an order was not found")))
}

/// The token that had a value before it was rotated, and whether it was rotated with itself.
pub type Retired = (TokenId, bool);

/// Carries out the command that `find` makes of the newest state, if it makes one. `find` is also
/// told which token had the value with the digest `retired` before it was rotated.
///
/// # Errors
/// As [`run`].
pub async fn run_found(
    app: &App,
    retired: Option<TokenDigest>,
    find: impl Fn(&Memory, Option<Retired>) -> Result<Option<Order>, ApiError> + Send + Sync,
    permit: impl Fn(&Memory) -> Result<(), ApiError> + Send + Sync,
) -> Result<Option<Done>, ApiError> {
    locked(app, retired, find, permit, clock::now).await
}

/// The newest state, which nobody can change while this is held: here or in another process.
pub struct Quiet<'a> {
    tx: Tx,
    _writer: MutexGuard<'a, ()>,
}

/// Keeps everybody from changing anything, and catches up with what they have changed.
///
/// # Errors
/// When the database is unavailable or holds something unreadable.
pub async fn quiet(app: &App) -> Result<Quiet<'_>, ApiError> {
    let writer = app.writer.lock().await;
    let mut tx = app.store.begin().await?;
    catch_up(app, &mut tx).await?;
    Ok(Quiet {
        tx,
        _writer: writer,
    })
}

impl Quiet<'_> {
    /// Which token had the value with this digest before it was rotated.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn retired(&mut self, digest: &TokenDigest) -> Result<Option<Retired>, ApiError> {
        Ok(self.tx.retired(digest).await?)
    }
}

async fn locked(
    app: &App,
    retired: Option<TokenDigest>,
    find: impl Fn(&Memory, Option<Retired>) -> Result<Option<Order>, ApiError> + Send + Sync,
    permit: impl Fn(&Memory) -> Result<(), ApiError> + Send + Sync,
    time: impl Fn() -> Timestamp + Send,
) -> Result<Option<Done>, ApiError> {
    let Quiet { _writer, mut tx } = quiet(app).await?;
    let retired = match retired {
        Some(digest) => tx.retired(&digest).await?,
        None => None,
    };
    let order = {
        let memory = app.memory();
        permit(&memory)?;
        find(&memory, retired)?
    };
    let Some(order) = order else { return Ok(None) };
    let details = details(app, &mut tx, &order.command).await?;
    let now = time();
    let change = {
        let memory = app.memory();
        check_generation(&memory, &order)?;
        apply(&memory.world, &details, &order.actor, &order.command, now)?
    };
    let generation = generation(app, &change, &order);
    if change.is_empty() {
        return Ok(Some(Done {
            changed: false,
            generation,
        }));
    }
    commit(app, tx, &change, now).await?;
    Ok(Some(Done {
        changed: true,
        generation,
    }))
}

/// Commits a change and lets the memory follow it.
///
/// # Errors
/// When the store refuses it.
pub async fn commit(app: &App, tx: Tx, change: &Change, now: Timestamp) -> Result<(), StoreError> {
    let seq = tx.seq();
    tx.commit(change, now).await?;
    let entry = JournalEntry {
        seq,
        recorded: Recorded::Rows(change.rows.clone()),
    };
    app.memory_mut().follow(&entry);
    // From the first look to the commit nobody else changed anything.
    app.was_newest(now);
    app.snapshots.wake();
    app.metrics.changed();
    Ok(())
}

/// What other processes have committed before this change.
async fn catch_up(app: &App, tx: &mut Tx) -> Result<(), ApiError> {
    let seen = app.memory().seq;
    if seen + 1 == tx.seq() {
        return Ok(());
    }
    match tx.journal_since(seen).await? {
        Some(entries) => {
            let mut memory = app.memory_mut();
            entries.iter().for_each(|entry| memory.follow(entry));
        }
        None => {
            let fresh = Memory::load(&app.store).await?;
            *app.memory_mut() = fresh;
        }
    }
    app.snapshots.wake();
    Ok(())
}

async fn details(app: &App, tx: &mut Tx, command: &Command) -> Result<Details, ApiError> {
    let ids = command.tokens(&app.memory().world);
    let mut details = Details {
        tokens: tx.tokens(&ids).await?,
        standings: tx.standings(&ids).await?,
        ..Details::default()
    };
    if let Some(name) = command.user() {
        details.user = tx.user(name).await?;
    }
    if let Some(name) = command.new_name() {
        details.name_taken = tx.name_taken(&name.key()).await?;
    }
    Ok(details)
}

fn check_generation(memory: &Memory, order: &Order) -> Result<(), ApiError> {
    let org = order
        .command
        .org()
        .and_then(|org| memory.world.generation(org.as_str()));
    match (org, order.if_generation) {
        (Some(now), Some(wanted)) if now != wanted => Err(ApiError::Stale(now)),
        _ => Ok(()),
    }
}

/// The generation of the organization that the command was sent to, or else the highest that the
/// change makes; of organizations that the acting user does not belong to nothing is told.
fn generation(app: &App, change: &Change, order: &Order) -> u64 {
    let (org, memory) = (order.command.org(), app.memory());
    let told = |name: &Name| match (org, &order.actor.via, &order.actor.user) {
        (Some(org), _, _) => org == name,
        (None, Via::Token(_), Some(user)) => memory.world.belongs(name.as_str(), user.as_str()),
        (None, _, _) => true,
    };
    let made = change
        .generations()
        .filter(|(name, _)| told(name))
        .map(|(_, generation)| generation)
        .max();
    let present = || org.and_then(|org| memory.world.generation(org.as_str()));
    made.or_else(present).unwrap_or_default()
}
