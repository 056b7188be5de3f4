//! The real server, in this process, on a port of its own; and what calls it.
//!
//! Worlds are made over HTTP as the site administrator, so that every test also tests the set-up
//! calls. Nothing here knows what an answer should be.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokenward_core::{TokenDigest, TokenId};
use tokenward_server::app::App;
use tokenward_server::config::{AuthzHeaders, Database as Address, Serve};
use tokenward_server::store::{HubCredential, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::database::{Database, Kind};

/// A hub's credential, as [`Server::hub`] adds it.
pub(crate) const HUB: &str = "hf_HubHubHubHubHubHubHubHubHubHubHubHubHu";
/// A string that could be a token, and is none.
pub(crate) const UNKNOWN: &str = "hf_QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ";

/// Connections that were quiet for so long are not used again: the server may be closing them just
/// then, after ten seconds.
const QUIET: Duration = Duration::from_secs(5);

/// A running server.
pub(crate) struct Server {
    pub(crate) app: App,
    /// The site administrator's token.
    pub(crate) site: String,
    pub(crate) url: String,
    client: Client<HttpConnector, Full<Bytes>>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

/// How a server is started, where it matters.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) trusted_proxies: &'static str,
    pub(crate) authz_headers: AuthzHeaders,
    pub(crate) rate_limit: u32,
    pub(crate) snapshot_max_age: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            trusted_proxies: "127.0.0.0/8,::1/128",
            authz_headers: AuthzHeaders::Auto,
            rate_limit: u32::MAX,
            snapshot_max_age: 300,
        }
    }
}

/// A token that was made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) value: String,
    pub(crate) id: String,
}

