//! The rows of a world, in the order in which a store hands them out.

use tokenward_core::{
    Authorization, AuthorizationStatus, DisplayName, Entity, FineGrained, Grant, IssuedBy, Member,
    Organization, Plan, Repository, Revocation, Role, Row, Standing, Token, TokenKind, TokenPolicy,
    User, Visibility,
};

use crate::{Size, names, now, numbers};

const STANDINGS: u64 = 4;

/// All rows of a world.
pub fn all(size: Size) -> impl Iterator<Item = Row> {
    before_tokens(size)
        .chain((0..size.tokens).map(move |number| Row::Token(token(size, number))))
        .chain((0..size.tokens).filter_map(move |number| standing(size, number)))
}

/// Users, organizations, members, resource groups and repositories.
pub fn before_tokens(size: Size) -> impl Iterator<Item = Row> {
    let groups = (0..size.orgs).filter(|org| has_group(*org));
    (0..size.users)
        .map(user)
        .chain((0..size.orgs).map(organization))
        .chain((0..size.users).map(move |number| member(size, number)))
        .chain(groups.map(move |org| group(size, org)))
        .chain((0..size.repositories).map(move |number| repository(size, number)))
}

fn user(number: u32) -> Row {
    Row::User(User {
        id: format!("{number:024x}"),
        name: names::user(number),
        fullname: None,
        email: Some(format!("user-{number}@example.org")),
        email_confirmed: true,
        suspended: false,
        site_admin: false,
        created_at: now().plus_days(-900),
    })
}

/// Eight organizations in ten take every token.
#[must_use]
pub const fn policy(org: u32) -> TokenPolicy {
    match org % 10 {
        1 => TokenPolicy::FineGrainedOnly,
        0 => TokenPolicy::RequireApproval,
        _ => TokenPolicy::Default,
    }
}

fn organization(number: u32) -> Row {
    let organization = Organization {
        name: names::org(number),
        plan: Plan::Enterprise,
        token_policy: policy(number),
    };
    Row::Organization {
        organization,
        generation: 1,
    }
}

/// The first member of every organization is its administrator; most can write.
#[must_use]
pub const fn role(size: Size, user: u32) -> Role {
    match user / size.orgs % 10 {
        0 => Role::Admin,
        1 => Role::Read,
        2 => Role::Contributor,
        _ => Role::Write,
    }
}

fn member(size: Size, number: u32) -> Row {
    Row::Member {
        org: names::org(names::org_of(size, number)),
        user: names::user(number),
        role: Some(role(size, number)),
    }
}

const fn has_group(org: u32) -> bool {
    org.is_multiple_of(5)
}

/// Half of the members of the organization, at most five.
fn group(size: Size, org: u32) -> Row {
    let members = (0..size.users / size.orgs).step_by(2).take(5);
    let members = members.map(|nth| Member {
        user: names::user(org + nth * size.orgs),
        role: Role::Write,
    });
    Row::Group {
        org: names::org(org),
        name: names::group(),
        members: Some(members.collect()),
    }
}

fn repository(size: Size, number: u32) -> Row {
    let org = names::org_of_repository(size, number);
    let nth = number / size.orgs;
    let public = nth % 4 == 1;
    let gated = public && nth % 8 == 1;
    Row::Repository(Repository {
        r#type: names::kind(number),
        name: names::repository(size, number).into(),
        visibility: if public {
            Visibility::Public
        } else {
            Visibility::Private
        },
        gated,
        resource_group: (has_group(org) && nth % 10 == 9).then(names::group),
        created_by: Some(names::user(org)),
        gated_users: Vec::new(),
    })
}

/// Half of the tokens are fine-grained; a third of the others only read.
#[must_use]
pub const fn token_kind(size: Size, token: u32) -> TokenKind {
    match token / size.users % 6 {
        0 => TokenKind::Read,
        2 | 4 => TokenKind::Write,
        _ => TokenKind::FineGrained,
    }
}

/// The token of this number.
#[must_use]
pub fn token(size: Size, number: u32) -> Token {
    let owner = names::owner_of(size, number);
    let secret = names::secret(number);
    let kind = token_kind(size, number);
    Token {
        id: names::token_id(number),
        owner: names::user(owner),
        kind,
        display_name: DisplayName::parse(&format!("laptop {number}")).ok(),
        digest: Some(secret.digest()),
        last4: Some(secret.last4().into()),
        created_at: now().plus_days(-60),
        expires_at: number.is_multiple_of(2).then(|| now().plus_days(30)),
        last_used_at: number.is_multiple_of(3).then(|| now().plus_days(-1)),
        fine_grained: kind
            .is_fine_grained()
            .then(|| fine_grained(size, number, owner)),
        issued_by: IssuedBy::User,
    }
}

/// The repository that a fine-grained token's second grant is on.
#[must_use]
pub const fn granted_repository(size: Size, token: u32) -> u32 {
    let org = names::org_of(size, names::owner_of(size, token));
    names::repository_of(size, org, token / size.users)
}

/// One to three grants: read the organization (administrators: decide about its tokens), write one
/// repository, everything of one's own.
fn fine_grained(size: Size, number: u32, owner: u32) -> FineGrained {
    let org = names::org(names::org_of(size, owner));
    let administers = role(size, owner) == Role::Admin;
    let granted = granted_repository(size, number);
    let owner = names::user(owner);
    let kind = names::kind(granted).as_str();
    let grants = [
        if administers {
            grant("org", org.as_str(), "org.tokens.write")
        } else {
            grant("org", org.as_str(), "repo.content.read")
        },
        grant(kind, &names::repository(size, granted), "repo.write"),
        grant("user", owner.as_str(), "repo.write"),
    ];
    FineGrained {
        can_read_gated_repos: number % 4 == 1,
        global: Vec::new(),
        scoped: grants.into_iter().take(1 + number as usize % 3).collect(),
    }
}

fn grant(kind: &str, on: &str, permission: &str) -> Grant {
    Grant {
        entity: Entity {
            r#type: kind.into(),
            name: on.into(),
        },
        permissions: vec![permission.into()],
    }
}

/// Where approval is required nine fine-grained tokens in ten have it; everywhere one token in a
/// hundred is revoked. No row means that nothing has been decided.
#[must_use]
pub fn standing(size: Size, number: u32) -> Option<Row> {
    let org = names::org_of(size, names::owner_of(size, number));
    let nth = number / size.users;
    let asks = policy(org).needs_approval() && token_kind(size, number).is_fine_grained();
    let status = match numbers(STANDINGS, number).u8(..20) {
        0 => AuthorizationStatus::Pending,
        1 => AuthorizationStatus::Denied,
        _ => AuthorizationStatus::Approved,
    };
    let by = names::user(org);
    let authorization = asks.then(|| Authorization {
        status,
        decided_at: Some(now().plus_days(-30)),
        decided_by: Some(by.clone()),
        reason: None,
        requested_at: Some(now().plus_days(-31)),
    });
    let revoked = (number.wrapping_add(nth) % 100 == 33).then(|| Revocation {
        at: now().plus_days(-3),
        by,
        reason: None,
    });
    let standing = Standing {
        authorization,
        revoked,
        told_at: None,
    };
    (standing != Standing::default()).then(|| Row::Standing {
        token: names::token_id(number),
        org: names::org(org),
        standing,
    })
}
