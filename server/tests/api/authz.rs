//! `/authz`: every sentence of the contract's paragraph on it.
//!
//! Which URL needs what is the core's and is tested there; here it is about what a gateway sends
//! and gets.

use serde_json::{Value, json};
use tokenward_server::config::AuthzHeaders;

use crate::database::Kind;
use crate::server::{Answer, Call, HUB, Made, Server, Setup, UNKNOWN};

const READ: (&str, &str) = ("GET", "/api/models/acme/bert");
const WRITE: (&str, &str) = ("POST", "/api/models/acme/bert/commit/main");
const CREATE: (&str, &str) = ("POST", "/api/repos/create");
const BATCH: (&str, &str) = ("POST", "/acme/bert.git/info/lfs/objects/batch");
const BASIC: &str = "Basic realm=\"Tokenward\"";
const BEARER: &str = "Bearer realm=\"Authentication required\", charset=\"UTF-8\"";

/// What nginx sends for a request.
fn original((method, uri): (&str, &str)) -> Call {
    Call::get("/authz").header("x-original-method", method).header("x-original-uri", uri)
}

/// A gateway that also hands over the body.
fn with_body((method, uri): (&str, &str), body: impl Into<Vec<u8>>) -> Call {
    Call::new("POST", "/authz")
        .header("x-original-method", method)
        .header("x-original-uri", uri)
        .raw("application/json", body)
}

/// What every answer of `/authz` has.
async fn ask(server: &Server, call: Call) -> Answer {
    let answer = server.send(call).await;
    assert!(matches!(answer.status, 200 | 401 | 403 | 404), "{}", answer.status);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for name in ["x-tokenward-reason", "x-tokenward-user", "x-tokenward-token-id", "x-request-id"] {
        assert!(answer.header(name).is_some(), "no {name}");
    }
    if answer.status != 200 {
        assert!(answer.header("x-error-message").is_some());
    }
    answer
}

async fn outcome(server: &Server, call: Call) -> (u16, String) {
    let answer = ask(server, call).await;
    (answer.status, answer.header("x-tokenward-reason").expect("a reason").to_owned())
}

fn is(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

/// `bob` may write in `acme`, which has `open` (public), `bert` (private) and `gate` (gated);
/// `globex` is somebody else's.
struct World {
    server: Server,
    write: Made,
    read: Made,
}

async fn world(server: Server) -> World {
    for user in ["ada", "bob", "eve"] {
        server.user(user).await;
    }
    for org in ["acme", "globex"] {
        server.organization(org, "default").await;
    }
    server.member("acme", "ada", "admin").await;
    server.member("acme", "bob", "write").await;
    server.member("globex", "eve", "admin").await;
    server.repository("acme", "model/acme/open", json!({ "visibility": "public" })).await;
    server.repository("acme", "model/acme/bert", json!({})).await;
    let gate = json!({ "visibility": "public", "gated": true });
    server.repository("acme", "model/acme/gate", gate).await;
    let write = server.unscoped("bob", "write").await;
    let read = server.unscoped("bob", "read").await;
    World { server, write, read }
}

pub(crate) async fn reads_and_writes_are_told_apart(server: Server) {
    let World { server, write, read } = world(server).await;
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
        assert_eq!((answer.status, answer.header("x-tokenward-reason")), (200, Some("public")));
        assert_eq!(answer.header("x-tokenward-user"), Some(""));
        assert_eq!(answer.header("x-tokenward-token-id"), Some(""));
    }
}

pub(crate) async fn any_needs_a_valid_token(server: Server) {
    let World { server, read, .. } = world(server).await;
    let request = original(("GET", "/api/whoami-v2"));
    assert_eq!(outcome(&server, request.clone()).await, is(401, "missing_token"));
    let bad = request.clone().bearer(UNKNOWN);
    assert_eq!(outcome(&server, bad).await, is(401, "invalid_token"));
    let good = request.bearer(&read.value);
    assert_eq!(outcome(&server, good).await, is(200, "granted"));
}

