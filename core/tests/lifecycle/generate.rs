//! Any bytes as a sequence of calls, in a small universe in which they meet each other.
//!
//! A caller is let in as the server would let it: with a token that is valid, for its own tokens,
//! and for an organization's affairs only where the token has the permission.

use tokenward_core::{
    Actor, Command, DisplayName, EdgeCredential, FineGrained, IssuedBy, Member, NewToken, Plan,
    Reason, RepositoryPatch, Role, Row, Timestamp, TokenDigest, TokenId, TokenKind, TokenPatch,
    TokenPolicy, UserPatch, Verdict, Via, Visibility,
};

use crate::build::{acme, delist, grants, group, id, name, repo, root, session, user};
use crate::edges::{credential, withdraw};
use crate::host::Host;

pub(crate) const ORGS: [&str; 2] = ["acme", "beta"];
/// More than the five who are told at most.
pub(crate) const USERS: [&str; 9] = [
    "ada", "bob", "cyd", "eve", "fay", "gus", "hal", "ivy", "kim",
];
const GROUPS: [&str; 3] = ["lab", "den", "LAB"];
pub(crate) const REPOSITORIES: [&str; 7] = [
    "model:acme/bert",
    "model:acme/gpt",
    "model:acme/open",
    "dataset:acme/bert",
    "model:acme/Bert",
    "model:beta/one",
    "space:beta/two",
];
const PERMISSIONS: [&str; 9] = [
    "repo.content.read",
    "repo.write",
    "discussion.write",
    "org.read",
    "org.write",
    "org.tokens.write",
    "collection.write",
    "repo.fly",
    "job.write",
];
const PLANS: [Plan; 4] = [Plan::Free, Plan::Team, Plan::Enterprise, Plan::Plus];
const KINDS: [TokenKind; 4] = [
    TokenKind::FineGrained,
    TokenKind::FineGrained,
    TokenKind::Read,
    TokenKind::Write,
];

/// Choices, one byte each; when there are no more, always the first.
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn are_left(&self) -> bool {
        !self.0.is_empty()
    }

    fn below(&mut self, sides: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        usize::from(*first) % sides.max(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// True once in so many times.
    fn once_in(&mut self, sides: usize) -> bool {
        self.below(sides) + 1 == sides
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 1).then(|| value(self))
    }
}

/// Both organizations with people and tokens in them, before anything random happens.
pub(crate) fn stage() -> Host {
    let mut host = acme();
    for text in ["fay", "gus", "hal", "ivy", "kim"] {
        host.put(&Row::User(user(text)));
    }
    let beta = Command::CreateOrganization {
        name: name("beta"),
        plan: Plan::Enterprise,
        policy: TokenPolicy::RequireApproval,
    };
    host.must(&root(), &beta);
    for (org, user, role) in [
        ("beta", "bob", Role::Admin),
        ("beta", "cyd", Role::Write),
        ("acme", "fay", Role::Admin),
    ] {
        host.must(&root(), &put_member(org, user, role));
    }
    host.account_token();
    host.import("bob", IssuedBy::TokenExchange);
    host.unscoped("bob", TokenKind::Write);
    host.fine_grained("bob", &[("org:acme", &["repo.content.read"])]);
    host.fine_grained("cyd", &[("org:acme", &["repo.write"]), ("org:beta", &[])]);
    host
}

/// One call: who, what, and how much time has passed before.
pub(crate) fn call(choices: &mut Choices<'_>, host: &mut Host) -> (Actor, Command) {
    let hours = choices.pick(&[0, 0, 1, 5, 24]);
    host.now = Timestamp::from_millis(host.now.as_millis() + hours * 3_600_000);
    let actor = actor(choices, host);
    let command = command(choices, host, &actor);
    if may_call(host, &actor, &command) {
        return (actor, command);
    }
    // Whoever may not call is replaced by the site administrator in a user's place.
    (root(), command)
}

fn actor(choices: &mut Choices<'_>, host: &Host) -> Actor {
    match choices.below(8) {
        0..4 => session(choices.pick(&USERS)),
        4 => root(),
        5 if choices.once_in(2) => Actor::COMMAND_LINE,
        _ => token(choices, host).map_or_else(root, |id| host.with(id)),
    }
}

