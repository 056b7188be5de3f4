//! Raw tokens are nowhere but in the one answer that shows them: every file and every log line of
//! a run that issues, uses, rotates, revokes and reports tokens is searched for them.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokenward_server::store::Store;

use crate::database::{Database, Kind};
use crate::host::Host;

pub(crate) async fn a_raw_token_is_in_no_log_and_no_database(database: Database) {
    let mut host = Host::start(database);
    host.found().await;
    let mut raw = vec![host.admin.clone()];
    let (_, ada) = host
        .token(
            "ada",
            "security",
            &["org.write", "org.auditLog.write", "org.tokens.write"],
        )
        .await;
    let (id, bob) = host.token("bob", "laptop", &["repo.write"]).await;
    raw.extend([ada.clone(), bob.clone()]);
    misuse(&host, &bob).await;
    raw.push(edge(&host, &ada).await);
    let rotate = format!("/api/settings/tokens/{id}/rotate");
    let rotated = host.call(Method::POST, &rotate, &bob, None).await;
    assert_eq!(rotated.status, StatusCode::OK);
    let newer = rotated.body["token"].as_str().expect("a token").to_owned();
    assert_eq!(
        host.call(Method::GET, "/api/whoami-v2", &newer, None)
            .await
            .status,
        StatusCode::OK
    );
    raw.push(newer.clone());
    let by_value = "/api/organizations/acme/settings/tokens/revoke";
    // By the earlier value: it was rotated with itself, so it reaches the token as it is now.
    let body = json!({"token": bob, "reason": format!("found {newer} in a notebook")});
    let revoked = host.call(Method::POST, by_value, &ada, Some(body)).await;
    assert_eq!(revoked.status, StatusCode::OK, "{revoked:?}");
    let report = json!({"credentials": [newer, "hf_neverIssued"]});
    let reported = host
        .call(Method::POST, "/api/credentials/revoke", "", Some(report))
        .await;
    assert_eq!(reported.status, StatusCode::ACCEPTED);
    let gone = host.call(Method::GET, "/api/whoami-v2", &newer, None).await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
    assert_eq!(host.terminate(), Some(0));
    let everything = [
        ("logs", host.logs().into_bytes()),
        ("database", dump(&host).await),
    ];
    assert!(
        everything.iter().all(|(_, text)| text.len() > 1000),
        "there is something to search"
    );
    for (place, text) in everything {
        for (number, token) in raw.iter().enumerate() {
            assert!(
                !contains(&text, token.as_bytes()),
                "token {number} is in the {place}"
            );
        }
    }
}

/// An edge's credential is issued, used and misused; returns its value.
async fn edge(host: &Host, admin: &str) -> String {
    let snapshot = "/api/organizations/acme/snapshot";
    let path = format!("{snapshot}/edge-credentials");
    let body = Some(json!({"name": admin}));
    let refused = host.call(Method::POST, &path, admin, body).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let body = Some(json!({"name": "eu-1"}));
    let issued = host.call(Method::POST, &path, admin, body).await;
    assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
    let value = issued.body["credential"]
        .as_str()
        .expect("a value")
        .to_owned();
    let fetched = host.call(Method::GET, snapshot, &value, None).await;
    assert_eq!(fetched.status, StatusCode::OK);
    let applied = Some(json!({"generation": 1, "instance": value}));
    let path = format!("{snapshot}/applied");
    let applied = host.call(Method::POST, &path, &value, applied).await;
    assert_eq!(applied.status, StatusCode::BAD_REQUEST);
    let path = format!("{snapshot}/blocks/{value}");
    let missing = host.call(Method::GET, &path, &value, None).await;
    assert!(!missing.body.to_string().contains(&value));
    value
}

/// Tokens where they do not belong: in paths, queries, fields and bad JSON. No answer repeats one.
async fn misuse(host: &Host, token: &str) {
    let calls = [
        (Method::GET, format!("/api/settings/tokens/{token}"), None),
        (
            Method::GET,
            format!("/api/settings/tokens?cursor={token}"),
            None,
        ),
        (
            Method::GET,
            format!("/api/organizations/{token}/members"),
            None,
        ),
        (Method::GET, format!("/api/settings/tokens?{token}=1"), None),
        (
            Method::POST,
            "/api/authz/check".into(),
            Some(json!({token: 1})),
        ),
        (
            Method::POST,
            "/api/authz/check".into(),
            Some(json!({"action": token, "resource": "org:acme"})),
        ),
        (
            Method::POST,
            "/api/authz/check".into(),
            Some(json!({"action": "x", "resource": token})),
        ),
        (
            Method::POST,
            "/api/settings/tokens".into(),
            Some(json!({"displayName": token, "role": token})),
        ),
        (
            Method::PUT,
            "/api/organizations/acme/settings/token-policy".into(),
            Some(json!({"tokenPolicy": token})),
        ),
        (Method::GET, format!("/authz?{token}"), None),
    ];
    for (method, path, body) in calls {
        let answer = host.call(method, &path, token, body).await;
        assert!(
            !answer.body.to_string().contains(token),
            "{path} repeats the token"
        );
    }
}

/// Everything that the database holds: its files, or the rows of every table.
async fn dump(host: &Host) -> Vec<u8> {
    match host.database.kind {
        Kind::Sqlite => {
            let path = host
                .database
                .address
                .trim_start_matches("sqlite:")
                .to_owned();
            let mut bytes = Vec::new();
            for end in ["", "-wal", "-shm"] {
                bytes.extend(std::fs::read(format!("{path}{end}")).unwrap_or_default());
            }
            bytes
        }
        Kind::Postgres => {
            // What follows the question mark is for sqlx alone.
            let address = host.database.address.split('?').next().expect("an address");
            let output = std::process::Command::new("pg_dump")
                .args(["--inserts", "--dbname", address])
                .output()
                .expect("pg_dump runs");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            // The store opens it still: the dump is of a sound database.
            Store::open(&host.database.address)
                .await
                .expect("the database opens");
            output.stdout
        }
    }
}

fn contains(text: &[u8], token: &[u8]) -> bool {
    text.windows(token.len()).any(|window| window == token)
}
