//! What a gateway tells `/authz` in headers, and whom it is believed from.

use serde_json::json;
use tokenward_server::config::AuthzHeaders;

use crate::authz::{READ, WRITE, World, ask, is, original, outcome, unclear, world};
use crate::database::Kind;
use crate::server::{Call, Server, Setup, UNKNOWN};

pub(crate) async fn what_no_row_lists_is_refused(server: Server) {
    let World { server, .. } = world(server).await;
    let requests = [
        ("GET", "/api/unheard-of"),
        ("GET", "/api/models/acme/bert/../../../settings"),
        ("GET", "/api/models/acme%2fbert"),
        ("GET", "//api/models/acme/bert"),
        ("GET", "/api/settings/webhooks"),
        ("GET", "http://hub/api/models/acme/bert"),
        ("get", "/api/models/acme/bert"),
        ("BREW", "/api/models/acme/bert"),
        (
            "POST",
            "/api/models/acme/bert/commit/main?create_pr=1&create_pr=0",
        ),
        ("", ""),
    ];
    for request in requests {
        for token in [&server.site, UNKNOWN] {
            let answer = ask(&server, original(request).bearer(token)).await;
            assert_eq!(answer.status, 403, "{request:?}");
            assert_eq!(answer.header("x-tokenward-reason"), Some("unknown_action"));
            assert_eq!(
                answer.header("x-error-message"),
                Some("This operation is not allowed.")
            );
            assert_eq!(
                answer.json(),
                json!({ "error": "This operation is not allowed." })
            );
            assert_eq!(answer.header("x-tokenward-user"), Some(""));
        }
    }
}

pub(crate) async fn half_a_pair_is_refused(server: Server) {
    let World { server, write, .. } = world(server).await;
    let call = Call::get("/authz").bearer(&write.value);
    unclear(&server, call.clone()).await;
    unclear(&server, call.clone().header("x-original-method", "GET")).await;
    unclear(&server, call.clone().header("x-original-uri", READ.1)).await;
    unclear(&server, call.clone().header("x-forwarded-method", "GET")).await;
    unclear(&server, call.clone().header("x-forwarded-uri", READ.1)).await;
    let crossed = call
        .header("x-original-method", "GET")
        .header("x-forwarded-uri", READ.1);
    unclear(&server, crossed).await;
    let whole = original(READ).bearer(&write.value);
    unclear(&server, whole.header("x-forwarded-method", "GET")).await;
}

pub(crate) async fn both_pairs_at_once_are_refused(server: Server) {
    let World { server, write, .. } = world(server).await;
    let call = original(READ)
        .header("x-forwarded-method", READ.0)
        .header("x-forwarded-uri", READ.1)
        .bearer(&write.value);
    unclear(&server, call).await;
}

pub(crate) async fn a_repeated_header_is_refused(server: Server) {
    let World { server, write, .. } = world(server).await;
    for (name, value) in [("x-original-method", READ.0), ("x-original-uri", READ.1)] {
        unclear(
            &server,
            original(READ).bearer(&write.value).header(name, value),
        )
        .await;
    }
}

pub(crate) async fn unreadable_headers_are_refused(server: Server) {
    let World { server, write, .. } = world(server).await;
    let call = Call::get("/authz").bearer(&write.value);
    let uri = call.clone().header("x-original-method", "GET");
    unclear(
        &server,
        uri.header("x-original-uri", b"/api/models/acme/\xff"),
    )
    .await;
    let method = call.header("x-original-uri", READ.1);
    unclear(&server, method.header("x-original-method", b"GET\xe9")).await;
}

pub(crate) async fn either_pair_will_do(server: Server) {
    let World { server, write, .. } = world(server).await;
    let forwarded = Call::get("/authz")
        .header("x-forwarded-method", READ.0)
        .header("x-forwarded-uri", READ.1)
        .bearer(&write.value);
    assert_eq!(outcome(&server, forwarded).await, is(200, "granted"));
    let original = original(READ).bearer(&write.value);
    assert_eq!(outcome(&server, original).await, is(200, "granted"));
}

