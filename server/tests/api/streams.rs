//! Streams of manifests: what is sent, where they go on, when they end.

use std::time::Duration;

use tokenward_core::Reason;
use tokenward_core::snapshot::Claims;

use crate::edge::{Edge, Events, SNAPSHOT, acme, get, issue, revoke};
use crate::server::{Call, Server};

pub(crate) async fn every_change_is_streamed(server: Server) {
    let (ada, bob) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    let mut edge = Edge::open(&server, &credential).await;
    let mut events = Events::follow(&server, &credential).await;
    let first = events.manifest().await.expect("the newest comes first");
    assert_eq!(first, edge.held.sealed());
    let generation = revoke(&server, &ada, &bob).await;
    let sealed = events.manifest().await.expect("the next");
    edge.take(&server, &sealed).await;
    assert_eq!(edge.held.generation(), generation);
    let reason = edge
        .decide(&bob, "repo.content.read", "model:acme/bert")
        .reason;
    assert_eq!(reason, Reason::TokenRevoked);
}

pub(crate) async fn a_stream_goes_on_where_it_broke_off(server: Server) {
    let (ada, bob) = acme(&server).await;
    let mut events = Events::follow(&server, &ada.value).await;
    let held = events.next().await.expect("the newest");
    let call = Call::get(&format!("{SNAPSHOT}/events")).bearer(&ada.value);
    let call = call.header("last-event-id", &held["id"]);
    let mut again = Events::of(server.begin(call).await);
    let generation = revoke(&server, &ada, &bob).await;
    let next = again.manifest().await.expect("what came after");
    let claims = Claims::read(&next).expect("a manifest");
    assert_eq!(
        claims.generation, generation,
        "the one that was held is not sent"
    );
}

/// What is published while a stream begins is in it.
pub(crate) async fn a_stream_begins_with_what_is_newest_then(server: Server) {
    let (ada, bob) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    let mut first = Events::follow(&server, &credential).await;
    let held = first.next().await.expect("the newest");
    // A process that is new is written down first, and that waits for this.
    let writing = server.app.snapshots.receipts.hold().await;
    let call = Call::get(&format!("{SNAPSHOT}/events")).bearer(&credential);
    let call = call.header("last-event-id", &held["id"]);
    let call = call.header("x-tokenward-instance", "again");
    let beginning = server.begin(call);
    let changing = async {
        let generation = revoke(&server, &ada, &bob).await;
        first.manifest().await.expect("the next");
        drop(writing);
        generation
    };
    let (answer, generation) = tokio::join!(beginning, changing);
    let next = Events::of(answer)
        .manifest()
        .await
        .expect("what came after");
    let claims = Claims::read(&next).expect("a manifest");
    assert_eq!(claims.generation, generation);
}

pub(crate) async fn a_stream_ends_when_its_reader_may_not_read(server: Server) {
    let (ada, bob) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    let reader = server.scoped("ada", "org:acme", &["org.tokens.read"]).await;
    let mut by_edge = Events::follow(&server, &credential).await;
    let mut by_token = Events::follow(&server, &reader.value).await;
    let mut by_admin = Events::follow(&server, &ada.value).await;
    for events in [&mut by_edge, &mut by_token, &mut by_admin] {
        events.manifest().await.expect("the newest");
    }
    let path = format!("{SNAPSHOT}/edge-credentials/eu-1");
    let gone = server
        .send(Call::new("DELETE", &path).bearer(&ada.value))
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(by_edge.manifest().await, None, "its credential is gone");
    by_token.manifest().await.expect("the others go on");
    revoke(&server, &ada, &reader).await;
    assert_eq!(by_token.manifest().await, None, "its token is revoked");
    let expected = revoke(&server, &ada, &bob).await;
    loop {
        let manifest = by_admin.manifest().await.expect("this one goes on");
        if Claims::read(&manifest).expect("a manifest").generation == expected {
            break;
        }
    }
    assert_eq!(get(&server, &credential, "").await.status, 401);
}

pub(crate) async fn streams_do_not_keep_a_server_from_stopping(server: Server) {
    let (ada, _) = acme(&server).await;
    let mut events = Events::follow(&server, &ada.value).await;
    events.manifest().await.expect("the newest");
    let ended = tokio::spawn(async move { events.manifest().await });
    // It waits 30 seconds for requests in hand.
    tokio::time::timeout(Duration::from_secs(25), server.stop())
        .await
        .expect("it stops at once");
    assert_eq!(ended.await.expect("no panic"), None);
}
