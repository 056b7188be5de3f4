//! Faults that were found and mended, each with the call that showed it.
//!
//! What an endpoint does on a good day is tested in the file of its subject.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokenward_core::{Change, Name, Row};
use tokenward_server::clock;
use tokenward_server::store::Store;

use crate::server::{Call, Made, Server, Setup};

const DOCUMENT: &str = "/api/organizations/acme/document";
const LISTING: &str = "/api/organizations/acme/settings/tokens";

/// `acme` with the administrator `ada` and the contributor `bob`, and a token of each.
async fn acme(server: &Server) -> (Made, Made) {
    server.organization("acme", "default").await;
    for (user, role) in [("ada", "admin"), ("bob", "contributor")] {
        server.user(user).await;
        server.member("acme", user, role).await;
    }
    let ada = server.unscoped("ada", "write").await;
    (ada, server.unscoped("bob", "write").await)
}

/// A folder and the address of the database in it.
fn database() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("sqlite:{}", folder.path().join("tokenward.db").display());
    (folder, address)
}

fn program(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenward-server"));
    let command = command.args(arguments).env("RUST_BACKTRACE", "1");
    command.output().expect("the program runs")
}

/// The program fails, and says why in one line and nothing else.
fn complaint(arguments: &[&str]) -> String {
    let output = program(arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr).expect("a text");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.strip_prefix("error: ").expect("an error").to_owned()
}

async fn listed(server: &Server, token: &Made, q: &str) -> Vec<Value> {
    let path = format!("{LISTING}?q={q}");
    let answer = server.send(Call::get(&path).bearer(&token.value)).await;
    assert_eq!(answer.status, 200, "{q}: {}", answer.text());
    answer.json().as_array().expect("a list").clone()
}

pub(crate) async fn one_value_makes_one_rotation(server: Server) {
    let (_, bob) = acme(&server).await;
    let path = format!("/api/settings/tokens/{}/rotate", bob.id);
    let call = Call::new("POST", &path).bearer(&bob.value);
    let answers = join_all((0..8).map(|_| server.send(call.clone()))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401, 401, 401, 401, 401, 401]);
}

pub(crate) async fn the_last_unsuspended_administrator_stays(server: Server) {
    let suspend = json!({ "suspended": true });
    let call = Call::new("PATCH", "/api/users/admin").json(&suspend);
    let answer = server.send(call.bearer(&server.site)).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    let whoami = Call::get("/api/whoami-v2").bearer(&server.site);
    assert_eq!(server.send(whoami).await.status, 200);
}

