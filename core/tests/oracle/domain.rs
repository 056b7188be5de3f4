//! The enumerable domain: small documents and requests that together reach every relevant combination.
//!
//! How it is pruned. A decision depends on some fifteen facts, but each check reads only a few of them,
//! and a check matters only while the ones before it hold. So the domain is a union of blocks.
//! A block is the full cross product of the facts that one stage of the checks reads;
//! of all other facts it takes a few representatives on either side of every later and earlier check.
//!
//! | block | stage | varied in full |
//! |---|---|---|
//! | `forms` | 1 to 4 | how the token is carried, expiry, every action × every place |
//! | `governance` | 5 to 9 | policy, kind, issuer, approval, revocation, what the token names, the owner's standing |
//! | `scopes` | 10 | every permission × every entity that can bear it × overriding, flags; every action |
//! | `roles` | 11 to 13 | role in the org × role in the group × all the facts of a repository |
//!
//! Nothing here knows the right answer.

use std::sync::Arc;

use serde_json::json;

use crate::actions::ACTIONS;
use crate::scenario::{Actions, Carried, Grant, Owner, Place, Scenario, Token};

pub(crate) const POLICIES: &[&str] = &["default", "fine-grained-only", "require-approval"];
pub(crate) const ROLES: &[&str] = &["no_access", "read", "contributor", "write", "admin"];
const GROUP_ROLES: &[Option<&str>] = &[
    None,
    Some("no_access"),
    Some("read"),
    Some("contributor"),
    Some("write"),
    Some("admin"),
];

/// All scenarios of the domain, with the name of their block.
pub(crate) fn domain() -> Vec<(&'static str, Scenario)> {
    let blocks = [
        ("forms", forms()),
        ("governance", governance()),
        ("scopes", scopes()),
        ("roles", roles()),
    ];
    blocks
        .into_iter()
        .flat_map(|(name, block)| block.into_iter().map(move |scenario| (name, scenario)))
        .collect()
}

/// Every permission string that means something, and three that mean nothing.
pub(crate) fn permissions() -> Vec<&'static str> {
    let mut all: Vec<&'static str> = ACTIONS
        .iter()
        .flat_map(|row| row.permissions)
        .copied()
        .collect();
    all.extend(["post.write", "repo.fly", "Repo.Write"]);
    all.sort_unstable();
    all.dedup();
    all
}

/// Places of every sort: in the org, one's own, foreign, misspelt.
pub(crate) fn places() -> Vec<Place> {
    let mut places = vec![
        Place::listed("model", "acme/private", json!({"visibility": "private"})),
        Place::listed(
            "dataset",
            "acme/private-gated",
            json!({"gated": true, "gatedUsers": []}),
        ),
        Place::listed("model", "acme/private-lab", json!({"resourceGroup": "lab"})),
        Place::listed(
            "space",
            "acme/private-gated-lab",
            json!({"gated": true, "resourceGroup": "lab"}),
        ),
        Place::listed(
            "model",
            "acme/private-attic",
            json!({"resourceGroup": "attic"}),
        ),
        Place::listed("model", "acme/public", json!({"visibility": "public"})),
        Place::listed(
            "kernel",
            "acme/public-lab",
            json!({"visibility": "public", "resourceGroup": "lab"}),
        ),
        Place::listed(
            "model",
            "acme/gated",
            json!({"visibility": "public", "gated": true, "gatedUsers": ["eve"]}),
        ),
        Place::listed(
            "bucket",
            "acme/gated-lab",
            json!({"visibility": "public", "gated": true, "resourceGroup": "lab"}),
        ),
    ];
    let open =
        json!({"visibility": "public", "gated": true, "gatedUsers": ["bob", "acme-ci", "acme"]});
    places.push(Place::listed("dataset", "acme/gated-open", open));
    let variants = [
        places[0].clone().asked_as("model:acme/Private"),
        places[2].clone().asked_as("model:acme/PRIVATE-lab"),
        places[5].clone().asked_as("model:acme/publiC"),
        places[0].clone().asked_as("dataset:acme/private"),
    ];
    places.extend(variants);
    let unlisted = [
        "model:acme/unlisted",
        "org:acme",
        "org:ACME",
        "model:ACME/public",
        "user:acme",
    ];
    let own = [
        "user:bob",
        "model:bob/own",
        "org:bob",
        "user:Bob",
        "user:acme-ci",
        "model:acme-ci/own",
    ];
    let foreign = [
        "user:ada",
        "model:ada/own",
        "org:other",
        "model:other/public",
    ];
    places.extend(
        unlisted
            .into_iter()
            .chain(own)
            .chain(foreign)
            .map(Place::bare),
    );
    places
}

