//! Snapshots for edges, from outside: fetched, followed, refused, and reported.

use std::time::Duration;

use serde_json::{Value, json};
use tokenward_core::snapshot::{Claims, Parts, Snapshot, SnapshotError};
use tokenward_core::{Action, Name, Reason};
use tokenward_server::clock;
use tokenward_server::snapshots as published;

use crate::database::{Database, with_database};
use crate::edge::{Edge, Events, SNAPSHOT, acme, edges, get, issue, keys, revoke, wait};
use crate::meddling::meddle;
use crate::server::{Call, Server, Setup};
use crate::{Kind, run_with};

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
    tokio::time::timeout(Duration::from_secs(10), server.stop())
        .await
        .expect("it stops at once");
    assert_eq!(ended.await.expect("no panic"), None);
}

pub(crate) async fn a_wait_tells_when_every_edge_has_applied_a_generation(server: Server) {
    let (ada, bob) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    issue(&server, &ada, "spare").await;
    let mut edge = Edge::open(&server, &credential).await;
    for instance in ["a", "b"] {
        assert_eq!(edge.report(&server, instance).await.status, 204);
    }
    let generation = revoke(&server, &ada, &bob).await;
    let says = wait(&server, &ada, generation, 0).await;
    assert_eq!(
        (&says["complete"], &says["applied"]),
        (&json!(false), &json!(0))
    );
    let waiting = says["waiting"].as_array().expect("a list").iter();
    let waiting: Vec<_> = waiting
        .map(|one| (&one["edge"], &one["instance"]))
        .collect();
    // The process that opened the bundle did not say which it is.
    let (eu, names) = (json!("eu-1"), [json!("a"), json!("b"), json!("default")]);
    assert_eq!(waiting, names.each_ref().map(|name| (&eu, name)));
    edge.refresh(&server).await;
    for instance in ["a", "default"] {
        edge.report(&server, instance).await;
    }
    let answer = tokio::join!(wait(&server, &ada, generation, 20), async {
        clock::pause(Duration::from_millis(100)).await;
        edge.report(&server, "b").await
    });
    assert_eq!(
        (&answer.0["complete"], &answer.0["applied"]),
        (&json!(true), &json!(3))
    );
    let list = edges(&server, &ada).await;
    let list = list.as_array().expect("a list");
    assert_eq!(list.len(), 4);
    assert!(
        list[..3]
            .iter()
            .all(|one| one["generation"] == generation && one["live"] == true)
    );
    assert_eq!(
        (&list[3]["edge"], &list[3]["seenAt"]),
        (&json!("spare"), &Value::Null)
    );
    let metrics = server.send(Call::get("/metrics")).await.text();
    assert!(
        metrics.contains("tokenward_snapshot_edges{state=\"current\"} 3"),
        "{metrics}"
    );
    assert!(!metrics.contains("eu-1") && !metrics.contains("acme"));
}

pub(crate) async fn a_fetch_reports_too_and_counts_as_held(server: Server) {
    let (ada, bob) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    let before = get(&server, &ada.value, "").await;
    let before: u64 = before
        .header("x-tokenward-generation")
        .expect("a number")
        .parse()
        .expect("a number");
    // It holds something now, whatever it says: it is waited for.
    let call = Call::get(SNAPSHOT).bearer(&credential);
    server
        .send(call.clone().header("x-tokenward-instance", "x"))
        .await;
    let says = wait(&server, &ada, before, 0).await;
    assert_eq!(says["waiting"][0]["generation"], Value::Null);
    let applied = call.clone().header("x-tokenward-instance", "x");
    let applied = applied.header("x-tokenward-applied", before.to_string());
    assert_eq!(server.send(applied).await.status, 200);
    assert_eq!(wait(&server, &ada, before, 0).await["complete"], true);
    let later = revoke(&server, &ada, &bob).await;
    assert_eq!(wait(&server, &ada, later, 0).await["complete"], false);
    // Nobody says what cannot be.
    let future = (later + 1).to_string();
    for (name, value) in [
        ("x-tokenward-applied", future.as_str()),
        ("x-tokenward-applied", "-1"),
        ("x-tokenward-instance", "a b"),
        ("x-tokenward-instance", ""),
    ] {
        let answer = server.send(call.clone().header(name, value)).await;
        assert_eq!(answer.status, 400, "{name}: {value}");
    }
    for body in [
        json!({ "generation": later + 1 }),
        json!({ "generation": 1, "instance": "/" }),
    ] {
        let call = Call::post(&format!("{SNAPSHOT}/applied"), &body).bearer(&credential);
        assert_eq!(server.send(call).await.status, 400, "{body}");
    }
    let future = format!("/api/organizations/acme/generations/{}/wait", later + 1);
    let answer = server.send(Call::get(&future).bearer(&ada.value)).await;
    assert_eq!(answer.status, 404);
    let long = format!("/api/organizations/acme/generations/{later}/wait?timeout=26");
    assert_eq!(
        server
            .send(Call::get(&long).bearer(&ada.value))
            .await
            .status,
        400
    );
}

