//! Bad credentials, paths, methods, queries and heads, over every endpoint of the table: a clear
//! 4xx that changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tokenward_server::endpoints::{Access, endpoints};

use crate::bad_input::Bench;
use crate::fixture::{Caller, method, welcome};
use crate::server::Call;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_tokens() {
    let bench = Bench::new().await;
    let long = format!("hf_{}", "x".repeat(10_000));
    for endpoint in endpoints() {
        let caller = welcome(&endpoint);
        let mut call = bench.fixture().call(&endpoint, caller);
        call.headers.retain(|(name, _)| name != "authorization");
        if endpoint.access != Access::Public || endpoint.path == "/authz" {
            let answer = bench
                .refused("a long token", call.bearer(&long), &[401])
                .await;
            assert!(!answer.text().contains("xxxx"));
        } else {
            let answer = bench.server.send(call.bearer(&long)).await;
            assert!(answer.status < 500, "{}: {}", endpoint.path, answer.text());
            assert!(!answer.text().contains("xxxx"));
        }
    }
    let admin = bench
        .fixture()
        .credential(Caller::Admin)
        .expect("a token")
        .to_owned();
    let bodies = [
        (
            "/api/organizations/acme/settings/tokens/revoke",
            json!({ "token": long }),
            &[400, 404][..],
        ),
        (
            "/api/organizations/acme/settings/tokens/revoke",
            json!({ "token": "" }),
            &[400, 404],
        ),
        (
            "/api/credentials/revoke",
            json!({ "credentials": [long] }),
            &[400],
        ),
        (
            "/api/credentials/revoke",
            json!({ "credentials": [""] }),
            &[400],
        ),
        (
            "/api/credentials/revoke",
            json!({ "credentials": [] }),
            &[400],
        ),
        (
            "/api/credentials/revoke",
            json!({ "credentials": vec!["x"; 1001] }),
            &[400],
        ),
    ];
    for (path, body, statuses) in bodies {
        let answer = bench.refused(
            "a long token",
            Call::post(path, &body).bearer(&admin),
            statuses,
        );
        assert!(!answer.await.text().contains("xxxx"));
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_credentials() {
    let bench = Bench::new().await;
    let good = bench
        .fixture()
        .credential(Caller::Admin)
        .expect("a token")
        .to_owned();
    let odd: Vec<Vec<u8>> = vec![
        b"Bearer \xff\xfe".to_vec(),
        b"Bearer".to_vec(),
        b"Bearer   ".to_vec(),
        b"".to_vec(),
        b"Basic !!!".to_vec(),
        b"Basic //79".to_vec(),
        b"Basic".to_vec(),
        b"Digest x".to_vec(),
        good.clone().into_bytes(),
        format!("Bearer {good} {good}").into_bytes(),
        format!("Bearer: {good}").into_bytes(),
        format!("Token {good}").into_bytes(),
        format!("Bearer {good}, Basic x").into_bytes(),
    ];
    for endpoint in endpoints()
        .iter()
        .filter(|endpoint| endpoint.access != Access::Public)
    {
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
            bench
                .refused("a password", call.header("authorization", pair), &[401])
                .await;
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
        "..",
        ".",
        "%2e%2e",
        "%2f",
        "a%2fb",
        "..%2f..%2fetc",
        "%00",
        "a%00",
        "%ff",
        "%c3%28",
        "a%0ab",
        "a%0d%0aX-Evil:1",
        "%20",
        "a%20b",
        "%F0%9F%98%80",
        "a%5cb",
        "a%3bb",
        "-a",
        "a--b",
        "a%27--",
        "%7B%7D",
        "%25%32%66",
        "*",
        "a%3fb",
        "",
        &long,
    ];
    for endpoint in endpoints() {
        let good = bench.fixture().path(&endpoint, welcome(&endpoint));
        let parts: Vec<&str> = good.split('/').collect();
        let parameters = endpoint
            .path
            .split('/')
            .enumerate()
            .filter(|(_, part)| part.starts_with('{'));
        for (at, _) in parameters {
            for trick in tricks {
                let mut parts = parts.clone();
                parts[at] = trick;
                let call = bench.fixture().call(&endpoint, welcome(&endpoint));
                let call = Call {
                    path: parts.join("/"),
                    ..call
                };
                // Where nothing is left of a segment the path may be that of something else.
                let statuses: &[u16] = if trick.is_empty() {
                    &[400, 404, 405]
                } else {
                    &[400, 404]
                };
                let answer = bench.refused(trick, call, statuses).await;
                assert!(answer.headers.get("x-evil").is_none());
            }
        }
        for odd in [format!("{good}/"), format!("/{good}"), format!("{good}/..")] {
            let call = bench.fixture().call(&endpoint, welcome(&endpoint));
            bench
                .refused("another path", Call { path: odd, ..call }, &[404, 405])
                .await;
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
    let every = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
    ];
    for endpoint in all.iter().filter(|endpoint| endpoint.method.is_some()) {
        let known = &known[endpoint.path];
        for other in every.iter().filter(|other| !known.contains(*other)) {
            let call = bench.fixture().call(endpoint, welcome(endpoint));
            let call = Call {
                method: (*other).to_owned(),
                body: Vec::new(),
                ..call
            };
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
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=1.5",
        "limit=abc",
        "limit=",
        "limit=1e2",
        "limit=99999999999999999999",
        "limit=%ff",
        "limit=1&limit=1",
        "limit=10%00",
    ];
    let others = ["surprise=1", "=", "LIMIT=1", "q%5B%5D=x"];
    let mut seen = 0;
    for endpoint in endpoints()
        .iter()
        .filter(|endpoint| endpoint.method.is_some())
    {
        let ask = |query: &str| {
            let call = bench.fixture().call(endpoint, welcome(endpoint));
            Call {
                path: format!("{}?{query}", call.path),
                ..call
            }
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
        (
            b"GET /api/whoami-v2\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            &["400"],
        ),
        (
            b"GET /api/organizations/\x00/members HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            &["400"],
        ),
        (
            b"GET /healthz HTTP/9.9\r\nhost: x\r\n\r\n".to_vec(),
            &["400", "505"],
        ),
        (
            b"GET /healthz HTTP/1.1\r\na\0b: c\r\n\r\n".to_vec(),
            &["400"],
        ),
        (
            format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes(),
            &["400", "414", "431"],
        ),
        (
            format!("GET /healthz HTTP/1.1\r\nx-long: {long}\r\n\r\n").into_bytes(),
            &["400", "431"],
        ),
        (
            b"POST /api/authz/check HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_vec(),
            &["400"],
        ),
        (
            b"POST /api/authz/check HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"
                .to_vec(),
            &["400"],
        ),
    ];
    for (head, statuses) in heads {
        let line = String::from_utf8_lossy(&head[..head.len().min(60)]).into_owned();
        let answer = bench.server.send_bytes(head).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(statuses.contains(&status), "{line}: {answer}");
    }
    bench.done().await;
}
