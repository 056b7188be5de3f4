//! Contract §2: fine-grained tokens made or widened in an administrator's session.

use tokenward_core::AuthorizationStatus::{Approved, Denied, Pending};
use tokenward_core::{NoticeKind, Reason, Role, TokenKind, TokenPolicy};

use crate::build::*;

const ON_ACME: &[(&str, &[&str])] = &[("org:acme", READ)];

#[test]
fn what_an_administrator_makes_in_a_session_is_approved_at_once_under_every_policy() {
    for policy in TokenPolicy::ALL {
        let mut host = acme();
        host.set_policy(policy);
        let id = host.fine_grained("ada", ON_ACME);
        let decided = host
            .standing(id, ACME)
            .authorization
            .expect("it is decided");
        assert_eq!(decided.status, Approved, "{policy:?}");
        assert_eq!(decided.decided_by, None);
        let says = host.says(id, "repo.content.read", "model:acme/bert");
        assert_eq!(says, Reason::Granted);
    }
}

#[test]
fn what_an_administrator_widens_in_a_session_is_approved_at_once() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let id = host.fine_grained("ada", ON_ACME);
    let change = host.must(&session("ada"), &regrant(id, &[("org:acme", WRITE)]));
    assert_eq!(host.status(id), Some(Approved));
    assert!(change.notices.is_empty());
}

#[test]
fn nobody_is_told_of_what_is_approved_at_once() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    host.fine_grained("ada", ON_ACME);
    let asked = |kind| host.notices.iter().any(|notice| notice.kind == kind);
    assert!(!asked(NoticeKind::ApprovalRequested) && !asked(NoticeKind::TokenApproved));
}

#[test]
fn the_site_administrator_in_an_administrators_place_is_a_session() {
    let mut host = acme();
    let new = host.new_token("ada", TokenKind::FineGrained, Some(grants(ON_ACME)));
    host.must(&root(), &tokenward_core::Command::CreateToken(new.clone()));
    assert_eq!(host.status(new.id), Some(Approved));
}

#[test]
fn a_denial_stays_for_administrators_too() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    host.must(&root(), &put_member("bob", Role::Admin));
    let id = host.fine_grained("bob", ON_ACME);
    host.must(&session("ada"), &deny(id));
    host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
    assert_eq!(host.status(id), Some(Denied));
}

#[test]
fn what_was_pending_is_approved_when_an_administrator_widens_it_in_a_session() {
    let mut host = acme();
    let id = host.fine_grained("bob", ON_ACME);
    host.must(&root(), &put_member("bob", Role::Admin));
    assert_eq!(host.status(id), Some(Pending));
    host.must(&session("bob"), &regrant(id, &[("org:acme", &[])]));
    assert_eq!(host.status(id), Some(Pending), "narrowing changes nothing");
    host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
    assert_eq!(host.status(id), Some(Approved));
}

#[test]
fn no_lesser_role_is_approved_at_once() {
    for role in [Role::Read, Role::Contributor, Role::Write] {
        let mut host = acme();
        host.must(&root(), &put_member("bob", role));
        let id = host.fine_grained("bob", ON_ACME);
        assert_eq!(host.status(id), Some(Pending), "{role:?}");
    }
}

#[test]
fn an_administrator_of_a_group_alone_is_none() {
    let mut host = acme();
    host.must(&root(), &put_group("lab", &[("bob", Role::Admin)]));
    let id = host.fine_grained("bob", ON_ACME);
    assert_eq!(host.status(id), Some(Pending));
}

#[test]
fn an_administrators_token_call_is_no_session() {
    let mut host = acme();
    let own = host.unscoped("ada", TokenKind::Write);
    let id = host.fine_grained("ada", ON_ACME);
    let caller = host.with(own);
    host.must(&caller, &regrant(id, &[("org:acme", WRITE)]));
    assert_eq!(host.status(id), Some(Pending));
}

#[test]
fn a_revocation_stays_for_administrators_too() {
    let mut host = acme();
    let id = host.fine_grained("ada", ON_ACME);
    host.must(&session("ada"), &revoke(id));
    host.must(&session("ada"), &regrant(id, &[("org:acme", WRITE)]));
    let says = host.says(id, "repo.content.read", "model:acme/bert");
    assert_eq!(says, Reason::TokenRevoked);
}