/// What was fetched is decided from until it expires, also by an edge whose credential is gone.
pub(crate) async fn a_withdrawn_edge_is_waited_for_until_it_refuses_by_itself() {
    let setup = Setup {
        snapshot_max_age: 2,
        ..Setup::default()
    };
    run_with(Kind::Sqlite, setup, async |server: Server| {
        let (ada, _) = acme(&server).await;
        let credential = issue(&server, &ada, "eu-1").await;
        let edge = Edge::open(&server, &credential).await;
        edge.report(&server, "a").await;
        let path = format!("{SNAPSHOT}/edge-credentials/eu-1");
        let gone = server
            .send(Call::new("DELETE", &path).bearer(&ada.value))
            .await;
        let generation = gone.header("x-tokenward-generation").expect("a number");
        let generation = generation.parse().expect("a number");
        let says = wait(&server, &ada, generation, 0).await;
        assert_eq!(says["waiting"][0]["withdrawn"], true);
        let says = wait(&server, &ada, generation, 20).await;
        assert_eq!(says["complete"], true);
        let keys = keys(&server).await;
        let bundle = edge.held.bundle();
        assert!(
            Snapshot::open(bundle, &keys, clock::now()).is_err(),
            "it has expired"
        );
    })
    .await;
}

pub(crate) async fn a_manifest_is_signed_again_long_before_it_expires() {
    let setup = Setup {
        snapshot_max_age: 3,
        ..Setup::default()
    };
    run_with(Kind::Sqlite, setup, async |server: Server| {
        let (ada, _) = acme(&server).await;
        let mut events = Events::follow(&server, &ada.value).await;
        let mut times = Vec::new();
        for _ in 0..3 {
            let sealed = events.manifest().await.expect("the next");
            let stamp = Claims::read(&sealed).expect("a manifest").stamp;
            assert_eq!(stamp.expires.as_millis() - stamp.issued.as_millis(), 3000);
            assert!(clock::now().as_millis() < stamp.issued.as_millis() + 2500);
            times.push(stamp.issued);
        }
        assert!(times.is_sorted() && times[0] < times[2]);
    })
    .await;
}

pub(crate) async fn an_edge_is_an_edge_of_its_organization_only(server: Server) {
    let (ada, _) = acme(&server).await;
    server.organization("globex", "default").await;
    let credential = issue(&server, &ada, "eu-1").await;
    let other = Call::get("/api/organizations/globex/snapshot").bearer(&credential);
    assert_eq!(server.send(other).await.status, 404);
    let whoami = Call::get("/api/whoami-v2").bearer(&credential);
    assert_eq!(server.send(whoami).await.status, 403);
    let twice = Call::post(
        &format!("{SNAPSHOT}/edge-credentials"),
        &json!({ "name": "eu-1" }),
    );
    assert_eq!(server.send(twice.bearer(&ada.value)).await.status, 409);
    let list = get(&server, &ada.value, "/edge-credentials").await;
    assert_eq!(list.json()[0]["name"], "eu-1");
    assert_eq!(list.json()[0]["createdBy"], "ada");
    assert!(credential.ends_with(list.json()[0]["last4"].as_str().expect("four")));
    assert!(!list.text().contains(&credential));
    let log = Call::get("/api/organizations/acme/audit-log/export").bearer(&ada.value);
    let log = server.send(log).await.text();
    assert!(log.contains("org.edge_credential.create") && !log.contains(&credential));
}

