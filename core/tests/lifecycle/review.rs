//! Contract §6: approve and deny.

use tokenward_core::AuthorizationStatus::{Approved, Denied, Pending};
use tokenward_core::{Command, IssuedBy, Reason, TokenId, TokenKind, TokenPolicy, Verdict};

use crate::build::*;
use crate::host::Host;

const DECISIONS: [fn(TokenId) -> Command; 2] = [approve, deny];

/// acme under `require-approval`, with a token of bob that waits.
fn waiting() -> (Host, TokenId) {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    (host, id)
}

fn read(host: &Host, id: TokenId) -> Reason {
    host.says(id, "repo.content.read", "model:acme/bert")
}

#[test]
fn a_new_token_that_names_the_organization_is_pending() {
    let (host, id) = waiting();
    assert_eq!(host.status(id), Some(Pending));
    assert_eq!(read(&host, id), Reason::TokenPending);
}

#[test]
fn a_new_token_is_pending_under_every_policy_and_shown_under_one() {
    for policy in TokenPolicy::ALL {
        let mut host = acme();
        host.set_policy(policy);
        let id = host.fine_grained("bob", &[("org:acme", READ)]);
        assert_eq!(host.status(id), Some(Pending), "{policy:?}");
        let shut = read(&host, id) == Reason::TokenPending;
        assert_eq!(shut, policy == TokenPolicy::RequireApproval);
        assert_eq!(host.world.badge(ACME, id).is_some(), shut, "{policy:?}");
    }
}

#[test]
fn a_token_that_does_not_name_the_organization_has_no_authorization_there() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("user:bob", WRITE)]);
    assert_eq!(host.standing(id, ACME), tokenward_core::Standing::default());
}

#[test]
fn pending_token_can_be_approved() {
    let (mut host, id) = waiting();
    host.must(&session("ada"), &approve(id));
    assert_eq!(host.status(id), Some(Approved));
    assert_eq!(read(&host, id), Reason::Granted);
}

#[test]
fn token_that_nobody_decided_about_can_be_approved_and_denied() {
    for (decide, status) in [
        (approve as fn(TokenId) -> Command, Approved),
        (deny, Denied),
    ] {
        let (mut host, _) = waiting();
        let (org, token) = (name(ACME), host.fine_grained("bob", &[("org:acme", READ)]));
        let standing = tokenward_core::Standing::default();
        host.put(&tokenward_core::Row::Standing {
            token,
            org,
            standing,
        });
        host.must(&session("ada"), &decide(token));
        assert_eq!(host.status(token), Some(status));
    }
}

#[test]
fn denied_token_can_be_approved_later() {
    let (mut host, id) = waiting();
    host.must(&session("ada"), &deny(id));
    host.must(&session("ada"), &approve(id));
    assert_eq!(host.status(id), Some(Approved));
    assert_eq!(read(&host, id), Reason::Granted);
}

#[test]
fn pending_token_can_be_denied() {
    let (mut host, id) = waiting();
    host.must(&session("ada"), &deny(id));
    assert_eq!(host.status(id), Some(Denied));
    assert_eq!(read(&host, id), Reason::TokenDenied);
}

#[test]
fn approved_token_can_be_denied() {
    let (mut host, id) = waiting();
    host.must(&session("ada"), &approve(id));
    host.must(&session("ada"), &deny(id));
    assert_eq!(host.status(id), Some(Denied));
    assert_eq!(read(&host, id), Reason::TokenDenied);
}

#[test]
fn a_decision_says_who_made_it_when_and_why() {
    for (verdict, status) in [(Verdict::Approve, Approved), (Verdict::Deny, Denied)] {
        let (mut host, token) = waiting();
        let requested_at = Some(host.now);
        host.now = host.now.plus_days(2);
        let reason = Some("as agreed".to_owned());
        let command = Command::Review {
            org: name(ACME),
            token,
            verdict,
            reason: reason.clone(),
        };
        host.must(&session("ada"), &command);
        let decided = tokenward_core::Authorization {
            status,
            decided_at: Some(host.now),
            decided_by: Some(name("ada")),
            reason,
            requested_at,
        };
        assert_eq!(host.standing(token, ACME).authorization, Some(decided));
    }
}

