//! Bad bodies, over every endpoint of the table: a clear 4xx that changes nothing.
//!
//! What stands before the body is in `bad_heads.rs`.

use serde_json::{Map, Value, json};
use tokenward_core::Row;
use tokenward_server::endpoints::{Endpoint, endpoints};

use crate::fixture::{Caller, Fixture, Template, welcome};
use crate::server::{Answer, Call, Server};

/// A world, and what it was before the bad input came.
pub(crate) struct Bench {
    template: Template,
    pub(crate) server: Server,
    before: (u64, Vec<String>),
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let template = Template::new().await;
        let (server, folder) = template.server().await;
        let before = state(&server).await;
        Self {
            template,
            server,
            before,
            _folder: folder,
        }
    }

    pub(crate) fn fixture(&self) -> &Fixture {
        &self.template.fixture
    }

    /// Sends a call that must be refused with this status, clearly.
    pub(crate) async fn refused(&self, what: &str, call: Call, statuses: &[u16]) -> Answer {
        let line = format!("{what}: {} {}", call.method, call.path);
        let head = call.method == "HEAD";
        let answer = self.server.send(call).await;
        assert!(
            statuses.contains(&answer.status),
            "{line}: {} {}",
            answer.status,
            answer.text()
        );
        clear(&line, &answer, head);
        answer
    }

    /// Nothing has changed, and the server still works.
    pub(crate) async fn done(self) {
        assert_eq!(
            state(&self.server).await,
            self.before,
            "something has changed"
        );
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
    let seq = server
        .app
        .store
        .load(keep)
        .await
        .expect("the store is read");
    (seq, rows)
}

/// What every error looks like.
fn clear(line: &str, answer: &Answer, head: bool) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{line}"
    );
    let text = answer.header("x-error-message").unwrap_or_default();
    assert!(!text.is_empty(), "{line}: no X-Error-Message");
    assert!(
        answer
            .header("x-request-id")
            .is_some_and(|id| !id.is_empty()),
        "{line}"
    );
    if !head {
        let body = answer.json();
        let only: Vec<&String> = body.as_object().expect("an object").keys().collect();
        assert_eq!(only, ["error"], "{line}");
        if answer.status != 401 {
            let error = body["error"].as_str().expect("a text");
            let ascii = |c: char| if c.is_ascii() { c } else { '?' };
            assert_eq!(error.chars().map(ascii).collect::<String>(), text, "{line}");
        }
        assert!(
            body["error"].as_str().is_some_and(|text| text.len() < 600),
            "{line}"
        );
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
fn instead(
    fixture: &Fixture,
    endpoint: &Endpoint,
    caller: Caller,
    body: impl Into<Vec<u8>>,
) -> Call {
    Call {
        body: body.into(),
        ..fixture.call(endpoint, caller)
    }
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
        b"{",
        b"nonsense",
        b"\"text",
        b"{\"a\":1}}",
        b"{} {}",
        b"{'a':1}",
        b"{\"a\":NaN}",
        b"\xff\xfe",
        b"{\"name\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"\0",
        b" ",
        b"{,}",
        b"{\"name\":\"\\ud800\"}",
        b"a=b&c=d",
        deep.as_bytes(),
        nested.as_bytes(),
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
                bench
                    .refused(&format!("{field}: {wrong}"), call, &[400])
                    .await;
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
            let call = instead(
                bench.fixture(),
                &endpoint,
                caller,
                twice(&good, field, value),
            );
            bench.refused(&format!("{field} twice"), call, &[400]).await;
            let mut other = good.clone();
            other.remove(field);
            other.insert(field.to_uppercase(), value.clone());
            let call = instead(bench.fixture(), &endpoint, caller, json!(other).to_string());
            bench
                .refused(&format!("{field} in capitals"), call, &[400])
                .await;
        }
    }
    let inside = [
        (
            r#"{"action":"a","resource":{"type":"model","name":"acme/bert","x":1}}"#,
            "/api/authz/check",
        ),
        (
            r#"{"action":"a","resource":{"type":"model","type":"model","name":"acme/bert"}}"#,
            "/api/authz/check",
        ),
        (
            r#"{"action":"a","resource":"model:../x"}"#,
            "/api/authz/check",
        ),
        (
            r#"{"action":"a","resource":"acme/bert"}"#,
            "/api/authz/check",
        ),
        (
            r#"{"action":"a","resources":[{"type":"model"}]}"#,
            "/api/authz/filter",
        ),
        (
            r#"{"action":"a","resources":["model:acme/bert",1]}"#,
            "/api/authz/filter",
        ),
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
        let bare = Call {
            headers: authorization(call.headers),
            ..call
        };
        bench.refused("no body", bare, &[400, 415]).await;
        let call = instead(bench.fixture(), &endpoint, caller, "{}");
        bench.refused("no fields", call, &[400]).await;
    }
    assert!(optional > 0, "no body is optional");
    bench.done().await;
}

/// Of these headers only the credential.
fn authorization(headers: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    headers
        .into_iter()
        .filter(|(name, _)| name == "authorization")
        .collect()
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
            let answer = bench.server.send_at_length(&call).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{what}: {answer}");
            for part in [
                "content-type: application/json",
                "x-error-message: ",
                "x-request-id: ",
                "{\"error\":",
            ] {
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
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/ld+json",
        "json",
        "text/json",
        ",",
        "",
    ];
    for (endpoint, caller, good) in with_body(bench.fixture()) {
        for kind in kinds {
            let call = bench.fixture().call(&endpoint, caller);
            let bare = Call {
                headers: authorization(call.headers.clone()),
                ..call
            };
            let call = bare.raw(kind, good.to_string());
            bench.refused(kind, call, &[415]).await;
        }
        let call = bench.fixture().call(&endpoint, caller);
        let bare = Call {
            headers: authorization(call.headers.clone()),
            ..call
        };
        bench.refused("no type", bare, &[415]).await;
    }
    bench.done().await;
}
