//! Several servers on one database follow one another.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokenward_core::{Change, Presented, Request, Resource, ResourceName, Row, World};
use tokenward_server::store::{HubCredential, JOURNAL_KEPT, Recorded, Store};
use tokio::task::JoinSet;

use crate::changes::{commit, founded, open, rows_of_every_kind};
use crate::mirror::Mirror;
use crate::support::database::Database;
use crate::support::meddling::{count, meddle};
use crate::support::rows::*;

pub(crate) async fn two_stores_see_each_others_changes(database: Database) {
    let (here, there) = (founded(&database).await, open(&database).await);
    assert_eq!(there.journal_head().await.expect("a number"), 1);
    commit(&here, &one_more_token("acme", 2))
        .await
        .expect("a change here");
    commit(&there, &one_more_token("acme", 3))
        .await
        .expect("a change there");
    for (store, seen, generation) in [(&here, 2, 3), (&there, 1, 2)] {
        let news = store
            .journal_since(seen)
            .await
            .expect("a journal")
            .expect("all of it");
        let first = news.first().expect("a change");
        assert_eq!(first.seq, seen + 1);
        assert_eq!(
            first.recorded,
            Recorded::Rows(one_more_token("acme", generation).rows)
        );
        assert_eq!(store.journal_head().await.expect("a number"), 3);
    }
    assert_eq!(Mirror::load(&here).await, Mirror::load(&there).await);
}

/// Changes that put, replace and remove rows of every kind, in several organizations.
fn a_history() -> Vec<Change> {
    let mut history = vec![founding("acme"), change("other", 1, Vec::new())];
    history.push(change("acme", 2, rows_of_every_kind()));
    history.extend((3..=9).map(|generation| one_more_token("acme", generation)));
    let gone = ResourceName::parse("dataset:acme/Corpus.v2").expect("a resource");
    let removals = vec![
        Row::TokenGone { id: token_id(4) },
        Row::TokenGone { id: token_id(1) },
        Row::RepositoryGone { resource: gone },
        Row::Member {
            org: name("acme"),
            user: name("Carol"),
            role: None,
        },
    ];
    history.push(change("acme", 10, removals));
    let mut both = change("other", 2, vec![approved(5, "other", "ada")]);
    both.rows.push(organization("acme", 11));
    both.entries.push(entry("acme", 11));
    history.push(both);
    history
}

pub(crate) async fn a_replayed_journal_gives_the_loaded_world(database: Database) {
    let (here, there) = (open(&database).await, open(&database).await);
    let mut followed = Mirror::default();
    let mut world = World::default();
    let mut seen = 0;
    for change in a_history() {
        commit(&here, &change).await.expect("a change");
        let news = there
            .journal_since(seen)
            .await
            .expect("a journal")
            .expect("all of it");
        seen += u64::try_from(news.len()).expect("a few");
        for entry in &news {
            let Recorded::Rows(rows) = &entry.recorded else {
                panic!("rows were committed")
            };
            rows.iter().for_each(|row| world.apply(row));
        }
        followed.follow(news);
        let (loaded, seq) = Mirror::load(&there).await;
        assert_eq!((&followed, seen), (&loaded, seq));
    }
    assert_eq!(decisions(&world), decisions(&load_world(&there).await));
}

async fn load_world(store: &Store) -> World {
    let mut world = World::default();
    store
        .load(|row| world.apply(&row))
        .await
        .expect("the world loads");
    world
}

/// What the world says to every token about a few resources.
fn decisions(world: &World) -> BTreeMap<String, String> {
    let actions = ["repo.content.read", "repo.write", "org.read"];
    let resources = [
        "model:acme/bert",
        "space:acme/demo",
        "org:acme",
        "org:other",
    ];
    let mut all = BTreeMap::new();
    for token in (0..=10).map(token_id) {
        for (action, resource) in actions
            .iter()
            .flat_map(|action| resources.map(|resource| (*action, resource)))
        {
            let decision = world.decide(&Request {
                token: Presented::Id(token),
                action,
                resource: Resource::parse(resource).expect("a resource"),
                now: noon(),
            });
            all.insert(
                format!("{token} {action} {resource}"),
                format!("{decision:?}"),
            );
        }
    }
    assert!(
        all.values().any(|decision| decision.contains("Allow")),
        "{all:#?}"
    );
    all
}

pub(crate) async fn a_change_sees_what_others_committed_before_it(database: Database) {
    let (here, there) = (founded(&database).await, open(&database).await);
    let first = here.begin().await.expect("a change");
    let second = tokio::spawn(async move {
        let mut tx = there.begin().await.expect("a turn");
        let news = tx
            .journal_since(1)
            .await
            .expect("a journal")
            .expect("all of it");
        let tokens = tx.tokens(&[token_id(2)]).await.expect("tokens");
        (tx.seq(), news.len(), tokens.len())
    });
    first
        .commit(&one_more_token("acme", 2), noon())
        .await
        .expect("the first change");
    let (seq, news, tokens) = second.await.expect("the second change");
    assert!(
        matches!((seq, news, tokens), (3, 1, 1)),
        "number {seq}, {news} changes and {tokens} tokens seen"
    );
}