#[test]
fn repeating_a_decision_changes_nothing() {
    for decide in DECISIONS {
        let (mut host, id) = waiting();
        host.must(&session("ada"), &decide(id));
        let before = (host.rows.clone(), host.notices.len());
        host.now = host.now.plus_days(3);
        host.finds_nothing_to_do(&session("ada"), &decide(id));
        assert_eq!((host.rows.clone(), host.notices.len()), before);
    }
}

#[test]
fn revoked_token_is_neither_approved_nor_denied() {
    for decide in DECISIONS {
        let (mut host, id) = waiting();
        host.must(&session("ada"), &revoke(id));
        assert_eq!(
            host.refusal(&session("ada"), &decide(id)),
            (409, "token_revoked")
        );
    }
}

#[test]
fn unscoped_token_is_neither_approved_nor_denied() {
    for kind in [TokenKind::Read, TokenKind::Write] {
        for decide in DECISIONS {
            let (mut host, _) = waiting();
            let id = host.unscoped("bob", kind);
            assert_eq!(
                host.refusal(&session("ada"), &decide(id)),
                (409, "unscoped")
            );
        }
    }
}

#[test]
fn service_accounts_token_is_neither_approved_nor_denied() {
    for decide in DECISIONS {
        let (mut host, _) = waiting();
        let id = host.account_token();
        let refusal = host.refusal(&session("ada"), &decide(id));
        assert_eq!(refusal, (409, "service_account"));
        assert_eq!(read(&host, id), Reason::Granted);
    }
}

#[test]
fn exchanged_token_is_neither_approved_nor_denied() {
    for decide in DECISIONS {
        let (mut host, _) = waiting();
        let id = host.import("bob", IssuedBy::TokenExchange);
        let refusal = host.refusal(&session("ada"), &decide(id));
        assert_eq!(refusal, (409, "token_exchange"));
        assert_eq!(read(&host, id), Reason::Granted);
    }
}

#[test]
fn token_that_does_not_name_the_organization_is_neither_approved_nor_denied() {
    for decide in DECISIONS {
        let (mut host, _) = waiting();
        let id = host.fine_grained("bob", &[("user:bob", WRITE)]);
        assert_eq!(
            host.refusal(&session("ada"), &decide(id)),
            (409, "names_org")
        );
    }
}

#[test]
fn nothing_is_approved_or_denied_under_a_policy_without_approval() {
    for policy in [TokenPolicy::Default, TokenPolicy::FineGrainedOnly] {
        for decide in DECISIONS {
            let (mut host, id) = waiting();
            host.set_policy(policy);
            let refusal = host.refusal(&session("ada"), &decide(id));
            assert_eq!(refusal, (409, "no_approval"), "{policy:?}");
        }
    }
}

#[test]
fn unknown_and_unrelated_tokens_are_not_found() {
    for decide in [approve, deny, revoke] {
        let (mut host, _) = waiting();
        let unrelated = host.fine_grained("eve", &[("user:eve", WRITE)]);
        let unknown = host.refusal(&session("ada"), &decide(id(0xdead)));
        assert_eq!(unknown, (404, "not_found"));
        assert_eq!(host.refusal(&session("ada"), &decide(unrelated)), unknown);
    }
}

#[test]
fn the_calling_token_itself_is_not_denied() {
    let (mut host, _) = waiting();
    let own = host.fine_grained("ada", &[("org:acme", &["org.tokens.write"])]);
    assert_eq!(host.status(own), Some(Approved));
    let caller = host.with(own);
    assert_eq!(host.refusal(&caller, &deny(own)).0, 403);
    let other = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&caller, &deny(other));
}

#[test]
fn the_site_administrators_token_counts_as_the_calling_one_in_a_users_place() {
    let (mut host, id) = waiting();
    let mut caller = root();
    caller.via = tokenward_core::Via::Session(host.with(id).token().cloned());
    assert_eq!(host.refusal(&caller, &deny(id)).0, 403);
}