/// Whether the server would let the call through to the engine.
fn may_call(host: &Host, actor: &Actor, command: &Command) -> bool {
    let Via::Token(caller) = &actor.via else {
        return true;
    };
    let allowed =
        |action: &str, resource: &str| host.says(caller.id, action, resource) == Reason::Granted;
    let own = |id: &TokenId| {
        let owner = host.rows.tokens.get(id).map(|token| &token.owner);
        owner == actor.user.as_ref()
    };
    let alive = host.says(caller.id, "repo.content.read", "model:nobody/x") == Reason::NotFound;
    alive
        && match command {
            Command::CreateToken(new) => Some(&new.owner) == actor.user.as_ref(),
            Command::UpdateToken { id, .. }
            | Command::RotateToken { id, .. }
            | Command::DeleteToken { id, .. } => own(id),
            Command::IssueEdgeCredential(EdgeCredential { org, .. })
            | Command::WithdrawEdgeCredential { org, .. }
            | Command::SetPolicy { org, .. }
            | Command::Review { org, .. } => allowed("org.tokens.write", &format!("org:{org}")),
            _ => false,
        }
}

fn token(choices: &mut Choices<'_>, host: &Host) -> Option<TokenId> {
    let at = choices.below(host.rows.tokens.len());
    host.rows.tokens.keys().nth(at).copied()
}

fn command(choices: &mut Choices<'_>, host: &Host, actor: &Actor) -> Command {
    let org = name(choices.pick(&ORGS));
    let some = token(choices, host).unwrap_or_else(|| id(0xdead));
    match choices.below(25) {
        0..4 => Command::CreateToken(new_token(choices, host, actor)),
        // What a service account's token may be is for its own calls to say.
        4..8 if !is_accounts(host, some) => Command::UpdateToken {
            id: some,
            patch: patch(choices, host, some),
        },
        4..9 => Command::RotateToken {
            id: some,
            digest: TokenDigest::of(&host.journal.len().to_be_bytes()),
            last4: "wxyz".to_owned(),
        },
        9 => Command::DeleteToken {
            id: some,
            leaked: choices.once_in(3),
        },
        10..14 => Command::Review {
            org,
            token: some,
            verdict: choices.pick(&[
                Verdict::Approve,
                Verdict::Approve,
                Verdict::Deny,
                Verdict::Revoke,
            ]),
            reason: None,
        },
        14 | 15 => Command::SetPolicy {
            org,
            policy: choices.pick(&TokenPolicy::ALL),
            force: choices.once_in(2),
        },
        16 | 17 => Command::PutMember {
            org,
            user: name(choices.pick(&USERS)),
            role: choices.pick(&Role::ALL),
            groups: choices.maybe(|choices| vec![(group(choices.pick(&GROUPS)), Role::Write)]),
        },
        18 => Command::RemoveMember {
            org,
            user: name(choices.pick(&USERS)),
        },
        19 => Command::PutGroup {
            org,
            name: group(choices.pick(&GROUPS)),
            members: members(choices),
        },
        20 => listing(choices),
        21 => delist(choices.pick(&REPOSITORIES)),
        22 => Command::UpdateUser {
            name: name(choices.pick(&USERS)),
            patch: UserPatch {
                suspended: choices.maybe(|choices| choices.once_in(2)),
                email_confirmed: choices.maybe(|choices| choices.once_in(2)),
                ..UserPatch::default()
            },
        },
        23 => match choices.once_in(2) {
            true => Command::IssueEdgeCredential(credential(org.as_str(), "eu-1")),
            false => withdraw(org.as_str(), "eu-1", choices.once_in(2)),
        },
        _ if choices.once_in(2) => Command::DeleteGroup {
            org,
            name: group(choices.pick(&GROUPS)),
        },
        _ => Command::SetPlan {
            org,
            plan: choices.pick(&PLANS),
        },
    }
}

fn is_accounts(host: &Host, id: TokenId) -> bool {
    let token = host.rows.tokens.get(&id);
    token.is_some_and(|token| !host.rows.users.contains_key(&token.owner))
}

pub(crate) fn put_member(org: &str, user: &str, role: Role) -> Command {
    Command::PutMember {
        org: name(org),
        user: name(user),
        role,
        groups: None,
    }
}

fn members(choices: &mut Choices<'_>) -> Vec<Member> {
    let wanted = choices.below(4);
    let member = |choices: &mut Choices<'_>| Member {
        user: name(choices.pick(&USERS)),
        role: choices.pick(&Role::ALL),
    };
    (0..wanted).map(|_| member(choices)).collect()
}

