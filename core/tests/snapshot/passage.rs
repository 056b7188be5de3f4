//! Gateways at the edge: what an organization's snapshot settles is what the server would say, and
//! what it does not is told to be somebody else's to say.

use serde_json::{Value, json};
use tokenward_core::snapshot::{Snapshot, SnapshotWriter};
use tokenward_core::{Authorizer, Passage, Row, TokenSecret, World, hub};

use crate::make::{always, keys, now, parse, sealed, time};

const ADA: &str = "token-of-ada";
const BOB: &str = "token-of-bob";
const OLD: &str = "expired-token-of-bob";
const REVOKED: &str = "revoked-token-of-bob";
const GUS: &str = "token-of-gus-in-globex";
const TOKENS: &[Option<&str>] = &[
    None,
    Some(ADA),
    Some(BOB),
    Some(OLD),
    Some(REVOKED),
    Some(GUS),
    Some("nobody-knows-it"),
    Some("api_org_something"),
];

const REQUESTS: &[(&str, &str)] = &[
    ("GET", "/api/whoami-v2"),
    ("GET", "/api/models"),
    ("GET", "/api/models/acme/bert"),
    ("GET", "/acme/bert/resolve/main/config.json"),
    ("GET", "/acme/open/resolve/main/config.json"),
    ("GET", "/acme/nothing/resolve/main/config.json"),
    ("GET", "/globex/open/resolve/main/config.json"),
    ("GET", "/globex/bert/resolve/main/config.json"),
    ("GET", "/bob/own/resolve/main/config.json"),
    ("POST", "/api/models/acme/bert/commit/main"),
    ("POST", "/api/models/globex/bert/commit/main"),
    ("POST", "/acme/bert.git/info/lfs/objects/batch"),
    ("POST", "/api/repos/create"),
    ("GET", "/api/organizations/acme/members"),
    ("GET", "/api/organizations/globex/members"),
    ("GET", "/no/such/row/at/all"),
    ("GET", "/acme/../globex/resolve/main/x"),
];

fn token(number: u8, owner: &str, value: &str, more: &Value) -> Value {
    let mut token = json!({
        "id": format!("{number:024x}"), "owner": owner, "role": "write", "displayName": value,
        "digest": TokenSecret::parse(value).expect("a token").digest().to_string(),
        "createdAt": "2026-01-01T00:00:00Z",
    });
    for (key, value) in more.as_object().expect("an object") {
        token[key] = value.clone();
    }
    token
}

fn organization(name: &str, members: &Value, tokens: &[Value]) -> Vec<Row> {
    let document = json!({
        "format": "tokenward.org/1", "generation": 5, "organization": {"name": name},
        "members": members, "tokens": tokens,
        "resources": [
            {"type": "model", "name": format!("{name}/bert")},
            {"type": "model", "name": format!("{name}/open"), "visibility": "public"},
        ],
    });
    parse(&document).rows()
}

/// Two organizations; `gus` has nothing to do with `acme`.
fn world() -> World {
    let mut world = World::default();
    let none = json!({});
    let expired = json!({"expiresAt": "2026-02-01T00:00:00Z"});
    let revoked = json!({"revoked": {"at": "2026-02-01T00:00:00Z", "by": "ada"}});
    let acme = organization(
        "acme",
        &json!([{"user": "ada", "role": "admin"}, {"user": "bob", "role": "contributor"}]),
        &[
            token(1, "ada", ADA, &none),
            token(2, "bob", BOB, &none),
            token(3, "bob", OLD, &expired),
            token(4, "bob", REVOKED, &revoked),
        ],
    );
    let globex = organization(
        "globex",
        &json!([{"user": "gus", "role": "admin"}]),
        &[token(5, "gus", GUS, &none)],
    );
    acme.iter().chain(&globex).for_each(|row| world.apply(row));
    world
}

fn edge(world: &World) -> Authorizer {
    let mut writer = SnapshotWriter::new(world, "acme").expect("it is there");
    let (_, bundle) = sealed(&mut writer, world, &always(1));
    let snapshot = Snapshot::open(bundle, &keys(), now()).expect("it is valid");
    Authorizer::of_snapshot(snapshot).expect("it has a name")
}

/// Everything that a client sees. An edge knows no display names here, and its answers carry its
/// generation.
fn seen(passage: &Passage) -> (u16, Vec<(&'static str, String)>, Option<String>) {
    let answer = passage.answer(now());
    let headers = answer.headers.into_iter();
    let headers = headers.filter(|(name, _)| *name != "x-tokenward-remedy");
    (answer.status, headers.collect(), answer.error)
}

#[test]
fn what_is_settled_is_what_the_server_says() {
    let world = world();
    let edge = edge(&world);
    let mut settled = 0;
    for token in TOKENS {
        let secret = token.map(|token| TokenSecret::parse(token).expect("a token"));
        for (method, uri) in REQUESTS {
            let Ok(demand) = hub::judge(method, uri, None) else {
                continue;
            };
            let here = edge.judge(demand.clone(), secret.as_ref(), now());
            let there = world.judge(demand, secret.as_ref(), now());
            if here.settled {
                assert_eq!(seen(&here), seen(&there), "{method} {uri} {token:?}");
                settled += 1;
            }
        }
    }
    assert!(settled > 40, "{settled}");
}

#[test]
fn what_is_not_known_is_not_settled() {
    let edge = edge(&world());
    let settled = |token: Option<&str>, method: &str, uri: &str| {
        let secret = token.map(|token| TokenSecret::parse(token).expect("a token"));
        let demand = hub::judge(method, uri, None).expect("a row");
        edge.judge(demand, secret.as_ref(), now()).settled
    };
    let bert = "/acme/bert/resolve/main/config.json";
    for token in [None, Some(BOB), Some(OLD), Some(REVOKED)] {
        assert!(settled(token, "GET", bert), "{token:?}");
    }
    assert!(settled(Some(BOB), "GET", "/api/whoami-v2"));
    assert!(settled(None, "GET", "/api/models"));
    // Another's repository, the caller's own, and listings of everything.
    for uri in [
        "/globex/bert/resolve/main/x",
        "/bob/own/resolve/main/x",
        "/api/models",
    ] {
        assert!(!settled(Some(BOB), "GET", uri), "{uri}");
    }
    // A token that has nothing to do with the organization may be good elsewhere.
    for uri in [bert, "/acme/open/resolve/main/x", "/api/whoami-v2"] {
        assert!(!settled(Some(GUS), "GET", uri), "{uri}");
    }
}

#[test]
fn a_snapshot_that_is_too_old_settles_what_is_the_organizations() {
    let edge = edge(&world()).with_maximum_age(60_000);
    let late = time("2026-03-01T13:00:00Z");
    let judge = |uri: &str| {
        let demand = hub::judge("GET", uri, None).expect("a row");
        edge.judge(demand, None, late)
    };
    let stale = judge("/acme/open/resolve/main/x");
    assert!(stale.settled);
    let answer = stale.answer(late);
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.headers[0],
        ("x-tokenward-reason", "snapshot_stale".into())
    );
    assert!(!judge("/globex/open/resolve/main/x").settled);
}
