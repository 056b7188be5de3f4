//! Contract §6: revoke, from any state, with no way back.

use tokenward_core::{Command, IssuedBy, Reason, Role, TokenId, TokenKind, TokenPolicy, Verdict};

use crate::build::*;
use crate::host::Host;

fn read(host: &Host, id: TokenId) -> Reason {
    host.says(id, "repo.content.read", "model:acme/bert")
}

fn is_revoked(host: &Host, id: TokenId) -> bool {
    host.standing(id, ACME).revoked.is_some()
}

#[test]
fn tokens_of_every_kind_and_state_are_revoked() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let named: &[(&str, &[&str])] = &[("org:acme", READ)];
    let approved = host.fine_grained("bob", named);
    host.must(&session("ada"), &approve(approved));
    let denied = host.fine_grained("bob", named);
    host.must(&session("ada"), &deny(denied));
    let tokens = [
        host.fine_grained("bob", named),
        approved,
        denied,
        host.unscoped("bob", TokenKind::Read),
        host.unscoped("bob", TokenKind::Write),
        host.account_token(),
        host.import("bob", IssuedBy::TokenExchange),
    ];
    for id in tokens {
        host.must(&session("ada"), &revoke(id));
        assert_eq!(read(&host, id), Reason::TokenRevoked);
    }
}

#[test]
fn a_revocation_says_who_when_and_why() {
    let mut host = acme();
    let token = host.fine_grained("bob", &[("org:acme", READ)]);
    let command = Command::Review {
        org: name(ACME),
        token,
        verdict: Verdict::Revoke,
        reason: Some("lost laptop".to_owned()),
    };
    host.must(&session("ada"), &command);
    let revoked = host.standing(token, ACME).revoked.expect("it is revoked");
    assert_eq!((revoked.at, revoked.by.as_str()), (host.now, "ada"));
    assert_eq!(revoked.reason.as_deref(), Some("lost laptop"));
}

#[test]
fn a_revocation_holds_under_every_policy() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&session("ada"), &revoke(id));
    for policy in TokenPolicy::ALL {
        host.set_policy(policy);
        assert_eq!(read(&host, id), Reason::TokenRevoked, "{policy:?}");
    }
}

#[test]
fn a_revocation_reaches_one_organization_alone() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ), ("user:bob", WRITE)]);
    host.must(&session("ada"), &revoke(id));
    assert_eq!(host.says(id, "repo.write", "model:bob/x"), Reason::Granted);
}

#[test]
fn a_revocation_outlives_the_membership() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&session("ada"), &revoke(id));
    let revoked = host.standing(id, ACME).revoked;
    host.must(&root(), &remove_member("bob"));
    host.must(&root(), &put_member("bob", Role::Admin));
    assert_eq!(host.standing(id, ACME).revoked, revoked);
    assert_eq!(read(&host, id), Reason::TokenRevoked);
}

#[test]
fn a_revocation_outlives_the_last_grant_and_a_new_value() {
    let mut host = acme();
    let id = host.fine_grained("ada", &[("org:acme", READ)]);
    host.must(&session("ada"), &revoke(id));
    host.must(&session("ada"), &regrant(id, &[]));
    host.must(&session("ada"), &rotate(id, "new value"));
    host.must(&session("ada"), &regrant(id, &[("org:acme", WRITE)]));
    assert!(is_revoked(&host, id));
    assert_eq!(read(&host, id), Reason::TokenRevoked);
}

#[test]
fn repeating_a_revocation_changes_nothing() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&session("ada"), &revoke(id));
    let before = host.rows.clone();
    host.now = host.now.plus_days(1);
    host.finds_nothing_to_do(&session("ada"), &revoke(id));
    assert_eq!(host.rows, before);
}

#[test]
fn the_calling_token_itself_is_not_revoked() {
    let mut host = acme();
    let own = host.unscoped("ada", TokenKind::Write);
    let caller = host.with(own);
    assert_eq!(host.refusal(&caller, &revoke(own)).0, 403);
    assert!(!is_revoked(&host, own));
}

#[test]
fn a_members_token_without_a_grant_has_nothing_to_do_with_the_organization() {
    let mut host = acme();
    let unrelated = host.fine_grained("bob", &[("user:bob", WRITE)]);
    assert_eq!(host.refusal(&session("ada"), &revoke(unrelated)).0, 404);
}

#[test]
fn a_token_whose_owner_left_can_still_be_revoked() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&root(), &remove_member("bob"));
    host.must(&session("ada"), &revoke(id));
    assert!(is_revoked(&host, id));
}

#[test]
fn a_revocation_that_nobody_answers_for_is_refused() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    let nobody = tokenward_core::Actor::COMMAND_LINE;
    assert_eq!(host.refusal(&nobody, &revoke(id)).0, 403);
}
