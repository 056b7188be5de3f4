//! Random documents and requests, valid by contract §3 and otherwise as odd as it allows.
//!
//! The generator draws from proptest's own deterministic rng: a run can be repeated, and a failure is made
//! smaller by `shrink`, which works on the JSON and so on documents of any origin.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Map, Value, json};

use crate::actions::{ACTIONS, REPO_TYPES, row_of};
use crate::naive::{NaiveRequest, NaiveToken};
use crate::reading::{has, hex_digest, list, names};

const ROLES: &[&str] = &["no_access", "read", "contributor", "write", "admin"];
const USERS: &[&str] = &[
    "ada", "bob", "Cy-2", "dee", "eve", "fay", "gus", "hal", "ivy", "jo9", "kim", "lee",
];
const OUTSIDERS: &[&str] = &["xia", "yan", "zed"];
const SERVICE_ACCOUNTS: &[&str] = &["acme-ci", "robot-7"];
const GROUPS: &[&str] = &["lab", "attic", "Lab.2"];
const NAMES: &[&str] = &[
    "bert", "Bert", "gpt", "data.v1", "x", "a-b_c", "t5", "T5-small",
];
const ODD_PERMISSIONS: &[&str] = &[
    "post.write",
    "repo.fly",
    "Repo.Write",
    "*",
    "repo",
    "org.billing.write",
    "repo.admin",
];
const TIMES: &[&str] = &[
    "2023-06-01T00:00:00Z",
    "2025-03-01T11:59:59Z",
    "2025-03-01T12:00:00Z",
    "2025-12-01T12:00:00Z",
    "2026-01-30T12:00:00Z",
    "2026-01-30T11:59:59Z",
    "2026-02-28T23:59:59Z",
    "2026-03-01T12:00:00Z",
    "2026-03-01T12:00:01Z",
    "2026-03-15T12:00:00Z",
    "2026-03-15T12:00:01Z",
    "2028-02-29T00:00:00Z",
];

/// A source of random choices.
pub(crate) struct Dice(TestRng);

