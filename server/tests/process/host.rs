//! A running server process with a small organization in it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::database::Database;

/// A server process; killed when dropped.
pub(crate) struct Host {
    pub(crate) base: String,
    pub(crate) database: Database,
    pub(crate) admin: String,
    pub(crate) log: PathBuf,
    child: Child,
    pub(crate) http: reqwest::Client,
    folder: tempfile::TempDir,
}

/// A client that does not call over a connection that the server may be closing just then: it closes
/// those that are quiet for ten seconds.
pub(crate) fn client() -> reqwest::Client {
    let quiet = Duration::from_secs(5);
    let client = reqwest::Client::builder().pool_idle_timeout(quiet);
    client.build().expect("a client")
}

/// What a call was answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) reason: Option<String>,
    pub(crate) generation: Option<u64>,
}

impl Host {
    /// Starts a server on an empty database.
    pub(crate) fn start(database: Database) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (child, log, lines) = spawn(&database, &folder, 0);
        let admin = lines
            .iter()
            .find_map(|line| line.strip_prefix("site administrator token: "));
        let admin = admin
            .expect("a new database gets an administrator")
            .to_owned();
        let base = address(&lines);
        Self {
            base,
            database,
            admin,
            log,
            child,
            http: client(),
            folder,
        }
    }

    /// Kills the process without warning, and starts another on the same database.
    pub(crate) fn kill_and_restart(&mut self, round: u32) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process ends");
        let (child, log, lines) = spawn(&self.database, &self.folder, round);
        self.child = child;
        self.log = log;
        self.base = address(&lines);
    }

    /// Asks the process to end, and gives its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let killed = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill runs");
        assert!(killed.success());
        self.child.wait().expect("the process ends").code()
    }

    /// Everything that the process has written to standard error.
    pub(crate) fn logs(&self) -> String {
        let mut all = String::new();
        for file in std::fs::read_dir(self.folder.path()).expect("the folder is there") {
            let file = file.expect("a file").path();
            if file.extension().is_some_and(|end| end == "log") {
                all.push_str(&std::fs::read_to_string(file).expect("a log"));
            }
        }
        all
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> Answer {
        self.try_call(method, path, token, body)
            .await
            .expect("the server answers")
    }

    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().expect("a header").to_owned())
        };
        let (status, reason) = (response.status(), header("x-tokenward-reason"));
        let generation =
            header("x-tokenward-generation").map(|text| text.parse().expect("a number"));
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
        Ok(Answer {
            status,
            body,
            reason,
            generation,
        })
    }

    async fn set_up(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = self.call(method, path, &self.admin, Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {answer:?}");
        answer.body
    }

    /// The organization `acme` with two administrators (`ada`, `grace`) and a member (`bob`), who
    /// may write.
    pub(crate) async fn found(&self) {
        self.set_up(Method::POST, "/api/organizations", json!({"name": "acme"}))
            .await;
        for (user, role) in [("ada", "admin"), ("grace", "admin"), ("bob", "write")] {
            let mail = format!("{user}@example.org");
            let user_body = json!({"name": user, "email": mail, "emailConfirmed": true});
            self.set_up(Method::POST, "/api/users", user_body).await;
            let path = format!("/api/organizations/acme/members/{user}");
            self.set_up(Method::PUT, &path, json!({"role": role})).await;
        }
    }

    /// A fine-grained token of somebody's with these permissions on the organization, made in a
    /// session: its id and its raw value.
    pub(crate) async fn token(
        &self,
        user: &str,
        name: &str,
        permissions: &[&str],
    ) -> (String, String) {
        let entity = json!({"type": "org", "name": "acme"});
        let grant = json!({"entity": entity, "permissions": permissions});
        let body = json!({
            "displayName": name, "role": "fineGrained", "fineGrained": {"scoped": [grant]},
        });
        let made = self
            .set_up(Method::POST, &format!("/api/users/{user}/tokens"), body)
            .await;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        (text(&made["tokenInfo"]["id"]), text(&made["token"]))
    }

    pub(crate) async fn set_policy(&self, token: &str, policy: &str) -> Answer {
        let path = "/api/organizations/acme/settings/token-policy";
        self.call(
            Method::PUT,
            path,
            token,
            Some(json!({"tokenPolicy": policy})),
        )
        .await
    }

    /// The audit log, oldest entry first.
    pub(crate) async fn audit(&self, token: &str) -> Vec<Value> {
        let path = "/api/organizations/acme/audit-log/export";
        let answer = self.call(Method::GET, path, token, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let mut log = answer.body.as_array().expect("a list").clone();
        log.reverse();
        log
    }

    /// Runs a command of the program on the same database, and gives what it prints.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_tokenward-server"))
            .args(arguments)
            .args(["--database", &self.database.address])
            .output()
            .expect("the program runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(
    database: &Database,
    folder: &tempfile::TempDir,
    round: u32,
) -> (Child, PathBuf, Vec<String>) {
    let log = folder.path().join(format!("{round}.log"));
    let stderr = std::fs::File::create(&log).expect("a log file");
    #[expect(
        clippy::zombie_processes,
        reason = "the caller, or the panic below, waits for it"
    )]
    let mut child = Command::new(env!("CARGO_BIN_EXE_tokenward-server"))
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database.address,
        ])
        .env("TOKENWARD_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .expect("the program starts");
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
        let line = line.expect("text");
        lines.push(line.clone());
        if line.starts_with("listening on ") {
            return (child, log, lines);
        }
    }
    panic!(
        "the server ended: {}",
        std::fs::read_to_string(&log).unwrap_or_default()
    );
}

fn address(lines: &[String]) -> String {
    let line = lines
        .iter()
        .find_map(|line| line.strip_prefix("listening on "));
    line.expect("the server says where it listens").to_owned()
}