pub(crate) async fn a_leaked_edge_credential_is_withdrawn_by_whoever_reports_it(server: Server) {
    let (ada, _) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    assert_eq!(get(&server, &credential, "").await.status, 200);
    let report = json!({ "credentials": [credential] });
    let answer = server
        .send(Call::post("/api/credentials/revoke", &report))
        .await;
    assert_eq!(answer.status, 202);
    assert_eq!(get(&server, &credential, "").await.status, 401);
    assert_eq!(
        get(&server, &ada.value, "/edge-credentials").await.json(),
        json!([])
    );
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

/// Two servers on one database.
pub(crate) async fn edges_of_one_server_are_seen_by_another(server: Server, other: Server) {
    let (ada, bob) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    other.app.follow().await.expect("it follows");
    let mut edge = Edge::open(&other, &credential).await;
    let mut events = Events::follow(&other, &credential).await;
    events.manifest().await.expect("the newest");
    let generation = revoke(&server, &ada, &bob).await;
    let sealed = events.manifest().await.expect("the next");
    edge.take(&other, &sealed).await;
    edge.report(&other, "default").await;
    let says = wait(&server, &ada, generation, 20).await;
    assert_eq!(
        (&says["complete"], &says["applied"]),
        (&json!(true), &json!(1))
    );
    assert!(keys(&server).await.ids().eq(keys(&other).await.ids()));
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
        meddle(&database, "ALTER TABLE journal_head RENAME TO elsewhere").await;
        clock::pause(Duration::from_millis(4000)).await;
        let sealed = get(&server, &ada.value, "").await.body;
        let claims = Claims::read(&sealed).expect("a manifest");
        assert!(claims.stamp.expires <= clock::now(), "{claims:?}");
        let keys = keys(&server).await;
        let refused = edge.held.update(&sealed, &keys, clock::now());
        assert_eq!(refused.err(), Some(SnapshotError::Expired));
        meddle(&database, "ALTER TABLE elsewhere RENAME TO journal_head").await;
        clock::pause(Duration::from_millis(1500)).await;
        Edge::open(&server, &ada.value).await;
    };
    with_database(Kind::Sqlite, test).await;
}

/// What was handed out under another maximum age lasts as it was handed out.
pub(crate) async fn an_edge_is_live_for_as_long_as_what_it_was_handed() {
    with_database(Kind::Sqlite, async |database: Database| {
        let server = Server::start(&database).await;
        let (ada, bob) = acme(&server).await;
        let credential = issue(&server, &ada, "eu-1").await;
        Edge::open(&server, &credential).await;
        server.stop().await;
        let setup = Setup {
            snapshot_max_age: 1,
            ..Setup::default()
        };
        let server = Server::start_on(&database.address, setup, None).await;
        clock::pause(Duration::from_millis(2500)).await;
        let generation = revoke(&server, &ada, &bob).await;
        let says = wait(&server, &ada, generation, 0).await;
        assert_eq!(says["complete"], false, "it may decide for minutes: {says}");
    })
    .await;
}

/// An edge has so many processes and no more, or its credential could fill the server.
pub(crate) async fn the_processes_of_an_edge_are_bounded(server: Server) {
    let (ada, _) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    let edge = Edge::open(&server, &credential).await;
    let mut last = 0;
    for number in 0..=1000 {
        let call = Call::get(SNAPSHOT).bearer(&credential);
        let call = call.header("x-tokenward-instance", format!("i-{number}"));
        last = server.send(call).await.status;
        if last != 200 {
            break;
        }
    }
    assert_eq!(last, 429);
    assert_eq!(
        edge.report(&server, "i-1").await.status,
        204,
        "known ones go on"
    );
}

/// A server that lags behind another knows what the other has made when it is asked.
pub(crate) async fn a_generation_of_another_server_is_known_at_once(server: Server, other: Server) {
    let (ada, bob) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    other.app.follow().await.expect("it follows");
    let mut edge = Edge::open(&server, &credential).await;
    let generation = revoke(&server, &ada, &bob).await;
    edge.refresh(&server).await;
    assert_eq!(edge.report(&other, "default").await.status, 204);
    let says = wait(&other, &ada, generation, 0).await;
    assert_eq!(says["complete"], true);
}
