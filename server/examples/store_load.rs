//! Measures how long the server takes to read a large world from SQLite, and what it weighs.
//!
//! `store_load FILE TOKENS` fills the file first when it is empty. It prints times and memory; it
//! judges nothing.

#[path = "../tests/support/rows.rs"]
#[expect(dead_code, reason = "the tests use the rest of the builders")]
mod rows;

use std::time::{Duration, Instant};

use tokenward_core::{Change, Repository, ResourceName, Role, Row, World};
use tokenward_server::store::Store;

/// How many rows go into one change.
const AT_ONCE: usize = 50_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(tokens)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: store_load FILE TOKENS");
    };
    let store = Store::open(&format!("sqlite:{file}")).await?;
    if store.journal_head().await? == 0 {
        fill(&store, tokens.parse()?).await?;
    }
    let (rows, took) = timed(read_only(&store)).await;
    println!("{} rows read and parsed in {took:?}", rows?);
    let before = resident();
    let (world, took) = timed(read_into_world(&store)).await;
    let count = world?.token_count();
    let weight = resident().saturating_sub(before) / count.max(1);
    println!("{count} tokens indexed in {took:?}, {weight} bytes each");
    Ok(())
}

async fn read_only(store: &Store) -> anyhow::Result<usize> {
    let mut rows = 0;
    store.load(|_| rows += 1).await?;
    Ok(rows)
}

async fn read_into_world(store: &Store) -> anyhow::Result<World> {
    let mut world = World::default();
    world.reserve(usize::try_from(store.token_count().await?)?);
    store.load(|row| world.apply(&row)).await?;
    Ok(world)
}

/// Ten tokens to a user, a hundred to an organization, five to a repository; half are decided on.
async fn fill(store: &Store, tokens: u64) -> anyhow::Result<()> {
    let owner = |number: u64| format!("user-{}", number % (tokens / 10).max(1));
    let org = |number: u64| format!("org-{}", number % (tokens / 100).max(1));
    let mut rows = Vec::new();
    rows.extend((0..(tokens / 10).max(1)).map(|number| rows::user(&owner(number))));
    for number in 0..(tokens / 100).max(1) {
        let change = rows::change(&org(number), 1, Vec::new());
        put(store, &change).await?;
    }
    rows.extend((0..tokens).map(|number| rows::member(&org(number), &owner(number), Role::Write)));
    for number in 0..tokens / 5 {
        let resource = ResourceName::parse(&format!("model:{}/repo-{number}", org(number)))?;
        rows.push(Row::Repository(Repository::new(&resource)));
    }
    for number in 0..tokens {
        rows.push(Row::Token(rows::token(
            number,
            &owner(number),
            &org(number),
        )));
        if number % 2 == 0 {
            rows.push(rows::approved(number, &org(number), "ada"));
        }
    }
    for rows in rows.chunks(AT_ONCE) {
        put(
            store,
            &Change {
                rows: rows.to_vec(),
                ..Change::default()
            },
        )
        .await?;
    }
    Ok(())
}

async fn put(store: &Store, change: &Change) -> anyhow::Result<()> {
    Ok(store.begin().await?.commit(change, rows::noon()).await?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what this program is for"
)]
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let done = work.await;
    (done, start.elapsed())
}

/// The memory that this process holds, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * 4096)
}