pub(crate) async fn listings_name_the_readable_organizations(server: Server) {
    let World { server, write, .. } = world(server).await;
    let request = original(("GET", "/api/models?search=x"));
    let nobody = ask(&server, request.clone()).await;
    assert_eq!((nobody.status, nobody.header("x-tokenward-orgs")), (200, Some("")));
    let bad = request.clone().bearer(UNKNOWN);
    assert_eq!(outcome(&server, bad).await, is(401, "invalid_token"));

    let one = ask(&server, request.clone().bearer(&write.value)).await;
    assert_eq!(one.header("x-tokenward-orgs"), Some("acme"));
    assert_eq!(one.header("x-tokenward-user"), Some("bob"));
    server.member("globex", "bob", "read").await;
    let two = ask(&server, request.clone().bearer(&write.value)).await;
    let mut orgs: Vec<&str> = two.header("x-tokenward-orgs").expect("orgs").split(',').collect();
    orgs.sort_unstable();
    assert_eq!(orgs, ["acme", "globex"]);

    let narrow = server.scoped("bob", "model:acme/bert", &["repo.content.read"]).await;
    let none = ask(&server, request.bearer(&narrow.value)).await;
    assert_eq!((none.status, none.header("x-tokenward-orgs")), (200, Some("")));
    let other = ask(&server, original(READ).bearer(&write.value)).await;
    assert_eq!(other.header("x-tokenward-orgs"), None);
}

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
        ("POST", "/api/models/acme/bert/commit/main?create_pr=1&create_pr=0"),
        ("", ""),
    ];
    for request in requests {
        for token in [&server.site, UNKNOWN] {
            let answer = ask(&server, original(request).bearer(token)).await;
            assert_eq!(answer.status, 403, "{request:?}");
            assert_eq!(answer.header("x-tokenward-reason"), Some("unknown_action"));
            assert_eq!(answer.header("x-error-message"), Some("This operation is not allowed."));
            assert_eq!(answer.json(), json!({ "error": "This operation is not allowed." }));
            assert_eq!(answer.header("x-tokenward-user"), Some(""));
        }
    }
}

/// A call that the gateway got wrong.
async fn unclear(server: &Server, call: Call) {
    let found = outcome(server, call.clone()).await;
    assert_eq!(found, is(403, "unknown_action"), "{:?}", call.headers);
}

pub(crate) async fn half_a_pair_is_refused(server: Server) {
    let World { server, write, .. } = world(server).await;
    let call = Call::get("/authz").bearer(&write.value);
    unclear(&server, call.clone()).await;
    unclear(&server, call.clone().header("x-original-method", "GET")).await;
    unclear(&server, call.clone().header("x-original-uri", READ.1)).await;
    unclear(&server, call.clone().header("x-forwarded-method", "GET")).await;
    unclear(&server, call.clone().header("x-forwarded-uri", READ.1)).await;
    let crossed = call.header("x-original-method", "GET").header("x-forwarded-uri", READ.1);
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
        unclear(&server, original(READ).bearer(&write.value).header(name, value)).await;
    }
}

