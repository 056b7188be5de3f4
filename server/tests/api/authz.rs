//! `/authz`: every sentence of the contract's paragraph on it.
//!
//! Which URL needs what is the core's and is tested there; here it is about what may pass.
//! What a gateway sends in headers is in `gateway.rs`, how it is answered in `answers.rs`.

use serde_json::json;

use crate::server::{Answer, Call, HUB, Made, Server, UNKNOWN};

pub(crate) const READ: (&str, &str) = ("GET", "/api/models/acme/bert");
pub(crate) const WRITE: (&str, &str) = ("POST", "/api/models/acme/bert/commit/main");
const CREATE: (&str, &str) = ("POST", "/api/repos/create");
const BATCH: (&str, &str) = ("POST", "/acme/bert.git/info/lfs/objects/batch");

/// What nginx sends for a request.
pub(crate) fn original((method, uri): (&str, &str)) -> Call {
    Call::get("/authz")
        .header("x-original-method", method)
        .header("x-original-uri", uri)
}

/// A gateway that also hands over the body.
fn with_body((method, uri): (&str, &str), body: impl Into<Vec<u8>>) -> Call {
    Call::new("POST", "/authz")
        .header("x-original-method", method)
        .header("x-original-uri", uri)
        .raw("application/json", body)
}

