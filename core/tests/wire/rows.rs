//! What stores and journals keep: rows, changes, audit entries, notices. Each is read back as it
//! was written.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, json};
use std::fmt::Debug;
use tokenward_core::{
    Actor, ActorToken, AuditEntry, AuditType, Authorization, AuthorizationStatus, Change,
    DisplayName, EdgeCredential, EdgeName, Entity, FineGrained, Grant, GroupName, IssuedBy, Member,
    Name, Notice, NoticeKind, Organization, Plan, Repository, ResourceName, RetiredDigest,
    Revocation, Role, Row, Standing, Timestamp, Token, TokenDigest, TokenId, TokenKind,
    TokenPolicy, User, Via, Visibility,
};

#[track_caller]
fn is_read_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).expect("it is written as JSON");
    assert_eq!(
        &serde_json::from_str::<T>(&text).expect("it is read"),
        value
    );
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("it is a name")
}

fn group() -> GroupName {
    GroupName::parse("lab").expect("it is a group's name")
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("it is a time")
}

fn id() -> TokenId {
    TokenId::from_bytes([0xab; 12])
}

fn bert() -> ResourceName {
    ResourceName::parse("model:acme/bert").expect("it is a resource")
}

fn user() -> User {
    User {
        id: "65f0c0ffee0000000000000d".to_owned(),
        name: name("bob"),
        fullname: Some("Bob B.".to_owned()),
        email: Some("bob@example.org".to_owned()),
        email_confirmed: true,
        suspended: false,
        site_admin: false,
        created_at: at("2026-01-01T00:00:00Z"),
    }
}

fn token() -> Token {
    let entity = Entity {
        r#type: "org".into(),
        name: "acme".into(),
    };
    let grant = Grant {
        entity,
        permissions: vec!["repo.write".into()],
    };
    Token {
        id: id(),
        owner: name("bob"),
        kind: TokenKind::FineGrained,
        display_name: Some(DisplayName::parse("laptop").expect("it is a title")),
        digest: Some(TokenDigest::from_bytes([7; 32])),
        last4: Some("QxZb".into()),
        created_at: at("2026-03-01T12:00:00Z"),
        expires_at: Some(at("2027-03-01T12:00:00.5Z")),
        last_used_at: None,
        fine_grained: Some(FineGrained {
            can_read_gated_repos: true,
            global: vec!["discussion.write".into()],
            scoped: vec![grant],
        }),
        issued_by: IssuedBy::TokenExchange,
    }
}

fn standing() -> Standing {
    Standing {
        authorization: Some(Authorization {
            status: AuthorizationStatus::Denied,
            decided_at: Some(at("2026-03-02T08:00:00Z")),
            decided_by: Some(name("ada")),
            reason: Some("too wide".to_owned()),
            requested_at: Some(at("2026-03-01T12:00:00Z")),
        }),
        revoked: Some(Revocation {
            at: at("2026-04-01T00:00:00Z"),
            by: name("ada"),
            reason: None,
        }),
        told_at: Some(at("2026-03-01T12:00:00Z")),
    }
}

fn rows() -> Vec<Row> {
    let member = Member {
        user: name("bob"),
        role: Role::Write,
    };
    vec![
        Row::User(user()),
        Row::Organization {
            organization: Organization {
                name: name("acme"),
                plan: Plan::Plus,
                token_policy: TokenPolicy::RequireApproval,
            },
            generation: 42,
        },
        Row::ServiceAccount {
            org: name("acme"),
            name: name("acme-ci"),
        },
        Row::Member {
            org: name("acme"),
            user: name("bob"),
            role: Some(Role::NoAccess),
        },
        Row::Member {
            org: name("acme"),
            user: name("bob"),
            role: None,
        },
        Row::Group {
            org: name("acme"),
            name: group(),
            members: Some(vec![member]),
        },
        Row::Group {
            org: name("acme"),
            name: group(),
            members: None,
        },
        Row::Repository(Repository {
            visibility: Visibility::Public,
            gated: true,
            resource_group: Some(group()),
            created_by: Some(name("bob")),
            gated_users: vec![name("eve")],
            ..Repository::new(&bert())
        }),
        Row::RepositoryGone { resource: bert() },
        Row::Token(token()),
        Row::TokenGone { id: id() },
        Row::Standing {
            token: id(),
            org: name("acme"),
            standing: standing(),
        },
        Row::EdgeCredential(EdgeCredential {
            org: name("acme"),
            name: EdgeName::parse("eu-1").expect("a name"),
            id: id(),
            digest: TokenDigest::of(b"edge"),
            last4: "QxZb".to_owned(),
            created_at: token().created_at,
            created_by: Some(name("ada")),
        }),
        Row::EdgeCredentialGone {
            org: name("acme"),
            name: EdgeName::parse("eu-1").expect("a name"),
        },
    ]
}

