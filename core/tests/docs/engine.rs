//! What the engine says of itself: which check gives which reason, and the words of each reason.
//!
//! The first is found by asking it about many different facts, the second is read from the
//! decision table, which the engine writes.

use std::collections::{BTreeMap, BTreeSet};

use tokenward_core::decide::{
    Case, Check, Credential, Facts, KnownToken, Listing, Namespace, OrgFacts, Outcome, Repo,
    outcomes,
};
use tokenward_core::{
    Action, AuthorizationStatus, Permission, PermissionSet, Reason, ResourceType, Role, Timestamp,
    TokenKind, TokenPolicy,
};

use crate::tree;

/// So many cases find every pair of check and reason many times over.
const CASES: u32 = 50_000;

/// The reasons that each check gives, in the order of the checks and of the reasons.
pub(crate) fn reasons_by_check() -> Vec<(Check, Vec<Reason>)> {
    let actions: Vec<Option<Action>> = Action::ALL
        .iter()
        .copied()
        .map(Some)
        .chain([None])
        .collect();
    let mut pick = Pick(1);
    let mut found = BTreeSet::new();
    for _ in 0..CASES {
        let facts = facts(&mut pick);
        let case = Case {
            facts: &facts,
            action: pick.of(&actions),
            kind: pick.of(&ResourceType::ALL),
            now: Timestamp::from_millis(1),
        };
        for (at, (_, outcome)) in outcomes(&case).into_iter().enumerate() {
            if let Outcome::Fail(reason) = outcome {
                found.insert((at, reason as usize));
            }
        }
    }
    let reasons = |at: usize| {
        let all = Reason::ALL.iter().copied();
        all.filter(|reason| found.contains(&(at, *reason as usize)))
            .collect()
    };
    Check::ALL
        .into_iter()
        .enumerate()
        .map(|(at, check)| (check, reasons(at)))
        .collect()
}

/// What the decision table says of a reason.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) status: String,
    pub(crate) who: String,
    pub(crate) remedy: String,
    pub(crate) messages: Vec<String>,
}

/// The words of every reason.
pub(crate) fn words() -> BTreeMap<String, Words> {
    let table = tree::read("core/tests/decision_table.txt");
    let (_, rest) = table
        .split_once("## What the reasons say\n")
        .expect("the decision table begins with the reasons");
    let mut all: BTreeMap<String, Words> = BTreeMap::new();
    for line in rest.lines().take_while(|line| !line.is_empty()) {
        let (status, rest) = word(line);
        let (reason, rest) = word(rest);
        let (who, rest) = word(rest);
        let (remedy, message) = word(rest);
        let words = all.entry(reason.to_owned()).or_insert_with(|| Words {
            status: status.to_owned(),
            who: who.to_owned(),
            remedy: remedy.to_owned(),
            messages: Vec::new(),
        });
        words.messages.push(message.trim().to_owned());
    }
    all
}

fn word(text: &str) -> (&str, &str) {
    text.trim_start()
        .split_once(' ')
        .expect("a line has five columns")
}

/// Numbers that are the same in every run.
struct Pick(u64);

impl Pick {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }
}

fn facts(pick: &mut Pick) -> Facts {
    let token = match pick.below(12) {
        0 => Credential::Missing,
        1 => Credential::Organization,
        2 => Credential::Impossible,
        3 => Credential::Unknown,
        _ => Credential::Known(token(pick)),
    };
    let namespace = match pick.below(6) {
        0 => Namespace::Foreign,
        1 => Namespace::Own,
        _ => Namespace::Org(org(pick)),
    };
    let repo = Repo {
        listing: pick.of(&[Listing::Listed, Listing::Unlisted, Listing::OtherCase]),
        public: pick.flip(),
        gated: pick.flip(),
        grouped: pick.flip(),
        created: pick.flip(),
        let_in: pick.flip(),
    };
    Facts {
        token,
        namespace,
        repo,
    }
}

fn token(pick: &mut Pick) -> KnownToken {
    let sets = [PermissionSet::EMPTY, PermissionSet::of(Permission::ALL)];
    KnownToken {
        kind: pick.of(&[TokenKind::Read, TokenKind::Write, TokenKind::FineGrained]),
        expires_at: pick.of(&[None, None, Some(Timestamp::from_millis(0))]),
        can_read_gated: pick.flip(),
        global: pick.of(&sets),
        names_namespace: pick.flip(),
        namespace_grant: pick.of(&sets),
        repo_grant: pick.of(&[None, Some(sets[0]), Some(sets[1])]),
        authorization: pick.of(&[
            AuthorizationStatus::Pending,
            AuthorizationStatus::Approved,
            AuthorizationStatus::Denied,
        ]),
        exempt: pick.flip(),
        revoked: pick.flip(),
    }
}

fn org(pick: &mut Pick) -> OrgFacts {
    let roles: Vec<Option<Role>> = Role::ALL.iter().copied().map(Some).chain([None]).collect();
    let above: Vec<Option<Role>> = roles
        .iter()
        .copied()
        .filter(|role| *role != Some(Role::NoAccess))
        .collect();
    OrgFacts {
        policy: pick.of(&TokenPolicy::ALL),
        has_groups: pick.flip(),
        role: pick.of(&roles),
        group_role: pick.of(&above),
        service_account: pick.flip(),
    }
}
