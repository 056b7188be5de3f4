//! Snapshots in files, and the keys that they are signed with: the commands for both.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::Method;
use serde_json::Value;
use tokenward_server::clock::Stopwatch;
use tokenward_server::store::Store;

use crate::database::Database;
use crate::host::Host;
use crate::patience::Looks;

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tokenward-server"))
        .args(arguments)
        .output()
        .expect("the program runs")
}

/// What a command prints that goes well, or else what it says is wrong.
fn said(arguments: &[&str]) -> Result<String, String> {
    let Output {
        status,
        stdout,
        stderr,
    } = program(arguments);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    match status.success() {
        true => Ok(text(stdout)),
        false => Err(text(stderr)),
    }
}

async fn keep(host: &Host, path: &str, token: &str, file: &Path) {
    let url = format!("{}{path}", host.base);
    let answer = host.http.get(url).bearer_auth(token).send().await;
    let bytes = answer.expect("an answer").bytes().await.expect("a body");
    std::fs::write(file, bytes).expect("it is written");
}

async fn key_ids(host: &Host) -> Vec<String> {
    let path = "/.well-known/tokenward-keys";
    let answer = host.call(Method::GET, path, "", None).await;
    let keys = answer.body["keys"].as_array().expect("keys").iter();
    keys.map(|key| key["kid"].as_str().expect("an id").to_owned())
        .collect()
}

pub(crate) async fn a_snapshot_in_a_file_is_verified_and_looked_into(database: Database) {
    let host = Host::start(database);
    host.found().await;
    let (_, reader) = host.token("ada", "reader", &["org.tokens.read"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (keys, bundle, manifest) = (file("keys.json"), file("bundle"), file("manifest"));
    let snapshot = "/api/organizations/acme/snapshot";
    keep(&host, "/.well-known/tokenward-keys", "", Path::new(&keys)).await;
    keep(
        &host,
        &format!("{snapshot}/bundle"),
        &reader,
        Path::new(&bundle),
    )
    .await;
    keep(&host, snapshot, &reader, Path::new(&manifest)).await;
    let verify = |file: &str| said(&["snapshot", "verify", file, "--keys", &keys]);
    let text = verify(&bundle).expect("it is valid");
    for line in [
        "valid: ",
        "organization acme",
        "tokens       1",
        "parts        all",
    ] {
        assert!(text.contains(line), "{line} is missing: {text}");
    }
    for file in [&bundle, &manifest] {
        let text = said(&["snapshot", "inspect", file]).expect("it can be read");
        assert!(text.starts_with("not verified"), "{text}");
        assert!(text.contains(&key_ids(&host).await[0]), "{text}");
    }
    let mut broken = std::fs::read(&bundle).expect("it is there");
    *broken.last_mut().expect("bytes") ^= 1;
    let other = file("broken");
    std::fs::write(&other, &broken).expect("it is written");
    let refused = verify(&other).expect_err("a byte is another");
    assert!(refused.contains("refused: "), "{refused}");
    let org = [
        "snapshot", "verify", &bundle, "--keys", &keys, "--org", "globex",
    ];
    let refused = said(&org).expect_err("it is of another organization");
    assert!(refused.contains("wrong_org"), "{refused}");
    assert!(verify(&file("nothing")).is_err());
    assert!(said(&["snapshot", "inspect", &keys]).is_err());
}

pub(crate) async fn a_key_is_rotated_beside_a_running_server(database: Database) {
    let host = Host::start(database);
    let before = key_ids(&host).await;
    assert_eq!(before.len(), 1);
    let said = host.command(&["rotate-snapshot-key", "--overlap", "60"]);
    let seen = once(&host, |ids| ids.len() == 2).await;
    let new = seen.iter().find(|id| **id != before[0]).expect("a new key");
    assert!(said.contains(new.as_str()), "{said}");
    // After a theft: the others are gone at once.
    host.command(&["rotate-snapshot-key", "--overlap", "0"]);
    let last = once(&host, |ids| ids.len() == 1).await;
    assert!(!seen.contains(&last[0]));
    let store = Store::open(&host.database.address).await;
    let kept = store.expect("the database").snapshot_keys().await;
    let everything = format!("{said}{}", host.logs());
    for key in kept.expect("the keys") {
        let seed: String = key.seed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!everything.contains(&seed), "a seed is told");
    }
}

/// The keys, once they are so.
async fn once(host: &Host, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    let mut looks = Looks::until("the keys change");
    loop {
        let ids = key_ids(host).await;
        if wanted(&ids) {
            return ids;
        }
        looks.again().await;
    }
}

/// A stream of manifests does not keep the program from ending.
pub(crate) async fn a_followed_server_ends_at_once(database: Database) {
    let mut host = Host::start(database);
    host.found().await;
    let (_, reader) = host.token("ada", "reader", &["org.tokens.read"]).await;
    let url = format!("{}/api/organizations/acme/snapshot/events", host.base);
    let mut stream = host
        .http
        .get(url)
        .bearer_auth(reader)
        .send()
        .await
        .expect("a stream");
    let first: Value = stream
        .chunk()
        .await
        .expect("an event")
        .expect("an event")
        .len()
        .into();
    assert!(first.as_u64() > Some(100), "{first}");
    let started = Stopwatch::start();
    assert_eq!(host.terminate(), Some(0));
    // It waits 30 seconds for requests in hand.
    assert!(started.micros() < 25_000_000);
}