impl Dice {
    pub(crate) fn fixed() -> Dice {
        Dice(TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    }

    fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.0.next_u64() % u64::try_from(sides.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// True once in so many times.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Up to `most` different ones.
    fn some<T: Copy + PartialEq>(&mut self, from: &[T], most: usize) -> Vec<T> {
        let mut picked = Vec::new();
        let most = if from.is_empty() { 0 } else { most };
        for _ in 0..self.below(most + 1) {
            let one = self.pick(from);
            if !picked.contains(&one) {
                picked.push(one);
            }
        }
        picked
    }
}

pub(crate) fn a_time(dice: &mut Dice) -> &'static str {
    dice.pick(TIMES)
}

/// A document with up to a dozen members, repositories and tokens.
pub(crate) fn document(dice: &mut Dice) -> Value {
    let users = dice.some(USERS, 12);
    let service_accounts = dice.some(SERVICE_ACCOUNTS, 2);
    let groups = if dice.one_in(3) {
        Vec::new()
    } else {
        dice.some(GROUPS, 3)
    };
    let resources = resources(dice, &users, &groups);
    let mut organization = json!({"name": "acme", "tokenPolicy": dice.pick(&["default", "fine-grained-only", "no-approval", "require-approval", "require-approval"])});
    if dice.one_in(4) {
        organization =
            json!({"name": "acme", "plan": dice.pick(&["free", "team", "enterprise", "plus"])});
    }
    let members: Vec<Value> = users
        .iter()
        .map(|user| json!({"user": user, "role": dice.pick(ROLES)}))
        .collect();
    let groups: Vec<Value> = groups
        .iter()
        .map(|group| {
            let members: Vec<Value> = dice
                .some(&users, 8)
                .iter()
                .map(|user| json!({"user": user, "role": dice.pick(ROLES)}))
                .collect();
            json!({"name": group, "members": members})
        })
        .collect();
    let mut tokens = Vec::new();
    for index in 0..=dice.below(12) {
        tokens.extend(token(dice, index, &users, &service_accounts, &resources));
    }
    let accounts: Vec<Value> = service_accounts
        .iter()
        .map(|name| json!({"name": name}))
        .collect();
    let mut document = json!({
        "format": "tokenward.org/1", "organization": organization, "generation": dice.below(1 << 50),
        "members": members, "serviceAccounts": accounts, "resourceGroups": groups, "resources": resources,
        "tokens": tokens,
    });
    drop_defaults(dice, &mut document);
    document
}

fn resources(dice: &mut Dice, users: &[&'static str], groups: &[&'static str]) -> Vec<Value> {
    let mut resources: Vec<Value> = Vec::new();
    for _ in 0..dice.below(12) {
        let (resource_type, name) = (dice.pick(REPO_TYPES), format!("acme/{}", dice.pick(NAMES)));
        let taken = |known: &Value| {
            known["type"] == resource_type
                && known["name"]
                    .as_str()
                    .is_some_and(|known| known.eq_ignore_ascii_case(&name))
        };
        if resources.iter().any(taken) {
            continue;
        }
        let everyone: Vec<&str> = users.iter().chain(OUTSIDERS).copied().collect();
        let group = if groups.is_empty() || dice.one_in(2) {
            None
        } else {
            Some(dice.pick(groups))
        };
        let created_by = if dice.one_in(3) {
            None
        } else {
            Some(dice.pick(&everyone))
        };
        resources.push(json!({
            "type": resource_type, "name": name, "visibility": dice.pick(&["private", "public", "public"]),
            "gated": dice.one_in(2), "gatedUsers": dice.some(&everyone, 4), "resourceGroup": group,
            "createdBy": created_by,
        }));
    }
    resources
}

/// The raw value of the token with that number; its digest is what documents hold.
fn secret(index: usize) -> String {
    format!("hf_test{index:030}")
}

fn id(index: usize) -> String {
    format!("65f0c0ffee{index:014x}")
}

fn token(
    dice: &mut Dice,
    index: usize,
    users: &[&'static str],
    service_accounts: &[&'static str],
    resources: &[Value],
) -> Option<Value> {
    let owners: Vec<&str> = users
        .iter()
        .chain(service_accounts)
        .chain(service_accounts)
        .chain(OUTSIDERS)
        .copied()
        .collect();
    let owner = dice.pick(&owners);
    let service_account = service_accounts.contains(&owner);
    let fine_grained = service_account || !dice.one_in(4);
    let mut token = json!({
        "id": id(index), "owner": owner, "role": if fine_grained { "fineGrained" } else { dice.pick(&["read", "write"]) },
        "displayName": format!("token {index}"), "digest": hex_digest(&secret(index)), "last4": "aaaa",
        "createdAt": dice.pick(TIMES), "lastUsedAt": maybe(dice, TIMES), "expiresAt": expiry(dice),
    });
    if fine_grained {
        token["fineGrained"] = fine_grained_part(dice, owner, service_account, resources);
        token["issuedBy"] = json!(dice.pick(&["user", "user", "token-exchange"]));
    }
    if !dice.one_in(3) {
        token["authorization"] =
            json!({"status": dice.pick(&["pending", "approved", "approved", "denied"])});
    }
    if dice.one_in(5) {
        token["revoked"] = json!({"at": "2026-02-01T00:00:00Z", "by": "ada", "reason": "leaked"});
    }
    // A document holds an outsider's token only if it names the org, is revoked or its owner passed a gate.
    let belongs_here = !OUTSIDERS.contains(&owner)
        || !token["revoked"].is_null()
        || names(&token, "org", "acme")
        || resources
            .iter()
            .any(|resource| has(&resource["gatedUsers"], owner));
    belongs_here.then_some(token)
}

fn maybe(dice: &mut Dice, times: &[&'static str]) -> Option<&'static str> {
    if dice.one_in(2) {
        None
    } else {
        Some(dice.pick(times))
    }
}

/// Most tokens are still alive, or the later checks would hardly be reached.
fn expiry(dice: &mut Dice) -> Option<&'static str> {
    if dice.one_in(4) {
        maybe(dice, TIMES)
    } else {
        maybe(dice, &TIMES[9..])
    }
}

fn fine_grained_part(
    dice: &mut Dice,
    owner: &str,
    in_org_only: bool,
    resources: &[Value],
) -> Value {
    let mut known: Vec<&str> = ACTIONS
        .iter()
        .flat_map(|row| row.permissions)
        .copied()
        .collect();
    known.extend([
        "repo.write",
        "repo.content.read",
        "discussion.write",
        "repo.write",
    ]);
    known.extend(ODD_PERMISSIONS);
    let mut entities: Vec<(String, String)> = Vec::new();
    for _ in 0..dice.below(5) {
        let entity = match dice.below(if in_org_only { 4 } else { 8 }) {
            0 | 1 => ("org".into(), "acme".into()),
            2..=4 => repository(dice, resources, owner, in_org_only),
            5 => ("user".into(), owner.to_owned()),
            6 => ("org".into(), dice.pick(&["other", "ACME"]).to_owned()),
            _ => (
                dice.pick(&["satellite", "collection"]).to_owned(),
                dice.pick(&["acme", "acme/bert"]).to_owned(),
            ),
        };
        if !entities.contains(&entity) {
            entities.push(entity);
        }
    }
    let scoped: Vec<Value> = entities
        .into_iter()
        .map(|(entity_type, name)| {
            json!({"entity": {"type": entity_type, "name": name}, "permissions": dice.some(&known, 4)})
        })
        .collect();
    let global = dice.some(
        &[
            "discussion.write",
            "post.write",
            "repo.write",
            "org.write",
            "user.billing.read",
        ],
        2,
    );
    json!({"canReadGatedRepos": dice.one_in(2), "global": global, "scoped": scoped})
}

/// A listed repository as often as not; else a case variant, an unlisted, one's own or a foreign one.
fn repository(
    dice: &mut Dice,
    resources: &[Value],
    owner: &str,
    in_org_only: bool,
) -> (String, String) {
    if !resources.is_empty() && !dice.one_in(3) {
        let index = dice.below(resources.len());
        let text = |field: &str| {
            resources[index][field]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        if dice.one_in(6) {
            return (
                text("type"),
                text("name").to_uppercase().replacen("ACME", "acme", 1),
            );
        }
        return (text("type"), text("name"));
    }
    let namespace = if in_org_only || !dice.one_in(3) {
        "acme"
    } else {
        dice.pick(&[owner, "other", "ACME"])
    };
    (
        dice.pick(REPO_TYPES).to_owned(),
        format!("{namespace}/{}", dice.pick(NAMES)),
    )
}

/// A request that this document may well have something to say about.
pub(crate) fn request(dice: &mut Dice, document: &Value) -> NaiveRequest {
    let tokens = list(&document["tokens"]);
    let token = match dice.below(24) {
        0 => NaiveToken::Nothing,
        1 => NaiveToken::Secret(
            dice.pick(&[
                "",
                "hf_",
                "api_org_aaaa",
                "x y",
                "hf_test",
                "\u{fc}\u{1f600}",
            ])
            .into(),
        ),
        2 => NaiveToken::Id(id(99)),
        3 => NaiveToken::Secret(secret(dice.below(14))),
        _ if tokens.is_empty() => NaiveToken::Nothing,
        number => {
            let known = tokens[dice.below(tokens.len())]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let index = usize::from_str_radix(&known[10..], 16).unwrap_or(0);
            if number % 2 == 0 {
                NaiveToken::Id(known)
            } else {
                NaiveToken::Secret(secret(index))
            }
        }
    };
    let owners: Vec<&str> = tokens
        .iter()
        .filter_map(|token| token["owner"].as_str())
        .collect();
    let owner = if owners.is_empty() {
        "bob"
    } else {
        dice.pick(&owners)
    };
    let resource = match dice.below(8) {
        0 | 1 => dice
            .pick(&["org:acme", "org:acme", "org:other", "org:ACME", "user:acme"])
            .to_owned(),
        2 => format!("{}:{owner}", dice.pick(&["user", "user", "org"])),
        _ => {
            let (resource_type, name) =
                repository(dice, list(&document["resources"]), owner, false);
            format!("{resource_type}:{name}")
        }
    };
    let action = match dice.below(4) {
        0 => dice.pick(&[
            "repo.content.read",
            "repo.content.read",
            "repo.write",
            "discussion.write",
            "repo.create",
            "repo.fly",
            "",
        ]),
        _ => fitting_action(dice, &resource),
    };
    NaiveRequest {
        token,
        action: action.into(),
        resource,
        now: dice.pick(&TIMES[4..9]).into(),
    }
}

fn fitting_action(dice: &mut Dice, resource: &str) -> &'static str {
    let resource_type = resource.split(':').next().unwrap_or_default();
    let fitting: Vec<&str> = ACTIONS
        .iter()
        .map(|row| row.action)
        .filter(|action| row_of(action, resource_type).is_some())
        .collect();
    dice.pick(&fitting)
}

/// Takes out some of what stands at its default, so that defaults are read too.
fn drop_defaults(dice: &mut Dice, document: &mut Value) {
    let mut drop_from = |object: &mut Map<String, Value>| {
        object.retain(|_, value| {
            let is_default = value.is_null()
                || *value == false
                || *value == "private"
                || *value == "user"
                || *value == json!([]);
            !is_default || dice.one_in(2)
        });
    };
    for field in ["resources", "tokens"] {
        for element in document[field].as_array_mut().into_iter().flatten() {
            if let Some(fine_grained) = element
                .get_mut("fineGrained")
                .and_then(Value::as_object_mut)
            {
                drop_from(fine_grained);
            }
            if let Some(object) = element.as_object_mut() {
                drop_from(object);
            }
        }
    }
    if let Some(object) = document.as_object_mut() {
        drop_from(object);
    }
}
