//! Contract §2, "Widening": what takes an approval away, and what does not.

use tokenward_core::AuthorizationStatus::{Approved, Denied, Pending};
use tokenward_core::{FineGrained, Reason, TokenId, TokenKind, TokenPatch, TokenPolicy};

use crate::build::*;
use crate::host::Host;

const BERT: &str = "model:acme/bert";
const GPT: &str = "model:acme/gpt";
type Scoped<'a> = &'a [(&'a str, &'a [&'a str])];

/// acme under a policy, with an approved token of bob.
fn approved(policy: TokenPolicy, fine_grained: FineGrained) -> (Host, TokenId) {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let mut new = host.new_token("bob", TokenKind::FineGrained, Some(fine_grained));
    new.expires_at = Some(host.now.plus_days(30));
    host.must(
        &session("bob"),
        &tokenward_core::Command::CreateToken(new.clone()),
    );
    host.must(&session("ada"), &approve(new.id));
    host.set_policy(policy);
    (host, new.id)
}

#[track_caller]
fn change(before: FineGrained, after: FineGrained) -> Option<tokenward_core::AuthorizationStatus> {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, before);
    let patch = TokenPatch {
        fine_grained: Some(after),
        ..TokenPatch::default()
    };
    host.must(&session("bob"), &update(id, patch));
    host.status(id)
}

#[track_caller]
fn widens(before: Scoped<'_>, after: Scoped<'_>) {
    assert_eq!(
        change(grants(before), grants(after)),
        Some(Pending),
        "{before:?} {after:?}"
    );
}

#[track_caller]
fn does_not_widen(before: Scoped<'_>, after: Scoped<'_>) {
    assert_eq!(
        change(grants(before), grants(after)),
        Some(Approved),
        "{before:?} {after:?}"
    );
}

#[test]
fn a_new_action_on_the_organization_or_its_repositories_widens() {
    widens(&[("org:acme", READ)], &[("org:acme", WRITE)]);
    widens(
        &[("org:acme", READ)],
        &[("org:acme", &["repo.content.read", "org.read"])],
    );
    widens(&[(BERT, READ)], &[(BERT, READ), (GPT, READ)]);
    widens(&[(BERT, READ)], &[(GPT, READ)]);
    widens(&[(BERT, READ)], &[("org:acme", READ)]);
    widens(&[("org:acme", &[])], &[("org:acme", READ)]);
}

#[test]
fn removing_a_grant_that_overrides_a_greater_one_widens() {
    widens(&[("org:acme", WRITE), (BERT, &[])], &[("org:acme", WRITE)]);
    widens(&[("org:acme", WRITE), (BERT, READ)], &[("org:acme", WRITE)]);
}

#[test]
fn a_permission_string_known_or_not_widens() {
    widens(
        &[("org:acme", READ)],
        &[("org:acme", &["repo.content.read", "repo.fly"])],
    );
    widens(
        &[("org:acme", WRITE)],
        &[("org:acme", &["repo.write", "repo.content.read"])],
    );
}

#[test]
fn a_global_permission_widens() {
    let before = grants(&[("org:acme", READ)]);
    for text in ["discussion.write", "repo.fly"] {
        let after = FineGrained {
            global: vec![text.into()],
            ..before.clone()
        };
        assert_eq!(
            change(before.clone(), after.clone()),
            Some(Pending),
            "{text}"
        );
        assert_eq!(change(after, before.clone()), Some(Approved), "{text}");
    }
}

#[test]
fn reading_gated_repositories_widens() {
    let before = grants(&[("org:acme", READ)]);
    let after = FineGrained {
        can_read_gated_repos: true,
        ..before.clone()
    };
    assert_eq!(change(before.clone(), after.clone()), Some(Pending));
    assert_eq!(change(after, before), Some(Approved));
}

#[test]
fn a_later_expiry_widens_and_none_is_the_latest() {
    for (days, status) in [
        (Some(31), Pending),
        (None, Pending),
        (Some(29), Approved),
        (Some(30), Approved),
    ] {
        let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", READ)]));
        let expires_at = days.map(|days| host.now.plus_days(days));
        host.must(&session("bob"), &expire(id, expires_at));
        assert_eq!(host.status(id), Some(status), "{days:?}");
    }
}

#[test]
fn a_token_without_expiry_can_only_be_narrowed_by_one() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&session("ada"), &approve(id));
    host.must(&session("bob"), &expire(id, Some(host.now.plus_days(900))));
    assert_eq!(host.status(id), Some(Approved));
}

#[test]
fn narrowing_keeps_an_approval() {
    does_not_widen(&[("org:acme", WRITE), (BERT, READ)], &[(BERT, READ)]);
    does_not_widen(&[("org:acme", WRITE)], &[("org:acme", WRITE), (BERT, &[])]);
    does_not_widen(&[(BERT, READ), (GPT, READ)], &[(GPT, READ)]);
    does_not_widen(&[(BERT, READ)], &[(BERT, &[])]);
}