pub(crate) async fn a_pruned_journal_is_noticed(database: Database) {
    let store = founded(&database).await;
    commit(&store, &one_more_token("acme", 2))
        .await
        .expect("change 2");
    // As after many more changes.
    meddle(&database, "UPDATE journal SET seq = 10002 WHERE seq = 2").await;
    meddle(&database, "UPDATE journal_head SET seq = 10002").await;
    assert_eq!(JOURNAL_KEPT, 10_000, "the statements above say the same");
    commit(&store, &one_more_token("acme", 3))
        .await
        .expect("change 10003");
    for (seen, found) in [
        (0, None),
        (9_999, None),
        (10_001, Some(2)),
        (10_003, Some(0)),
    ] {
        let news = store.journal_since(seen).await.expect("an answer");
        assert_eq!(news.map(|news| news.len()), found, "after {seen}");
    }
    let mut tx = store.begin().await.expect("a change");
    assert!(tx.journal_since(2).await.expect("an answer").is_none());
    assert_eq!(
        tx.journal_since(10_002)
            .await
            .expect("an answer")
            .map(|news| news.len()),
        Some(1)
    );
    drop(tx);
    let kept = count(&database, "SELECT COUNT(*) FROM journal").await;
    assert_eq!(kept, 2, "the first entry is older than the newest 10,000");
}

pub(crate) async fn a_journal_behind_the_reader_is_noticed(database: Database) {
    let store = founded(&database).await;
    assert_eq!(
        store.journal_since(7).await.expect("an answer"),
        None,
        "an older copy was put back"
    );
}

/// A load takes one state of the world, whatever is committed while it goes on.
pub(crate) async fn a_loaded_world_belongs_to_its_number(database: Database) {
    let store = founded(&database).await;
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        for generation in 2..=60 {
            commit(&writer, &one_more_token("acme", generation))
                .await
                .expect("a change");
        }
    });
    loop {
        let finished = writing.is_finished();
        let (loaded, seq) = Mirror::load(&store).await;
        // One change makes one generation, one token and one standing.
        assert!(
            loaded.holds(&organization("acme", seq)),
            "{seq}: {loaded:#?}"
        );
        assert_eq!(
            u64::try_from(loaded.len()).expect("a few"),
            5 + 2 * (seq - 1)
        );
        if finished {
            break assert_eq!(seq, 60);
        }
    }
    writing.await.expect("the writer");
}

pub(crate) async fn readers_do_not_wait_for_a_writer(database: Database) {
    let store = founded(&database).await;
    let tx = store.begin().await.expect("a change");
    assert_eq!(store.journal_head().await.expect("a number"), 1);
    let (loaded, seq) = Mirror::load(&store).await;
    assert!(loaded.holds(&organization("acme", 1)) && seq == 1);
    assert!(store.claim(1, noon()).await.expect("notices").is_empty());
    tx.commit(&one_more_token("acme", 2), noon())
        .await
        .expect("the change");
    assert_eq!(store.journal_head().await.expect("a number"), 2);
}

pub(crate) async fn a_hub_credential_is_in_the_journal(database: Database) {
    let (here, there) = (founded(&database).await, open(&database).await);
    let credential = HubCredential {
        id: token_id(1),
        digest: digest(1),
        last4: "WxYz".into(),
        created_at: noon(),
    };
    here.add_hub_credential(&credential)
        .await
        .expect("a credential");
    let news = there
        .journal_since(1)
        .await
        .expect("a journal")
        .expect("all of it");
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].recorded, Recorded::HubCredential(credential));
    assert_eq!(Mirror::load(&there).await.1, 2);
}

pub(crate) async fn many_may_open_an_empty_database_at_once(database: Database) {
    let database = Arc::new(database);
    let mut opening = JoinSet::new();
    for _ in 0..8 {
        let database = Arc::clone(&database);
        opening.spawn(async move { open(&database).await });
    }
    let stores = opening.join_all().await;
    commit(&stores[0], &founding("acme"))
        .await
        .expect("a change");
    let world = Mirror::load(&stores[0]).await;
    for store in &stores[1..] {
        assert_eq!(Mirror::load(store).await, world);
    }
}

pub(crate) async fn opening_again_changes_nothing(database: Database) {
    let here = founded(&database).await;
    let there = open(&database).await;
    let before = Mirror::load(&there).await;
    drop((here, there));
    assert_eq!(Mirror::load(&open(&database).await).await, before);
}
