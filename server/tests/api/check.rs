//! `POST /api/authz/check` and `/api/authz/filter`.

use serde_json::{Value, json};

use crate::server::{Answer, Call, HUB, Made, Server, UNKNOWN};

const CHECK: &str = "/api/authz/check";
const FILTER: &str = "/api/authz/filter";

fn question(action: &str, resource: &str) -> Value {
    json!({ "action": action, "resource": resource })
}

async fn check(server: &Server, token: Option<&str>, action: &str, resource: &str) -> Answer {
    let call = Call::post(CHECK, &question(action, resource));
    let call = match token {
        Some(token) => call.bearer(token),
        None => call,
    };
    let answer = server.send(call).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer
}

/// `acme` with the writer `bob` and the repositories `open` (public), `bert` (private).
async fn acme(server: &Server) -> Made {
    server.user("bob").await;
    server.organization("acme", "default").await;
    server.member("acme", "bob", "write").await;
    server
        .repository("acme", "model/acme/open", json!({ "visibility": "public" }))
        .await;
    server
        .repository("acme", "model/acme/bert", json!({}))
        .await;
    server.unscoped("bob", "write").await
}

pub(crate) async fn a_decision_is_always_200(server: Server) {
    let bob = acme(&server).await;
    let generation = server.app.memory().world.generation("acme");

    let answer = check(&server, Some(&bob.value), "repo.write", "model:acme/bert").await;
    let granted = json!({
        "decision": "allow", "reason": "granted", "status": 200, "message": null,
        "generation": generation, "remedy": null,
    });
    assert_eq!(answer.json(), granted);
    let object =
        json!({ "action": "repo.write", "resource": { "type": "model", "name": "acme/bert" } });
    let answer = server
        .send(Call::post(CHECK, &object).bearer(&bob.value))
        .await;
    assert_eq!(answer.json(), granted);

    let reader = server.unscoped("bob", "read").await;
    let denied = check(
        &server,
        Some(&reader.value),
        "repo.write",
        "model:acme/bert",
    )
    .await
    .json();
    assert_eq!(denied["decision"], "deny");
    assert_eq!(denied["reason"], "token_scope");
    assert_eq!(denied["status"], 403);
    assert_eq!(denied["remedy"]["who"], "owner");
    let text = "Your token does not have the \"repo.write\" permission for model acme/bert.";
    assert_eq!(denied["message"], text);

    for (token, reason) in [(None, "missing_token"), (Some(UNKNOWN), "invalid_token")] {
        let answer = check(&server, token, "repo.write", "model:acme/bert")
            .await
            .json();
        assert_eq!(answer["reason"], reason);
        assert_eq!(answer["status"], 401);
        assert_eq!(answer["message"], "Invalid username or password.");
    }
    let odd = check(&server, Some(&bob.value), "repo.paint", "model:acme/bert")
        .await
        .json();
    assert_eq!(odd["reason"], "unknown_action");
}

pub(crate) async fn an_outsider_is_told_no_generation(server: Server) {
    acme(&server).await;
    server.user("eve").await;
    let eve = server.unscoped("eve", "write").await;
    for (token, reason) in [(None, "public"), (Some(eve.value.as_str()), "public")] {
        let answer = check(&server, token, "repo.content.read", "model:acme/open")
            .await
            .json();
        assert_eq!(answer["reason"], reason);
        assert_eq!(answer["generation"], Value::Null);
    }
    let answer = check(&server, Some(&eve.value), "repo.write", "model:acme/bert")
        .await
        .json();
    assert_eq!(
        (answer["reason"].clone(), answer["generation"].clone()),
        (json!("not_found"), Value::Null)
    );
}

pub(crate) async fn the_token_may_be_the_password_of_basic(server: Server) {
    let bob = acme(&server).await;
    let basic = |pair: String| {
        use base64::Engine as _;
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(pair)
        )
    };
    let call = Call::post(CHECK, &question("repo.write", "model:acme/bert"));
    for user in ["bob", "", "x"] {
        let header = basic(format!("{user}:{}", bob.value));
        let answer = server
            .send(call.clone().header("authorization", header))
            .await
            .json();
        assert_eq!(answer["reason"], "granted", "{user}");
    }
    let user_only = basic(format!("{}:", bob.value));
    let answer = server
        .send(call.header("authorization", user_only))
        .await
        .json();
    assert_eq!(answer["reason"], "missing_token");
}

