//! Builders for rows and changes: small, valid, and different where it matters.
//!
//! They say what a change holds, not why: the rules are the core's.

use serde_json::Map;
use tokenward_core::{
    Actor, AuditEntry, AuditType, Authorization, AuthorizationStatus, Change, DisplayName, Entity,
    FineGrained, Grant, IssuedBy, Member, Name, Notice, NoticeKind, Organization, Plan, Role, Row,
    Standing, Timestamp, Token, TokenDigest, TokenId, TokenKind, TokenPolicy, User,
};

/// The time of everything in these tests.
pub(crate) fn noon() -> Timestamp {
    Timestamp::from_millis(1_772_366_400_000)
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(crate) fn token_id(number: u64) -> TokenId {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    TokenId::from_bytes(bytes)
}

/// The digest of the token of this number; its raw value exists nowhere else.
pub(crate) fn digest(number: u64) -> TokenDigest {
    TokenDigest::of(&number.to_be_bytes())
}

pub(crate) fn user(text: &str) -> Row {
    Row::User(User {
        id: TokenId::from_bytes(padded(text)).to_string(),
        name: name(text),
        fullname: Some(format!("The {text}")),
        email: Some(format!("{text}@example.org")),
        email_confirmed: true,
        suspended: false,
        site_admin: false,
        created_at: noon(),
    })
}

fn padded(text: &str) -> [u8; 12] {
    let hash = TokenDigest::of(text.as_bytes());
    std::array::from_fn(|at| hash.as_bytes()[at])
}

pub(crate) fn organization(org: &str, generation: u64) -> Row {
    let organization = Organization {
        name: name(org),
        plan: Plan::Enterprise,
        token_policy: TokenPolicy::RequireApproval,
    };
    Row::Organization {
        organization,
        generation,
    }
}

pub(crate) fn member(org: &str, user: &str, role: Role) -> Row {
    Row::Member {
        org: name(org),
        user: name(user),
        role: Some(role),
    }
}

pub(crate) fn group_member(user: &str, role: Role) -> Member {
    Member {
        user: name(user),
        role,
    }
}

/// A fine-grained token with two grants in the organization.
pub(crate) fn token(number: u64, owner: &str, org: &str) -> Token {
    let grant = |kind: &str, on: String, permission: &str| Grant {
        entity: Entity {
            r#type: kind.into(),
            name: on.into(),
        },
        permissions: vec![permission.into()],
    };
    Token {
        id: token_id(number),
        owner: name(owner),
        kind: TokenKind::FineGrained,
        display_name: Some(DisplayName::parse(&format!("laptop {number}")).expect("a name")),
        digest: Some(digest(number)),
        last4: Some("QxZb".into()),
        created_at: noon(),
        expires_at: Some(noon().plus_days(30)),
        last_used_at: None,
        fine_grained: Some(FineGrained {
            can_read_gated_repos: true,
            global: vec!["discussion.write".into()],
            scoped: vec![
                grant("org", org.into(), "repo.content.read"),
                grant("model", format!("{org}/bert"), "repo.write"),
            ],
        }),
        issued_by: IssuedBy::User,
    }
}

pub(crate) fn approved(number: u64, org: &str, by: &str) -> Row {
    let authorization = Authorization {
        status: AuthorizationStatus::Approved,
        decided_at: Some(noon()),
        decided_by: Some(name(by)),
        reason: Some("it is ours".into()),
        requested_at: Some(noon().plus_days(-1)),
    };
    let standing = Standing {
        authorization: Some(authorization),
        ..Standing::default()
    };
    Row::Standing {
        token: token_id(number),
        org: name(org),
        standing,
    }
}

pub(crate) fn entry(org: &str, generation: u64) -> AuditEntry {
    AuditEntry {
        org: name(org),
        generation,
        at: noon(),
        r#type: AuditType::Authorized,
        actor: Actor::COMMAND_LINE,
        data: Map::from_iter([("token".into(), token_id(generation).to_string().into())]),
        message: format!("change {generation}"),
    }
}

pub(crate) fn notice(to: &str, number: u64) -> Notice {
    Notice {
        kind: NoticeKind::TokenApproved,
        to: name(to),
        org: None,
        token: Some(token_id(number)),
        data: Map::new(),
    }
}

/// A change that moves the organization to this generation and puts these rows.
pub(crate) fn change(org: &str, generation: u64, rows: Vec<Row>) -> Change {
    let mut all = vec![organization(org, generation)];
    all.extend(rows);
    Change {
        rows: all,
        entries: vec![entry(org, generation)],
        ..Change::default()
    }
}

/// The first change of an organization with two members: `ada` is its administrator.
pub(crate) fn founding(org: &str) -> Change {
    let members = vec![
        user("ada"),
        user("bob"),
        member(org, "ada", Role::Admin),
        member(org, "bob", Role::Contributor),
    ];
    change(org, 1, members)
}

/// One more token, approved at once, and its owner told: some of everything that a change holds.
/// Its number is the generation that it makes.
pub(crate) fn one_more_token(org: &str, generation: u64) -> Change {
    let token = token(generation, "bob", org);
    let rows = vec![Row::Token(token), approved(generation, org, "ada")];
    Change {
        notices: vec![notice("bob", generation)],
        ..change(org, generation, rows)
    }
}
