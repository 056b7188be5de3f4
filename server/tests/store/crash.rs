//! A writer is killed in the middle of a stream of changes: what it acknowledged is there, whole.
//!
//! The writer is this very test in another process, told by [`WRITER`] what to write to.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tokenward_core::Row;
use tokenward_server::store::Store;

use crate::changes::{commit, founded};
use crate::mirror::Mirror;
use crate::support::database::{Database, Kind, with_database};
use crate::support::rows::*;

/// Holds the address of the database in the writing process.
const WRITER: &str = "TOKENWARD_TEST_WRITER";
/// What the writer prints, with the generation, after each change.
const ACKNOWLEDGED: &str = "acknowledged ";

pub(crate) async fn killed_writers(kind: Kind, this_test: &'static str) {
    if let Ok(address) = std::env::var(WRITER) {
        return write_for_ever(&address).await;
    }
    with_database(kind, move |database| {
        kill_three_writers(database, this_test)
    })
    .await;
}

async fn kill_three_writers(database: Database, this_test: &'static str) {
    let store = founded(&database).await;
    let mut generation = 1;
    for acknowledged in [3, 40, 11] {
        let writer = start_writer(&database, this_test);
        let task = move || kill_after(writer, acknowledged);
        let told = tokio::task::spawn_blocking(task)
            .await
            .expect("the writer is watched");
        assert!(
            told >= generation + acknowledged,
            "{told} after {generation}"
        );
        let found = check_whole(&store).await;
        assert!(
            found == told || found == told + 1,
            "told {told}, found {found}"
        );
        generation = found + 1;
        commit(&store, &one_more_token("acme", generation))
            .await
            .expect("life goes on");
    }
}

async fn write_for_ever(address: &str) {
    let store = Store::open(address).await.expect("the store opens");
    let (_, mut generation) = Mirror::load(&store).await;
    loop {
        generation += 1;
        commit(&store, &one_more_token("acme", generation))
            .await
            .expect("a change");
        println!("{ACKNOWLEDGED}{generation}");
    }
}

fn start_writer(database: &Database, this_test: &str) -> Child {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command
        .args([this_test, "--exact", "--nocapture"])
        .env(WRITER, &database.address);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a writer")
}

/// Kills the writer after so many changes; the last one that it acknowledged.
fn kill_after(mut writer: Child, acknowledged: u64) -> u64 {
    let output = BufReader::new(writer.stdout.take().expect("its output"));
    let mut told = 0;
    let mut count = 0;
    for line in output.lines().map_while(Result::ok) {
        let Some(generation) = line.strip_prefix(ACKNOWLEDGED) else {
            continue;
        };
        told = generation.parse().expect("a number");
        count += 1;
        if count == acknowledged {
            writer.kill().expect("SIGKILL");
        }
    }
    writer.wait().expect("the writer has ended");
    assert!(
        count >= acknowledged,
        "the writer ended by itself after {count} changes"
    );
    told
}

/// Every generation up to the newest has its token, standing, audit entry, notice and journal
/// entry, and there is nothing beyond; the newest is returned.
async fn check_whole(store: &Store) -> u64 {
    // The killed process may still hold the lock on the other side: this waits for it to be over.
    drop(store.begin().await.expect("a turn"));
    let (loaded, newest) = Mirror::load(store).await;
    for generation in 2..=newest {
        assert!(
            loaded.holds(&Row::Token(token(generation, "bob", "acme"))),
            "{generation}"
        );
        assert!(
            loaded.holds(&approved(generation, "acme", "ada")),
            "{generation}"
        );
    }
    assert!(loaded.holds(&organization("acme", newest)));
    assert_eq!(
        u64::try_from(loaded.len()).expect("a few"),
        5 + 2 * (newest - 1)
    );
    let log = store.audit(&name("acme"), 100_000).await.expect("a log");
    assert!(
        log.iter()
            .rev()
            .map(|stored| stored.entry.generation)
            .eq(1..=newest)
    );
    let journal = store
        .journal_since(0)
        .await
        .expect("a journal")
        .expect("all of it");
    assert!(journal.iter().map(|entry| entry.seq).eq(1..=newest));
    check_notices(store, newest).await;
    newest
}

/// Looks at the notices in a time of its own, in which those of an earlier look are due again.
async fn check_notices(store: &Store, newest: u64) {
    let later = noon().plus_days(i64::try_from(newest).expect("a few"));
    let notices = store.claim(u32::MAX, later).await.expect("notices");
    let about = notices.iter().filter_map(|queued| queued.notice.token);
    assert!(
        about.eq((2..=newest).map(token_id)),
        "{} of {newest}",
        notices.len()
    );
}