pub(crate) async fn only_the_authorization_header_counts(server: Server) {
    let bob = acme(&server).await;
    let call = Call::post(CHECK, &question("repo.write", "model:acme/bert"));
    let elsewhere = [
        ("cookie", format!("token={}", bob.value)),
        ("x-api-key", bob.value.clone()),
    ];
    for (name, value) in elsewhere {
        let answer = server.send(call.clone().header(name, value)).await.json();
        assert_eq!(answer["reason"], "missing_token", "{name}");
    }
    let twice = call.clone().bearer(&bob.value).bearer(&bob.value);
    assert_eq!(server.send(twice).await.json()["reason"], "invalid_token");
    let lower = call.header("authorization", format!("bearer {}", bob.value));
    assert_eq!(server.send(lower).await.json()["reason"], "granted");
}

pub(crate) async fn a_hubs_credential_is_no_token(server: Server) {
    acme(&server).await;
    server.hub().await;
    let answer = check(&server, Some(HUB), "repo.write", "model:acme/bert")
        .await
        .json();
    assert_eq!(answer["reason"], "invalid_token");
    let all = json!({ "action": "repo.content.read", "resources": ["model:acme/open"] });
    assert_eq!(
        server
            .send(Call::post(FILTER, &all).bearer(HUB))
            .await
            .status,
        401
    );
}

pub(crate) async fn a_use_is_written_down(server: Server) {
    let bob = acme(&server).await;
    let spent =
        json!({ "displayName": "old", "role": "write", "expiresAt": "2020-01-01T00:00:00Z" });
    let spent = server.token("bob", spent).await;
    check(&server, Some(&bob.value), "repo.write", "model:acme/bert").await;
    let answer = check(&server, Some(&spent.value), "repo.write", "model:acme/bert")
        .await
        .json();
    assert_eq!(answer["reason"], "expired_token");
    server.app.write_uses().await.expect("uses are written");
    let tokens = server
        .set_up("GET", "/api/users/bob/tokens", Value::Null)
        .await;
    let used = |id: &str| {
        let mut all = tokens.as_array().expect("a list").iter();
        all.find(|token| token["id"] == id).expect("the token")["lastUsedAt"].clone()
    };
    assert!(used(&bob.id).is_string(), "{tokens}");
    assert!(used(&spent.id).is_null(), "{tokens}");
}

pub(crate) async fn a_filter_keeps_what_the_token_may_do(server: Server) {
    let bob = acme(&server).await;
    let resources = json!([
        { "type": "model", "name": "acme/bert" }, "model:globex/x", "model:acme/open", "dataset:acme/new",
    ]);
    let body = |action: &str| json!({ "action": action, "resources": resources });
    let model = |name: &str| json!({ "type": "model", "name": name });
    let data = json!({ "type": "dataset", "name": "acme/new" });

    let answer = server
        .send(Call::post(FILTER, &body("repo.content.read")).bearer(&bob.value))
        .await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        answer.json(),
        json!({ "allowed": [model("acme/bert"), model("acme/open"), data] })
    );
    let nobody = server
        .send(Call::post(FILTER, &body("repo.content.read")))
        .await;
    assert_eq!(nobody.json(), json!({ "allowed": [model("acme/open")] }));
    let odd = server
        .send(Call::post(FILTER, &body("repo.paint")).bearer(&bob.value))
        .await;
    assert_eq!(odd.json(), json!({ "allowed": [] }));
}

pub(crate) async fn a_filter_refuses_a_bad_token_and_too_many_resources(server: Server) {
    let bob = acme(&server).await;
    let body = |count: usize| {
        let resources: Vec<String> = (0..count).map(|n| format!("model:acme/m{n}")).collect();
        json!({ "action": "repo.content.read", "resources": resources })
    };
    let refused = server
        .send(Call::post(FILTER, &body(1)).bearer(UNKNOWN))
        .await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("x-tokenward-reason"), Some("invalid_token"));
    let most = server
        .send(Call::post(FILTER, &body(1000)).bearer(&bob.value))
        .await;
    assert_eq!(most.json()["allowed"].as_array().map(Vec::len), Some(1000));
    let more = server
        .send(Call::post(FILTER, &body(1001)).bearer(&bob.value))
        .await;
    assert_eq!(more.status, 400, "{}", more.text());
}
