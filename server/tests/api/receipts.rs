//! What readers of snapshots say that they have applied, and waiting until they have.

use std::time::Duration;

use serde_json::{Value, json};
use tokenward_core::snapshot::{Claims, Snapshot};
use tokenward_server::clock;

use crate::database::{Database, with_database};
use crate::edge::{Edge, Events, SNAPSHOT, acme, edges, issue, keys, revoke, wait};
use crate::server::{Call, Server, Setup};
use crate::{Kind, run_with};

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
    let before = server.app.memory().world.generation("acme");
    let before = before.expect("it is there");
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

/// Whoever shows a token in place of a credential may decide for as long, and is waited for as well.
pub(crate) async fn whoever_reads_with_a_token_is_waited_for(server: Server) {
    let (ada, bob) = acme(&server).await;
    let reader = server.scoped("ada", "org:acme", &["org.tokens.read"]).await;
    let mut edge = Edge::open(&server, &reader.value).await;
    let generation = revoke(&server, &ada, &bob).await;
    let says = wait(&server, &ada, generation, 0).await;
    let waiting = json!({
        "edge": null, "token": reader.id, "instance": "default", "generation": null,
        "appliedAt": null, "seenAt": says["waiting"][0]["seenAt"], "live": true, "withdrawn": false,
    });
    assert_eq!(says["complete"], false);
    assert_eq!(says["waiting"], json!([waiting]));
    edge.refresh(&server).await;
    assert_eq!(edge.report(&server, "default").await.status, 204);
    let says = wait(&server, &ada, generation, 0).await;
    assert_eq!(
        (&says["complete"], &says["applied"]),
        (&json!(true), &json!(1))
    );
    // A stream and a fetch count as much, and say which process it is that calls.
    let call = Call::get(&format!("{SNAPSHOT}/events")).bearer(&reader.value);
    Events::of(
        server
            .begin(call.header("x-tokenward-instance", "stream"))
            .await,
    );
    let call = Call::get(SNAPSHOT).bearer(&reader.value);
    let call = call.header("x-tokenward-instance", "fetch");
    let applied = call.header("x-tokenward-applied", generation.to_string());
    assert_eq!(server.send(applied).await.status, 200);
    let says = wait(&server, &ada, generation, 0).await;
    assert_eq!(says["complete"], false);
    assert_eq!(says["waiting"][0]["instance"], "stream");
    // Its token is revoked: it fetches nothing more, and decides from what it has.
    let generation = revoke(&server, &ada, &reader).await;
    assert_eq!(edge.report(&server, "default").await.status, 403);
    let says = wait(&server, &ada, generation, 0).await;
    let waiting = says["waiting"].as_array().expect("a list");
    assert_eq!(waiting.len(), 3);
    assert!(waiting.iter().all(|one| one["withdrawn"] == true), "{says}");
    let list = edges(&server, &ada).await.to_string();
    assert!(list.contains(&reader.id) && !list.contains(&reader.value));
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
        let keys = keys(&server).await;
        // However long this takes: nobody says that all have it while one could decide without it.
        loop {
            let says = wait(&server, &ada, generation, 1).await;
            if says["complete"] == true {
                break;
            }
            assert_eq!(says["waiting"][0]["withdrawn"], true, "{says}");
        }
        let opened = Snapshot::open(edge.held.bundle(), &keys, clock::now());
        assert!(opened.is_err(), "it has expired");
    })
    .await;
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

/// A wait that was complete stays true: whoever comes later is handed nothing older, by any server.
pub(crate) async fn nothing_is_handed_out_that_another_server_has_changed(
    server: Server,
    other: Server,
) {
    let (ada, _) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    other.app.follow().await.expect("it follows");
    Edge::open(&other, &credential).await;
    for path in ["", "/bundle", "/events"] {
        let token = server.unscoped("bob", "read").await;
        let generation = revoke(&server, &ada, &token).await;
        let call = Call::get(&format!("{SNAPSHOT}{path}")).bearer(&credential);
        let call = call.header("x-tokenward-instance", format!("new{}", path.len()));
        let answer = other.begin(call).await;
        let handed = match path {
            "/events" => {
                let first = Events::of(answer).manifest().await.expect("the newest");
                Claims::read(&first).expect("a manifest").generation
            }
            _ => {
                let generation = &answer.headers()["x-tokenward-generation"];
                let generation = generation.to_str().expect("a number");
                generation.parse().expect("a number")
            }
        };
        assert!(handed >= generation, "{path}: {handed} < {generation}");
    }
}
