//! Signed manifests: when they are signed again, with which key, and what a server that knows nothing
//! new signs.

use tokenward_core::Name;
use tokenward_core::snapshot::{Claims, SnapshotError};
use tokenward_server::clock;
use tokenward_server::snapshots as published;

use crate::database::{Database, with_database};
use crate::edge::{Edge, Events, acme, get, keys};
use crate::meddling::meddle;
use crate::patience::Looks;
use crate::server::{Server, Setup};
use crate::{Kind, run_with};

/// By the times that manifests are signed with. A busy machine may once be late, and never always.
pub(crate) async fn a_manifest_is_signed_again_long_before_it_expires() {
    const SECONDS: u32 = 9;
    let setup = Setup {
        snapshot_max_age: SECONDS,
        ..Setup::default()
    };
    run_with(Kind::Sqlite, setup, async |server: Server| {
        let (ada, _) = acme(&server).await;
        let mut events = Events::follow(&server, &ada.value).await;
        let lifetime = i64::from(SECONDS) * 1000;
        let mut before = None;
        for _ in 0..10 {
            let sealed = events.manifest().await.expect("the next");
            let stamp = Claims::read(&sealed).expect("a manifest").stamp;
            let issued = stamp.issued.as_millis();
            assert_eq!(stamp.expires.as_millis() - issued, lifetime);
            if before.is_some_and(|before| (1..=lifetime * 2 / 3).contains(&(issued - before))) {
                return;
            }
            before = Some(issued);
        }
        panic!("each was signed when the one before was about to expire");
    })
    .await;
}

pub(crate) async fn keys_are_changed_with_an_overlap(server: Server) {
    let (ada, _) = acme(&server).await;
    let before = keys(&server).await;
    let old = before.ids().next().expect("a key");
    let key = published::keys::new(clock::now());
    let far = clock::now().plus_days(1);
    let rotated = server.app.store.rotate_key(&key, far, clock::now()).await;
    rotated.expect("it is kept");
    published::load_keys(&server.app)
        .await
        .expect("the keys are read");
    let after = keys(&server).await;
    assert_eq!(after.ids().count(), 2);
    assert!(after.ids().any(|id| id == old));
    let sealed = get(&server, &ada.value, "").await.body;
    let claims = Claims::read(&sealed).expect("a manifest");
    assert_eq!(claims.key, published::keys::id(&key), "the new key signs");
    // At once: whoever has stolen the old key can do nothing with it.
    let key = published::keys::new(clock::now());
    let rotated = server
        .app
        .store
        .rotate_key(&key, clock::now(), clock::now())
        .await;
    rotated.expect("it is kept");
    published::load_keys(&server.app)
        .await
        .expect("the keys are read");
    let only = keys(&server).await;
    assert!(only.ids().eq([published::keys::id(&key)]));
    let keys = server.app.store.snapshot_keys().await.expect("the keys");
    assert_eq!(keys.len(), 1, "what nobody trusts is not kept");
}

/// A server that cannot look at its database does not know what is newest.
pub(crate) async fn a_server_that_is_cut_off_signs_nothing_fresh() {
    let setup = Setup {
        snapshot_max_age: 3,
        ..Setup::default()
    };
    let test = async move |database: Database| {
        let server = Server::start_with(&database, setup).await;
        let (ada, _) = acme(&server).await;
        let edge = Edge::open(&server, &ada.value).await;
        let org = Name::parse("acme").expect("a name");
        meddle(&database, "ALTER TABLE journal_head RENAME TO elsewhere").await;
        let cut = clock::now();
        let over = cut.as_millis() + server.app.snapshots.lifetime;
        let mut looks = Looks::until("its manifests expire");
        let last = loop {
            let newest = published::newest(&server.app, &org).await.expect("one");
            assert!(newest.stamp.issued <= cut, "{newest:?}");
            if clock::now().as_millis() >= over {
                break newest;
            }
            looks.again().await;
        };
        let keys = keys(&server).await;
        let refused = edge.held.update(&last.sealed, &keys, clock::now());
        assert_eq!(refused.err(), Some(SnapshotError::Expired));
        meddle(&database, "ALTER TABLE elsewhere RENAME TO journal_head").await;
        let mut looks = Looks::until("it signs again");
        loop {
            let newest = published::newest(&server.app, &org).await.expect("one");
            if newest.stamp.issued > cut {
                break;
            }
            looks.again().await;
        }
        Edge::open(&server, &ada.value).await;
    };
    with_database(Kind::Sqlite, test).await;
}
