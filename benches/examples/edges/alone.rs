//! One edge, and a server that does nothing else: how soon it refuses what was revoked.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokenward_benches::Size;

use crate::edge::{self, Edge};
use crate::samples::{median, spread};
use crate::scene::Scene;
use crate::site::targets;

/// How long at least lies between two revocations: not a multiple of anything in the server.
const EVERY: Duration = Duration::from_millis(337);
/// The median that is wanted.
const LIMIT: Duration = Duration::from_millis(100);

#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what this program is for"
)]
pub(crate) async fn run(
    program: &str,
    revocations: usize,
    database: Option<&str>,
    tokens: u32,
) -> Result<bool> {
    let scene = match database {
        Some(database) => Scene::filled(program, database).await?,
        None => Scene::fresh(program, 1, tokens as usize, &[]).await?,
    };
    let keys = edge::keys(&scene.site.url).await?;
    let credential = scene.credentials.first().context("a credential")?.clone();
    let start = Instant::now();
    let edge = Edge::open(&scene.site, credential, keys, scene.board.clone()).await?;
    println!("bundle fetched and opened in {:.2?}", start.elapsed());
    if database.is_some() {
        let found = targets(Size::one_org(tokens), &edge.seen().authorizer, revocations);
        scene.add(found);
    }
    let following = tokio::spawn(edge.clone().follow());
    scene.site.wait(scene.site.generation().await?).await?;
    let (mut answers, mut refusals) = (Vec::new(), Vec::new());
    let mut every = tokio::time::interval(EVERY);
    for nth in 0..revocations {
        every.tick().await;
        let target = scene.next()?;
        ensure!(target.ask(&edge.seen().authorizer)?.is_allowed());
        let start = Instant::now();
        let generation = scene.site.revoke(&target).await?;
        let answered = Instant::now();
        answers.push(answered - start);
        edge.reached(generation).await?;
        let refused = edge.seen().refused.get(nth).copied().flatten();
        let refused = refused.context("an edge that has the generation refuses the token")?;
        refusals.push(refused.saturating_duration_since(answered));
    }
    following.abort();
    let seen = edge.seen();
    println!("{tokens} tokens, one edge, every {EVERY:?}");
    println!("revoke → its answer: {}", spread(answers));
    println!(
        "its answer → refused at the edge: {}",
        spread(refusals.clone())
    );
    let moved = seen.moved.clone();
    let most = moved.iter().max().copied().unwrap_or_default();
    println!("bytes of a refresh: median {}, max {most}", median(moved));
    refusals.sort_unstable();
    Ok(refusals
        .get(refusals.len() / 2)
        .is_some_and(|median| *median <= LIMIT))
}
