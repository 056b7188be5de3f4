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
#[path = "oracle/naive.rs"]
#[expect(dead_code, reason = "the table needs its requests, not its judgement")]
mod naive;
#[path = "oracle/scenario.rs"]
#[expect(dead_code, reason = "what only the domain varies")]
mod scenario;
#[path = "oracle/table.rs"]
mod table;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::actions::{ACTIONS, row_of};
use crate::naive::NaiveRequest;
use crate::scenario::{Actions, Carried, Grant, Owner, Place, Scenario, Token};
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

const POLICIES: [&str; 3] = ["default", "fine-grained-only", "require-approval"];
const STATES: [&str; 5] = ["none", "pending", "approved", "denied", "revoked"];
const MAKERS: [&str; 2] = ["other", "owner"];
const GATES: [&str; 2] = ["shut", "open"];

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

/// What was said for each reason: the status, the message and the remedy, with the names taken out.
#[derive(Default)]
struct Legend {
    sayings: BTreeMap<(String, String, String), String>,
    /// The answers noted already, word for word and for each resource.
    noted: HashSet<(String, String)>,
}

impl Legend {
    /// Notes the answer and returns its reason.
    fn note(&mut self, request: &NaiveRequest, answer: &Value) -> String {
        let reason = answer["reason"]
            .as_str()
            .expect("a decision has a reason")
            .to_owned();
        if self
            .noted
            .insert((request.resource.clone(), answer.to_string()))
        {
            let text = |field: &str| answer["remedy"][field].as_str().unwrap_or("-").to_owned();
            let remedy = format!("{} {}", text("who"), text("do"));
            let key = (reason.clone(), general_message(request, answer), remedy);
            self.sayings
                .entry(key)
                .or_insert_with(|| answer["status"].to_string());
        }
        reason
    }

    fn lines(&self) -> Vec<String> {
        let line = |((reason, message, remedy), status): (&(String, String, String), &String)| {
            format!("{status}  {reason:22} {remedy:34} {message}")
        };
        self.sayings.iter().map(line).collect()
    }
}

/// The message without the names of the resource and of the permission.
fn general_message(request: &NaiveRequest, answer: &Value) -> String {
    let (resource_type, name) = request.resource.split_once(':').expect("`type:name`");
    let message = answer["message"].as_str().unwrap_or("-");
    let message = message.replace(&format!("{resource_type} {name}"), "<type> <name>");
    let message = message.replace(&format!("\"{name}\""), "\"<name>\"");
    ACTIONS
        .iter()
        .flat_map(|row| row.permissions)
        .fold(message, |message, permission| {
            message.replace(&format!("\"{permission}\""), "\"<permission>\"")
        })
}