/// Fewer of them: one for each way to stand in the org and to what is outside it.
fn places_of_every_standing() -> Vec<Place> {
    let wanted = [
        "model:acme/private",
        "model:acme/private-lab",
        "model:acme/private-attic",
        "model:acme/public",
        "kernel:acme/public-lab",
        "model:acme/gated",
        "dataset:acme/gated-open",
        "bucket:acme/gated-lab",
        "model:acme/Private",
        "model:acme/unlisted",
        "org:acme",
        "user:bob",
        "model:bob/own",
        "user:acme-ci",
        "model:other/public",
    ];
    // The listed twin of a misspelt place stands before it, so its document still lists it.
    places()
        .into_iter()
        .filter(|place| wanted.contains(&place.resource.as_str()))
        .collect()
}

fn forms() -> Vec<Scenario> {
    let known = Token {
        carried: Carried::BySecret,
        ..Token::unscoped("write")
    };
    let mut tokens = vec![Token {
        carried: Carried::Nothing,
        ..known.clone()
    }];
    for other in [
        "",
        "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBIwOvtj",
        "hf_oauth_x",
        "not a token",
        "api_org_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "api_orgx",
        "api_AAAA",
    ] {
        tokens.push(Token {
            carried: Carried::Other(other),
            ..known.clone()
        });
    }
    for expires_at in [
        None,
        Some("2026-03-01T11:59:59Z"),
        Some("2026-03-01T12:00:00Z"),
        Some("2026-03-01T12:00:01Z"),
    ] {
        tokens.push(Token {
            expires_at,
            ..known.clone()
        });
        tokens.push(Token {
            expires_at,
            carried: Carried::ById,
            revoked: true,
            ..known.clone()
        });
    }
    let places = Arc::new(places());
    let mut block = Vec::new();
    for token in &tokens {
        for policy in ["default", "require-approval"] {
            for owner in [Owner::OUTSIDER, Owner::member("write", None)] {
                let (token, places) = (token.clone(), places.clone());
                block.push(Scenario {
                    policy,
                    groups: true,
                    owner,
                    token,
                    places,
                    actions: Actions::All,
                });
            }
        }
    }
    block
}

