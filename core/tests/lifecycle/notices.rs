//! Who is told what: contract §6, the text under the table.

use tokenward_core::NoticeKind::{
    ApprovalRequested, ApprovalsNeeded, TokenApproved, TokenDenied, TokenLeaked, TokenMade,
    TokenRevoked,
};
use tokenward_core::{
    Actor, Command, NoticeKind, Role, Row, TokenKind, TokenPolicy, User, UserPatch,
};

use crate::build::*;
use crate::host::Host;

const ON_ACME: &[(&str, &[&str])] = &[("org:acme", READ)];

fn strict() -> Host {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    host
}

/// How often somebody was ever told something.
fn count(host: &Host, kind: NoticeKind) -> usize {
    host.notices
        .iter()
        .filter(|notice| notice.kind == kind)
        .count()
}

#[test]
fn the_owner_is_told_once_of_each_decision() {
    for (decide, kind) in [
        (approve as fn(_) -> Command, TokenApproved),
        (deny, TokenDenied),
        (revoke, TokenRevoked),
    ] {
        let mut host = strict();
        let id = host.fine_grained("bob", ON_ACME);
        let change = host.must(&session("ada"), &decide(id));
        assert_eq!(told(&change, kind), ["bob"]);
        assert_eq!(change.notices.len(), 1);
        let notice = &change.notices[0];
        assert_eq!(
            (notice.org.as_ref(), notice.token),
            (Some(&name(ACME)), Some(id))
        );
        host.finds_nothing_to_do(&session("ada"), &decide(id));
        assert_eq!(count(&host, kind), 1);
    }
}

#[test]
fn nobody_is_told_of_a_service_accounts_token() {
    let mut host = strict();
    let id = host.account_token();
    let change = host.must(&session("ada"), &revoke(id));
    assert!(change.notices.is_empty());
}

#[test]
fn administrators_are_told_of_a_token_that_waits() {
    let mut host = strict();
    let new = host.new_token("bob", TokenKind::FineGrained, Some(grants(ON_ACME)));
    let change = host.must(&session("bob"), &Command::CreateToken(new.clone()));
    assert_eq!(told(&change, ApprovalRequested), ["ada"]);
    let notice = &change.notices[0];
    assert_eq!(
        (notice.org.as_ref(), notice.token),
        (Some(&name(ACME)), Some(new.id))
    );
}

#[test]
fn nobody_is_told_of_a_token_that_waits_for_nothing() {
    for policy in [TokenPolicy::Default, TokenPolicy::FineGrainedOnly] {
        let mut host = acme();
        host.set_policy(policy);
        host.fine_grained("bob", ON_ACME);
        assert_eq!(count(&host, ApprovalRequested), 0, "{policy:?}");
    }
    let mut host = strict();
    host.unscoped("bob", TokenKind::Write);
    host.fine_grained("bob", &[("user:bob", READ)]);
    assert_eq!(count(&host, ApprovalRequested), 0);
}

/// Makes seven more administrators.
fn crowd(host: &mut Host) {
    for text in ["a1", "a2", "a3", "a4", "a5", "a6", "a7"] {
        host.put(&Row::User(user(text)));
        host.must(&root(), &put_member(text, Role::Admin));
    }
}

#[test]
fn at_most_five_administrators_are_told() {
    let mut host = strict();
    crowd(&mut host);
    let new = host.new_token("bob", TokenKind::FineGrained, Some(grants(ON_ACME)));
    let change = host.must(&session("bob"), &Command::CreateToken(new));
    let mut told = told(&change, ApprovalRequested);
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 5);
}

#[test]
fn only_administrators_with_a_confirmed_address_are_told() {
    let unreachable = |text: &str| User {
        email_confirmed: text != "a1",
        email: (text != "a2").then(|| format!("{text}@example.org")),
        suspended: text == "a3",
        ..user(text)
    };
    let mut host = strict();
    crowd(&mut host);
    for text in ["a1", "a2", "a3"] {
        host.put(&Row::User(unreachable(text)));
    }
    host.put(&Row::User(user("w1")));
    host.must(&root(), &put_member("w1", Role::Write));
    let new = host.new_token("bob", TokenKind::FineGrained, Some(grants(ON_ACME)));
    let change = host.must(&session("bob"), &Command::CreateToken(new));
    assert_eq!(
        told(&change, ApprovalRequested),
        ["a4", "a5", "a6", "a7", "ada"]
    );
}

#[test]
fn an_address_confirmed_later_counts_from_then_on() {
    let mut host = strict();
    let confirm = |email_confirmed| Command::UpdateUser {
        name: name("ada"),
        patch: UserPatch {
            email_confirmed: Some(email_confirmed),
            ..UserPatch::default()
        },
    };
    host.must(&root(), &confirm(false));
    host.fine_grained("bob", ON_ACME);
    assert_eq!(count(&host, ApprovalRequested), 0);
    host.must(&root(), &confirm(true));
    host.fine_grained("bob", ON_ACME);
    assert_eq!(count(&host, ApprovalRequested), 1);
}