fn actors() -> Vec<Actor> {
    let shown = ActorToken {
        id: id(),
        role: TokenKind::Write,
        last4: Some("QxZb".into()),
    };
    let by = |via| Actor {
        user: Some(name("ada")),
        via,
    };
    vec![
        by(Via::Session(None)),
        by(Via::Session(Some(shown.clone()))),
        by(Via::Token(shown.clone())),
        Actor {
            user: None,
            via: Via::Hub(shown),
        },
        Actor::COMMAND_LINE,
        Actor::NOBODY,
    ]
}

fn data() -> Map<String, serde_json::Value> {
    let data = json!({"displayName": "laptop", "reason": "too wide"});
    data.as_object().cloned().expect("it is an object")
}

fn entry() -> AuditEntry {
    AuditEntry {
        org: name("acme"),
        generation: 43,
        at: at("2026-03-02T08:00:00Z"),
        r#type: AuditType::Denied,
        actor: actors().remove(2),
        data: data(),
        message: "ada denied a token of bob".to_owned(),
    }
}

fn notices() -> Vec<Notice> {
    let kinds = [
        NoticeKind::ApprovalRequested,
        NoticeKind::ApprovalsNeeded,
        NoticeKind::TokenApproved,
        NoticeKind::TokenDenied,
        NoticeKind::TokenRevoked,
        NoticeKind::TokenLeaked,
        NoticeKind::TokenMade,
    ];
    let notice = |kind| Notice {
        kind,
        to: name("bob"),
        org: Some(name("acme")),
        token: Some(id()),
        data: data(),
    };
    kinds.into_iter().map(notice).collect()
}

#[test]
fn the_forms_of_rows_are_kept() {
    rows().iter().for_each(is_read_back);
    insta::assert_json_snapshot!("rows", rows());
}

#[test]
fn the_form_of_a_change_is_kept() {
    let change = Change {
        rows: vec![Row::TokenGone { id: id() }],
        retired: vec![RetiredDigest {
            digest: TokenDigest::from_bytes([7; 32]),
            token: id(),
            by_itself: true,
        }],
        entries: vec![entry()],
        notices: notices().drain(..1).collect(),
    };
    is_read_back(&change);
    insta::assert_json_snapshot!("change", change);
}

#[test]
fn the_forms_of_callers_are_kept() {
    actors().iter().for_each(is_read_back);
    insta::assert_json_snapshot!("actors", actors());
}

#[test]
fn the_form_of_an_audit_entry_is_kept() {
    is_read_back(&entry());
    insta::assert_json_snapshot!("audit_entry", entry());
}

#[test]
fn the_forms_of_notices_are_kept() {
    notices().iter().for_each(is_read_back);
    insta::assert_json_snapshot!("notices", notices());
}

/// A row that was written before a field was added can still be read.
#[test]
fn rows_of_an_earlier_form_are_read() {
    let mut row = serde_json::to_value(Row::Token(token())).expect("it is written as JSON");
    row.as_object_mut()
        .expect("it is an object")
        .remove("issuedBy");
    let Ok(Row::Token(read)) = serde_json::from_value(row) else {
        panic!("it is not read");
    };
    assert_eq!(read.issued_by, IssuedBy::User);
    let standing = json!({"authorization": null, "revoked": null});
    let read: Standing = serde_json::from_value(standing).expect("it is read");
    assert_eq!(read, Standing::default());
}

#[test]
fn a_resource_is_read_in_both_its_forms_and_written_as_an_object() {
    for form in [
        json!("model:acme/bert"),
        json!({"type": "model", "name": "acme/bert"}),
    ] {
        let read: ResourceName = serde_json::from_value(form).expect("it is read");
        assert_eq!(json!(read), json!({"type": "model", "name": "acme/bert"}));
    }
}
