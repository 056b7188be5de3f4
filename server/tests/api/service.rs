//! The server about itself.

use serde_json::json;
use sqlx::{Connection, SqliteConnection};

use crate::database::{Kind, with_database};
use crate::server::{Call, Server};

pub(crate) async fn the_server_says_that_it_lives_and_can_work(server: Server) {
    let alive = server.send(Call::get("/healthz")).await;
    assert_eq!(
        (alive.status, alive.json()),
        (200, json!({ "status": "ok" }))
    );
    let ready = server.send(Call::get("/readyz")).await;
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({ "status": "ready" }))
    );
    let other = server.send(Call::new("POST", "/healthz")).await;
    assert_eq!(
        (other.status, other.header("allow")),
        (405, Some("GET,HEAD"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_its_database_is_not_ready() {
    with_database(Kind::Sqlite, async |database| {
        let server = Server::start(&database).await;
        let mut other = SqliteConnection::connect(&database.address)
            .await
            .expect("a connection");
        let away = sqlx::query("ALTER TABLE journal_head RENAME TO away")
            .execute(&mut other)
            .await;
        away.expect("the table is taken away");
        let ready = server.send(Call::get("/readyz")).await;
        let text = "The database does not answer.";
        assert_eq!(
            (ready.status, ready.header("x-error-message")),
            (503, Some(text))
        );
        assert_eq!(ready.json(), json!({ "error": text }));
        assert_eq!(server.send(Call::get("/healthz")).await.status, 200);
    })
    .await;
}

pub(crate) async fn numbers_name_nobody(server: Server) {
    server.user("bob").await;
    server.organization("acme", "default").await;
    server.member("acme", "bob", "write").await;
    let bob = server.unscoped("bob", "write").await;
    let question = json!({ "action": "repo.write", "resource": "model:acme/bert" });
    server
        .send(Call::post("/api/authz/check", &question).bearer(&bob.value))
        .await;
    let answer = server.send(Call::get("/metrics")).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let text = answer.text();
    assert!(
        text.contains("tokenward_decisions_total{reason=\"granted\"} 1\n"),
        "{text}"
    );
    assert!(text.contains("tokenward_tokens 2\n"), "{text}");
    for name in ["bob", "acme", "bert", &bob.id, &bob.value] {
        assert!(!text.contains(name), "{name} is in {text}");
    }
}

pub(crate) async fn the_list_of_endpoints_is_served(server: Server) {
    let answer = server.send(Call::get("/openapi.json")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), tokenward_server::openapi::document());
}