fn governance() -> Vec<Scenario> {
    const ALL: &[&str] = &["repo.write", "discussion.write", "org.read"];
    let owners = ROLES
        .iter()
        .flat_map(|role| {
            [
                Owner::member(role, None),
                Owner::member(role, Some("write")),
            ]
        })
        .chain([Owner::OUTSIDER, Owner::SERVICE_ACCOUNT]);
    let namings: [Vec<Grant>; 7] = [
        vec![],
        vec![("org", "acme", vec![])],
        vec![("org", "acme", ALL.to_vec())],
        vec![("model", "acme/somewhere", ALL.to_vec())],
        vec![
            ("dataset", "acme/gated-open", vec!["repo.write"]),
            ("model", "acme/private-lab", vec![]),
        ],
        vec![("user", "bob", ALL.to_vec()), ("model", "bob/own", vec![])],
        vec![
            ("org", "ACME", ALL.to_vec()),
            ("user", "acme", ALL.to_vec()),
            ("satellite", "acme", ALL.to_vec()),
        ],
    ];
    let actions = &[
        "repo.content.read",
        "repo.write",
        "repo.create",
        "discussion.write",
        "org.read",
    ];
    // A revocation is judged before an approval: two states on either side of it are enough.
    let states = [
        (None, false),
        (Some("pending"), false),
        (Some("approved"), false),
        (Some("denied"), false),
        (Some("approved"), true),
        (Some("denied"), true),
    ];
    let places = Arc::new(places_of_every_standing());
    let mut block = Vec::new();
    for owner in owners {
        let mut tokens = Vec::new();
        if !owner.service_account {
            tokens.extend([Token::unscoped("read"), Token::unscoped("write")]);
        }
        for grants in &namings {
            let outside = grants.iter().any(|(kind, name, _)| {
                *kind != "org" && !name.starts_with("acme/") || *name == "ACME"
            });
            if owner.service_account && outside {
                continue;
            }
            let bare = Token::fine_grained(grants.clone());
            tokens.push(Token {
                gated_repos: true,
                global: vec!["discussion.write"],
                ..bare.clone()
            });
            tokens.push(Token {
                issued_by: "token-exchange",
                ..bare.clone()
            });
            tokens.push(bare);
        }
        for token in tokens {
            for (authorization, revoked) in states {
                for policy in POLICIES {
                    let token = Token {
                        authorization,
                        revoked,
                        ..token.clone()
                    };
                    block.push(Scenario {
                        policy,
                        groups: true,
                        owner,
                        token,
                        places: places.clone(),
                        actions: Actions::Some(actions),
                    });
                }
            }
        }
    }
    block
}

fn scopes() -> Vec<Scenario> {
    let places: Vec<Place> = places()
        .into_iter()
        .filter(|place| {
            let kept = [
                "model:acme/private",
                "model:acme/private-lab",
                "model:acme/public",
                "dataset:acme/gated-open",
                "model:acme/unlisted",
                "org:acme",
                "user:bob",
                "model:bob/own",
            ];
            kept.contains(&place.resource.as_str())
        })
        .collect();
    let places = Arc::new(places);
    let repositories = [
        "model:acme/private",
        "model:acme/private-lab",
        "model:acme/unlisted",
        "dataset:acme/gated-open",
    ];
    let mut scopes: Vec<Vec<Grant>> = Vec::new();
    for permission in permissions() {
        scopes.push(vec![("org", "acme", vec![permission])]);
        scopes.push(vec![("user", "bob", vec![permission])]);
        scopes.push(vec![
            ("user", "bob", vec![]),
            ("model", "bob/own", vec![permission]),
        ]);
        scopes.push(vec![
            ("user", "bob", vec![permission]),
            ("model", "bob/own", vec![]),
        ]);
        scopes.push(vec![
            ("satellite", "acme/private", vec![permission]),
            ("org", "acme", vec!["org.repos.read"]),
        ]);
        // On a repository: alone, beside the org's grant, overriding it, and the org's grant overridden by nothing.
        for repository in repositories {
            let (kind, name) = repository.split_once(':').unwrap_or_default();
            scopes.push(vec![(kind, name, vec![permission])]);
            scopes.push(vec![
                (kind, name, vec![permission]),
                ("org", "acme", permissions()),
            ]);
            scopes.push(vec![
                (kind, name, vec![]),
                ("org", "acme", vec![permission]),
            ]);
        }
    }
    let mut block = Vec::new();
    for owner in [
        Owner::member("admin", None),
        Owner::OUTSIDER,
        Owner::SERVICE_ACCOUNT,
        Owner::member("write", Some("read")),
    ] {
        for grants in &scopes {
            let outside = grants.iter().any(|(kind, _, _)| {
                ["user", "satellite"].contains(kind) || grants[0].1.starts_with("bob/")
            });
            if owner.service_account && outside {
                continue;
            }
            let mut flags = vec![(vec![], false)];
            // What stands beside grants matters only where it could be taken for one.
            let last = grants
                .iter()
                .flat_map(|(_, _, permissions)| permissions)
                .last();
            if last.is_none_or(|permission| {
                permission.starts_with("repo.") || *permission == "discussion.write"
            }) {
                flags.push((vec!["discussion.write"], true));
                flags.push((vec!["repo.write", "org.write"], false));
            }
            for (global, gated_repos) in flags {
                let token = Token {
                    global,
                    gated_repos,
                    ..Token::fine_grained(grants.clone())
                };
                let places = places.clone();
                block.push(Scenario {
                    policy: "default",
                    groups: true,
                    owner,
                    token,
                    places,
                    actions: Actions::Existing,
                });
            }
        }
    }
    block
}

