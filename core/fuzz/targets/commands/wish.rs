//! What the fuzzer may wish for, in small numbers, and how that becomes a command.
//!
//! Names are few, so that wishes meet each other.

use tokenward_core::{
    Command, DisplayName, Entity, FineGrained, Grant, GroupName, Member, Name, NewToken,
    Permission, Plan, RepositoryPatch, ResourceName, Role, Timestamp, TokenId, TokenKind,
    TokenPatch, TokenPolicy, UserPatch, Verdict, Visibility,
};

use crate::host::Host;

/// More than the five who are told at most.
pub const USERS: [&str; 7] = ["ada", "bob", "kim", "eve", "max", "sam", "zoe"];
pub const ORGS: [&str; 2] = ["acme", "beta"];
const GROUPS: [&str; 2] = ["lab", "ops"];
const REPOSITORIES: [&str; 4] = ["bert", "gpt", "data", "app"];
const TYPES: [&str; 3] = ["model", "dataset", "space"];
const PLANS: [Plan; 4] = [Plan::Free, Plan::Team, Plan::Enterprise, Plan::Plus];
const KINDS: [TokenKind; 3] = [TokenKind::Read, TokenKind::Write, TokenKind::FineGrained];
const VERDICTS: [Verdict; 3] = [Verdict::Approve, Verdict::Deny, Verdict::Revoke];

/// What is wished for. Numbers are taken modulo what there is.
#[derive(Debug)]
pub enum Wish {
    SetPlan {
        org: u8,
        plan: u8,
    },
    SetPolicy {
        org: u8,
        policy: u8,
        force: bool,
    },
    Review {
        org: u8,
        token: u8,
        verdict: u8,
    },
    PutMember {
        org: u8,
        user: u8,
        role: u8,
        group: Option<(u8, u8)>,
    },
    RemoveMember {
        org: u8,
        user: u8,
    },
    PutGroup {
        org: u8,
        group: u8,
        members: [Option<u8>; 3],
    },
    DeleteGroup {
        org: u8,
        group: u8,
    },
    PutRepository {
        repository: u8,
        public: Option<bool>,
        gated: Option<bool>,
        group: Option<Option<u8>>,
    },
    DeleteRepository {
        repository: u8,
    },
    Suspend {
        user: u8,
        suspended: bool,
    },
    CreateToken {
        owner: u8,
        kind: u8,
        grants: [Option<(u8, u8)>; 3],
        days: Option<u8>,
    },
    UpdateToken {
        token: u8,
        grants: Option<[Option<(u8, u8)>; 3]>,
        days: Option<Option<u8>>,
    },
    RotateToken {
        token: u8,
    },
    DeleteToken {
        token: u8,
        leaked: bool,
    },
}

impl Wish {
    /// The command that it stands for.
    pub fn command(&self, host: &Host) -> Command {
        match *self {
            Self::SetPlan { org, plan } => Command::SetPlan {
                org: org_named(org),
                plan: pick(&PLANS, plan),
            },
            Self::SetPolicy { org, policy, force } => Command::SetPolicy {
                org: org_named(org),
                policy: pick(&TokenPolicy::ALL, policy),
                force,
            },
            Self::Review {
                org,
                token,
                verdict,
            } => Command::Review {
                org: org_named(org),
                token: host.token(token),
                verdict: pick(&VERDICTS, verdict),
                reason: None,
            },
            Self::PutMember {
                org,
                user,
                role,
                group,
            } => Command::PutMember {
                org: org_named(org),
                user: user_named(user),
                role: role_of(role),
                groups: group.map(|(group, role)| vec![(group_named(group), role_of(role))]),
            },
            Self::RemoveMember { org, user } => Command::RemoveMember {
                org: org_named(org),
                user: user_named(user),
            },
            Self::PutGroup {
                org,
                group,
                ref members,
            } => Command::PutGroup {
                org: org_named(org),
                name: group_named(group),
                members: group_members(members),
            },
            Self::DeleteGroup { org, group } => Command::DeleteGroup {
                org: org_named(org),
                name: group_named(group),
            },
            Self::PutRepository {
                repository,
                public,
                gated,
                group,
            } => Command::PutRepository {
                resource: repository_at(repository),
                patch: RepositoryPatch {
                    visibility: public.map(|public| {
                        if public {
                            Visibility::Public
                        } else {
                            Visibility::Private
                        }
                    }),
                    gated,
                    resource_group: group.map(|group| group.map(group_named)),
                    ..RepositoryPatch::default()
                },
            },
            Self::DeleteRepository { repository } => Command::DeleteRepository {
                resource: repository_at(repository),
            },
            Self::Suspend { user, suspended } => Command::UpdateUser {
                name: user_named(user),
                patch: UserPatch {
                    suspended: Some(suspended),
                    ..UserPatch::default()
                },
            },
            Self::CreateToken {
                owner,
                kind,
                ref grants,
                days,
            } => Command::CreateToken(new_token(host, owner, pick(&KINDS, kind), grants, days)),
            Self::UpdateToken {
                token,
                ref grants,
                days,
            } => Command::UpdateToken {
                id: host.token(token),
                patch: TokenPatch {
                    display_name: None,
                    fine_grained: grants.as_ref().map(fine_grained),
                    expires_at: days.map(|days| expiry(host, days)),
                },
            },
            Self::RotateToken { token } => Command::RotateToken {
                id: host.token(token),
                digest: host.fresh().1,
                last4: "abcd".to_owned(),
            },
            Self::DeleteToken { token, leaked } => Command::DeleteToken {
                id: host.token(token),
                leaked,
            },
        }
    }
}