fn listing(choices: &mut Choices<'_>) -> Command {
    let resource = repo(choices.pick(&REPOSITORIES));
    let patch = RepositoryPatch {
        visibility: choices
            .maybe(|choices| choices.pick(&[Visibility::Public, Visibility::Private])),
        gated: choices.maybe(|choices| choices.once_in(2)),
        gated_users: choices.maybe(|choices| vec![name(choices.pick(&USERS))]),
        resource_group: choices
            .maybe(|choices| choices.maybe(|choices| group(choices.pick(&GROUPS)))),
        created_by: choices.maybe(|choices| choices.maybe(|choices| name(choices.pick(&USERS)))),
    };
    Command::PutRepository { resource, patch }
}

fn new_token(choices: &mut Choices<'_>, host: &Host, actor: &Actor) -> NewToken {
    let owner = match (&actor.user, &actor.via) {
        (Some(user), Via::Token(_)) => user.to_string(),
        (Some(user), Via::Session(None)) => user.to_string(),
        _ => choices.pick(&USERS).to_owned(),
    };
    let kind = choices.pick(&KINDS);
    let fine_grained = kind
        .is_fine_grained()
        .then(|| fine_grained(choices, &owner));
    NewToken {
        expires_at: expiry(choices, host),
        display_name: title(choices, host),
        ..host.new_token(&owner, kind, fine_grained)
    }
}

/// Few enough that two may be called the same.
fn title(choices: &mut Choices<'_>, host: &Host) -> DisplayName {
    let text = if choices.once_in(4) {
        "laptop".to_owned()
    } else {
        format!("token {}", host.journal.len())
    };
    DisplayName::parse(&text).expect("it is a title")
}

fn expiry(choices: &mut Choices<'_>, host: &Host) -> Option<Timestamp> {
    let days = choices.pick(&[None, None, Some(1), Some(30)]);
    days.map(|days| host.now.plus_days(days))
}

fn patch(choices: &mut Choices<'_>, host: &Host, id: TokenId) -> TokenPatch {
    let token = host.rows.tokens.get(&id);
    let owner = token.map_or_else(String::new, |token| token.owner.to_string());
    let held = token.and_then(|token| token.fine_grained.clone());
    TokenPatch {
        display_name: choices.once_in(8).then(|| title(choices, host)),
        expires_at: choices.once_in(3).then(|| expiry(choices, host)),
        fine_grained: held.and_then(|held| regranted(choices, held, &owner)),
    }
}

/// The same grants, fewer of them, some of one more, or altogether others.
fn regranted(choices: &mut Choices<'_>, held: FineGrained, owner: &str) -> Option<FineGrained> {
    let at = choices.below(held.scoped.len());
    let mut other = held;
    match choices.below(5) {
        0 => return None,
        1 if at < other.scoped.len() => drop(other.scoped.remove(at)),
        2 => other.scoped.iter_mut().skip(at).take(1).for_each(|grant| {
            grant.permissions.pop();
        }),
        3 => {
            let fresh = fine_grained(choices, owner).scoped.into_iter();
            let held = other.scoped.clone();
            let unheld = fresh.filter(|grant| held.iter().all(|held| held.entity != grant.entity));
            other.scoped.extend(unheld);
        }
        _ => return Some(fine_grained(choices, owner)),
    }
    Some(other)
}

fn fine_grained(choices: &mut Choices<'_>, owner: &str) -> FineGrained {
    let own = [format!("user:{owner}"), "planet:mars".to_owned()];
    let places: Vec<&str> = ["org:acme", "org:beta", "org:acme", "org:beta"]
        .into_iter()
        .chain(REPOSITORIES)
        .chain(["model:acme/new"])
        .chain(own.iter().map(String::as_str))
        .collect();
    let mut scoped: Vec<(&str, &[&str])> = Vec::new();
    for _ in 0..choices.below(4) {
        let at = choices.below(PERMISSIONS.len());
        let permissions = &PERMISSIONS[at..(at + choices.below(3)).min(PERMISSIONS.len())];
        let place = choices.pick(&places);
        if scoped.iter().all(|(taken, _)| *taken != place) {
            scoped.push((place, permissions));
        }
    }
    let global = choices.once_in(5).then(|| "discussion.write".into());
    FineGrained {
        can_read_gated_repos: choices.once_in(6),
        global: global.into_iter().collect(),
        ..grants(&scoped)
    }
}
