//! The commands on the server's own machine, beside the running server.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::database::Database;
use crate::host::Host;
use crate::patience::Looks;

/// Calls until the answer is this: another process's change is seen soon, without being told.
async fn until(host: &Host, path: &str, token: &str, wanted: StatusCode) {
    let mut looks = Looks::until("the other process's change is seen");
    while host.call(Method::GET, path, token, None).await.status != wanted {
        looks.again().await;
    }
}

pub(crate) async fn a_policy_that_blocks_its_caller_is_refused_and_the_machine_can_still_set_it(
    database: Database,
) {
    let mut host = Host::start(database);
    host.found().await;
    let body = json!({"displayName": "unscoped", "role": "write"});
    let made = host
        .call(
            Method::POST,
            "/api/users/ada/tokens",
            &host.admin,
            Some(body),
        )
        .await;
    let ada = made.body["token"].as_str().expect("a token").to_owned();
    let path = "/api/organizations/acme/settings/token-policy";
    let refused = host.set_policy(&ada, "fine-grained-only").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.reason.as_deref(), Some("blocks_caller"));
    let shown = host.call(Method::GET, path, &ada, None).await;
    assert_eq!(shown.body["tokenPolicy"], "default");
    let forced = json!({"tokenPolicy": "fine-grained-only", "force": true});
    let forced = host.call(Method::PUT, path, &ada, Some(forced)).await;
    assert_eq!(forced.status, StatusCode::OK);
    let locked = host.call(Method::GET, path, &ada, None).await;
    assert_eq!(locked.reason.as_deref(), Some("fine_grained_required"));
    host.command(&["set-policy", "acme", "default"]);
    until(&host, path, &ada, StatusCode::OK).await;
    let log = host.audit(&ada).await;
    let last = log.last().expect("an entry");
    assert_eq!(last["type"], "org.token_policy.update");
    assert_eq!(last["author"]["type"], "system");
    assert_eq!(host.terminate(), Some(0), "SIGTERM ends it with 0");
}

pub(crate) async fn a_hub_token_made_beside_a_running_server_lists_repositories(
    database: Database,
) {
    let host = Host::start(database);
    host.found().await;
    let printed = host.command(&["hub-token"]);
    let hub = printed
        .trim()
        .strip_prefix("hub token: ")
        .expect("a token")
        .to_owned();
    let path = "/api/organizations/acme/resources/model/acme/bert";
    let body = json!({"visibility": "public"});
    let list = || host.call(Method::PUT, path, &hub, Some(body.clone()));
    let mut looks = Looks::until("the hub is known");
    while list().await.status != StatusCode::OK {
        looks.again().await;
    }
    for path in [
        "/api/whoami-v2",
        "/api/settings/tokens",
        "/api/organizations/acme/members",
    ] {
        let answer = host.call(Method::GET, path, &hub, None).await;
        assert!(answer.status.is_client_error(), "{path}: {answer:?}");
    }
    assert_eq!(
        host.call(Method::DELETE, path, &hub, None).await.status,
        StatusCode::NO_CONTENT
    );
}

pub(crate) async fn an_administrators_token_made_beside_a_running_server_works(database: Database) {
    let host = Host::start(database);
    let printed = host.command(&["admin-token"]);
    let token = printed
        .trim()
        .strip_prefix("site administrator token: ")
        .expect("a token");
    until(&host, "/api/whoami-v2", token, StatusCode::OK).await;
    let body = Some(json!({"name": "acme"}));
    let made = host
        .call(Method::POST, "/api/organizations", token, body)
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
}