fn roles() -> Vec<Scenario> {
    let owners = ROLES
        .iter()
        .flat_map(|role| {
            GROUP_ROLES
                .iter()
                .map(|lab_role| Owner::member(role, *lab_role))
        })
        .chain([Owner::OUTSIDER, Owner::SERVICE_ACCOUNT]);
    let everything = permissions();
    let mut block = Vec::new();
    for owner in owners {
        let mut places = repositories(owner);
        places.extend(self::places());
        let places = Arc::new(places);
        let mut tokens = vec![
            Token::fine_grained(vec![("org", "acme", everything.clone())]),
            Token {
                gated_repos: true,
                global: vec!["discussion.write"],
                ..Token::fine_grained(vec![])
            },
            Token {
                gated_repos: true,
                ..Token::fine_grained(grants_on_each(&places))
            },
        ];
        if !owner.service_account {
            tokens.extend([Token::unscoped("read"), Token::unscoped("write")]);
        }
        for token in tokens {
            for (policy, groups) in [("default", true), ("require-approval", false)] {
                let token = Token {
                    authorization: Some("approved"),
                    ..token.clone()
                };
                let places = places.clone();
                block.push(Scenario {
                    policy,
                    groups,
                    owner,
                    token,
                    places,
                    actions: Actions::Existing,
                });
            }
        }
    }
    block
}

/// A repository for every combination of visibility, gate, group and maker.
fn repositories(owner: Owner) -> Vec<Place> {
    let mut repositories = Vec::new();
    for visibility in ["private", "public"] {
        for (gate, gated, gated_users) in [
            ("free", false, vec![]),
            ("shut", true, vec!["eve"]),
            ("open", true, vec!["eve", owner.name()]),
        ] {
            for group in [None, Some("lab"), Some("attic")] {
                for (maker, created_by) in [
                    ("nobody", None),
                    ("owner", Some(owner.name())),
                    ("other", Some("ada")),
                ] {
                    let name = format!(
                        "acme/{visibility}-{gate}-{}-by-{maker}",
                        group.unwrap_or("loose")
                    );
                    repositories.push(Place::listed(
                        "model",
                        &name,
                        json!({"visibility": visibility, "gated": gated, "gatedUsers": gated_users,
                               "resourceGroup": group, "createdBy": created_by}),
                    ));
                }
            }
        }
    }
    repositories
}

/// A grant of `repo.write` on a good part of the places in the org.
fn grants_on_each(places: &[Place]) -> Vec<Grant> {
    let some = [
        "model:acme/unlisted",
        "model:acme/Private",
        "model:acme/PRIVATE-lab",
        "model:acme/private-lab",
    ];
    let mut grants: Vec<Grant> = Vec::new();
    for place in places
        .iter()
        .filter(|place| some.contains(&place.resource.as_str()))
    {
        let name = some
            .iter()
            .find(|name| **name == place.resource)
            .and_then(|name| name.split_once(':'));
        grants.extend(name.map(|(kind, name)| (kind, name, vec!["repo.write"])));
    }
    grants
}
