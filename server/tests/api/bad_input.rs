//! Bad input, over every endpoint of the table: a clear 4xx that changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokenward_core::Row;
use tokenward_server::endpoints::{Access, Endpoint, endpoints};

use crate::fixture::{Caller, Fixture, Template, method, welcome};
use crate::server::{Answer, Call, Server};

/// A world, and what it was before the bad input came.
struct Bench {
    template: Template,
    server: Server,
    before: (u64, Vec<String>),
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let template = Template::new().await;
        let (server, folder) = template.server().await;
        let before = state(&server).await;
        Self { template, server, before, _folder: folder }
    }

    fn fixture(&self) -> &Fixture {
        &self.template.fixture
    }

    /// Sends a call that must be refused with this status, clearly.
    async fn refused(&self, what: &str, call: Call, statuses: &[u16]) -> Answer {
        let line = format!("{what}: {} {}", call.method, call.path);
        let head = call.method == "HEAD";
        let answer = self.server.send(call).await;
        assert!(statuses.contains(&answer.status), "{line}: {} {}", answer.status, answer.text());
        clear(&line, &answer, head);
        answer
    }

    /// Nothing has changed, and the server still works.
    async fn done(self) {
        assert_eq!(state(&self.server).await, self.before, "something has changed");
        assert_eq!(self.server.send(Call::get("/readyz")).await.status, 200);
        self.server.stop().await;
    }
}

/// The number of the newest change and all rows, but for when tokens were last used.
async fn state(server: &Server) -> (u64, Vec<String>) {
    let mut rows = Vec::new();
    let keep = |mut row: Row| {
        if let Row::Token(token) = &mut row {
            token.last_used_at = None;
        }
        rows.push(format!("{row:?}"));
    };
    let seq = server.app.store.load(keep).await.expect("the store is read");
    (seq, rows)
}

/// What every error looks like.
fn clear(line: &str, answer: &Answer, head: bool) {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{line}");
    let text = answer.header("x-error-message").unwrap_or_default();
    assert!(!text.is_empty(), "{line}: no X-Error-Message");
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()), "{line}");
    if !head {
        let body = answer.json();
        let only: Vec<&String> = body.as_object().expect("an object").keys().collect();
        assert_eq!(only, ["error"], "{line}");
        if answer.status != 401 {
            assert_eq!(body["error"], text, "{line}");
        }
        assert!(body["error"].as_str().is_some_and(|text| text.len() < 600), "{line}");
    }
}

/// The endpoints that take a body, each with a caller whom it lets in and a body that is good.
fn with_body(fixture: &Fixture) -> Vec<(Endpoint, Caller, Value)> {
    let all = endpoints().into_iter().filter_map(|endpoint| {
        let caller = welcome(&endpoint);
        let body = fixture.body(&endpoint, caller)?;
        Some((endpoint, caller, body))
    });
    all.collect()
}

/// The call with other bytes for a body.
fn instead(fixture: &Fixture, endpoint: &Endpoint, caller: Caller, body: impl Into<Vec<u8>>) -> Call {
    Call { body: body.into(), ..fixture.call(endpoint, caller) }
}

