//! One edge: holds a snapshot, follows the stream of manifests, fetches what is missing, swaps, and
//! posts its receipt. What it refuses is looked at after each swap.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use reqwest::{Client, Response, StatusCode};
use serde_json::json;
use tokenward_core::snapshot::{BlockHash, Snapshot, TrustedKeys};
use tokenward_core::{Authorizer, Reason};
use tokenward_server::clock;
use tokio::sync::watch;

use crate::site::{Site, Target, client};

/// Tokens that were revoked or are about to be, in order.
pub(crate) type Board = Mutex<Vec<Arc<Target>>>;

/// An edge of the organization.
pub(crate) struct Edge {
    client: Client,
    snapshots: String,
    credential: String,
    keys: Arc<TrustedKeys>,
    board: Arc<Board>,
    /// The generation that it decides from.
    pub(crate) generation: watch::Sender<u64>,
    seen: Mutex<Seen>,
}

/// What it holds, and what it has been through.
pub(crate) struct Seen {
    snapshot: Snapshot,
    /// Decides from what is held.
    pub(crate) authorizer: Authorizer,
    /// The generations that it has decided from, in order.
    pub(crate) applied: Vec<u64>,
    /// When each token of the board was first refused.
    pub(crate) refused: Vec<Option<Instant>>,
    /// How many bytes each refresh moved: the event and the blocks.
    pub(crate) moved: Vec<usize>,
    /// Manifests that lay behind a newer one before they were looked at.
    pub(crate) overtaken: usize,
    /// Refreshes that a newer manifest overtook while they fetched.
    pub(crate) abandoned: usize,
    /// How often the stream ended.
    pub(crate) breaks: usize,
}

/// The keys that a server's manifests are verified with.
pub(crate) async fn keys(url: &str) -> Result<Arc<TrustedKeys>> {
    let answer = client()?.get(format!("{url}/.well-known/tokenward-keys"));
    let jwks = answer.send().await?.error_for_status()?.text().await?;
    Ok(Arc::new(TrustedKeys::parse(&jwks)?))
}

impl Edge {
    /// Fetches and opens the newest bundle.
    pub(crate) async fn open(
        site: &Site,
        credential: String,
        keys: Arc<TrustedKeys>,
        board: Arc<Board>,
    ) -> Result<Arc<Self>> {
        let client = client()?;
        let snapshots = format!("{}{}", site.url, site.path("/snapshot"));
        let bundle = client
            .get(format!("{snapshots}/bundle?parts=decisions"))
            .bearer_auth(&credential);
        let bundle = bundle.send().await?.error_for_status()?.bytes().await?;
        let snapshot = Snapshot::open(bundle, &keys, clock::now()).map_err(refused)?;
        let authorizer = Authorizer::of_snapshot(snapshot.clone()).map_err(refused)?;
        Ok(Arc::new(Self {
            client,
            snapshots,
            credential,
            keys,
            board,
            generation: watch::Sender::new(snapshot.generation()),
            seen: Mutex::new(Seen {
                applied: vec![snapshot.generation()],
                snapshot,
                authorizer,
                refused: Vec::new(),
                moved: Vec::new(),
                overtaken: 0,
                abandoned: 0,
                breaks: 0,
            }),
        }))
    }

    /// What it has been through.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the stream, and again when it ends.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut again = tokio::time::interval(std::time::Duration::from_millis(500));
        loop {
            again.tick().await;
            if let Err(error) = self.stream().await
                && self.seen().breaks == 0
            {
                eprintln!("a stream broke: {error:#}");
            }
            self.seen().breaks += 1;
        }
    }

    async fn get(&self, rest: &str) -> Result<Response> {
        let request = self.client.get(format!("{}{rest}", self.snapshots));
        Ok(request.bearer_auth(&self.credential).send().await?)
    }

    async fn stream(&self) -> Result<()> {
        let mut answer = self.get("/events").await?.error_for_status()?;
        // It may have missed some while it held no stream: the first event is the newest.
        self.report().await?;
        let mut text = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            text.extend_from_slice(&piece);
            let Some(end) = text.windows(2).rposition(|two| two == b"\n\n") else {
                continue;
            };
            let rest = text.split_off(end + 2);
            let events = String::from_utf8(std::mem::replace(&mut text, rest))?;
            let mut manifests: Vec<&str> = events
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .collect();
            if let Some(newest) = manifests.pop() {
                self.seen().overtaken += manifests.len();
                self.apply(newest).await?;
            }
        }
        Ok(())
    }

    async fn apply(&self, event: &str) -> Result<()> {
        let held = self.seen().snapshot.clone();
        let sealed = STANDARD.decode(event)?;
        if held.sealed() == sealed {
            return Ok(());
        }
        let update = held.update(&sealed, &self.keys, clock::now());
        let mut update = update.map_err(refused)?;
        let mut moved = event.len();
        loop {
            let missing = update.missing();
            if missing.is_empty() {
                break;
            }
            let blocks = missing.iter().map(|hash| self.block(hash));
            for block in try_join_all(blocks).await? {
                let Some(block) = block else {
                    self.seen().abandoned += 1;
                    return Ok(());
                };
                moved += block.len();
                update.supply(block).map_err(refused)?;
            }
        }
        self.swap(update.finish().map_err(refused)?, moved)?;
        self.report().await
    }

    /// A block; nothing when the server does not have it any more.
    async fn block(&self, hash: &BlockHash) -> Result<Option<Vec<u8>>> {
        let answer = self.get(&format!("/blocks/{hash}")).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(answer.error_for_status()?.bytes().await?.to_vec()))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "when a token is refused is what is measured"
    )]
    fn swap(&self, next: Snapshot, moved: usize) -> Result<()> {
        let generation = next.generation();
        let authorizer = Authorizer::of_snapshot(next.clone()).map_err(refused)?;
        let board = {
            let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
            board.clone()
        };
        let mut seen = self.seen();
        seen.snapshot = next;
        seen.authorizer = authorizer;
        seen.moved.push(moved);
        if seen.applied.last().is_some_and(|last| *last > generation) {
            bail!("an edge went back from one generation to an earlier one");
        }
        seen.applied.push(generation);
        seen.refused.resize(board.len(), None);
        for (nth, target) in board.iter().enumerate() {
            if seen.refused[nth].is_none()
                && target.ask(&seen.authorizer)?.reason == Reason::TokenRevoked
            {
                seen.refused[nth] = Some(Instant::now());
            }
        }
        drop(seen);
        self.generation.send_replace(generation);
        Ok(())
    }

    async fn report(&self) -> Result<()> {
        let generation = *self.generation.borrow();
        let request = self.client.post(format!("{}/applied", self.snapshots));
        let request = request.bearer_auth(&self.credential);
        let answer = request.json(&json!({ "generation": generation }));
        answer.send().await?.error_for_status()?;
        Ok(())
    }

    /// Waits until it decides from a generation or a later one.
    pub(crate) async fn reached(&self, generation: u64) -> Result<()> {
        let mut held = self.generation.subscribe();
        let reached = held.wait_for(|held| *held >= generation).await;
        reached.map(|_| ()).context("the edge is gone")
    }
}

fn refused(error: tokenward_core::snapshot::SnapshotError) -> anyhow::Error {
    anyhow::anyhow!("a snapshot was refused: {}: {error}", error.code())
}