/// What every answer of `/authz` has.
pub(crate) async fn ask(server: &Server, call: Call) -> Answer {
    let answer = server.send(call).await;
    assert!(
        matches!(answer.status, 200 | 401 | 403 | 404),
        "{}",
        answer.status
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for name in [
        "x-tokenward-reason",
        "x-tokenward-user",
        "x-tokenward-token-id",
        "x-request-id",
    ] {
        assert!(answer.header(name).is_some(), "no {name}");
    }
    if answer.status != 200 {
        assert!(answer.header("x-error-message").is_some());
    }
    answer
}

pub(crate) async fn outcome(server: &Server, call: Call) -> (u16, String) {
    let answer = ask(server, call).await;
    (
        answer.status,
        answer
            .header("x-tokenward-reason")
            .expect("a reason")
            .to_owned(),
    )
}

pub(crate) fn is(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

/// A call that the gateway got wrong.
pub(crate) async fn unclear(server: &Server, call: Call) {
    let found = outcome(server, call.clone()).await;
    assert_eq!(found, is(403, "unknown_action"), "{:?}", call.headers);
}

/// `bob` may write in `acme`, which has `open` (public), `bert` (private) and `gate` (gated);
/// `globex` is somebody else's.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) write: Made,
    pub(crate) read: Made,
}

pub(crate) async fn world(server: Server) -> World {
    for user in ["ada", "bob", "eve"] {
        server.user(user).await;
    }
    for org in ["acme", "globex"] {
        server.organization(org, "default").await;
    }
    server.member("acme", "ada", "admin").await;
    server.member("acme", "bob", "write").await;
    server.member("globex", "eve", "admin").await;
    server
        .repository("acme", "model/acme/open", json!({ "visibility": "public" }))
        .await;
    server
        .repository("acme", "model/acme/bert", json!({}))
        .await;
    let gate = json!({ "visibility": "public", "gated": true });
    server.repository("acme", "model/acme/gate", gate).await;
    let write = server.unscoped("bob", "write").await;
    let read = server.unscoped("bob", "read").await;
    World {
        server,
        write,
        read,
    }
}

pub(crate) async fn reads_and_writes_are_told_apart(server: Server) {
    let World {
        server,
        write,
        read,
    } = world(server).await;
    let xet = ("GET", "/api/models/acme/bert/xet-write-token/main");
    let paths = ("POST", "/api/models/acme/bert/paths-info/main");
    for request in [READ, paths] {
        let found = outcome(&server, original(request).bearer(&read.value)).await;
        assert_eq!(found, is(200, "granted"), "{request:?}");
    }
    for request in [WRITE, xet] {
        let found = outcome(&server, original(request).bearer(&read.value)).await;
        assert_eq!(found, is(403, "token_scope"), "{request:?}");
        let found = outcome(&server, original(request).bearer(&write.value)).await;
        assert_eq!(found, is(200, "granted"), "{request:?}");
    }
    let open = original(("GET", "/api/models/acme/open"));
    assert_eq!(outcome(&server, open).await, is(200, "public"));
}

pub(crate) async fn public_rows_do_not_look_at_the_token(server: Server) {
    let World { server, write, .. } = world(server).await;
    let request = original(("GET", "/api/agent-harnesses"));
    for token in [UNKNOWN, &write.value] {
        let answer = ask(&server, request.clone().bearer(token)).await;
        assert_eq!(
            (answer.status, answer.header("x-tokenward-reason")),
            (200, Some("public"))
        );
        assert_eq!(answer.header("x-tokenward-user"), Some(""));
        assert_eq!(answer.header("x-tokenward-token-id"), Some(""));
    }
}

pub(crate) async fn any_needs_a_valid_token(server: Server) {
    let World { server, read, .. } = world(server).await;
    let request = original(("GET", "/api/whoami-v2"));
    assert_eq!(
        outcome(&server, request.clone()).await,
        is(401, "missing_token")
    );
    let bad = request.clone().bearer(UNKNOWN);
    assert_eq!(outcome(&server, bad).await, is(401, "invalid_token"));
    let good = request.bearer(&read.value);
    assert_eq!(outcome(&server, good).await, is(200, "granted"));
}

pub(crate) async fn listings_name_the_readable_organizations(server: Server) {
    let World { server, write, .. } = world(server).await;
    let request = original(("GET", "/api/models?search=x"));
    let nobody = ask(&server, request.clone()).await;
    assert_eq!(
        (nobody.status, nobody.header("x-tokenward-orgs")),
        (200, Some(""))
    );
    let bad = request.clone().bearer(UNKNOWN);
    assert_eq!(outcome(&server, bad).await, is(401, "invalid_token"));

    let one = ask(&server, request.clone().bearer(&write.value)).await;
    assert_eq!(one.header("x-tokenward-orgs"), Some("acme"));
    assert_eq!(one.header("x-tokenward-user"), Some("bob"));
    server.member("globex", "bob", "read").await;
    let two = ask(&server, request.clone().bearer(&write.value)).await;
    let mut orgs: Vec<&str> = two
        .header("x-tokenward-orgs")
        .expect("orgs")
        .split(',')
        .collect();
    orgs.sort_unstable();
    assert_eq!(orgs, ["acme", "globex"]);

    let narrow = server
        .scoped("bob", "model:acme/bert", &["repo.content.read"])
        .await;
    let none = ask(&server, request.bearer(&narrow.value)).await;
    assert_eq!(
        (none.status, none.header("x-tokenward-orgs")),
        (200, Some(""))
    );
    let other = ask(&server, original(READ).bearer(&write.value)).await;
    assert_eq!(other.header("x-tokenward-orgs"), None);
}

pub(crate) async fn the_body_of_a_post_is_judged(server: Server) {
    let World {
        server,
        write,
        read,
    } = world(server).await;
    let create = |org: &str| json!({ "name": "new", "organization": org }).to_string();
    let cases = [
        (CREATE, create("acme"), &write, is(200, "granted")),
        (CREATE, create("acme"), &read, is(403, "token_scope")),
        (
            CREATE,
            create("globex"),
            &write,
            is(403, "role_insufficient"),
        ),
        (CREATE, String::new(), &write, is(403, "unknown_action")),
        (CREATE, "[]".to_owned(), &write, is(403, "unknown_action")),
        (
            CREATE,
            "{\"name\": \"new\"".to_owned(),
            &write,
            is(403, "unknown_action"),
        ),
        (
            BATCH,
            r#"{"operation":"download"}"#.to_owned(),
            &read,
            is(200, "granted"),
        ),
        (
            BATCH,
            r#"{"operation":"upload"}"#.to_owned(),
            &read,
            is(403, "token_scope"),
        ),
        (
            BATCH,
            r#"{"operation":"upload"}"#.to_owned(),
            &write,
            is(200, "granted"),
        ),
        (BATCH, String::new(), &read, is(403, "token_scope")),
        (BATCH, String::new(), &write, is(200, "granted")),
    ];
    for (request, body, token, wanted) in cases {
        let call = with_body(request, body.clone()).bearer(&token.value);
        assert_eq!(outcome(&server, call).await, wanted, "{request:?} {body}");
    }
}

pub(crate) async fn a_body_without_post_is_not_read(server: Server) {
    let World {
        server,
        write,
        read,
    } = world(server).await;
    let body = json!({ "name": "new", "organization": "acme" }).to_string();
    for method in ["GET", "PUT", "PATCH"] {
        let create = with_body(CREATE, body.clone()).bearer(&write.value);
        unclear(
            &server,
            Call {
                method: method.to_owned(),
                ..create
            },
        )
        .await;
        let download = with_body(BATCH, r#"{"operation":"download"}"#).bearer(&read.value);
        let batch = Call {
            method: method.to_owned(),
            ..download
        };
        assert_eq!(
            outcome(&server, batch).await,
            is(403, "token_scope"),
            "{method}"
        );
    }
}

pub(crate) async fn a_long_body_counts_as_none(server: Server) {
    let World {
        server,
        write,
        read,
    } = world(server).await;
    let padded = |text: &str, length: usize| {
        let mut body = text.to_owned();
        body.extend(std::iter::repeat_n(' ', length - text.len()));
        body
    };
    let create = json!({ "name": "new", "organization": "acme" }).to_string();
    let download = r#"{"operation":"download"}"#;
    let just = with_body(CREATE, padded(&create, 64 * 1024)).bearer(&write.value);
    assert_eq!(outcome(&server, just).await, is(200, "granted"));
    let just = with_body(BATCH, padded(download, 64 * 1024)).bearer(&read.value);
    assert_eq!(outcome(&server, just).await, is(200, "granted"));
    for length in [64 * 1024 + 1, 2 * 1024 * 1024] {
        let refused = [
            (
                with_body(CREATE, padded(&create, length)).bearer(&write.value),
                "unknown_action",
            ),
            (
                with_body(BATCH, padded(download, length)).bearer(&read.value),
                "token_scope",
            ),
        ];
        for (long, reason) in refused {
            let answer = server.send_at_length(&long).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{length}: {answer}");
            assert!(
                answer.contains(&format!("x-tokenward-reason: {reason}\r\n")),
                "{answer}"
            );
        }
        let batch = with_body(BATCH, padded(download, length)).bearer(&write.value);
        let answer = server.send_at_length(&batch).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{length}: {answer}");
    }
}

pub(crate) async fn both_sides_must_be_allowed(server: Server) {
    let World { server, write, .. } = world(server).await;
    let cases = [
        ("acme/bert", "acme/other", is(200, "granted")),
        ("acme/bert", "globex/bert", is(403, "role_insufficient")),
        ("globex/x", "acme/x", is(404, "not_found")),
        ("globex/x", "globex/y", is(404, "not_found")),
    ];
    for (from, to, wanted) in cases {
        let body = json!({ "fromRepo": from, "toRepo": to, "type": "model" }).to_string();
        let call = with_body(("POST", "/api/repos/move"), body).bearer(&write.value);
        assert_eq!(outcome(&server, call).await, wanted, "{from} to {to}");
    }
}

pub(crate) async fn the_callers_namespace_is_the_tokens_owner(server: Server) {
    let World {
        server,
        write,
        read,
    } = world(server).await;
    let mine = json!({ "name": "mine" }).to_string();
    let delete = ("DELETE", "/api/repos/delete");
    for request in [CREATE, delete] {
        let call = with_body(request, mine.clone());
        assert_eq!(
            outcome(&server, call.clone()).await,
            is(401, "missing_token")
        );
        let bad = call.clone().bearer(UNKNOWN);
        assert_eq!(outcome(&server, bad).await, is(401, "invalid_token"));
        let reader = call.clone().bearer(&read.value);
        assert_eq!(outcome(&server, reader).await, is(403, "token_scope"));
        let writer = call.clone().bearer(&write.value);
        assert_eq!(outcome(&server, writer).await, is(200, "granted"));
        let elsewhere = server.scoped("bob", "org:acme", &["repo.write"]).await;
        let foreign = call.bearer(&elsewhere.value);
        assert_eq!(outcome(&server, foreign).await, is(403, "token_scope"));
    }
}

pub(crate) async fn a_namespace_is_an_organization_or_a_user(server: Server) {
    let World { server, write, .. } = world(server).await;
    let jobs = [
        ("acme", 200),
        ("bob", 200),
        ("globex", 404),
        ("eve", 404),
        ("nobody-yet", 404),
    ];
    for (name, status) in jobs {
        let uri = format!("/api/jobs/{name}");
        let answer = ask(&server, original(("GET", &uri)).bearer(&write.value)).await;
        assert_eq!(answer.status, status, "{name}");
    }
    // Whether there is such an organization cannot be told from the answer.
    for name in ["globex", "eve", "nobody-yet"] {
        let uri = format!("/api/organizations/{name}/members");
        let answer = ask(&server, original(("GET", &uri)).bearer(&write.value)).await;
        let text = Some("Organization not found");
        assert_eq!(
            (answer.status, answer.header("x-error-message")),
            (404, text),
            "{name}"
        );
    }
    let members = original(("GET", "/api/organizations/acme/members")).bearer(&write.value);
    assert_eq!(outcome(&server, members).await, is(200, "granted"));
}

pub(crate) async fn no_cookie_is_read(server: Server) {
    let World { server, write, .. } = world(server).await;
    let cookie = format!("token={}", write.value);
    let call = original(READ).header("cookie", cookie);
    assert_eq!(outcome(&server, call).await, is(401, "missing_token"));
}

pub(crate) async fn a_hub_is_nobody_at_the_gate(server: Server) {
    let World { server, .. } = world(server).await;
    server.hub().await;
    let call = original(READ).bearer(HUB);
    assert_eq!(outcome(&server, call).await, is(401, "invalid_token"));
}

pub(crate) async fn what_an_organization_blocks_is_refused(server: Server) {
    let World { server, write, .. } = world(server).await;
    let scoped = server
        .scoped("bob", "org:acme", &["repo.content.read"])
        .await;
    let ada = server.unscoped("ada", "write").await;
    let set = |policy: &str| {
        let path = "/api/organizations/acme/settings/token-policy";
        let call = Call::new("PUT", path).bearer(&ada.value);
        call.json(&json!({ "tokenPolicy": policy, "force": true }))
    };
    let review = |what: &str| {
        let path = format!(
            "/api/organizations/acme/settings/tokens/{}/{what}",
            scoped.id
        );
        Call::new("POST", &path).bearer(&ada.value)
    };
    let read = |token: &Made| original(READ).bearer(&token.value);
    assert_eq!(outcome(&server, read(&scoped)).await, is(200, "granted"));
    assert_eq!(server.send(review("revoke")).await.status, 200);
    assert_eq!(
        outcome(&server, read(&scoped)).await,
        is(403, "token_revoked")
    );
    let scoped = server
        .scoped("bob", "org:acme", &["repo.content.read"])
        .await;
    assert_eq!(server.send(set("require-approval")).await.status, 200);
    let pending = ask(&server, read(&scoped)).await;
    assert_eq!(
        (pending.status, pending.header("x-tokenward-reason")),
        (403, Some("token_pending"))
    );
    let text = "Due to the organization token policy, your token needs to be approved by the \
                organization before you can access this resource.";
    assert_eq!(pending.header("x-error-message"), Some(text));
    assert_eq!(pending.header("x-error-code"), None);
    assert_eq!(
        outcome(&server, read(&write)).await,
        is(403, "fine_grained_required")
    );
    let own = original(("GET", "/api/models/bob/mine")).bearer(&write.value);
    assert_eq!(outcome(&server, own).await, is(200, "granted"));
}
