//! An edge: fetches, verifies and follows the snapshots of `acme` over HTTP, and reports.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokenward_core::snapshot::{Snapshot, TrustedKeys};
use tokenward_core::{Authorizer, Decision, Presented, Request, Resource, TokenSecret};
use tokenward_server::clock;

use crate::server::{Answer, Call, Made, Server};

pub(crate) const SNAPSHOT: &str = "/api/organizations/acme/snapshot";

/// An edge and what it holds.
pub(crate) struct Edge {
    pub(crate) credential: String,
    pub(crate) held: Snapshot,
    /// How many bytes were fetched for the last refresh.
    pub(crate) fetched: usize,
}

/// `acme` with an admin and a contributor, and a token for each.
pub(crate) async fn acme(server: &Server) -> (Made, Made) {
    for user in ["ada", "bob"] {
        server.user(user).await;
    }
    server.organization("acme", "default").await;
    server.member("acme", "ada", "admin").await;
    server.member("acme", "bob", "contributor").await;
    server
        .repository("acme", "model/acme/bert", json!({}))
        .await;
    let ada = server.unscoped("ada", "write").await;
    let bob = server
        .scoped("bob", "org:acme", &["repo.content.read"])
        .await;
    (ada, bob)
}

pub(crate) async fn issue(server: &Server, admin: &Made, name: &str) -> String {
    let path = format!("{SNAPSHOT}/edge-credentials");
    let call = Call::post(&path, &json!({ "name": name })).bearer(&admin.value);
    let answer = server.send(call).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let body = answer.json();
    body["credential"].as_str().expect("a value").to_owned()
}

pub(crate) async fn keys(server: &Server) -> TrustedKeys {
    let answer = server.send(Call::get("/.well-known/tokenward-keys")).await;
    assert_eq!(answer.status, 200);
    TrustedKeys::parse(&answer.text()).expect("a JWKS")
}

pub(crate) async fn get(server: &Server, credential: &str, path: &str) -> Answer {
    let call = Call::get(&format!("{SNAPSHOT}{path}")).bearer(credential);
    server.send(call).await
}

impl Edge {
    /// Opens the newest bundle, as of when it is asked for.
    pub(crate) async fn open(server: &Server, credential: &str) -> Self {
        let asked = clock::now();
        let answer = get(server, credential, "/bundle").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let keys = keys(server).await;
        let held = Snapshot::open(answer.body, &keys, asked).expect("it is valid");
        Self {
            credential: credential.to_owned(),
            held,
            fetched: 0,
        }
    }

    /// Fetches the newest manifest, and what it names that is not held.
    pub(crate) async fn refresh(&mut self, server: &Server) {
        let answer = get(server, &self.credential, "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.fetched = answer.body.len();
        self.take(server, &answer.body).await;
    }

    /// Takes a manifest from wherever it comes.
    pub(crate) async fn take(&mut self, server: &Server, sealed: &[u8]) {
        let keys = keys(server).await;
        let update = self.held.update(sealed, &keys, clock::now());
        let mut update = update.expect("it follows");
        while let Some(hash) = update.missing().pop() {
            let block = get(server, &self.credential, &format!("/blocks/{hash}")).await;
            assert_eq!(block.status, 200, "{}", block.text());
            self.fetched += block.body.len();
            update.supply(block.body).expect("it is the one");
        }
        self.held = update.finish().expect("everything is there");
    }

    pub(crate) fn decide(&self, token: &Made, action: &str, resource: &str) -> Decision {
        let authorizer = Authorizer::of_snapshot(self.held.clone()).expect("it has a name");
        let secret = TokenSecret::parse(&token.value).expect("a token");
        authorizer.decide(&Request {
            token: Presented::Secret(&secret),
            action,
            resource: Resource::parse(resource).expect("a resource"),
            now: clock::now(),
        })
    }

    /// Says what it has applied, in the name of one of its processes.
    pub(crate) async fn report(&self, server: &Server, instance: &str) -> Answer {
        let body = json!({ "generation": self.held.generation(), "instance": instance });
        let call = Call::post(&format!("{SNAPSHOT}/applied"), &body).bearer(&self.credential);
        server.send(call).await
    }
}

/// A stream of manifests.
pub(crate) struct Events(Incoming);

impl Events {
    pub(crate) async fn follow(server: &Server, credential: &str) -> Self {
        let call = Call::get(&format!("{SNAPSHOT}/events")).bearer(credential);
        let answer = server.begin(call).await;
        Self::of(answer)
    }

    pub(crate) fn of(answer: axum::http::Response<Incoming>) -> Self {
        assert_eq!(answer.status(), 200);
        Self(answer.into_body())
    }

    /// The fields of the next event; nothing when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<BTreeMap<String, String>> {
        let mut text = String::new();
        while !text.ends_with("\n\n") {
            let frame = self.0.frame().await?.ok()?;
            text += std::str::from_utf8(&frame.into_data().ok()?).expect("UTF-8");
        }
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        let fields = lines.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(fields.collect())
    }

    /// The next manifest, sealed.
    pub(crate) async fn manifest(&mut self) -> Option<Vec<u8>> {
        loop {
            let event = self.next().await?;
            if event.get("event").is_some_and(|event| event == "manifest") {
                return Some(STANDARD.decode(&event["data"]).expect("base64"));
            }
        }
    }
}

pub(crate) async fn revoke(server: &Server, admin: &Made, token: &Made) -> u64 {
    let path = format!(
        "/api/organizations/acme/settings/tokens/{}/revoke",
        token.id
    );
    let answer = server
        .send(Call::new("POST", &path).bearer(&admin.value))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let generation = answer.header("x-tokenward-generation").expect("a number");
    generation.parse().expect("a number")
}

pub(crate) async fn wait(server: &Server, admin: &Made, generation: u64, seconds: u64) -> Value {
    let path = format!("/api/organizations/acme/generations/{generation}/wait?timeout={seconds}");
    let answer = server.send(Call::get(&path).bearer(&admin.value)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

pub(crate) async fn edges(server: &Server, admin: &Made) -> Value {
    let answer = get(server, &admin.value, "/edges").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["edges"].clone()
}
