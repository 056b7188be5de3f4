//! Commits a number of changes to a new database, one after the other, for `fsync.sh` to watch.
//!
//! `store_commits ADDRESS CHANGES`

#[path = "../tests/support/rows.rs"]
#[expect(dead_code, reason = "the tests use the rest of the builders")]
mod rows;

use tokenward_server::store::Store;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(changes)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: store_commits ADDRESS CHANGES");
    };
    let store = Store::open(&address).await?;
    store
        .begin()
        .await?
        .commit(&rows::founding("acme"), rows::noon())
        .await?;
    for generation in 2..2 + changes.parse::<u64>()? {
        let change = rows::one_more_token("acme", generation);
        store.begin().await?.commit(&change, rows::noon()).await?;
    }
    Ok(())
}