#[test]
fn administrators_are_told_of_one_token_at_most_once_a_day() {
    let mut host = strict();
    let id = host.fine_grained("bob", ON_ACME);
    host.must(&session("ada"), &approve(id));
    let day = host.now.plus_days(1);
    host.now = tokenward_core::Timestamp::from_millis(day.as_millis() - 1);
    host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
    assert_eq!(count(&host, ApprovalRequested), 1);
    host.now = day;
    host.must(&session("ada"), &approve(id));
    host.must(
        &session("bob"),
        &regrant(id, &[("org:acme", &["repo.write", "org.read"])]),
    );
    assert_eq!(count(&host, ApprovalRequested), 2);
}

#[test]
fn each_token_has_a_day_of_its_own() {
    let mut host = strict();
    host.fine_grained("bob", ON_ACME);
    host.fine_grained("bob", ON_ACME);
    assert_eq!(count(&host, ApprovalRequested), 2);
}

#[test]
fn leaving_and_coming_back_does_not_shorten_the_day() {
    let mut host = strict();
    let id = host.fine_grained("bob", ON_ACME);
    host.must(&root(), &remove_member("bob"));
    host.must(&root(), &put_member("bob", Role::Read));
    host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
    assert_eq!(count(&host, ApprovalRequested), 1);
}

#[test]
fn nobody_is_told_when_a_denied_token_is_widened() {
    let mut host = strict();
    let id = host.fine_grained("bob", ON_ACME);
    host.must(&session("ada"), &deny(id));
    host.now = host.now.plus_days(5);
    host.must(&session("bob"), &regrant(id, &[("org:acme", WRITE)]));
    assert_eq!(count(&host, ApprovalRequested), 1);
}

#[test]
fn nobody_is_told_when_a_token_is_narrowed_or_renamed() {
    let mut host = strict();
    let id = host.fine_grained("bob", ON_ACME);
    host.now = host.now.plus_days(5);
    host.must(&session("bob"), &regrant(id, &[("org:acme", &[])]));
    host.must(&session("bob"), &rename(id, "another name"));
    assert_eq!(count(&host, ApprovalRequested), 1);
}

#[test]
fn a_policy_change_tells_administrators_once_with_a_count() {
    let mut host = acme();
    crowd(&mut host);
    host.fine_grained("bob", ON_ACME);
    host.fine_grained("cyd", ON_ACME);
    host.fine_grained("ada", ON_ACME);
    host.fine_grained("bob", &[("user:bob", READ)]);
    host.unscoped("bob", TokenKind::Write);
    host.account_token();
    let revoked = host.fine_grained("bob", ON_ACME);
    host.must(&session("ada"), &revoke(revoked));
    let change = host.set_policy(TokenPolicy::RequireApproval);
    assert_eq!(told(&change, ApprovalsNeeded).len(), 5);
    assert_eq!(change.notices.len(), 5);
    for notice in &change.notices {
        assert_eq!((&notice.data["count"], notice.token), (&2.into(), None));
    }
    host.finds_nothing_to_do(&session("ada"), &set_policy(TokenPolicy::RequireApproval));
}

#[test]
fn a_policy_change_for_which_nothing_waits_tells_nobody() {
    let mut host = acme();
    host.fine_grained("ada", ON_ACME);
    assert!(
        host.set_policy(TokenPolicy::RequireApproval)
            .notices
            .is_empty()
    );
    host.fine_grained("bob", ON_ACME);
    for policy in [TokenPolicy::FineGrainedOnly, TokenPolicy::Default] {
        assert!(host.set_policy(policy).notices.is_empty());
    }
}

#[test]
fn the_user_is_told_of_a_token_that_the_site_administrator_made() {
    let mut host = acme();
    let new = host.new_token("bob", TokenKind::Read, None);
    let change = host.must(&root(), &Command::CreateToken(new));
    assert_eq!(told(&change, TokenMade), ["bob"]);
    let new = host.new_token("bob", TokenKind::Read, None);
    let change = host.must(&session("bob"), &Command::CreateToken(new));
    assert!(change.notices.is_empty());
}

#[test]
fn the_owner_is_told_of_a_leaked_token() {
    let mut host = acme();
    let id = host.unscoped("bob", TokenKind::Read);
    let command = Command::DeleteToken { id, leaked: true };
    let change = host.must(&Actor::NOBODY, &command);
    assert_eq!(told(&change, TokenLeaked), ["bob"]);
    let id = host.unscoped("bob", TokenKind::Read);
    assert!(host.must(&session("bob"), &delete(id)).notices.is_empty());
}
