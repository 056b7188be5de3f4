//! Many at once.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokenward_core::Timestamp;
use tokenward_server::store::Store;

use crate::database::Database;
use crate::host::Host;

const ADMIN: &[&str] = &["org.write", "org.auditLog.write"];

pub(crate) async fn two_hundred_revokes_are_one(database: Database) {
    let address = database.address.clone();
    let host = Host::start(database);
    host.found().await;
    let (_, ada) = host.token("ada", "security", ADMIN).await;
    let (id, _) = host.token("bob", "leaked", &["repo.write"]).await;
    let path = format!("/api/organizations/acme/settings/tokens/{id}/revoke");
    let calls = (0..200).map(|_| host.call(Method::POST, &path, &ada, None));
    let answers = join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    assert!(
        answers
            .iter()
            .all(|answer| answer.generation == answers[0].generation)
    );
    let log = host.audit(&ada).await;
    let revoked = log
        .iter()
        .filter(|entry| entry["type"] == "org.token_approval.revoked");
    assert_eq!(revoked.count(), 1, "one audit entry");
    let store = Store::open(&address).await.expect("the database opens");
    let far = Timestamp::parse("2100-01-01T00:00:00Z").expect("a time");
    let notices = store.claim(1000, far).await.expect("notices");
    let told = notices.iter().filter(|queued| {
        serde_json::to_value(queued.notice.kind).expect("a word") == "token_revoked"
    });
    assert_eq!(told.count(), 1, "one notice");
}

pub(crate) async fn of_two_administrators_one_comes_first(database: Database) {
    let host = Host::start(database);
    host.found().await;
    let (_, ada) = host.token("ada", "ada's", ADMIN).await;
    let (_, grace) = host.token("grace", "grace's", ADMIN).await;
    assert_eq!(
        host.set_policy(&ada, "require-approval").await.status,
        StatusCode::OK
    );
    for round in 0..10 {
        let (id, _) = host
            .token("bob", &format!("token {round}"), &["repo.write"])
            .await;
        let path = |verb: &str| format!("/api/organizations/acme/settings/tokens/{id}/{verb}");
        let (approve, revoke) = (path("approve"), path("revoke"));
        let (approved, revoked) = tokio::join!(
            host.call(Method::POST, &approve, &ada, None),
            host.call(Method::POST, &revoke, &grace, None),
        );
        assert_eq!(revoked.status, StatusCode::OK);
        let revoked_at = revoked.generation.expect("a generation");
        match approved.status {
            StatusCode::OK => assert!(approved.generation.expect("a generation") < revoked_at),
            StatusCode::CONFLICT => assert_eq!(approved.reason.as_deref(), Some("token_revoked")),
            other => panic!("{other}"),
        }
    }
}

pub(crate) async fn administrators_who_revoke_each_other_cannot_both_win(database: Database) {
    let host = Host::start(database);
    host.found().await;
    for round in 0..5 {
        let (ada_id, ada) = host.token("ada", &format!("ada's {round}"), ADMIN).await;
        let (grace_id, grace) = host
            .token("grace", &format!("grace's {round}"), ADMIN)
            .await;
        let path = |id: &str| format!("/api/organizations/acme/settings/tokens/{id}/revoke");
        let (on_grace, on_ada) = (path(&grace_id), path(&ada_id));
        let (first, second) = tokio::join!(
            host.call(Method::POST, &on_grace, &ada, Some(json!({}))),
            host.call(Method::POST, &on_ada, &grace, Some(json!({}))),
        );
        let mut statuses = [first.status, second.status];
        statuses.sort();
        assert_eq!(
            statuses,
            [StatusCode::OK, StatusCode::FORBIDDEN],
            "{first:?} {second:?}"
        );
    }
}

pub(crate) async fn one_value_is_rotated_once(database: Database) {
    let host = Host::start(database);
    host.found().await;
    let (id, bob) = host.token("bob", "laptop", &["repo.write"]).await;
    let path = format!("/api/settings/tokens/{id}/rotate");
    let calls = (0..8).map(|_| host.call(Method::POST, &path, &bob, None));
    let answers = join_all(calls).await;
    let rotated = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(rotated.count(), 1, "{answers:?}");
    let refused = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::UNAUTHORIZED);
    assert_eq!(refused.count(), 7, "an earlier value never authenticates");
    let fresh = answers
        .iter()
        .find_map(|answer| answer.body["token"].as_str());
    let whoami = host
        .call(Method::GET, "/api/whoami-v2", fresh.expect("a token"), None)
        .await;
    assert_eq!(
        whoami.status,
        StatusCode::OK,
        "the value that was shown is the one that counts"
    );
}

pub(crate) async fn the_last_site_administrator_is_not_suspended(database: Database) {
    let host = Host::start(database);
    let body = Some(json!({"suspended": true}));
    let answer = host
        .call(Method::PATCH, "/api/users/admin", &host.admin, body)
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let whoami = host
        .call(Method::GET, "/api/whoami-v2", &host.admin, None)
        .await;
    assert_eq!(whoami.status, StatusCode::OK);
}
