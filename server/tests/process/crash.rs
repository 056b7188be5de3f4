//! Killed during a stream of changes, and started again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::database::Database;
use crate::host::{Host, client};

const ROUNDS: u32 = 3;
const WRITERS: usize = 4;

/// What the writers were told.
#[derive(Default)]
struct Told {
    made: BTreeSet<String>,
    revoked: BTreeSet<String>,
    generation: u64,
}

pub(crate) async fn a_killed_server_has_every_change_that_it_acknowledged(database: Database) {
    let mut host = Host::start(database);
    host.found().await;
    let (_, ada) = host
        .token("ada", "security", &["org.write", "org.auditLog.write"])
        .await;
    let told = Arc::new(Mutex::new(Told::default()));
    for round in 1..=ROUNDS {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(caller(&host, &ada), round, writer, told.clone())))
            .collect();
        wait_for(&told, usize::try_from(round).expect("a small number") * 20).await;
        host.kill_and_restart(round);
        for writer in writers {
            writer.await.expect("a writer ends when the server is gone");
        }
        check(&host, &ada, &told).await;
    }
}

/// What a writer needs to call the server.
#[derive(Clone)]
struct Caller {
    base: String,
    site: String,
    admin: String,
    http: reqwest::Client,
}

fn caller(host: &Host, admin: &str) -> Caller {
    Caller {
        base: host.base.clone(),
        site: host.admin.clone(),
        admin: admin.to_owned(),
        http: client(),
    }
}

impl Caller {
    async fn post(&self, path: &str, token: &str, body: Value) -> Option<(Value, u64)> {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .bearer_auth(token);
        let response = request.json(&body).send().await.ok()?;
        assert!(response.status().is_success(), "{path}: {response:?}");
        let generation = response
            .headers()
            .get("x-tokenward-generation")?
            .to_str()
            .ok()?;
        let generation = generation.parse().ok()?;
        Some((response.json().await.ok()?, generation))
    }
}

/// Makes tokens and revokes every second one, until the server is gone.
async fn write(caller: Caller, round: u32, writer: usize, told: Arc<Mutex<Told>>) {
    for number in 0.. {
        let name = format!("token {round}.{writer}.{number}");
        let grant = json!({"entity": {"type": "org", "name": "acme"}, "permissions": ["org.read"]});
        let body = json!({
            "displayName": name, "role": "fineGrained", "fineGrained": {"scoped": [grant]},
        });
        let made = caller
            .post("/api/users/bob/tokens", &caller.site, body)
            .await;
        let Some((made, generation)) = made else {
            return;
        };
        let id = made["tokenInfo"]["id"].as_str().expect("an id").to_owned();
        note(&told, generation, |told| told.made.insert(id.clone()));
        if number % 2 == 1 {
            continue;
        }
        let path = format!("/api/organizations/acme/settings/tokens/{id}/revoke");
        let revoked = caller.post(&path, &caller.admin, json!({})).await;
        let Some((_, generation)) = revoked else {
            return;
        };
        note(&told, generation, |told| told.revoked.insert(id.clone()));
    }
}

fn note(told: &Mutex<Told>, generation: u64, what: impl FnOnce(&mut Told) -> bool) {
    let mut told = told.lock().expect("no writer panics");
    told.generation = told.generation.max(generation);
    what(&mut told);
}

async fn wait_for(told: &Mutex<Told>, changes: usize) {
    let mut again = tokio::time::interval(Duration::from_millis(5));
    while told.lock().expect("no writer panics").made.len() < changes {
        again.tick().await;
    }
}

/// Everything that was acknowledged is there, and the log has no gap and no half of a change.
async fn check(host: &Host, ada: &str, told: &Mutex<Told>) {
    let log = host.audit(ada).await;
    let generations: Vec<u64> = log
        .iter()
        .map(|entry| entry["generation"].as_u64().expect("a number"))
        .collect();
    let expected: Vec<u64> = (1..=u64::try_from(log.len()).expect("not that many")).collect();
    assert_eq!(generations, expected, "the log has no gap");
    let document = host
        .call(Method::GET, "/api/organizations/acme/document", ada, None)
        .await;
    assert_eq!(document.status, StatusCode::OK);
    assert_eq!(
        document.body["generation"].as_u64(),
        generations.last().copied()
    );
    let tokens = document.body["tokens"].as_array().expect("a list");
    let ids = |only_revoked: bool| -> BTreeSet<String> {
        let there = tokens
            .iter()
            .filter(|token| !only_revoked || !token["revoked"].is_null());
        there
            .map(|token| token["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let told = told.lock().expect("no writer panics");
    assert!(
        told.made.is_subset(&ids(false)),
        "every token that was acknowledged is there"
    );
    assert!(
        told.revoked.is_subset(&ids(true)),
        "every revocation that was acknowledged holds"
    );
    assert!(
        generations
            .last()
            .is_some_and(|last| *last >= told.generation)
    );
    let logged = |kind: &str| log.iter().filter(|entry| entry["type"] == kind).count();
    assert_eq!(
        logged("org.token_approval.revoked"),
        ids(true).len(),
        "no half of a revocation"
    );
    // ada's own token, approved at once, is one entry of another type.
    assert_eq!(
        logged("org.token_approval.authorization_request") + 1,
        ids(false).len()
    );
}
