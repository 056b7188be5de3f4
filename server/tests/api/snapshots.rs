//! Snapshots for edges, from outside: fetched, kept, and what an edge decides from them.

use std::time::Duration;

use serde_json::{Value, json};
use tokenward_core::snapshot::{Claims, Parts};
use tokenward_core::{Action, Name, Reason};
use tokenward_server::clock;
use tokenward_server::snapshots as published;

use crate::Kind;
use crate::database::{Database, with_database};
use crate::edge::{Edge, SNAPSHOT, acme, get, issue, revoke};
use crate::server::{Call, Server, Setup};

async fn decide(server: &Server, token: &str, action: &str, resource: &str) -> Value {
    let question = json!({ "action": action, "resource": resource });
    let call = Call::post("/api/authz/check", &question).bearer(token);
    server.send(call).await.json()
}

pub(crate) async fn an_edge_decides_as_the_server(server: Server) {
    let (ada, bob) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    let edge = Edge::open(&server, &credential).await;
    let own = server
        .scoped("bob", "model:acme/bert", &["repo.write"])
        .await;
    let mut behind = edge;
    behind.refresh(&server).await;
    for token in [&ada, &bob, &own] {
        for resource in ["model:acme/bert", "model:acme/new", "org:acme"] {
            for action in Action::ALL {
                let mut there = decide(&server, &token.value, action.as_str(), resource).await;
                let here = behind.decide(token, action.as_str(), resource);
                let mut here = serde_json::to_value(here).expect("JSON");
                // Nobody has to approve here, so that edges do not know what tokens are called.
                for decision in [&mut there, &mut here] {
                    if let Some(remedy) = decision.get_mut("remedy").and_then(Value::as_object_mut)
                    {
                        remedy.remove("text");
                    }
                }
                assert_eq!(here, there, "{action:?} {resource}");
            }
        }
    }
}

pub(crate) async fn a_refresh_fetches_what_changed_and_shows_it_at_once(server: Server) {
    let (ada, bob) = acme(&server).await;
    let mut others = Vec::new();
    for _ in 0..20 {
        others.push(server.scoped("bob", "org:acme", &["repo.write"]).await);
    }
    let credential = issue(&server, &ada, "eu-1").await;
    let mut edge = Edge::open(&server, &credential).await;
    let says = |edge: &Edge, token| {
        edge.decide(token, "repo.content.read", "model:acme/bert")
            .reason
    };
    assert_eq!(says(&edge, &bob), Reason::Granted);
    let generation = revoke(&server, &ada, &bob).await;
    assert_eq!(says(&edge, &bob), Reason::Granted, "it has not heard of it");
    edge.refresh(&server).await;
    assert_eq!(edge.held.generation(), generation);
    assert_eq!(says(&edge, &bob), Reason::TokenRevoked);
    let whole = edge.held.bundle().len();
    assert!(edge.fetched < whole * 2 / 3, "{} of {whole}", edge.fetched);
    let again = get(&server, &ada.value, "/bundle?parts=all").await;
    assert_eq!(again.body, edge.held.bundle());
    let hot = get(&server, &ada.value, "/bundle?parts=decisions").await;
    assert_eq!(
        Claims::read(&hot.body).expect("a bundle").parts,
        Some(Parts::Decisions)
    );
    assert!(hot.body.len() < again.body.len());
}

pub(crate) async fn a_manifest_that_is_held_is_not_sent_again(server: Server) {
    let (ada, bob) = acme(&server).await;
    let first = get(&server, &ada.value, "").await;
    let generation = first.header("x-tokenward-generation");
    let claims = Claims::read(&first.body).expect("a manifest");
    assert_eq!(generation, Some(claims.generation.to_string().as_str()));
    assert_eq!(first.header("cache-control"), Some("no-store"));
    let tag = first.header("etag").expect("a tag").to_owned();
    for held in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let call = Call::get(SNAPSHOT).bearer(&ada.value);
        let answer = server.send(call.header("if-none-match", &held)).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{held}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
    }
    revoke(&server, &ada, &bob).await;
    let call = Call::get(SNAPSHOT).bearer(&ada.value);
    let answer = server.send(call.header("if-none-match", &tag)).await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.header("etag"), Some(tag.as_str()));
}

pub(crate) async fn blocks_can_be_kept_and_outlive_their_manifest_for_a_while(server: Server) {
    let (ada, bob) = acme(&server).await;
    let bundle = get(&server, &ada.value, "/bundle").await;
    let claims = Claims::read(&bundle.body).expect("a bundle");
    revoke(&server, &ada, &bob).await;
    get(&server, &ada.value, "").await;
    for (_, hash, length) in claims.blocks {
        let block = get(&server, &ada.value, &format!("/blocks/{hash}")).await;
        assert_eq!((block.status, block.body.len()), (200, length));
        let kept = block.header("cache-control").expect("it can be kept");
        assert!(
            kept.contains("immutable") && kept.contains("private"),
            "{kept}"
        );
    }
    for hash in ["00".repeat(32), "nonsense".to_owned()] {
        let block = get(&server, &ada.value, &format!("/blocks/{hash}")).await;
        assert_eq!(block.status, 404);
    }
}

/// A fetch that is given up while the writer is made must not let a revocation slip by it.
pub(crate) async fn a_fetch_that_is_given_up_loses_no_change() {
    with_database(Kind::Sqlite, async |database: Database| {
        let server = Server::start(&database).await;
        let (ada, _) = acme(&server).await;
        let mut tokens = Vec::new();
        for _ in 0..600 {
            tokens.push(
                server
                    .scoped("bob", "org:acme", &["repo.content.read"])
                    .await,
            );
        }
        server.stop().await;
        for victim in tokens.iter().take(8) {
            // A new process: nobody has asked for the snapshot yet.
            let server = Server::start_on(&database.address, Setup::default(), None).await;
            let (app, org) = (server.app.clone(), Name::parse("acme").expect("a name"));
            let fetching = tokio::spawn(async move { published::newest(&app, &org).await.is_ok() });
            tokio::task::yield_now().await;
            clock::pause(Duration::from_millis(1)).await;
            fetching.abort();
            let generation = revoke(&server, &ada, victim).await;
            let edge = Edge::open(&server, &ada.value).await;
            assert_eq!(edge.held.generation(), generation);
            let reason = edge
                .decide(victim, "repo.content.read", "model:acme/bert")
                .reason;
            assert_eq!(reason, Reason::TokenRevoked);
            server.stop().await;
        }
    })
    .await;
}
