//! The whole decision table as a text file, `decision_table.txt`, written by the engine and read as a diff.
//!
//! A change of the engine that alters a decision alters lines of the file; the test fails when it is stale,
//! `UPDATE=1 cargo test` rewrites it. Whether the decisions are right is for the oracle to say.
//!
//! One section for each sort of place; in a section one line for each set of cells with the same outcome.
//! Columns that make no difference read `*`; values that lead to the same lines share them, joined by `/`.

#[path = "oracle/actions.rs"]
mod actions;
#[path = "oracle/engine.rs"]
#[expect(dead_code, reason = "the table shows decisions only")]
mod engine;
#[path = "oracle/legend.rs"]
mod legend;
#[path = "oracle/naive.rs"]
#[expect(dead_code, reason = "the table needs its requests, not its judgement")]
mod naive;
#[path = "oracle/reading.rs"]
mod reading;
#[path = "oracle/scenario.rs"]
#[expect(dead_code, reason = "what only the domain varies")]
mod scenario;
#[path = "oracle/sections.rs"]
mod sections;
#[path = "oracle/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tokenward_core::snapshot::{PublicKey, Stamp, TrustedKeys, bundle_document};
use tokenward_core::{Authorizer, Decision, OrgDocument, Presented, Request, Resource, Timestamp};

use crate::actions::ACTIONS;
use crate::legend::{Legend, reasons};
use crate::scenario::{Actions, Carried, Grant, Owner, Place, Scenario, Token};
use crate::sections::{entity, everything, places_with_groups, places_without_groups};
use crate::table::{Column, Table};

const HEAD: &str = "\
The decision table of Tokenward, written by the engine: `UPDATE=1 cargo test -p tokenward-core --test decision_table`.

A line is a set of cells with one outcome. `*`: makes no difference; `a/b`: either; `other`: each value
that the lines with the same cells to its left do not name. A combination that cannot be is left out.
The org is acme, the token's owner bob (a service account: acme-ci); `lab` and `attic` are its resource groups.

token    read, write: unscoped. fine: fine-grained, by what it has a grant on:
         home (the org, or the owner's own user), here (the place itself), elsewhere (another repository in the namespace);
         -all: every permission, -empty: none. A + adds canReadGatedRepos and the global permission discussion.write.
         exchange: issued by token exchange.
owner    outsider: no member. Else the role in the org, with +lab:role the role in the group lab; service: a service account.
state    the authorization (none: nobody has decided), or revoked.
maker    whether the owner created the repository. gate: whether the owner is in its gatedUsers.
";

#[test]
fn decision_table_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decision_table.txt");
    let table = decision_table();
    assert!(table.lines().count() < 20_000, "too long to be read");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, table).expect("a writable file");
        return;
    }
    let stored = std::fs::read_to_string(path).expect("the table is there");
    let differing = stored
        .lines()
        .zip(table.lines())
        .position(|(stored, current)| stored != current);
    if let Some(line) = differing {
        let (stored, current) = (stored.lines().nth(line), table.lines().nth(line));
        panic!(
            "line {} is stale; UPDATE=1 rewrites the file\nstored: {stored:?}\nengine: {current:?}",
            line + 1
        );
    }
    assert_eq!(
        stored.lines().count(),
        table.lines().count(),
        "the file is stale; UPDATE=1 rewrites it"
    );
}

