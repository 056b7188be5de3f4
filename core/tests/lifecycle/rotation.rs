//! Contract §2, "Rotation", and the end of a token.

use tokenward_core::{
    Command, Presented, Reason, Request, Resource, RetiredDigest, Token, TokenDigest, TokenId,
    TokenKind, TokenPolicy, TokenSecret,
};

use crate::build::*;
use crate::host::Host;

/// A used token of bob with the value `old`, approved in acme.
fn used(host: &mut Host) -> TokenId {
    host.set_policy(TokenPolicy::RequireApproval);
    let mut new = host.new_token(
        "bob",
        TokenKind::FineGrained,
        Some(grants(&[("org:acme", READ)])),
    );
    new.digest = TokenDigest::of(b"old");
    new.expires_at = Some(host.now.plus_days(90));
    host.must(&session("bob"), &Command::CreateToken(new.clone()));
    host.must(&session("ada"), &approve(new.id));
    let token = Token {
        last_used_at: Some(host.now),
        ..host.rows.tokens[&new.id].clone()
    };
    host.put(&tokenward_core::Row::Token(token));
    host.now = host.now.plus_days(1);
    new.id
}

fn says(host: &Host, value: &str) -> Reason {
    let secret = TokenSecret::parse(value).expect("it is not empty");
    let request = Request {
        token: Presented::Secret(&secret),
        action: "repo.content.read",
        resource: Resource::parse("model:acme/bert").expect("it is a resource"),
        now: host.now,
    };
    host.world.decide(&request).reason
}

#[test]
fn rotation_gives_a_new_value_at_once() {
    let mut host = acme();
    let id = used(&mut host);
    assert_eq!(says(&host, "old"), Reason::Granted);
    host.must(&session("bob"), &rotate(id, "new"));
    assert_eq!(says(&host, "old"), Reason::InvalidToken);
    assert_eq!(says(&host, "new"), Reason::Granted);
}

#[test]
fn rotation_keeps_everything_but_the_value_and_its_times() {
    let mut host = acme();
    let id = used(&mut host);
    let before = (host.rows.tokens[&id].clone(), host.standing(id, ACME));
    host.must(&session("bob"), &rotate(id, "new"));
    let after = Token {
        digest: Some(TokenDigest::of(b"new")),
        last4: Some("wxyz".into()),
        created_at: host.now,
        last_used_at: None,
        ..before.0
    };
    assert_eq!(host.rows.tokens[&id], after);
    assert_eq!(host.standing(id, ACME), before.1);
}

#[test]
fn earlier_values_are_kept_with_who_made_them_earlier() {
    let mut host = acme();
    let id = used(&mut host);
    let itself = host.with(id);
    for (actor, value) in [
        (itself, "second"),
        (session("bob"), "third"),
        (root(), "fourth"),
    ] {
        host.must(&actor, &rotate(id, value));
    }
    let retired = |value: &str, by_itself| RetiredDigest {
        digest: TokenDigest::of(value.as_bytes()),
        token: id,
        by_itself,
    };
    let expected = [
        retired("old", true),
        retired("second", false),
        retired("third", false),
    ];
    assert_eq!(host.retired, expected);
    for value in ["old", "second", "third"] {
        assert_eq!(says(&host, value), Reason::InvalidToken);
    }
}

#[test]
fn the_site_administrators_own_token_in_a_session_is_no_rotation_by_itself() {
    let mut host = acme();
    let id = used(&mut host);
    let mut actor = root();
    actor.via = tokenward_core::Via::Session(host.with(id).token().cloned());
    host.must(&actor, &rotate(id, "new"));
    assert!(!host.retired[0].by_itself);
}

#[test]
fn rotation_keeps_a_revocation() {
    let mut host = acme();
    let id = used(&mut host);
    host.must(&session("ada"), &revoke(id));
    host.must(&session("bob"), &rotate(id, "new"));
    assert_eq!(says(&host, "new"), Reason::TokenRevoked);
}

#[test]
fn a_deleted_token_is_unknown_from_then_on() {
    let mut host = acme();
    let id = used(&mut host);
    host.must(&session("bob"), &delete(id));
    assert_eq!(says(&host, "old"), Reason::InvalidToken);
    assert!(host.rows.tokens.is_empty() && host.rows.standings.is_empty());
    assert_eq!(host.refusal(&session("ada"), &approve(id)).0, 404);
}

#[test]
fn a_revocation_stays_in_the_audit_log_when_its_token_is_deleted() {
    let mut host = acme();
    let id = used(&mut host);
    host.must(&session("ada"), &revoke(id));
    host.must(&session("bob"), &delete(id));
    let log = &host.entries[&name(ACME)];
    let revoked = log
        .iter()
        .find(|entry| entry.r#type.as_str().ends_with(".revoked"));
    let revoked = revoked.expect("it is in the log");
    assert_eq!(revoked.data["token"], id.to_string());
}
