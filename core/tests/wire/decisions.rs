//! Answers: decisions, explanations, previews, findings.

use serde_json::json;
use tokenward_core::{
    Authorizer, FindingKind, Plan, Presented, Reason, Request, Resource, Role, Thresholds,
    Timestamp, TokenPolicy,
};

use crate::document::{example, parse, with, without};

const NOW: &str = "2027-06-01T00:00:00Z";

fn authorizer(document: &serde_json::Value) -> Authorizer {
    let document = parse(document).expect("it is a document");
    Authorizer::from_document(&document).expect("it is accepted")
}

fn now() -> Timestamp {
    Timestamp::parse(NOW).expect("it is a time")
}

fn request(action: &'static str) -> Request<'static> {
    let id = tokenward_core::TokenId::parse("65f0c0ffee0000000000000a").expect("it is an id");
    Request {
        token: Presented::Id(id),
        action,
        resource: Resource::parse("model:acme/bert").expect("it is a resource"),
        now: now(),
    }
}

#[test]
fn an_allow() {
    let decision = authorizer(&example()).decide(&request("repo.write"));
    insta::assert_json_snapshot!("decision_allow", decision);
}

/// The example of contract §5, but for the message, which it leaves out.
#[test]
fn a_denial() {
    let decision = authorizer(&without("/tokens/0/authorization")).decide(&request("repo.write"));
    let json = serde_json::to_value(&decision).expect("it is written as JSON");
    assert_eq!(
        json["remedy"],
        json!({
            "who": "org_admin", "do": "approve_token",
            "text": "Ask an administrator of acme to approve the token \"laptop\".",
        })
    );
    insta::assert_json_snapshot!("decision_deny", decision);
}

#[test]
fn explanations() {
    let document = without("/tokens/0/authorization");
    let explanation = authorizer(&document).explain(&request("repo.access.read"));
    insta::assert_json_snapshot!("explanation", explanation);
}

#[test]
fn previews() {
    let authorizer = authorizer(&without("/tokens/0/authorization"));
    insta::assert_json_snapshot!("preview", authorizer.preview(TokenPolicy::Default));
}

#[test]
fn findings() {
    let mut document = with("/tokens/0/lastUsedAt", json!("2026-04-01T00:00:00Z"));
    document["tokens"][0]["expiresAt"] = json!("2027-06-10T00:00:00Z");
    document["tokens"][0]["fineGrained"]["scoped"][0]["permissions"] = json!(["repo.write"]);
    let tokens = document["tokens"].as_array_mut().expect("it is a list");
    tokens.push(
        json!({"id": "65f0c0ffee0000000000000b", "owner": "bob", "role": "write",
                       "createdAt": "2027-01-01T00:00:00Z"}),
    );
    tokens.push(json!({"id": "65f0c0ffee0000000000000c", "owner": "eve", "role": "fineGrained",
        "createdAt": "2027-05-31T00:00:00Z", "expiresAt": "2028-01-01T00:00:00Z",
        "fineGrained": {"scoped": [{"entity": {"type": "org", "name": "acme"}, "permissions": []}]}}));
    let findings = authorizer(&document).findings(now(), &Thresholds::default());
    insta::assert_json_snapshot!("findings", findings);
}

#[test]
fn thresholds() {
    insta::assert_json_snapshot!("thresholds", Thresholds::default());
    let one: Thresholds = serde_json::from_value(json!({"unusedDays": 7})).expect("it is read");
    let expected = Thresholds {
        unused_days: 7,
        ..Thresholds::default()
    };
    assert_eq!(one, expected);
    assert!(serde_json::from_value::<Thresholds>(json!({"unused": 7})).is_err());
}

/// Codes and words that are an interface: only ever added to.
#[test]
fn words() {
    insta::assert_json_snapshot!(
        "words",
        json!({
            "reasons": Reason::ALL,
            "policies": TokenPolicy::ALL,
            "plans": [Plan::Free, Plan::Team, Plan::Enterprise, Plan::Plus],
            "roles": Role::ALL,
            "auditTypes": tokenward_core::AuditType::ALL,
            "findings": [
                FindingKind::Unused, FindingKind::Inactive, FindingKind::Unrotated,
                FindingKind::NoExpiry, FindingKind::Unscoped, FindingKind::OrgWideWrite,
                FindingKind::OwnerLeft, FindingKind::Expiring,
            ],
            "resourceTypes": tokenward_core::ResourceType::ALL,
        })
    );
}

#[test]
fn the_word_of_a_variant_is_the_word_on_the_wire() {
    for reason in Reason::ALL {
        assert_eq!(json!(reason), reason.as_str());
    }
    for kind in tokenward_core::AuditType::ALL {
        assert_eq!(json!(kind), kind.as_str());
    }
    for policy in TokenPolicy::ALL {
        assert_eq!(json!(policy), policy.as_str());
    }
    for role in Role::ALL {
        assert_eq!(json!(role), role.as_str());
    }
}

#[test]
fn scanned_tokens() {
    let text = "HF_TOKEN=hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";
    insta::assert_json_snapshot!("found", tokenward_core::scan(text));
}