pub(crate) async fn unreadable_headers_are_refused(server: Server) {
    let World { server, write, .. } = world(server).await;
    let call = Call::get("/authz").bearer(&write.value);
    let uri = call.clone().header("x-original-method", "GET");
    unclear(&server, uri.header("x-original-uri", b"/api/models/acme/\xff")).await;
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
        call.header(&format!("x-{kind}-method"), method).header(&format!("x-{kind}-uri"), uri)
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
    let setup = Setup { authz_headers: AuthzHeaders::Original, ..Setup::default() };
    crate::run_with(Kind::Sqlite, setup, |server| {
        only_the_configured_pair_counts(server, "original", "forwarded")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_forwarded_pair_can_be_configured() {
    let setup = Setup { authz_headers: AuthzHeaders::Forwarded, ..Setup::default() };
    crate::run_with(Kind::Sqlite, setup, |server| {
        only_the_configured_pair_counts(server, "forwarded", "original")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_untrusted_peer_is_refused() {
    for trusted_proxies in ["", "10.0.0.0/8", "::1/128"] {
        let setup = Setup { trusted_proxies, ..Setup::default() };
        crate::run_with(Kind::Sqlite, setup, |server| async {
            let World { server, write, .. } = world(server).await;
            unclear(&server, original(READ).bearer(&write.value)).await;
            unclear(&server, original(("GET", "/api/agent-harnesses"))).await;
            let claimed = original(READ).bearer(&write.value).header("x-forwarded-for", "10.1.1.1");
            unclear(&server, claimed).await;
        })
        .await;
    }
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
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        let call = Call { method: method.to_owned(), ..original(WRITE).bearer(&write.value) };
        let answer = ask(&server, call).await;
        assert_eq!(answer.status, 200, "{method}");
        let call = Call { method: method.to_owned(), ..original(WRITE) };
        let answer = ask(&server, call).await;
        let text = Some("Invalid username or password.");
        assert_eq!((answer.status, answer.header("x-error-message")), (401, text), "{method}");
    }
}

pub(crate) async fn the_body_of_a_post_is_judged(server: Server) {
    let World { server, write, read } = world(server).await;
    let create = |org: &str| json!({ "name": "new", "organization": org }).to_string();
    let cases = [
        (CREATE, create("acme"), &write, is(200, "granted")),
        (CREATE, create("acme"), &read, is(403, "token_scope")),
        (CREATE, create("globex"), &write, is(403, "role_insufficient")),
        (CREATE, String::new(), &write, is(403, "unknown_action")),
        (CREATE, "[]".to_owned(), &write, is(403, "unknown_action")),
        (CREATE, "{\"name\": \"new\"".to_owned(), &write, is(403, "unknown_action")),
        (BATCH, r#"{"operation":"download"}"#.to_owned(), &read, is(200, "granted")),
        (BATCH, r#"{"operation":"upload"}"#.to_owned(), &read, is(403, "token_scope")),
        (BATCH, r#"{"operation":"upload"}"#.to_owned(), &write, is(200, "granted")),
        (BATCH, String::new(), &read, is(403, "token_scope")),
        (BATCH, String::new(), &write, is(200, "granted")),
    ];
    for (request, body, token, wanted) in cases {
        let call = with_body(request, body.clone()).bearer(&token.value);
        assert_eq!(outcome(&server, call).await, wanted, "{request:?} {body}");
    }
}

pub(crate) async fn a_body_without_post_is_not_read(server: Server) {
    let World { server, write, read } = world(server).await;
    let body = json!({ "name": "new", "organization": "acme" }).to_string();
    for method in ["GET", "PUT", "PATCH"] {
        let create = with_body(CREATE, body.clone()).bearer(&write.value);
        unclear(&server, Call { method: method.to_owned(), ..create }).await;
        let download = with_body(BATCH, r#"{"operation":"download"}"#).bearer(&read.value);
        let batch = Call { method: method.to_owned(), ..download };
        assert_eq!(outcome(&server, batch).await, is(403, "token_scope"), "{method}");
    }
}

pub(crate) async fn a_long_body_counts_as_none(server: Server) {
    let World { server, write, read } = world(server).await;
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
        let long = with_body(CREATE, padded(&create, length)).bearer(&write.value);
        assert_eq!(outcome(&server, long).await, is(403, "unknown_action"), "{length}");
        let long = with_body(BATCH, padded(download, length)).bearer(&read.value);
        assert_eq!(outcome(&server, long).await, is(403, "token_scope"), "{length}");
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
    let World { server, write, read } = world(server).await;
    let mine = json!({ "name": "mine" }).to_string();
    let delete = ("DELETE", "/api/repos/delete");
    for request in [CREATE, delete] {
        let call = with_body(request, mine.clone());
        assert_eq!(outcome(&server, call.clone()).await, is(401, "missing_token"));
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
    let jobs = [("acme", 200), ("bob", 200), ("globex", 404), ("eve", 404), ("nobody-yet", 404)];
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
        assert_eq!((answer.status, answer.header("x-error-message")), (404, text), "{name}");
    }
    let members = original(("GET", "/api/organizations/acme/members")).bearer(&write.value);
    assert_eq!(outcome(&server, members).await, is(200, "granted"));
}

pub(crate) async fn git_is_asked_for_a_password(server: Server) {
    use base64::Engine as _;
    let World { server, read, .. } = world(server).await;
    let clone = original(("GET", "/acme/bert.git/info/refs?service=git-upload-pack"));
    let push = original(("GET", "/acme/bert.git/info/refs?service=git-receive-pack"));
    let answer = ask(&server, clone.clone()).await;
    assert_eq!(answer.status, 401);
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, [BASIC, BEARER]);
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("bob:{}", read.value));
    let basic = format!("Basic {pair}");
    let found = outcome(&server, clone.header("authorization", &basic)).await;
    assert_eq!(found, is(200, "granted"));
    let refused = ask(&server, push.header("authorization", &basic)).await;
    assert_eq!(refused.status, 403);
    assert!(refused.headers.get("www-authenticate").is_none());
}

pub(crate) async fn a_401_is_worded_for_clients(server: Server) {
    let World { server, .. } = world(server).await;
    let plain = "Invalid username or password.";
    let generic = "Invalid credentials in Authorization header";
    let missing = ask(&server, original(READ)).await;
    assert_eq!(missing.header("x-error-message"), Some(plain));
    assert_eq!(missing.json(), json!({ "error": plain }));
    assert_eq!(missing.header("x-error-code"), None);

    let invalid = ask(&server, original(READ).bearer(UNKNOWN)).await;
    assert_eq!(invalid.header("x-error-message"), Some(generic));
    assert_eq!(invalid.json(), json!({ "error": generic }));
    assert_eq!(invalid.header("x-hf-warning"), None);

    let old = json!({ "displayName": "old", "role": "write", "expiresAt": "2020-01-01T00:00:00Z" });
    let old = server.token("bob", old).await;
    let organization = format!("api_org_{}", "a".repeat(34));
    let texts = [
        (old.value.as_str(), "Your token has expired."),
        (&organization, "You must use your personal account token, not an organization token."),
    ];
    for (token, text) in texts {
        // Also where no token at all would do: a stale one must be noticed.
        for request in [READ, ("GET", "/api/models/acme/open"), ("GET", "/api/models")] {
            let answer = ask(&server, original(request).bearer(token)).await;
            assert_eq!(answer.status, 401, "{request:?}");
            assert_eq!(answer.header("x-error-message"), Some(generic));
            assert_eq!(answer.json(), json!({ "error": text }));
            assert_eq!(answer.header("x-hf-warning"), Some(format!("token; {text}").as_str()));
        }
    }

    let gated = ask(&server, original(("GET", "/api/models/acme/gate"))).await;
    assert_eq!((gated.status, gated.header("x-error-code")), (401, Some("GatedRepo")));
}

pub(crate) async fn a_404_can_be_sent_as_403(server: Server) {
    let World { server, write, .. } = world(server).await;
    let hidden = ("GET", "/api/models/globex/x");
    let plain = ask(&server, original(hidden).bearer(&write.value)).await;
    assert_eq!((plain.status, plain.header("x-tokenward-status")), (404, None));
    assert_eq!(plain.header("x-error-code"), Some("RepoNotFound"));
    let nginx = |request: (&str, &str)| Call {
        path: "/authz?not_found=403".to_owned(),
        ..original(request)
    };
    let softened = ask(&server, nginx(hidden).bearer(&write.value)).await;
    assert_eq!((softened.status, softened.header("x-tokenward-status")), (403, Some("404")));
    assert_eq!(softened.header("x-tokenward-reason"), Some("not_found"));
    assert_eq!(softened.header("x-error-message"), Some("Repository not found"));
    assert_eq!(softened.header("x-error-code"), Some("RepoNotFound"));
    let others = [
        (nginx(hidden), 401),
        (nginx(READ).bearer(&write.value), 200),
        (nginx(("GET", "/api/unheard-of")), 403),
    ];
    for (call, status) in others {
        let answer = ask(&server, call).await;
        assert_eq!((answer.status, answer.header("x-tokenward-status")), (status, None));
    }
}

pub(crate) async fn names_are_always_sent(server: Server) {
    let World { server, write, read } = world(server).await;
    let someone = [(original(READ), &write, 200), (original(WRITE), &read, 403)];
    for (call, token, status) in someone {
        let answer = ask(&server, call.bearer(&token.value)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-tokenward-user"), Some("bob"));
        assert_eq!(answer.header("x-tokenward-token-id"), Some(token.id.as_str()));
    }
    let open = ("GET", "/api/models/acme/open");
    let nobody = [
        (original(open), 200),
        (original(READ), 401),
        (original(READ).bearer(UNKNOWN), 401),
        (original(("GET", "/api/unheard-of")).bearer(&write.value), 403),
        (Call::get("/authz"), 403),
        (original(READ).header("x-tokenward-user", "root").header("x-tokenward-token-id", "1"), 401),
    ];
    for (call, status) in nobody {
        let answer = ask(&server, call).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-tokenward-user"), Some(""));
        assert_eq!(answer.header("x-tokenward-token-id"), Some(""));
    }
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

pub(crate) async fn an_expiring_token_is_warned_of(server: Server) {
    let World { server, .. } = world(server).await;
    let now = tokenward_server::clock::now();
    let token = |days: i64| {
        let at = now.plus_days(days).to_string();
        json!({ "displayName": format!("{days} days"), "role": "read", "expiresAt": at })
    };
    let soon = server.token("bob", token(10)).await;
    let later = server.token("bob", token(20)).await;
    let warned = ask(&server, original(READ).bearer(&soon.value)).await;
    let text = format!("token; Your token expires at {}.", now.plus_days(10));
    assert_eq!((warned.status, warned.header("x-hf-warning")), (200, Some(text.as_str())));
    let denied = ask(&server, original(WRITE).bearer(&soon.value)).await;
    assert_eq!((denied.status, denied.header("x-hf-warning")), (403, None));
    let fine = ask(&server, original(READ).bearer(&later.value)).await;
    assert_eq!((fine.status, fine.header("x-hf-warning")), (200, None));
}

pub(crate) async fn what_an_organization_blocks_is_refused(server: Server) {
    let World { server, write, .. } = world(server).await;
    let scoped = server.scoped("bob", "org:acme", &["repo.content.read"]).await;
    let ada = server.unscoped("ada", "write").await;
    let set = |policy: &str| {
        let path = "/api/organizations/acme/settings/token-policy";
        let call = Call::new("PUT", path).bearer(&ada.value);
        call.json(&json!({ "tokenPolicy": policy, "force": true }))
    };
    let review = |what: &str| {
        let path = format!("/api/organizations/acme/settings/tokens/{}/{what}", scoped.id);
        Call::new("POST", &path).bearer(&ada.value)
    };
    let read = |token: &Made| original(READ).bearer(&token.value);
    assert_eq!(outcome(&server, read(&scoped)).await, is(200, "granted"));
    assert_eq!(server.send(review("revoke")).await.status, 200);
    assert_eq!(outcome(&server, read(&scoped)).await, is(403, "token_revoked"));
    let scoped = server.scoped("bob", "org:acme", &["repo.content.read"]).await;
    assert_eq!(server.send(set("require-approval")).await.status, 200);
    let pending = ask(&server, read(&scoped)).await;
    assert_eq!((pending.status, pending.header("x-tokenward-reason")), (403, Some("token_pending")));
    let text = "Due to the organization token policy, your token needs to be approved by the \
                organization before you can access this resource.";
    assert_eq!(pending.header("x-error-message"), Some(text));
    assert_eq!(pending.header("x-error-code"), None);
    assert_eq!(outcome(&server, read(&write)).await, is(403, "fine_grained_required"));
    let own = original(("GET", "/api/models/bob/mine")).bearer(&write.value);
    assert_eq!(outcome(&server, own).await, is(200, "granted"));
    let _: Value = pending.json();
}
