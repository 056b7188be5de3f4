//! The credentials of edges: what they can do, and how they go.

use serde_json::json;

use crate::edge::{SNAPSHOT, acme, get, issue};
use crate::server::{Call, Server};

pub(crate) async fn an_edge_is_an_edge_of_its_organization_only(server: Server) {
    let (ada, _) = acme(&server).await;
    server.organization("globex", "default").await;
    let credential = issue(&server, &ada, "eu-1").await;
    let other = Call::get("/api/organizations/globex/snapshot").bearer(&credential);
    assert_eq!(server.send(other).await.status, 404);
    let whoami = Call::get("/api/whoami-v2").bearer(&credential);
    assert_eq!(server.send(whoami).await.status, 403);
    let twice = Call::post(
        &format!("{SNAPSHOT}/edge-credentials"),
        &json!({ "name": "eu-1" }),
    );
    assert_eq!(server.send(twice.bearer(&ada.value)).await.status, 409);
    let list = get(&server, &ada.value, "/edge-credentials").await;
    assert_eq!(list.json()[0]["name"], "eu-1");
    assert_eq!(list.json()[0]["createdBy"], "ada");
    assert!(credential.ends_with(list.json()[0]["last4"].as_str().expect("four")));
    assert!(!list.text().contains(&credential));
    let log = Call::get("/api/organizations/acme/audit-log/export").bearer(&ada.value);
    let log = server.send(log).await.text();
    assert!(log.contains("org.edge_credential.create") && !log.contains(&credential));
}

pub(crate) async fn a_leaked_edge_credential_is_withdrawn_by_whoever_reports_it(server: Server) {
    let (ada, _) = acme(&server).await;
    let credential = issue(&server, &ada, "eu-1").await;
    assert_eq!(get(&server, &credential, "").await.status, 200);
    let report = json!({ "credentials": [credential] });
    let answer = server
        .send(Call::post("/api/credentials/revoke", &report))
        .await;
    assert_eq!(answer.status, 202);
    assert_eq!(get(&server, &credential, "").await.status, 401);
    assert_eq!(
        get(&server, &ada.value, "/edge-credentials").await.json(),
        json!([])
    );
}