/// Whether the body may be left out.
fn is_optional(endpoint: &Endpoint) -> bool {
    let schema = endpoint.body.expect("a body")().to_value();
    schema["required"].as_array().is_none_or(Vec::is_empty)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_no_json() {
    let bench = Bench::new().await;
    let deep = "[".repeat(100_000);
    let nested = "{\"reason\":".repeat(10_000);
    let bodies: Vec<&[u8]> = vec![
        b"{", b"nonsense", b"\"text", b"{\"a\":1}}", b"{} {}", b"{'a':1}", b"{\"a\":NaN}",
        b"\xff\xfe", b"{\"name\":\"\xff\"}", b"\xef\xbb\xbf{}", b"\0", b" ", b"{,}",
        b"{\"name\":\"\\ud800\"}", b"a=b&c=d", deep.as_bytes(), nested.as_bytes(),
    ];
    for (endpoint, caller, _) in with_body(bench.fixture()) {
        for body in &bodies {
            let call = instead(bench.fixture(), &endpoint, caller, *body);
            bench.refused("no JSON", call, &[400]).await;
        }
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_wrong_types() {
    let bench = Bench::new().await;
    for (endpoint, caller, good) in with_body(bench.fixture()) {
        for body in ["null", "[]", "[[]]", "true", "1", "\"text\"", "[{}]"] {
            let call = instead(bench.fixture(), &endpoint, caller, body);
            bench.refused(body, call, &[400]).await;
        }
        let schema = endpoint.body.expect("a body")().to_value();
        let fields = schema["properties"].as_object().expect("fields");
        for field in fields.keys() {
            // No field of any body takes one of these.
            for wrong in [json!([[1]]), json!({ "x": [1] }), json!(-1.5)] {
                let mut body = good.as_object().expect("an object").clone();
                body.insert(field.clone(), wrong.clone());
                let call = instead(bench.fixture(), &endpoint, caller, json!(body).to_string());
                bench.refused(&format!("{field}: {wrong}"), call, &[400]).await;
            }
        }
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_and_repeated_fields() {
    let bench = Bench::new().await;
    for (endpoint, caller, good) in with_body(bench.fixture()) {
        let good = good.as_object().expect("an object").clone();
        let mut more = good.clone();
        more.insert("surprise".to_owned(), json!(1));
        let call = instead(bench.fixture(), &endpoint, caller, json!(more).to_string());
        bench.refused("an unknown field", call, &[400]).await;
        for (field, value) in &good {
            let call = instead(bench.fixture(), &endpoint, caller, twice(&good, field, value));
            bench.refused(&format!("{field} twice"), call, &[400]).await;
            let mut other = good.clone();
            other.remove(field);
            other.insert(field.to_uppercase(), value.clone());
            let call = instead(bench.fixture(), &endpoint, caller, json!(other).to_string());
            bench.refused(&format!("{field} in capitals"), call, &[400]).await;
        }
    }
    let inside = [
        (r#"{"action":"a","resource":{"type":"model","name":"acme/bert","x":1}}"#, "/api/authz/check"),
        (r#"{"action":"a","resource":{"type":"model","type":"model","name":"acme/bert"}}"#, "/api/authz/check"),
        (r#"{"action":"a","resource":"model:../x"}"#, "/api/authz/check"),
        (r#"{"action":"a","resource":"acme/bert"}"#, "/api/authz/check"),
        (r#"{"action":"a","resources":[{"type":"model"}]}"#, "/api/authz/filter"),
        (r#"{"action":"a","resources":["model:acme/bert",1]}"#, "/api/authz/filter"),
    ];
    for (body, path) in inside {
        let call = Call::new("POST", path).raw("application/json", body);
        bench.refused(body, call, &[400]).await;
    }
    bench.done().await;
}

/// The same object with one field at the front once more.
fn twice(fields: &Map<String, Value>, field: &str, value: &Value) -> String {
    let whole = json!(fields).to_string();
    format!("{{{}:{value},{}", json!(field), &whole[1..])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_bodies() {
    let bench = Bench::new().await;
    let mut optional = 0;
    for (endpoint, caller, _) in with_body(bench.fixture()) {
        if is_optional(&endpoint) {
            optional += 1;
            continue;
        }
        let call = instead(bench.fixture(), &endpoint, caller, "");
        bench.refused("an empty body", call.clone(), &[400]).await;
        let bare = Call { headers: authorization(call.headers), ..call };
        bench.refused("no body", bare, &[400, 415]).await;
        let call = instead(bench.fixture(), &endpoint, caller, "{}");
        bench.refused("no fields", call, &[400]).await;
    }
    assert!(optional > 0, "no body is optional");
    bench.done().await;
}

/// Of these headers only the credential.
fn authorization(headers: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    headers.into_iter().filter(|(name, _)| name == "authorization").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies() {
    let bench = Bench::new().await;
    for (endpoint, caller, good) in with_body(bench.fixture()) {
        for size in [1024 * 1024 + 1, 10_000_000] {
            let mut body = good.to_string().into_bytes();
            body.resize(size, b' ');
            let call = instead(bench.fixture(), &endpoint, caller, body);
            let what = format!("{size} bytes: {} {}", call.method, call.path);
            let answer = raw(&bench.server, &head(&call), &call.body).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{what}: {answer}");
            for part in ["content-type: application/json", "x-error-message: ", "x-request-id: ", "{\"error\":"] {
                assert!(answer.contains(part), "{what}: no {part} in {answer}");
            }
        }
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_another_type() {
    let bench = Bench::new().await;
    let kinds = [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/jsonp", "application/ld+json", "json", "text/json", ",", "",
    ];
    for (endpoint, caller, good) in with_body(bench.fixture()) {
        for kind in kinds {
            let call = bench.fixture().call(&endpoint, caller);
            let bare = Call { headers: authorization(call.headers.clone()), ..call };
            let call = bare.raw(kind, good.to_string());
            bench.refused(kind, call, &[415]).await;
        }
        let call = bench.fixture().call(&endpoint, caller);
        let bare = Call { headers: authorization(call.headers.clone()), ..call };
        bench.refused("no type", bare, &[415]).await;
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_tokens() {
    let bench = Bench::new().await;
    let long = format!("hf_{}", "x".repeat(10_000));
    for endpoint in endpoints() {
        let caller = welcome(&endpoint);
        let mut call = bench.fixture().call(&endpoint, caller);
        call.headers.retain(|(name, _)| name != "authorization");
        if endpoint.access != Access::Public || endpoint.path == "/authz" {
            let answer = bench.refused("a long token", call.bearer(&long), &[401]).await;
            assert!(!answer.text().contains("xxxx"));
        } else {
            let answer = bench.server.send(call.bearer(&long)).await;
            assert!(answer.status < 500, "{}: {}", endpoint.path, answer.text());
            assert!(!answer.text().contains("xxxx"));
        }
    }
    let admin = bench.fixture().credential(Caller::Admin).expect("a token").to_owned();
    let bodies = [
        ("/api/organizations/acme/settings/tokens/revoke", json!({ "token": long }), &[400, 404][..]),
        ("/api/organizations/acme/settings/tokens/revoke", json!({ "token": "" }), &[400, 404]),
        ("/api/credentials/revoke", json!({ "credentials": [long] }), &[400]),
        ("/api/credentials/revoke", json!({ "credentials": [""] }), &[400]),
        ("/api/credentials/revoke", json!({ "credentials": [] }), &[400]),
        ("/api/credentials/revoke", json!({ "credentials": vec!["x"; 1001] }), &[400]),
    ];
    for (path, body, statuses) in bodies {
        let answer = bench.refused("a long token", Call::post(path, &body).bearer(&admin), statuses);
        assert!(!answer.await.text().contains("xxxx"));
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_credentials() {
    let bench = Bench::new().await;
    let good = bench.fixture().credential(Caller::Admin).expect("a token").to_owned();
    let odd: Vec<Vec<u8>> = vec![
        b"Bearer \xff\xfe".to_vec(), b"Bearer".to_vec(), b"Bearer   ".to_vec(), b"".to_vec(),
        b"Basic !!!".to_vec(), b"Basic //79".to_vec(), b"Basic".to_vec(), b"Digest x".to_vec(),
        good.clone().into_bytes(), format!("Bearer {good} {good}").into_bytes(),
        format!("Bearer: {good}").into_bytes(), format!("Token {good}").into_bytes(),
        format!("Bearer {good}, Basic x").into_bytes(),
    ];
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.access != Access::Public) {
        let mut call = bench.fixture().call(endpoint, Caller::Admin);
        call.headers.retain(|(name, _)| name != "authorization");
        for value in &odd {
            let what = String::from_utf8_lossy(value).replace(&good, "TOKEN");
            let call = call.clone().header("authorization", value);
            bench.refused(&what, call, &[401]).await;
        }
        let twice = call.clone().bearer(&good).bearer(&good);
        bench.refused("two credentials", twice, &[401]).await;
        let pair = format!("Basic {}", base64_of(&format!("ada:{good}")));
        if method(endpoint) != "GET" {
            bench.refused("a password", call.header("authorization", pair), &[401]).await;
        }
    }
    bench.done().await;
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_with_tricks() {
    let bench = Bench::new().await;
    let long = "a".repeat(300);
    let tricks = [
        "..", ".", "%2e%2e", "%2f", "a%2fb", "..%2f..%2fetc", "%00", "a%00", "%ff", "%c3%28", "a%0ab",
        "a%0d%0aX-Evil:1", "%20", "a%20b", "%F0%9F%98%80", "a%5cb", "a%3bb", "-a", "a--b", "a%27--",
        "%7B%7D", "%25%32%66", "*", "a%3fb", "", &long,
    ];
    for endpoint in endpoints() {
        let good = bench.fixture().path(&endpoint, welcome(&endpoint));
        let parts: Vec<&str> = good.split('/').collect();
        let parameters = endpoint.path.split('/').enumerate().filter(|(_, part)| part.starts_with('{'));
        for (at, _) in parameters {
            for trick in tricks {
                let mut parts = parts.clone();
                parts[at] = trick;
                let call = bench.fixture().call(&endpoint, welcome(&endpoint));
                let call = Call { path: parts.join("/"), ..call };
                // Where nothing is left of a segment the path may be that of something else.
                let statuses: &[u16] = if trick.is_empty() { &[400, 404, 405] } else { &[400, 404] };
                let answer = bench.refused(trick, call, statuses).await;
                assert!(answer.headers.get("x-evil").is_none());
            }
        }
        for odd in [format!("{good}/"), format!("/{good}"), format!("{good}/..")] {
            let call = bench.fixture().call(&endpoint, welcome(&endpoint));
            bench.refused("another path", Call { path: odd, ..call }, &[404, 405]).await;
        }
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods() {
    let bench = Bench::new().await;
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let all = endpoints();
    for endpoint in all.iter().filter(|endpoint| endpoint.method.is_some()) {
        let methods = known.entry(endpoint.path).or_default();
        methods.insert(method(endpoint));
        if method(endpoint) == "GET" {
            methods.insert("HEAD");
        }
    }
    let every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
    for endpoint in all.iter().filter(|endpoint| endpoint.method.is_some()) {
        let known = &known[endpoint.path];
        for other in every.iter().filter(|other| !known.contains(*other)) {
            let call = bench.fixture().call(endpoint, welcome(endpoint));
            let call = Call { method: (*other).to_owned(), body: Vec::new(), ..call };
            let answer = bench.refused("another method", call, &[405]).await;
            let allow = answer.header("allow").unwrap_or_default();
            let allow: BTreeSet<&str> = allow.split(',').map(str::trim).collect();
            assert_eq!(&allow, known, "{}", endpoint.path);
        }
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_out_of_range() {
    let bench = Bench::new().await;
    let limits = [
        "limit=0", "limit=101", "limit=-1", "limit=1.5", "limit=abc", "limit=", "limit=1e2",
        "limit=99999999999999999999", "limit=%ff", "limit=1&limit=1", "limit=10%00",
    ];
    let others = ["surprise=1", "=", "LIMIT=1", "q%5B%5D=x"];
    let mut seen = 0;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.method.is_some()) {
        let ask = |query: &str| {
            let call = bench.fixture().call(endpoint, welcome(endpoint));
            Call { path: format!("{}?{query}", call.path), ..call }
        };
        let mut wrong: Vec<&str> = Vec::new();
        if endpoint.query.contains(&"limit") {
            wrong.extend(limits);
            wrong.push("cursor=%ff");
        }
        if endpoint.query.contains(&"q") {
            wrong.extend(["q=x", "q=colour:red", "q=:", "q=-", "q=%ff%fe:x", "q=a&q=b"]);
        }
        if !endpoint.query.is_empty() {
            wrong.extend(others);
        }
        for query in wrong {
            bench.refused(query, ask(query), &[400]).await;
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_are_no_http() {
    let bench = Bench::new().await;
    let long = "a".repeat(200_000);
    let heads: Vec<(Vec<u8>, &[&str])> = vec![
        (b"nonsense\r\n\r\n".to_vec(), &["400"]),
        (b"GET /api/whoami-v2\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(), &["400"]),
        (b"GET /api/organizations/\x00/members HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(), &["400"]),
        (b"GET /healthz HTTP/9.9\r\nhost: x\r\n\r\n".to_vec(), &["400", "505"]),
        (b"GET /healthz HTTP/1.1\r\na\0b: c\r\n\r\n".to_vec(), &["400"]),
        (format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes(), &["400", "414", "431"]),
        (format!("GET /healthz HTTP/1.1\r\nx-long: {long}\r\n\r\n").into_bytes(), &["400", "431"]),
        (b"POST /api/authz/check HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_vec(), &["400"]),
        (b"POST /api/authz/check HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".to_vec(), &["400"]),
    ];
    for (head, statuses) in heads {
        let line = String::from_utf8_lossy(&head[..head.len().min(60)]).into_owned();
        let answer = raw(&bench.server, &head, &[]).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(statuses.contains(&status), "{line}: {answer}");
    }
    bench.done().await;
}

/// The head of a call, as bytes.
fn head(call: &Call) -> Vec<u8> {
    let length = call.body.len();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n",
        call.method, call.path,
    )
    .into_bytes();
    for (name, value) in &call.headers {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Sends bytes and returns all that is answered, also when the server does not read to the end.
async fn raw(server: &Server, head: &[u8], body: &[u8]) -> String {
    let address = server.url.strip_prefix("http://").expect("an address");
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (mut from, mut to) = stream.into_split();
    let bytes = [head, body].concat();
    let sending = tokio::spawn(async move {
        // The server may hang up on what it does not want to read.
        let _ = to.write_all(&bytes).await;
        to
    });
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(length) = from.read(&mut chunk).await {
        if length == 0 {
            break;
        }
        answer.extend_from_slice(&chunk[..length]);
    }
    drop(sending.await);
    String::from_utf8_lossy(&answer).into_owned()
}