pub(crate) async fn a_use_of_the_earlier_value_does_not_count(server: Server) {
    let (_, bob) = acme(&server).await;
    let path = format!("/api/settings/tokens/{}/rotate", bob.id);
    let rotate = Call::new("POST", &path).bearer(&bob.value);
    assert_eq!(server.send(rotate).await.status, 200);
    server.app.write_uses().await.expect("uses are written");
    let list = Call::get("/api/users/bob/tokens").bearer(&server.site);
    let tokens = server.send(list).await.json();
    let found = tokens.as_array().expect("a list").iter();
    let uses: Vec<_> = found.map(|token| &token["lastUsedAt"]).collect();
    assert_eq!(uses, [&Value::Null]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_past_the_limit_does_nothing() {
    let setup = Setup {
        rate_limit: 2,
        ..Setup::default()
    };
    let (folder, address) = database();
    let file = folder.path().join("token");
    let mut server = Server::start_on(&address, setup, Some(file.clone())).await;
    server.site = std::fs::read_to_string(file).expect("the token");
    server.site.truncate(server.site.trim_end().len());
    let (ada, bob) = acme(&server).await;
    let report = |made: &Made| {
        let body = json!({ "credentials": [made.value, "hf_nothing"] });
        server.send(Call::post("/api/credentials/revoke", &body))
    };
    let whoami = async |made: &Made| {
        let call = Call::get("/api/whoami-v2").bearer(&made.value);
        server.send(call).await.status
    };
    let spare = server.unscoped("ada", "read").await;
    assert_eq!(report(&spare).await.status, 202);
    assert_eq!(report(&bob).await.status, 202);
    let answer = report(&ada).await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("retry-after").is_some());
    assert_eq!(whoami(&ada).await, 200, "it was not deleted");
    assert_eq!(whoami(&bob).await, 429, "it was deleted");
}

pub(crate) async fn generations_are_told_to_those_who_belong(server: Server) {
    let (_, bob) = acme(&server).await;
    let own = server
        .scoped("bob", "org:acme", &["repo.content.read"])
        .await;
    let other = server
        .scoped("bob", "org:acme", &["repo.content.read"])
        .await;
    let delete = async |path: String, token: &str| {
        let answer = server.send(Call::new("DELETE", &path).bearer(token)).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        let header = answer.header("x-tokenward-generation").expect("a header");
        header.parse::<u64>().expect("a number")
    };
    server
        .set_up("DELETE", "/api/organizations/acme/members/bob", json!({}))
        .await;
    let told = delete(format!("/api/settings/tokens/{}", own.id), &bob.value).await;
    assert_eq!(told, 0, "he does not belong any more");
    let path = format!("/api/users/bob/tokens/{}", other.id);
    assert!(delete(path, &server.site).await > 0, "a session sees all");
}

pub(crate) async fn what_cannot_be_read_is_not_nothing(server: Server) {
    let (ada, _) = acme(&server).await;
    let body = json!({ "visibility": "public" });
    server.repository("acme", "model/acme/open", body).await;
    let question = json!({ "action": "repo.content.read", "resource": "model:acme/open" });
    let reason = async |method: &str, path: &str, value: &str| {
        let call = Call::new(method, path).header("authorization", value);
        let answer = server.send(call.json(&question)).await;
        let reason = answer.header("x-tokenward-reason").map(str::to_owned);
        reason.or_else(|| answer.json()["reason"].as_str().map(str::to_owned))
    };
    let tab = format!("Bearer\t{}", ada.value);
    for value in [
        &tab,
        "Digest x",
        "Basic",
        "Basic !",
        "Basic YWRh",
        "Basic\tx",
    ] {
        let found = reason("POST", "/api/authz/check", value).await;
        assert_eq!(found.as_deref(), Some("invalid_token"), "{value:?}");
    }
    let found = reason("POST", "/api/settings/tokens", "Basic YTpi").await;
    assert_eq!(found.as_deref(), Some("invalid_token"), "no password there");
    for value in ["", "Bearer", "Bearer  ", "Basic YWRhOg=="] {
        let found = reason("POST", "/api/authz/check", value).await;
        assert_eq!(found.as_deref(), Some("public"), "{value:?}");
    }
}

pub(crate) async fn revoked_tokens_are_listed_when_asked_for(server: Server) {
    let (ada, _) = acme(&server).await;
    let gone = server
        .scoped("bob", "org:acme", &["repo.content.read"])
        .await;
    let path = format!("{LISTING}/{}/revoke", gone.id);
    let revoke = Call::new("POST", &path).bearer(&ada.value);
    assert_eq!(server.send(revoke).await.status, 200);
    for (q, wanted) in [
        ("", false),
        ("-status:pending", false),
        ("-status:revoked", false),
        ("status:revoked", true),
        ("status:all", true),
    ] {
        let all = listed(&server, &ada, q).await;
        let found = all.iter().any(|token| token.to_string().contains(&gone.id));
        assert_eq!(found, wanted, "{q}: {all:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_of_one_generation() {
    let (folder, address) = database();
    let file = folder.path().join("token");
    let mut server = Server::start_on(&address, Setup::default(), Some(file.clone())).await;
    let site = std::fs::read_to_string(file).expect("the token");
    site.trim().clone_into(&mut server.site);
    let (ada, _) = acme(&server).await;
    let second = Server::start_on(&address, Setup::default(), None).await;
    let make = async {
        for _ in 0..25 {
            server
                .scoped("bob", "org:acme", &["repo.content.read"])
                .await;
        }
    };
    let read = async {
        let mut distances = Vec::new();
        for nth in 0..40 {
            let server = if nth % 2 == 0 { &server } else { &second };
            let call = Call::get(DOCUMENT).bearer(&ada.value);
            let document = server.send(call).await.json();
            let generation = document["generation"].as_u64().expect("a number");
            let tokens = document["tokens"].as_array().expect("a list").len();
            distances.push(generation - u64::try_from(tokens).expect("few"));
        }
        distances
    };
    let ((), mut distances) = tokio::join!(make, read);
    distances.dedup();
    assert_eq!(
        distances.len(),
        1,
        "each token is one generation: {distances:?}"
    );
}

pub(crate) async fn an_unlisted_repository_is_its_makers(server: Server) {
    let (_, bob) = acme(&server).await;
    let path = "/api/organizations/acme/resources/model/acme/new";
    let call = Call::new("PUT", path)
        .bearer(&bob.value)
        .json(&json!({ "visibility": "public" }));
    let answers = join_all((0..4).map(|_| server.send(call.clone()))).await;
    let made = answers.iter().filter(|answer| answer.status == 200);
    let makers: Vec<_> = made
        .map(|answer| answer.json()["createdBy"].clone())
        .collect();
    assert_eq!(makers, [json!("bob")], "the others find it listed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_database_is_its_owners_alone() {
    let (folder, address) = database();
    let _store = Store::open(&address).await.expect("the database opens");
    for entry in std::fs::read_dir(folder.path()).expect("the folder") {
        let entry = entry.expect("a file");
        let mode = entry.metadata().expect("a mode").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
    }
    let (folder, address) = database();
    let file = folder.path().join("tokenward.db");
    std::fs::write(&file, "").expect("a file");
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&file, mode).expect("a mode");
    let _store = Store::open(&address).await.expect("the database opens");
    let mode = std::fs::metadata(&file)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640, "an existing file stays as it is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_administrator_gets_no_token() {
    let (folder, address) = database();
    let file = folder.path().join("token");
    let server = Server::start_on(&address, Setup::default(), Some(file)).await;
    server.stop().await;
    let store = Store::open(&address).await.expect("the database opens");
    let mut tx = store.begin().await.expect("a change");
    let name = Name::parse("admin").expect("a name");
    let mut admin = tx.user(&name).await.expect("a user").expect("there");
    admin.suspended = true;
    let change = Change {
        rows: vec![Row::User(admin)],
        ..Change::default()
    };
    tx.commit(&change, clock::now()).await.expect("suspended");
    let text = complaint(&["admin-token", "--database", &address]);
    assert!(text.contains("suspended"), "{text}");
    let again = folder.path().join("again");
    let server = Server::start_on(&address, Setup::default(), Some(again.clone())).await;
    assert!(!again.exists(), "no second first administrator");
    server.stop().await;
}

#[test]
fn the_program_complains_in_one_line() {
    let (folder, _) = database();
    let missing = format!("sqlite:{}", folder.path().join("no/such.db").display());
    let text = complaint(&["serve", "--listen", "127.0.0.1:0", "--database", &missing]);
    assert!(text.starts_with("cannot open the database: "), "{text}");
}

pub(crate) async fn headers_are_ascii(server: Server) {
    let (ada, _) = acme(&server).await;
    let call = Call::get(&format!("{LISTING}?q=caf%C3%A9")).bearer(&ada.value);
    let answer = server.send(call).await;
    assert_eq!(answer.status, 400);
    let text = answer.json()["error"].as_str().expect("a text").to_owned();
    assert!(text.starts_with("`café` is no term"), "{text}");
    let wanted = text.replace('é', "?");
    assert_eq!(answer.header("x-error-message"), Some(wanted.as_str()));
}