/// With one pair configured the other is not looked at.
async fn only_the_configured_pair_counts(server: Server, configured: &str, other: &str) {
    let World { server, write, .. } = world(server).await;
    let pair = |call: Call, kind: &str, (method, uri): (&str, &str)| {
        call.header(&format!("x-{kind}-method"), method)
            .header(&format!("x-{kind}-uri"), uri)
    };
    let call = Call::get("/authz").bearer(&write.value);
    let right = pair(call.clone(), configured, READ);
    assert_eq!(outcome(&server, right.clone()).await, is(200, "granted"));
    let both = pair(right, other, ("GET", "/api/unheard-of"));
    assert_eq!(outcome(&server, both).await, is(200, "granted"));
    unclear(&server, pair(call.clone(), other, READ)).await;
    unclear(&server, call).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_original_pair_can_be_configured() {
    let setup = Setup {
        authz_headers: AuthzHeaders::Original,
        ..Setup::default()
    };
    crate::run_with(Kind::Sqlite, setup, |server| {
        only_the_configured_pair_counts(server, "original", "forwarded")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_forwarded_pair_can_be_configured() {
    let setup = Setup {
        authz_headers: AuthzHeaders::Forwarded,
        ..Setup::default()
    };
    crate::run_with(Kind::Sqlite, setup, |server| {
        only_the_configured_pair_counts(server, "forwarded", "original")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_untrusted_peer_is_refused() {
    for trusted_proxies in ["", "10.0.0.0/8", "::1/128"] {
        let setup = Setup {
            trusted_proxies,
            ..Setup::default()
        };
        crate::run_with(Kind::Sqlite, setup, |server| async {
            let World { server, write, .. } = world(server).await;
            unclear(&server, original(READ).bearer(&write.value)).await;
            unclear(&server, original(("GET", "/api/agent-harnesses"))).await;
            let claimed = original(READ)
                .bearer(&write.value)
                .header("x-forwarded-for", "10.1.1.1");
            unclear(&server, claimed).await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_is_believed_wherever_it_calls_from() {
    let setup = Setup {
        trusted_proxies: "",
        rate_limit: 2,
        ..Setup::default()
    };
    crate::run_with(Kind::Sqlite, setup, |server| async {
        let World { server, write, .. } = world(server).await;
        let admin = server.unscoped("ada", "write").await;
        let credential = crate::edge::issue(&server, &admin, "eu-1").await;
        let asked = |credential: &str| {
            original(READ)
                .bearer(&write.value)
                .header("x-tokenward-edge", credential)
        };
        assert_eq!(
            outcome(&server, asked(&credential)).await,
            is(200, "granted")
        );
        for other in [UNKNOWN, "", &write.value] {
            unclear(&server, asked(other)).await;
            assert_eq!(
                believed(&server, asked(other)).await,
                Some("unknown".into())
            );
        }
        // What is refused to a gateway that is believed is the request.
        assert_eq!(believed(&server, asked(&credential)).await, None);
        let unheard = original(("GET", "/api/unheard-of"));
        let unheard = unheard.header("x-tokenward-edge", &credential);
        assert_eq!(believed(&server, unheard).await, None);
        // It limits its callers itself.
        for _ in 0..5 {
            let call = original(READ).bearer(UNKNOWN);
            let answer = ask(&server, call.header("x-tokenward-edge", &credential)).await;
            assert_eq!(answer.status, 401);
        }
        let path = "/api/organizations/acme/snapshot/edge-credentials/eu-1";
        let gone = Call::new("DELETE", path).bearer(&admin.value);
        assert_eq!(server.send(gone).await.status, 204);
        unclear(&server, asked(&credential)).await;
    })
    .await;
}

/// What the answer says of the gateway itself.
async fn believed(server: &Server, call: Call) -> Option<String> {
    let answer = ask(server, call).await;
    answer.header("x-tokenward-gateway").map(str::to_owned)
}

pub(crate) async fn head_is_get_and_options_is_refused(server: Server) {
    let World { server, read, .. } = world(server).await;
    let resolve = "/acme/bert/resolve/main/config.json";
    let head = original(("HEAD", resolve)).bearer(&read.value);
    assert_eq!(outcome(&server, head).await, is(200, "granted"));
    let options = original(("OPTIONS", resolve)).bearer(&read.value);
    assert_eq!(outcome(&server, options).await, is(403, "unknown_action"));
}

pub(crate) async fn any_method_reaches_it(server: Server) {
    let World { server, write, .. } = world(server).await;
    for method in [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND",
    ] {
        let call = Call {
            method: method.to_owned(),
            ..original(WRITE).bearer(&write.value)
        };
        let answer = ask(&server, call).await;
        assert_eq!(answer.status, 200, "{method}");
        let call = Call {
            method: method.to_owned(),
            ..original(WRITE)
        };
        let answer = ask(&server, call).await;
        let text = Some("Invalid username or password.");
        assert_eq!(
            (answer.status, answer.header("x-error-message")),
            (401, text),
            "{method}"
        );
    }
}