impl Server {
    /// Starts a server on an empty database.
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(database, Setup::default()).await
    }

    /// Starts a server on an empty database, set up in another way.
    pub(crate) async fn start_with(database: &Database, setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        let mut server = Self::start_on(&database.address, setup, Some(file.clone())).await;
        let token = std::fs::read_to_string(file).expect("the administrator's token");
        token.trim().clone_into(&mut server.site);
        let is_sqlite = matches!(server.app.store, Store::Sqlite(_));
        assert_eq!(
            is_sqlite,
            database.kind == Kind::Sqlite,
            "another database was opened"
        );
        server
    }

    /// Starts a server on a database that may have an administrator already.
    pub(crate) async fn start_on(address: &str, setup: Setup, token: Option<PathBuf>) -> Self {
        let networks = setup
            .trusted_proxies
            .split(',')
            .filter(|text| !text.is_empty());
        let options = Serve {
            listen: "127.0.0.1:0".to_owned(),
            database: Address {
                database: address.to_owned(),
            },
            public_url: None,
            admin_token_file: token,
            trusted_proxies: networks
                .map(|text| text.parse().expect("a network"))
                .collect(),
            authz_headers: setup.authz_headers,
            rate_limit: setup.rate_limit,
            snapshot_max_age: setup.snapshot_max_age,
            demo: false,
        };
        let bound = tokenward_server::bind(&options)
            .await
            .expect("the server starts");
        let (app, url) = (bound.app.clone(), bound.url().expect("an address"));
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            bound.run(stopped).await.expect("the server stops");
        });
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(QUIET)
            .build_http();
        Self {
            app,
            site: String::new(),
            url,
            client,
            stop: Some(stop),
            running,
        }
    }

    /// Stops the server and waits until it has.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        let running = std::mem::replace(&mut self.running, tokio::spawn(async {}));
        running.await.expect("the server stops");
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Call) -> Answer {
        let (parts, mut body) = self.begin(request).await.into_parts();
        let streams = parts
            .headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        // A stream has no end: what comes first is enough.
        let body = match streams {
            true => {
                let frame = body.frame().await.expect("an event").expect("an event");
                frame.into_data().expect("data")
            }
            false => body.collect().await.expect("a body").to_bytes(),
        };
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// Sends a request, and returns the head of its answer as soon as it is there.
    pub(crate) async fn begin(&self, request: Call) -> axum::http::Response<Incoming> {
        let mut built = axum::http::Request::builder()
            .method(request.method.as_str())
            .uri(format!("{}{}", self.url, request.path));
        for (name, value) in &request.headers {
            built = built.header(name, value.as_slice());
        }
        let built = built
            .body(Full::new(Bytes::from(request.body)))
            .expect("a request");
        self.client.request(built).await.expect("an answer")
    }

    /// Sends a call whose body the server may not read to its end, and returns all it answers.
    pub(crate) async fn send_at_length(&self, call: &Call) -> String {
        let line = format!("{} {} HTTP/1.1\r\n", call.method, call.path);
        let length = call.body.len();
        let mut bytes = line.into_bytes();
        bytes.extend(
            format!("host: x\r\nconnection: close\r\ncontent-length: {length}\r\n").bytes(),
        );
        for (name, value) in &call.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&call.body);
        self.send_bytes(bytes).await
    }

    /// Sends bytes, whatever they are, and returns all that is answered.
    pub(crate) async fn send_bytes(&self, bytes: Vec<u8>) -> String {
        let address = self.url.strip_prefix("http://").expect("an address");
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (mut from, mut to) = stream.into_split();
        let sending = tokio::spawn(async move {
            // The server may hang up on what it does not want to read.
            let _ = to.write_all(&bytes).await;
            to
        });
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut part).await {
            answer.extend_from_slice(&part[..length]);
        }
        drop(sending.await);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Adds a hub's credential, whose value is [`HUB`].
    pub(crate) async fn hub(&self) {
        let credential = HubCredential {
            id: TokenId::parse("00c0ffee000000000000c0de").expect("an id"),
            digest: TokenDigest::of(HUB.as_bytes()),
            last4: HUB[HUB.len() - 4..].to_owned(),
            created_at: tokenward_server::clock::now(),
        };
        self.app
            .store
            .add_hub_credential(&credential)
            .await
            .expect("the credential is kept");
        self.app.follow().await.expect("the server sees it");
    }

    /// Makes a call as the site administrator that must go well.
    pub(crate) async fn set_up(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self
            .send(Call::new(method, path).bearer(&self.site).json(&body))
            .await;
        assert!(
            answer.status < 300,
            "{method} {path}: {} {}",
            answer.status,
            answer.text()
        );
        answer.json()
    }

    /// Makes a user with a confirmed mail address.
    pub(crate) async fn user(&self, name: &str) {
        let mail = format!("{name}@example.org");
        let body = json!({ "name": name, "email": mail, "emailConfirmed": true });
        self.set_up("POST", "/api/users", body).await;
    }

    /// Makes an organization.
    pub(crate) async fn organization(&self, name: &str, policy: &str) {
        let body = json!({ "name": name, "tokenPolicy": policy });
        self.set_up("POST", "/api/organizations", body).await;
    }

    /// Makes a user a member, or gives a member another role.
    pub(crate) async fn member(&self, org: &str, user: &str, role: &str) {
        let path = format!("/api/organizations/{org}/members/{user}");
        self.set_up("PUT", &path, json!({ "role": role })).await;
    }

    /// Lists a repository: `model/acme/bert`.
    pub(crate) async fn repository(&self, org: &str, repository: &str, body: Value) {
        self.set_up(
            "PUT",
            &format!("/api/organizations/{org}/resources/{repository}"),
            body,
        )
        .await;
    }

    /// Makes a token for a user, as in the user's session.
    pub(crate) async fn token(&self, user: &str, body: Value) -> Made {
        let answer = self
            .set_up("POST", &format!("/api/users/{user}/tokens"), body)
            .await;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Made {
            value: text(&answer["token"]),
            id: text(&answer["tokenInfo"]["id"]),
        }
    }

    /// Makes a `read` or `write` token for a user.
    pub(crate) async fn unscoped(&self, user: &str, role: &str) -> Made {
        self.token(user, json!({ "displayName": title(user), "role": role }))
            .await
    }

    /// Makes a fine-grained token with permissions on one entity, `org:acme`.
    pub(crate) async fn scoped(&self, user: &str, entity: &str, permissions: &[&str]) -> Made {
        let (kind, name) = entity.split_once(':').expect("type:name");
        let grant = json!({ "entity": { "type": kind, "name": name }, "permissions": permissions });
        let fine_grained = json!({ "scoped": [grant] });
        let body = json!({
            "displayName": title(user), "role": "fineGrained", "fineGrained": fine_grained,
        });
        self.token(user, body).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// What a user's next token is called: names are unique for each owner.
fn title(user: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{user} {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        Self {
            method,
            path,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// A body of JSON.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    /// A body of anything.
    pub(crate) fn raw(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", kind)
    }
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header that stands there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.get_all(name).iter();
        let first = all.next()?;
        assert!(all.next().is_none(), "`{name}` stands there twice");
        Some(std::str::from_utf8(first.as_bytes()).expect("UTF-8"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, or null when there is none.
    pub(crate) fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).expect("JSON")
    }
}
