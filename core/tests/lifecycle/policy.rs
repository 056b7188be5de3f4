//! Contract §6, the row "policy change", and what a policy keeps of what was decided before.

use tokenward_core::AuthorizationStatus::{Approved, Denied};
use tokenward_core::{Actor, Command, Reason, Role, TokenKind, TokenPolicy};

use crate::build::*;

fn forced(policy: TokenPolicy) -> Command {
    Command::SetPolicy {
        org: name(ACME),
        policy,
        force: true,
    }
}

#[test]
fn every_policy_follows_every_other() {
    for before in TokenPolicy::ALL {
        for after in TokenPolicy::ALL {
            let mut host = acme();
            host.set_policy(before);
            host.set_policy(after);
            assert_eq!(host.world.policy(ACME), Some(after));
        }
    }
}

#[test]
fn authorizations_and_revocations_stay() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let approved = host.fine_grained("bob", &[("org:acme", READ)]);
    let denied = host.fine_grained("bob", &[("org:acme", READ)]);
    let revoked = host.fine_grained("bob", &[("org:acme", READ)]);
    for command in [approve(approved), deny(denied), revoke(revoked)] {
        host.must(&session("ada"), &command);
    }
    let before = host.rows.standings.clone();
    for policy in [
        TokenPolicy::Default,
        TokenPolicy::FineGrainedOnly,
        TokenPolicy::RequireApproval,
    ] {
        host.set_policy(policy);
        assert_eq!(host.rows.standings, before);
    }
    assert_eq!(host.status(approved), Some(Approved));
    assert_eq!(host.status(denied), Some(Denied));
    let says = |id| host.says(id, "repo.content.read", "model:acme/bert");
    assert_eq!(says(approved), Reason::Granted);
    assert_eq!(says(denied), Reason::TokenDenied);
    assert_eq!(says(revoked), Reason::TokenRevoked);
}

#[test]
fn a_denial_is_enforced_under_require_approval_only() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&session("ada"), &deny(id));
    host.set_policy(TokenPolicy::FineGrainedOnly);
    let says = host.says(id, "repo.content.read", "model:acme/bert");
    assert_eq!(says, Reason::Granted);
}

#[test]
fn a_policy_that_would_block_the_calling_token_is_not_set_unawares() {
    for policy in [TokenPolicy::FineGrainedOnly, TokenPolicy::RequireApproval] {
        let mut host = acme();
        let own = host.unscoped("ada", TokenKind::Write);
        let caller = host.with(own);
        assert_eq!(
            host.refusal(&caller, &set_policy(policy)),
            (409, "blocks_caller")
        );
        host.must(&caller, &forced(policy));
        assert_eq!(host.world.policy(ACME), Some(policy));
    }
}

#[test]
fn a_calling_token_that_waits_for_approval_would_be_blocked() {
    let mut host = acme();
    let grant: &[(&str, &[&str])] = &[("org:acme", &["org.tokens.write"])];
    let own = host.fine_grained("bob", grant);
    host.must(&root(), &put_member("bob", Role::Admin));
    let caller = host.with(own);
    host.must(&caller, &set_policy(TokenPolicy::FineGrainedOnly));
    let strict = set_policy(TokenPolicy::RequireApproval);
    assert_eq!(host.refusal(&caller, &strict), (409, "blocks_caller"));
    let approved = host.fine_grained("ada", grant);
    let caller = host.with(approved);
    host.must(&caller, &strict);
}

#[test]
fn a_session_and_the_command_line_are_never_blocked() {
    for caller in [session("ada"), Actor::COMMAND_LINE] {
        for policy in [TokenPolicy::FineGrainedOnly, TokenPolicy::RequireApproval] {
            let mut host = acme();
            host.must(&caller, &set_policy(policy));
        }
    }
}

#[test]
fn repeating_a_policy_changes_nothing() {
    for policy in TokenPolicy::ALL {
        let mut host = acme();
        host.fine_grained("bob", &[("org:acme", READ)]);
        host.set_policy(policy);
        let before = host.rows.clone();
        host.finds_nothing_to_do(&session("ada"), &set_policy(policy));
        assert_eq!(host.rows, before);
    }
}

#[test]
fn the_policy_of_an_unknown_organization_is_not_found() {
    let mut host = acme();
    let command = Command::SetPolicy {
        org: name("nowhere"),
        policy: TokenPolicy::Default,
        force: true,
    };
    assert_eq!(host.refusal(&session("ada"), &command).0, 404);
}