fn decision_table() -> String {
    let mut legend = Legend::default();
    let mut sections = vec![first_checks(&mut legend), scopes(&mut legend)];
    sections.extend(places_with_groups(&mut legend));
    sections.extend(places_without_groups(&mut legend));
    legend.note_stale(&stale(), ["777", "600"]);
    let mut text = HEAD.to_owned();
    text.push_str("\n## What the reasons say\n");
    for line in legend.lines() {
        text.push_str(&format!("{line}\n"));
    }
    for (title, table) in sections {
        text.push_str(&format!("\n## {title}\n"));
        for line in table.lines() {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

/// What an edge says whose snapshot is 777 seconds old and may be 600.
fn stale() -> Decision {
    let time = |seconds: i64| Timestamp::from_millis(seconds * 1000);
    let document = json!({"format": "tokenward.org/1", "organization": {"name": "acme"}});
    let document = OrgDocument::parse(&document.to_string()).expect("a valid document");
    let stamp = Stamp {
        revision: 0,
        issued: time(0),
        expires: time(600),
    };
    let bundle = bundle_document(&document, &stamp, &[1; 32]).expect("it is valid");
    let keys = TrustedKeys::of(&[PublicKey::of_seed(&[1; 32])]);
    let authorizer = Authorizer::from_snapshot(bundle, &keys, time(0)).expect("it is valid");
    authorizer.decide(&Request {
        token: Presented::Nothing,
        action: "org.read",
        resource: Resource::parse("org:acme").expect("a resource"),
        now: time(777),
    })
}

fn first_checks(legend: &mut Legend) -> (String, Table) {
    let places = vec![
        Place::listed("model", "acme/public", json!({"visibility": "public"})),
        Place::listed(
            "model",
            "acme/gated",
            json!({"visibility": "public", "gated": true}),
        ),
        Place::listed("model", "acme/private", json!({"visibility": "private"})),
        Place::bare("model:acme/unlisted"),
        Place::bare("org:acme"),
        Place::bare("user:bob"),
    ];
    let known = Token {
        carried: Carried::BySecret,
        ..Token::unscoped("write")
    };
    let other = |secret| Token {
        carried: Carried::Other(secret),
        ..known.clone()
    };
    let expiring = |time| Token {
        expires_at: Some(time),
        ..known.clone()
    };
    let tokens = [
        (
            "none",
            Token {
                carried: Carried::Nothing,
                ..known.clone()
            },
        ),
        ("empty", other("")),
        ("unknown", other("hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBIwOvtj")),
        (
            "api_org",
            other("api_org_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ),
        ("expired", expiring("2026-03-01T11:59:59Z")),
        ("expires-now", expiring(scenario::NOW)),
        ("expires-later", expiring("2026-03-01T12:00:01Z")),
        ("alive", known.clone()),
    ];
    let columns = vec![
        Column::new("token", 20, tokens.iter().map(|(name, _)| *name)),
        Column::new(
            "place",
            14,
            [
                "public",
                "public gated",
                "private",
                "unlisted",
                "org",
                "own user",
            ],
        ),
        Column::new(
            "action",
            22,
            ACTIONS.iter().map(|row| row.action).chain(["repo.fly"]),
        ),
    ];
    let places = Arc::new(places);
    let owner = Owner::member("write", None);
    let mut outcomes = Vec::new();
    for (_, token) in tokens {
        let scenario = Scenario {
            policy: "default",
            groups: false,
            owner,
            token,
            places: places.clone(),
            actions: Actions::All,
        };
        outcomes.extend(reasons(&scenario, legend).into_iter().map(Some));
    }
    (
        "The form of the token, its expiry, the action; a writer's write token".into(),
        Table { columns, outcomes },
    )
}

/// Which permission, on which entity, brings which action into scope.
fn scopes(legend: &mut Legend) -> (String, Table) {
    let places = [
        "org:acme",
        "model:acme/unlisted",
        "user:bob",
        "model:bob/own",
    ]
    .map(Place::bare);
    let mut permissions = everything();
    permissions.extend(["post.write", "repo.fly"]);
    let bearers = ["home", "here", "global"];
    let columns = vec![
        Column::new(
            "place",
            14,
            places.iter().map(|place| place.resource.clone()),
        ),
        Column::new("action", 22, ACTIONS.iter().map(|row| row.action)),
        Column::new("granted on", 10, bearers),
        Column::new("permission", 26, permissions.clone()),
    ];
    let mut cells: BTreeMap<(usize, usize, usize, usize), &'static str> = BTreeMap::new();
    for (bearer, bearer_name) in bearers.iter().enumerate() {
        for (number, permission) in permissions.iter().enumerate() {
            for (place_number, place) in places.iter().enumerate() {
                let token = bearing(bearer_name, permission, place);
                let places = Arc::new(vec![place.clone()]);
                let owner = Owner::member("admin", None);
                let scenario = Scenario {
                    policy: "default",
                    groups: false,
                    owner,
                    token,
                    places,
                    actions: Actions::Existing,
                };
                for (request, reason) in scenario.requests().iter().zip(reasons(&scenario, legend))
                {
                    let action = ACTIONS
                        .iter()
                        .position(|row| row.action == request.action)
                        .expect("an action of the table");
                    cells.insert((place_number, action, bearer, number), reason);
                }
            }
        }
    }
    let mut outcomes = Vec::new();
    for place in 0..places.len() {
        for action in 0..ACTIONS.len() {
            for bearer in 0..bearers.len() {
                outcomes.extend(
                    (0..permissions.len())
                        .map(|number| cells.get(&(place, action, bearer, number)).copied()),
                );
            }
        }
    }
    (
        "What brings an action into scope; an admin's fine-grained token with one permission"
            .into(),
        Table { columns, outcomes },
    )
}

fn bearing(bearer: &str, permission: &'static str, place: &Place) -> Token {
    let here = entity(place);
    let bare: Vec<Grant> = vec![("org", "acme", vec![]), ("user", "bob", vec![])];
    match bearer {
        "home" => Token::fine_grained(vec![
            ("org", "acme", vec![permission]),
            ("user", "bob", vec![permission]),
        ]),
        "here" => {
            let mut grants: Vec<Grant> = bare
                .into_iter()
                .filter(|(_, name, _)| *name != here.1)
                .collect();
            grants.push((here.0, here.1, vec![permission]));
            Token::fine_grained(grants)
        }
        _ => Token {
            global: vec![permission],
            ..Token::fine_grained(bare)
        },
    }
}
