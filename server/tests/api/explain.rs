//! `POST /api/authz/explain`.

use serde_json::{Value, json};

use crate::server::{Call, Made, Server, UNKNOWN};

async fn explanations(server: &Server, token: Option<&str>, body: &Value) -> Vec<Value> {
    let call = Call::post("/api/authz/explain", body);
    let call = match token {
        Some(token) => call.bearer(token),
        None => call,
    };
    let answer = server.send(call).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let explanations = answer.json()["explanations"].clone();
    explanations.as_array().cloned().expect("a list")
}

fn hub_request(method: &str, uri: &str) -> Value {
    json!({ "request": { "method": method, "uri": uri } })
}

fn reasons(explanation: &Value) -> Vec<&str> {
    let obstacles = explanation["obstacles"].as_array().expect("a list");
    let reasons = obstacles.iter().map(|obstacle| &obstacle["reason"]);
    reasons.filter_map(Value::as_str).collect()
}

/// `acme`, which approves tokens, with the reader `rita`, and a fine-grained token of hers that may
/// read alone and that nobody has approved.
async fn waiting(server: &Server) -> Made {
    server.user("rita").await;
    server.organization("acme", "require-approval").await;
    server.member("acme", "rita", "read").await;
    server
        .repository("acme", "model/acme/bert", json!({}))
        .await;
    server
        .scoped("rita", "org:acme", &["repo.content.read"])
        .await
}

pub(crate) async fn every_obstacle_is_told_with_its_remedy(server: Server) {
    let rita = waiting(&server).await;
    let body = json!({ "action": "repo.write", "resource": "model:acme/bert" });
    let [explanation] = &explanations(&server, Some(&rita.value), &body).await[..] else {
        panic!("one question has one answer")
    };
    assert_eq!(explanation["reason"], "token_pending");
    assert_eq!(explanation["action"], "repo.write");
    assert_eq!(
        explanation["resource"],
        json!({ "type": "model", "name": "acme/bert" })
    );
    assert_eq!(explanation["checks"].as_array().map(Vec::len), Some(13));
    assert_eq!(
        reasons(explanation),
        ["token_pending", "token_scope", "role_insufficient"]
    );
    let remedies: Vec<&str> = (0..3)
        .filter_map(|at| explanation["obstacles"][at]["remedy"]["do"].as_str())
        .collect();
    assert_eq!(remedies, ["approve_token", "add_permission", "raise_role"]);
    assert_eq!(explanation["remedy"], explanation["obstacles"][0]["remedy"]);
}

pub(crate) async fn what_is_allowed_has_no_obstacle(server: Server) {
    let rita = waiting(&server).await;
    let repository = json!({ "visibility": "public" });
    server
        .repository("acme", "model/acme/open", repository)
        .await;
    let body = json!({ "action": "repo.content.read", "resource": "model:acme/open" });
    for token in [None, Some(&*rita.value)] {
        let [explanation] = &explanations(&server, token, &body).await[..] else {
            panic!("one question has one answer")
        };
        assert_eq!(explanation["decision"], "allow");
        assert_eq!(reasons(explanation), [""; 0]);
    }
}

pub(crate) async fn a_hub_request_is_explained_need_by_need(server: Server) {
    let rita = waiting(&server).await;
    let ask = async |body: &Value| explanations(&server, Some(&rita.value), body).await;
    let commit = ask(&hub_request("POST", "/api/models/acme/bert/commit/main")).await;
    assert_eq!(commit.len(), 1);
    assert_eq!(commit[0]["action"], "repo.write");
    assert_eq!(commit[0]["reason"], "token_pending");

    let body = json!({ "fromRepo": "acme/bert", "toRepo": "acme/new", "type": "model" });
    let mut moving = hub_request("POST", "/api/repos/move");
    moving["request"]["body"] = json!(body.to_string());
    let moved = ask(&moving).await;
    let actions: Vec<_> = moved.iter().map(|item| &item["action"]).collect();
    assert_eq!(actions, ["repo.admin", "repo.create"]);
    assert_eq!(
        moved[1]["resource"],
        json!({ "type": "org", "name": "acme" })
    );

    assert!(
        ask(&hub_request("POST", "/api/validate-yaml"))
            .await
            .is_empty()
    );
}

pub(crate) async fn a_bad_token_is_in_the_way_of_what_needs_any(server: Server) {
    let listing = hub_request("GET", "/api/models");
    assert!(explanations(&server, None, &listing).await.is_empty());
    let refused = explanations(&server, Some(UNKNOWN), &listing).await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["action"], Value::Null);
    assert_eq!(refused[0]["resource"], Value::Null);
    assert_eq!(reasons(&refused[0]), ["invalid_token"]);
}

pub(crate) async fn what_no_row_lists_is_explained(server: Server) {
    let refused = explanations(&server, None, &hub_request("GET", "/nowhere/to/go")).await;
    assert_eq!(refused.len(), 1);
    assert_eq!(reasons(&refused[0]), ["unknown_action"]);
    assert_eq!(refused[0]["status"], 403);
}

pub(crate) async fn a_hidden_repository_looks_unlisted(server: Server) {
    let rita = waiting(&server).await;
    let path = "/api/organizations/acme/resource-groups/lab";
    server.set_up("PUT", path, json!({ "members": [] })).await;
    let hidden = json!({ "resourceGroup": "lab", "gated": true });
    server.repository("acme", "model/acme/hidden", hidden).await;
    let ask = async |name: &str| {
        let body = json!({ "action": "repo.content.read", "resource": format!("model:{name}") });
        let mut found = explanations(&server, Some(&rita.value), &body).await;
        let text = found.pop().expect("one").to_string();
        text.replace(name, "acme/…")
    };
    assert_eq!(ask("acme/hidden").await, ask("acme/nothing").await);

    server.user("eve").await;
    let eve = server.unscoped("eve", "write").await;
    let body = json!({ "action": "repo.content.read", "resource": "model:acme/hidden" });
    let outside = explanations(&server, Some(&eve.value), &body).await;
    assert_eq!(outside[0]["generation"], Value::Null);
}

pub(crate) async fn a_question_has_one_form(server: Server) {
    let question = json!({ "action": "repo.write", "resource": "model:acme/bert" });
    let mut both = hub_request("GET", "/api/models");
    both["action"] = json!("repo.write");
    both["resource"] = question["resource"].clone();
    for body in [
        json!({}),
        json!({ "action": "repo.write" }),
        json!({ "resource": "model:acme/bert" }),
        both,
        json!({ "request": { "method": "GET" } }),
        hub_request("GET", &format!("/api/models?{}", "owner=acme&".repeat(500))),
        json!({ "request": { "method": "GET", "uri": "/", "headers": [] } }),
        json!({ "action": "repo.write", "resource": "bert" }),
    ] {
        let answer = server.send(Call::post("/api/authz/explain", &body)).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
    }
}
