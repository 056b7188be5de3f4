//! The sections of the decision table that show a sort of place each: all tokens, owners, policies and states on it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::actions::{self, ACTIONS, row_of};
use crate::legend::{Legend, reasons};
use crate::scenario::{Actions, Grant, Owner, Place, Scenario, Token};
use crate::table::{Column, Table};

const POLICIES: [&str; 3] = ["default", "fine-grained-only", "require-approval"];
const STATES: [&str; 5] = ["none", "pending", "approved", "denied", "revoked"];
const MAKERS: [&str; 2] = ["other", "owner"];
const GATES: [&str; 2] = ["shut", "open"];

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
        facts["gatedUsers"] = json!([if gate == 0 { "eve" } else { owner.name() }]);
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

pub(crate) fn places_with_groups(legend: &mut Legend) -> Vec<(String, Table)> {
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

pub(crate) fn places_without_groups(legend: &mut Legend) -> Vec<(String, Table)> {
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
    let owners = owners();
    let mut grids: Vec<Grid> = sorts.iter().map(|sort| Grid::new(sort, &owners)).collect();
    for (owner_number, (_, owner)) in owners.iter().enumerate() {
        let spots = places_for(&sorts, *owner);
        let places: Vec<Place> = spots.iter().map(|(_, place)| place.clone()).collect();
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
                    for ([sort, maker, gate], _) in &spots {
                        for action in 0..grids[*sort].actions() {
                            let answer = answers.next().expect("an answer to each request");
                            let numbers = [
                                action,
                                token_number,
                                owner_number,
                                policy_number,
                                state_number,
                                *maker,
                                *gate,
                            ];
                            grids[*sort].set(numbers, answer);
                        }
                    }
                    assert!(answers.next().is_none(), "a request to each answer");
                }
            }
        }
    }
    let titles = sorts.iter().map(|(title, _)| (*title).to_owned());
    titles.zip(grids.into_iter().map(|grid| grid.0)).collect()
}

/// A table that is filled cell by cell.
struct Grid(Table);

impl Grid {
    fn new(sort: &Sort, owners: &[(String, Owner)]) -> Grid {
        let place = (sort.1)(Owner::OUTSIDER, 0, 0);
        let exists = |row: &&actions::Row| row_of(row.action, place.resource_type()).is_some();
        let (makers, gates): (&[&str], &[&str]) = if place.listed.is_some() {
            (&MAKERS, &GATES)
        } else {
            (&["none"], &["none"])
        };
        let columns = vec![
            Column::new(
                "action",
                22,
                ACTIONS.iter().filter(exists).map(|row| row.action),
            ),
            Column::new(
                "token",
                20,
                tokens(Owner::OUTSIDER, &[])
                    .into_iter()
                    .map(|(name, _)| name),
            ),
            Column::new("owner", 26, owners.iter().map(|(name, _)| name.as_str())),
            Column::new("policy", 18, POLICIES),
            Column::new("state", 14, STATES),
            Column::new("maker", 5, makers.iter().copied()),
            Column::new("gate", 4, gates.iter().copied()),
        ];
        let cells = columns.iter().map(|column| column.values.len()).product();
        Grid(Table {
            columns,
            outcomes: vec![None; cells],
        })
    }

    fn actions(&self) -> usize {
        self.0.columns[0].values.len()
    }

    fn set(&mut self, numbers: [usize; 7], outcome: &'static str) {
        let columns = self.0.columns.iter().zip(numbers);
        let index = columns.fold(0, |index, (column, number)| {
            index * column.values.len() + number
        });
        self.0.outcomes[index] = Some(outcome);
    }
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

pub(crate) fn everything() -> Vec<&'static str> {
    let mut all: Vec<&'static str> = ACTIONS
        .iter()
        .flat_map(|row| row.permissions)
        .copied()
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The places that need a name for as long as the test runs.
pub(crate) fn entity(place: &Place) -> (&'static str, &'static str) {
    let resource: &'static str = place.resource.clone().leak();
    resource.split_once(':').expect("`type:name`")
}
