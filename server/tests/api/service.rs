//! The server about itself.

use serde_json::json;

use crate::server::{Call, Server};

pub(crate) async fn the_server_says_that_it_lives_and_can_work(server: Server) {
    let alive = server.send(Call::get("/healthz")).await;
    assert_eq!((alive.status, alive.json()), (200, json!({ "status": "ok" })));
    let ready = server.send(Call::get("/readyz")).await;
    assert_eq!((ready.status, ready.json()), (200, json!({ "status": "ready" })));
    let other = server.send(Call::new("POST", "/healthz")).await;
    assert_eq!((other.status, other.header("allow")), (405, Some("GET,HEAD")));
}

pub(crate) async fn numbers_name_nobody(server: Server) {
    server.user("bob").await;
    server.organization("acme", "default").await;
    server.member("acme", "bob", "write").await;
    let bob = server.unscoped("bob", "write").await;
    let question = json!({ "action": "repo.write", "resource": "model:acme/bert" });
    server.send(Call::post("/api/authz/check", &question).bearer(&bob.value)).await;
    let answer = server.send(Call::get("/metrics")).await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    assert!(text.contains("tokenward_decisions_total{reason=\"granted\"} 1\n"), "{text}");
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
