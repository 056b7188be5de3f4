//! When an edge hears nothing any more, it refuses everything no later than the maximum age: the
//! server stops without a word, dies, or goes on while only the link is cut.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokenward_core::Reason;

use crate::edge::{self, Edge};
use crate::scene::Scene;
use crate::site::Target;

/// The maximum age, in seconds.
const AGE: u64 = 5;
/// How often edges are asked.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How much later than the maximum age a refusal may be seen: the next look, and the machine.
const LATE: Duration = Duration::from_millis(200);
/// How many edges are cut off.
const EDGES: usize = 3;

/// Cuts edges off in each way.
pub(crate) async fn run(program: &str) -> Result<bool> {
    let scene = Scene::fresh(
        program,
        EDGES,
        100,
        &["--snapshot-max-age", &AGE.to_string()],
    )
    .await?;
    let mut fine = true;
    for way in [Way::Link, Way::Stop, Way::Kill] {
        fine &= cut(&scene, way).await?;
    }
    Ok(fine)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The server goes on, and revokes a token; the edge's connections are gone.
    Link,
    /// SIGSTOP, for longer than the maximum age; then SIGCONT.
    Stop,
    /// SIGKILL.
    Kill,
}

#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what this program is for"
)]
async fn cut(scene: &Scene, way: Way) -> Result<bool> {
    let keys = edge::keys(&scene.site.url).await?;
    let (mut edges, mut following) = (Vec::new(), Vec::new());
    for credential in &scene.credentials {
        let (credential, board) = (credential.clone(), scene.board.clone());
        let edge = Edge::open(&scene.site, credential, keys.clone(), board).await?;
        following.push(tokio::spawn(edge.clone().follow()));
        edges.push(edge);
    }
    let target = scene.next()?;
    // Well into the life of a server, so that what is held was renewed before.
    pass(Duration::from_secs(AGE)).await;
    for edge in &edges {
        let decision = target.ask(&edge.seen().authorizer)?;
        ensure!(decision.is_allowed(), "allowed before it is cut off");
    }
    match way {
        Way::Link => following.iter().for_each(|task| task.abort()),
        Way::Stop => scene.server.signal("STOP")?,
        Way::Kill => scene.server.signal("KILL")?,
    }
    let mut start = Instant::now();
    if way == Way::Link {
        scene.site.revoke(&target).await?;
        start = Instant::now();
    }
    let mut waits = Vec::new();
    for edge in &edges {
        waits.push(stale_after(edge, &target, start).await?);
    }
    let latest = waits.iter().max().copied().context("an edge")?;
    let fine = latest <= Duration::from_secs(AGE) + LATE;
    let what = match way {
        Way::Link => "the link was cut and the token revoked",
        Way::Stop => "the server was stopped",
        Way::Kill => "the server was killed",
    };
    println!(
        "refused as snapshot_stale {:.2} to {:.2} s after {what}; maximum age {AGE} s{}",
        waits
            .iter()
            .min()
            .copied()
            .unwrap_or_default()
            .as_secs_f64(),
        latest.as_secs_f64(),
        if fine { "" } else { ": TOO LATE" }
    );
    if way == Way::Stop {
        scene.server.signal("CONT")?;
        let back = Instant::now();
        for edge in &edges {
            while !target.ask(&edge.seen().authorizer)?.is_allowed() {
                ensure!(back.elapsed() < Duration::from_secs(AGE), "it comes back");
                pass(LOOK_EVERY).await;
            }
        }
        println!(
            "decides again {:.2} s after it goes on",
            back.elapsed().as_secs_f64()
        );
    }
    following.iter().for_each(|task| task.abort());
    Ok(fine)
}

/// How long after the start an edge refuses everything.
#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what this program is for"
)]
async fn stale_after(edge: &Arc<Edge>, target: &Target, start: Instant) -> Result<Duration> {
    loop {
        let decision = target.ask(&edge.seen().authorizer)?;
        if decision.reason == Reason::SnapshotStale {
            return Ok(start.elapsed());
        }
        ensure!(decision.is_allowed(), "refused for another reason");
        ensure!(
            start.elapsed() < Duration::from_secs(2 * AGE),
            "never refused"
        );
        pass(LOOK_EVERY).await;
    }
}

async fn pass(time: Duration) {
    let mut interval = tokio::time::interval(time);
    interval.tick().await;
    interval.tick().await;
}
