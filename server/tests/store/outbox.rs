//! Notices wait until somebody says that they were delivered.

use std::collections::BTreeSet;

use tokenward_core::Change;
use tokenward_server::store::{CLAIM_LASTS, QueuedNotice, Store};

use crate::changes::{commit, founded, open};
use crate::support::database::Database;
use crate::support::rows::*;

/// A store with this many notices in its outbox.
async fn with_notices(database: &Database, count: u64) -> Store {
    let store = founded(database).await;
    let notices = (0..count).map(|number| notice("bob", number)).collect();
    let change = Change {
        notices,
        ..change("acme", 2, Vec::new())
    };
    commit(&store, &change).await.expect("notices");
    store
}

pub(crate) async fn four_workers_get_each_notice_once(database: Database) {
    let stores = [with_notices(&database, 200).await, open(&database).await];
    let workers = (0..4).map(|worker| tokio::spawn(claim_all(stores[worker % 2].clone())));
    let mut claimed = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        claimed.extend(worker.await.expect("a worker"));
    }
    let ids: BTreeSet<_> = claimed.iter().map(|notice| &notice.id).collect();
    assert_eq!((claimed.len(), ids.len()), (200, 200));
    assert!(
        claimed
            .iter()
            .all(|notice| notice.attempts == 1 && notice.created_at == noon())
    );
    let about: BTreeSet<_> = claimed.iter().map(|queued| queued.notice.token).collect();
    assert_eq!(about.len(), 200);
}

async fn claim_all(store: Store) -> Vec<QueuedNotice> {
    let mut claimed = Vec::new();
    loop {
        let some = store.claim(7, noon()).await.expect("notices");
        assert!(some.len() <= 7);
        if some.is_empty() {
            return claimed;
        }
        claimed.extend(some);
    }
}

pub(crate) async fn a_claim_ends_when_nobody_reports(database: Database) {
    let store = with_notices(&database, 1).await;
    let first = store.claim(5, noon()).await.expect("notices");
    let after = |millis: i64| tokenward_core::Timestamp::from_millis(noon().as_millis() + millis);
    assert!(
        store
            .claim(5, after(CLAIM_LASTS - 1))
            .await
            .expect("notices")
            .is_empty()
    );
    let second = store.claim(5, after(CLAIM_LASTS)).await.expect("notices");
    assert_eq!((first[0].attempts, second[0].attempts), (1, 2));
    assert_eq!(
        (&first[0].id, &first[0].notice),
        (&second[0].id, &second[0].notice)
    );
}

pub(crate) async fn a_failed_notice_comes_again_later(database: Database) {
    let store = with_notices(&database, 2).await;
    let claimed = store.claim(2, noon()).await.expect("notices");
    store
        .failed(&claimed[1].id, noon().plus_days(1))
        .await
        .expect("a report");
    let next_day = store.claim(2, noon().plus_days(1)).await.expect("notices");
    let ids: Vec<_> = next_day.iter().map(|notice| &notice.id).collect();
    assert_eq!(
        ids,
        [&claimed[0].id, &claimed[1].id],
        "the first was never reported"
    );
}

pub(crate) async fn a_delivered_notice_is_forgotten(database: Database) {
    let store = with_notices(&database, 3).await;
    let claimed = store.claim(2, noon()).await.expect("notices");
    assert_eq!(claimed.len(), 2);
    for notice in &claimed {
        store.done(&notice.id).await.expect("a report");
    }
    let rest = store.claim(9, noon().plus_days(9)).await.expect("notices");
    assert_eq!(rest.len(), 1);
    assert!(rest[0].id > claimed[1].id, "the oldest come first");
}