#[test]
fn a_grant_that_says_what_the_organizations_says_does_not_widen() {
    does_not_widen(&[("org:acme", READ)], &[("org:acme", READ), (BERT, READ)]);
    does_not_widen(&[("org:acme", READ), (BERT, READ)], &[("org:acme", READ)]);
}

#[test]
fn falling_back_on_a_grant_that_repositories_have_no_use_for_does_not_widen() {
    let org: &[&str] = &["org.read", "collection.read", "job.write"];
    does_not_widen(&[("org:acme", org), (BERT, READ)], &[("org:acme", org)]);
}

#[test]
fn what_is_done_to_other_namespaces_does_not_widen() {
    let before: Scoped<'_> = &[("org:acme", READ)];
    does_not_widen(before, &[("org:acme", READ), ("user:bob", WRITE)]);
    does_not_widen(before, &[("org:acme", READ), ("model:bob/x", WRITE)]);
    does_not_widen(before, &[("org:acme", READ), ("planet:acme", WRITE)]);
}

#[test]
fn another_name_does_not_widen() {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", READ)]));
    host.must(&session("bob"), &rename(id, "another name"));
    assert_eq!(host.status(id), Some(Approved));
}

#[test]
fn widening_takes_an_approval_away_under_every_policy() {
    for policy in TokenPolicy::ALL {
        let (mut host, id) = approved(policy, grants(&[("org:acme", READ)]));
        host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
        assert_eq!(host.status(id), Some(Pending), "{policy:?}");
        host.set_policy(TokenPolicy::RequireApproval);
        let says = host.says(id, "repo.content.read", BERT);
        assert_eq!(says, Reason::TokenPending);
    }
}

#[test]
fn denied_stays_denied() {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", READ)]));
    host.must(&session("ada"), &deny(id));
    let before = host.standing(id, ACME);
    host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
    host.must(&session("bob"), &regrant(id, &[]));
    host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
    assert_eq!(host.standing(id, ACME), before);
    assert_eq!(host.status(id), Some(Denied));
}

#[test]
fn a_wider_token_can_be_approved_again() {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", READ)]));
    host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
    host.must(&session("ada"), &approve(id));
    assert_eq!(host.says(id, "repo.content.read", BERT), Reason::Granted);
}

#[test]
fn an_authorization_is_back_when_the_organization_is_named_again() {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", &[])]));
    host.must(&session("bob"), &regrant(id, &[]));
    assert_eq!(host.status(id), Some(Approved));
    host.must(&session("bob"), &regrant(id, &[("org:acme", &[])]));
    assert_eq!(host.status(id), Some(Approved));
}

#[test]
fn naming_the_organization_again_with_a_permission_widens() {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", READ)]));
    host.must(&session("bob"), &regrant(id, &[]));
    host.must(&session("bob"), &regrant(id, &[("org:acme", READ)]));
    assert_eq!(host.status(id), Some(Pending));
}

#[test]
fn a_token_widened_while_it_names_the_organization_no_more_is_not_approved_when_it_does_again() {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", READ)]));
    host.must(&session("bob"), &regrant(id, &[]));
    let wider = FineGrained {
        global: vec!["discussion.write".into()],
        ..FineGrained::default()
    };
    let patch = |fine_grained: FineGrained| TokenPatch {
        fine_grained: Some(fine_grained),
        ..TokenPatch::default()
    };
    host.must(&session("bob"), &update(id, patch(wider.clone())));
    let back = FineGrained {
        scoped: grants(&[("org:acme", &[])]).scoped,
        ..wider
    };
    host.must(&session("bob"), &update(id, patch(back)));
    let says = host.says(id, "discussion.write", BERT);
    assert_eq!(says, Reason::TokenPending);
}

#[test]
fn a_later_expiry_while_the_organization_is_not_named_counts_too() {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", &[])]));
    host.must(&session("bob"), &regrant(id, &[]));
    host.must(&session("bob"), &expire(id, None));
    host.must(&session("bob"), &regrant(id, &[("org:acme", &[])]));
    assert_eq!(host.status(id), Some(Pending));
}

#[test]
fn a_change_in_one_organization_leaves_approvals_in_others() {
    let (mut host, id) = approved(TokenPolicy::RequireApproval, grants(&[("org:acme", READ)]));
    let beta = tokenward_core::Command::CreateOrganization {
        name: name("beta"),
        plan: tokenward_core::Plan::Enterprise,
        policy: TokenPolicy::RequireApproval,
    };
    host.must(&root(), &beta);
    let member = tokenward_core::Command::PutMember {
        org: name("beta"),
        user: name("bob"),
        role: tokenward_core::Role::Write,
        groups: None,
    };
    host.must(&root(), &member);
    host.must(
        &session("bob"),
        &regrant(id, &[("org:acme", READ), ("org:beta", WRITE)]),
    );
    assert_eq!(host.status(id), Some(Approved));
    let there = host.standing(id, "beta").authorization;
    assert_eq!(there.map(|decided| decided.status), Some(Pending));
}
