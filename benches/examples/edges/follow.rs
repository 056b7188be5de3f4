//! Many edges of one organization while a token is revoked every second: none misses a generation,
//! and the server's memory stays what it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;

use crate::edge::{self, Edge};
use crate::samples::{Weights, median, spread};
use crate::scene::Scene;

/// By how much the server's memory may grow in the second half, in MB.
const GROWTH: f64 = 4.0;
/// How many edges fetch their first bundle at a time.
const AT_ONCE: usize = 20;

/// A token that was revoked.
struct Revoked {
    generation: u64,
    answered: Instant,
}

pub(crate) async fn run(
    program: &str,
    edges: usize,
    seconds: usize,
    tokens: usize,
) -> Result<bool> {
    ensure!(seconds <= tokens, "there are fewer tokens than revocations");
    let scene = Scene::fresh(program, edges, tokens, &[]).await?;
    let keys = edge::keys(&scene.site.url).await?;
    let mut all = Vec::new();
    for credentials in scene.credentials.chunks(AT_ONCE) {
        let opening = credentials.iter().map(|credential| {
            let (keys, board) = (keys.clone(), scene.board.clone());
            Edge::open(&scene.site, credential.clone(), keys, board)
        });
        all.extend(try_join_all(opening).await?);
    }
    let following: Vec<_> = all
        .iter()
        .map(|edge| tokio::spawn(edge.clone().follow()))
        .collect();
    let (complete, live) = scene.site.wait(scene.site.generation().await?).await?;
    ensure!(complete && live == edges as u64, "{live} edges are live");
    println!("{edges} edges, {tokens} tokens, one revoked each second for {seconds} s");
    let measured = revoke(&scene, &all, seconds).await?;
    following.iter().for_each(|task| task.abort());
    report(&all, &measured)
}

/// What one run has shown.
struct Measured {
    revoked: Vec<Revoked>,
    answers: Vec<Duration>,
    waits: Vec<Duration>,
    weights: Weights,
    faults: Vec<String>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what this program is for"
)]
async fn revoke(scene: &Scene, edges: &[Arc<Edge>], seconds: usize) -> Result<Measured> {
    let mut measured = Measured {
        revoked: Vec::new(),
        answers: Vec::new(),
        waits: Vec::new(),
        weights: Weights::default(),
        faults: Vec::new(),
    };
    let mut second = tokio::time::interval(Duration::from_secs(1));
    for nth in 0..seconds {
        second.tick().await;
        measured.weights.look(&scene.server)?;
        let target = scene.next()?;
        for edge in edges {
            let decision = target.ask(&edge.seen().authorizer)?;
            ensure!(decision.is_allowed(), "allowed before it is revoked");
        }
        let start = Instant::now();
        let generation = scene.site.revoke(&target).await?;
        let answered = Instant::now();
        measured.answers.push(answered - start);
        measured.revoked.push(Revoked {
            generation,
            answered,
        });
        let (complete, live) = scene.site.wait(generation).await?;
        measured.waits.push(answered.elapsed());
        if !complete || live != edges.len() as u64 {
            let text = format!("generation {generation}: complete {complete}, {live} edges live");
            measured.faults.push(text);
        }
        // What the wait proves: nobody lets the token through any more.
        let open = edges
            .iter()
            .filter(|edge| edge.seen().refused.get(nth).copied().flatten().is_none());
        let open = open.count();
        if complete && open > 0 {
            let text = format!("{open} edges let the token of generation {generation} through");
            measured.faults.push(text);
        }
    }
    second.tick().await;
    measured.weights.look(&scene.server)?;
    Ok(measured)
}

fn report(edges: &[Arc<Edge>], measured: &Measured) -> Result<bool> {
    let mut faults = measured.faults.clone();
    let last = measured.revoked.last().context("a revocation")?.generation;
    let (mut refusals, mut moved) = (Vec::new(), Vec::new());
    let (mut superseded, mut overtaken, mut abandoned, mut breaks) = (0, 0, 0, 0);
    for (number, edge) in edges.iter().enumerate() {
        let seen = edge.seen();
        for (nth, revoked) in measured.revoked.iter().enumerate() {
            match seen.refused.get(nth).copied().flatten() {
                Some(at) => refusals.push(at.saturating_duration_since(revoked.answered)),
                None => faults.push(format!(
                    "edge {number} missed generation {}",
                    revoked.generation
                )),
            }
            superseded += usize::from(!seen.applied.contains(&revoked.generation));
        }
        if seen.applied.last() != Some(&last) {
            faults.push(format!("edge {number} does not end at generation {last}"));
        }
        moved.extend_from_slice(&seen.moved);
        overtaken += seen.overtaken;
        abandoned += seen.abandoned;
        breaks += seen.breaks;
    }
    println!("revoke → its answer: {}", spread(measured.answers.clone()));
    println!("its answer → refused at an edge: {}", spread(refusals));
    println!(
        "its answer → the wait for all edges returns: {}",
        spread(measured.waits.clone())
    );
    println!("bytes of a refresh: median {}", median(moved));
    println!(
        "generations passed over for a newer one: {superseded}; manifests overtaken in the stream: \
         {overtaken}, while fetching: {abandoned}; streams that broke: {breaks}"
    );
    let grown = measured.weights.say();
    if grown > GROWTH {
        faults.push(format!("the memory grew by {grown:.1} MB"));
    }
    faults.iter().for_each(|fault| println!("FAULT: {fault}"));
    Ok(faults.is_empty())
}
