//! Edge credentials: issued and withdrawn, once each, and of one organization.

use tokenward_core::{AuditType, Command, EdgeCredential, EdgeName, TokenDigest};

use crate::build::*;

fn edge(text: &str) -> EdgeName {
    EdgeName::parse(text).expect("it is a name")
}

fn issue(org: &str, text: &str) -> Command {
    Command::IssueEdgeCredential(credential(org, text))
}

pub(crate) fn credential(org: &str, text: &str) -> EdgeCredential {
    EdgeCredential {
        org: name(org),
        name: edge(text),
        id: tokenward_core::TokenId::from_bytes([7; 12]),
        digest: TokenDigest::of(format!("{org} {text}").as_bytes()),
        last4: "QxZb".to_owned(),
        created_at: tokenward_core::Timestamp::from_millis(0),
        created_by: Some(name("ada")),
    }
}

pub(crate) fn withdraw(org: &str, text: &str, leaked: bool) -> Command {
    Command::WithdrawEdgeCredential {
        org: name(org),
        name: edge(text),
        leaked,
    }
}

#[test]
fn a_credential_is_issued_found_and_withdrawn() {
    let mut host = acme();
    let made = host.must(&session("ada"), &issue(ACME, "eu-1"));
    assert_eq!(made.entries[0].r#type, AuditType::EdgeCreate);
    assert_eq!(made.entries[0].data["edge"], "eu-1");
    let digest = credential(ACME, "eu-1").digest;
    let found = host.world.edge_by_digest(&digest).expect("it is known");
    assert_eq!(found, &credential(ACME, "eu-1"));
    assert_eq!(host.world.edges(ACME), [found]);
    let gone = host.must(&session("ada"), &withdraw(ACME, "eu-1", true));
    assert_eq!(gone.entries[0].r#type, AuditType::EdgeDelete);
    assert_eq!(gone.entries[0].data["leaked"], true);
    assert!(host.world.edge_by_digest(&digest).is_none());
    let again = host.refusal(&session("ada"), &withdraw(ACME, "eu-1", false));
    assert_eq!(again.0, 404);
}

#[test]
fn a_name_is_held_by_one_edge_of_an_organization() {
    let mut host = acme();
    host.must(&session("ada"), &issue(ACME, "eu-1"));
    let again = host.refusal(&session("ada"), &issue(ACME, "eu-1"));
    assert_eq!(again, (409, "name_taken"));
    host.must(&session("ada"), &withdraw(ACME, "eu-1", false));
    host.must(&session("ada"), &issue(ACME, "eu-1"));
}

#[test]
fn an_organization_has_a_thousand_of_them_at_most() {
    let mut host = acme();
    for nth in 0..1000 {
        host.must(&session("ada"), &issue(ACME, &format!("edge-{nth}")));
    }
    let more = host.refusal(&session("ada"), &issue(ACME, "one-more"));
    assert_eq!(more, (409, "too_many"));
}

#[test]
fn the_organization_must_be_there() {
    let mut host = acme();
    let refused = host.refusal(&session("ada"), &issue("nobody", "eu-1"));
    assert_eq!(refused.0, 404);
}