/// The reasons of all requests of a scenario, in their order.
fn reasons(scenario: &Scenario, legend: &mut Legend) -> Vec<String> {
    let authorizer = engine::load(&scenario.document()).expect("the engine takes a valid document");
    let requests = scenario.requests();
    requests
        .iter()
        .map(|request| legend.note(request, &engine::decide(&authorizer, request)))
        .collect()
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

fn everything() -> Vec<&'static str> {
    let mut all: Vec<&'static str> = ACTIONS
        .iter()
        .flat_map(|row| row.permissions)
        .copied()
        .collect();
    all.sort_unstable();
    all.dedup();
    all
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
    let mut cells: BTreeMap<(usize, usize, usize, usize), String> = BTreeMap::new();
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
                        .map(|number| cells.get(&(place, action, bearer, number)).cloned()),
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

/// The places that need a name for as long as the test runs.
fn entity(place: &Place) -> (&'static str, &'static str) {
    let resource: &'static str = place.resource.clone().leak();
    resource.split_once(':').expect("`type:name`")
}

fn owners() -> Vec<(String, Owner)> {
    let mut owners = vec![("outsider".to_owned(), Owner::OUTSIDER)];
    for role in ["no_access", "read", "contributor", "write", "admin"] {
        owners.push((role.to_owned(), Owner::member(role, None)));
    }
    for (role, lab) in [
        ("no_access", "read"),
        ("no_access", "write"),
        ("read", "contributor"),
        ("read", "write"),
        ("contributor", "read"),
        ("write", "read"),
        ("write", "no_access"),
        ("admin", "read"),
    ] {
        owners.push((format!("{role}+lab:{lab}"), Owner::member(role, Some(lab))));
    }
    owners.push(("service".to_owned(), Owner::SERVICE_ACCOUNT));
    owners
}

/// The tokens that the sections of places vary; a service account's names nothing outside its org.
fn tokens(owner: Owner, places: &[Place]) -> Vec<(&'static str, Option<Token>)> {
    let all = everything();
    let inside = |grants: Vec<Grant>| -> Vec<Grant> {
        let in_org = |(kind, name, _): &Grant| {
            *kind != "user" && (*name == "acme" || name.starts_with("acme/"))
        };
        grants
            .into_iter()
            .filter(|grant| !owner.service_account || in_org(grant))
            .collect()
    };
    let home = |permissions: &[&'static str]| -> Vec<Grant> {
        vec![
            ("org", "acme", permissions.to_vec()),
            ("user", "bob", permissions.to_vec()),
        ]
    };
    let here = |permissions: &[&'static str]| -> Vec<Grant> {
        let repositories = places
            .iter()
            .map(entity)
            .filter(|(kind, _)| *kind != "org" && *kind != "user");
        repositories
            .map(|(kind, name)| (kind, name, permissions.to_vec()))
            .collect()
    };
    let elsewhere = || {
        vec![
            ("space", "acme/elsewhere", all.clone()),
            ("space", "bob/elsewhere", all.clone()),
        ]
    };
    let fine = |grants: Vec<Grant>| Some(Token::fine_grained(inside(grants)));
    let plus = |token: Option<Token>| {
        token.map(|token| Token {
            gated_repos: true,
            global: vec!["discussion.write"],
            ..token
        })
    };
    let unscoped = |kind| (!owner.service_account).then(|| Token::unscoped(kind));
    vec![
        ("read", unscoped("read")),
        ("write", unscoped("write")),
        ("fine:nothing", fine(vec![])),
        ("fine:nothing+", plus(fine(vec![]))),
        ("fine:home-empty", fine(home(&[]))),
        ("fine:home-empty+", plus(fine(home(&[])))),
        ("fine:home-all", fine(home(&all))),
        (
            "fine:home-all,here-empty",
            fine([home(&all), here(&[])].concat()),
        ),
        (
            "fine:home-empty,here-all",
            fine([home(&[]), here(&all)].concat()),
        ),
        ("fine:elsewhere-all", fine(elsewhere())),
        (
            "exchange:home-all",
            fine(home(&all)).map(|token| Token {
                issued_by: "token-exchange",
                ..token
            }),
        ),
    ]
}

/// A sort of place: its title, and how to make it for an owner who made it or not, and passed its gate or not.
type Sort = (&'static str, Box<dyn Fn(Owner, usize, usize) -> Place>);

fn listed(title: &'static str, facts: Value) -> Sort {
    let make = move |owner: Owner, maker: usize, gate: usize| {
        let mut facts = facts.clone();
        facts["createdBy"] = json!(["ada", owner.name()][maker]);
        facts["gatedUsers"] = json!(["eve", owner.name()][gate]);
        facts["gatedUsers"] = json!([facts["gatedUsers"]]);
        let name: String = title
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric())
            .collect();
        Place::listed(
            "model",
            &format!("acme/{name}-{}-{}", MAKERS[maker], GATES[gate]),
            facts,
        )
    };
    (title, Box::new(make))
}

fn bare(title: &'static str, resource: &'static str) -> Sort {
    (title, Box::new(move |_, _, _| Place::bare(resource)))
}

fn places_with_groups(legend: &mut Legend) -> Vec<(String, Table)> {
    let misspelt = |owner, maker, gate| {
        let (_, make) = listed("Misspelt", json!({"visibility": "public"}));
        let place = make(owner, maker, gate);
        let lower = place.resource.to_lowercase();
        place.asked_as(&lower)
    };
    let sorts = vec![
        listed("A private repository in no group", json!({})),
        listed(
            "A private gated repository in no group",
            json!({"gated": true}),
        ),
        listed(
            "A private repository in the group lab",
            json!({"resourceGroup": "lab"}),
        ),
        listed(
            "A private gated repository in the group attic",
            json!({"resourceGroup": "attic", "gated": true}),
        ),
        listed(
            "A public repository in no group",
            json!({"visibility": "public"}),
        ),
        listed(
            "A public repository in the group lab",
            json!({"visibility": "public", "resourceGroup": "lab"}),
        ),
        listed(
            "A public gated repository in no group",
            json!({"visibility": "public", "gated": true}),
        ),
        listed(
            "A public gated repository in the group lab",
            json!({"visibility": "public", "gated": true, "resourceGroup": "lab"}),
        ),
        bare(
            "An unlisted repository of an org with groups",
            "model:acme/unlisted",
        ),
        (
            "A public repository misspelt in case",
            Box::new(misspelt) as _,
        ),
        bare("The org", "org:acme"),
        bare("The owner's own namespace", "user:bob"),
        bare("A repository in the owner's own namespace", "model:bob/own"),
        bare("A repository in a foreign namespace", "model:other/public"),
        bare("Another org", "org:other"),
        bare("Another user", "user:ada"),
    ];
    places_of(sorts, true, legend)
}

fn places_without_groups(legend: &mut Legend) -> Vec<(String, Table)> {
    places_of(
        vec![bare(
            "An unlisted repository of an org without groups",
            "model:acme/unlisted",
        )],
        false,
        legend,
    )
}

/// One table for each sort of place, over all tokens, owners, policies and states.
fn places_of(sorts: Vec<Sort>, groups: bool, legend: &mut Legend) -> Vec<(String, Table)> {
    // Every cell of every sort: (sort, action, token, owner, policy, state, maker, gate).
    let mut cells: BTreeMap<[usize; 8], String> = BTreeMap::new();
    let owners = owners();
    for (owner_number, (_, owner)) in owners.iter().enumerate() {
        let keys = places_for(&sorts, *owner);
        let places: Vec<Place> = keys.iter().map(|(_, place)| place.clone()).collect();
        let tokens = tokens(*owner, &places);
        let places = Arc::new(places);
        for (token_number, (_, token)) in tokens.iter().enumerate() {
            let Some(token) = token else { continue };
            for (policy_number, policy) in POLICIES.iter().enumerate() {
                for (state_number, state) in STATES.iter().enumerate() {
                    let scenario = Scenario {
                        policy,
                        groups,
                        owner: *owner,
                        token: in_state(token.clone(), state),
                        places: places.clone(),
                        actions: Actions::Existing,
                    };
                    let mut answers = reasons(&scenario, legend).into_iter();
                    for ([sort, maker, gate], place) in &keys {
                        for action in actions_on(place) {
                            let key = [
                                *sort,
                                action,
                                token_number,
                                owner_number,
                                policy_number,
                                state_number,
                                *maker,
                                *gate,
                            ];
                            cells.insert(key, answers.next().expect("an answer to each request"));
                        }
                    }
                    assert!(answers.next().is_none(), "a request to each answer");
                }
            }
        }
    }
    let token_names: Vec<&str> = tokens(Owner::OUTSIDER, &[])
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let owner_names: Vec<String> = owners.into_iter().map(|(name, _)| name).collect();
    let titles = sorts.iter().map(|(title, _)| (*title).to_owned());
    titles
        .enumerate()
        .map(|(sort, title)| (title, table(sort, &cells, &token_names, &owner_names)))
        .collect()
}

fn in_state(token: Token, state: &'static str) -> Token {
    match state {
        "none" => token,
        "revoked" => Token {
            revoked: true,
            authorization: Some("approved"),
            ..token
        },
        status => Token {
            authorization: Some(status),
            ..token
        },
    }
}

/// The places of all sorts for an owner, each with its sort, maker and gate.
fn places_for(sorts: &[Sort], owner: Owner) -> Vec<([usize; 3], Place)> {
    let mut places = Vec::new();
    for (sort, (_, make)) in sorts.iter().enumerate() {
        for maker in 0..MAKERS.len() {
            for gate in 0..GATES.len() {
                let place = make(owner, maker, gate);
                // What cannot be listed has neither maker nor gate.
                if place.listed.is_some() || (maker, gate) == (0, 0) {
                    places.push(([sort, maker, gate], place));
                }
            }
        }
    }
    places
}

fn actions_on(place: &Place) -> impl Iterator<Item = usize> {
    let exists = |row: &actions::Row| row_of(row.action, place.resource_type()).is_some();
    ACTIONS
        .iter()
        .enumerate()
        .filter(move |(_, row)| exists(row))
        .map(|(number, _)| number)
}

fn table(
    sort: usize,
    cells: &BTreeMap<[usize; 8], String>,
    tokens: &[&str],
    owners: &[String],
) -> Table {
    let columns = vec![
        Column::new("action", 22, ACTIONS.iter().map(|row| row.action)),
        Column::new("token", 20, tokens.iter().copied()),
        Column::new("owner", 26, owners),
        Column::new("policy", 18, POLICIES),
        Column::new("state", 14, STATES),
        Column::new("maker", 5, MAKERS),
        Column::new("gate", 4, GATES),
    ];
    let sizes: Vec<usize> = columns.iter().map(|column| column.values.len()).collect();
    let outcomes = (0..sizes.iter().product())
        .map(|index| {
            let mut key = [sort; 8];
            let mut rest: usize = index;
            for (place, size) in key[1..].iter_mut().zip(&sizes).rev() {
                *place = rest % size;
                rest /= size;
            }
            cells.get(&key).cloned()
        })
        .collect();
    Table { columns, outcomes }
}