/// Everything that the end of a run asks about.
pub fn resources() -> Vec<String> {
    let orgs = ORGS.iter().map(|org| format!("org:{org}"));
    orgs.chain((0..16).map(|number| {
        let resource = repository_at(number);
        format!("{}:{}", resource.borrow().kind(), resource.borrow().name())
    }))
    .collect()
}

/// A name that is known to be one.
pub fn name(text: &str) -> Name {
    Name::parse(text).expect("it is a name")
}

fn new_token(
    host: &Host,
    owner: u8,
    kind: TokenKind,
    grants: &[Option<(u8, u8)>; 3],
    days: Option<u8>,
) -> NewToken {
    let (id, digest) = host.fresh();
    NewToken {
        id,
        owner: user_named(owner),
        kind,
        display_name: title(id),
        fine_grained: kind.is_fine_grained().then(|| fine_grained(grants)),
        expires_at: expiry(host, days),
        digest,
        last4: "abcd".to_owned(),
    }
}

fn title(id: TokenId) -> DisplayName {
    DisplayName::parse(&format!("token {id}")).expect("it is a display name")
}

fn expiry(host: &Host, days: Option<u8>) -> Option<Timestamp> {
    days.map(|days| host.now.plus_days(i64::from(days)))
}

/// Grants on organizations and repositories; no two on one entity.
fn fine_grained(grants: &[Option<(u8, u8)>; 3]) -> FineGrained {
    let places = resources();
    let mut scoped: Vec<Grant> = Vec::new();
    for (place, permission) in grants.iter().flatten() {
        let at = usize::from(*place) % places.len();
        let (kind, name) = places[at].split_once(':').expect("it is `type:name`");
        let entity = Entity {
            r#type: kind.into(),
            name: name.into(),
        };
        if scoped.iter().all(|grant| grant.entity != entity) {
            let permission = pick(Permission::ALL, *permission).as_str();
            scoped.push(Grant {
                entity,
                permissions: vec![permission.into()],
            });
        }
    }
    FineGrained {
        scoped,
        ..FineGrained::default()
    }
}

fn group_members(roles: &[Option<u8>; 3]) -> Vec<Member> {
    let members = roles.iter().zip(USERS);
    members
        .filter_map(|(role, user)| {
            role.map(|role| Member {
                user: name(user),
                role: role_of(role),
            })
        })
        .collect()
}

fn org_named(number: u8) -> Name {
    name(pick(&ORGS, number))
}

fn user_named(number: u8) -> Name {
    name(pick(&USERS, number))
}

fn group_named(number: u8) -> GroupName {
    GroupName::parse(pick(&GROUPS, number)).expect("it is a group's name")
}

fn role_of(number: u8) -> Role {
    pick(&Role::ALL, number)
}

fn repository_at(number: u8) -> ResourceName {
    let org = pick(&ORGS, number / 4);
    let text = format!(
        "{}:{org}/{}",
        pick(&TYPES, number),
        pick(&REPOSITORIES, number)
    );
    ResourceName::parse(&text).expect("it is a repository's name")
}

/// One of a list, whatever the number.
pub fn pick<T: Copy>(from: &[T], number: u8) -> T {
    from[usize::from(number) % from.len()]
}
