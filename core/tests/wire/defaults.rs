//! Contract §3.1: what may be left out, and what it then is; what is kept though it means nothing.

use serde_json::{Value, json};
use tokenward_core::{
    Authorizer, IssuedBy, OrgDocument, Plan, Presented, Reason, Request, Resource, Timestamp,
    TokenPolicy, Visibility,
};

use crate::document::{example, parse, with, without};

fn read(document: &Value) -> OrgDocument {
    parse(document).expect("it is a document")
}

fn bare(role: &str) -> Value {
    json!({"id": "65f0c0ffee0000000000000b", "owner": "bob", "role": role,
           "createdAt": "2026-03-01T12:00:00Z"})
}

#[test]
fn an_organization_needs_its_name_only() {
    let document = read(&json!({"format": "tokenward.org/1", "organization": {"name": "acme"}}));
    assert_eq!(document.organization.plan, Plan::Enterprise);
    assert_eq!(document.organization.token_policy, TokenPolicy::Default);
    assert_eq!(document.generation, 0);
    assert!(document.members.is_empty() && document.service_accounts.is_empty());
    assert!(document.resource_groups.is_empty() && document.resources.is_empty());
    assert!(document.tokens.is_empty());
}

#[test]
fn format_and_organization_are_needed() {
    for place in ["/format", "/organization", "/organization/name"] {
        assert!(parse(&without(place)).is_err(), "{place}");
    }
    assert!(parse(&with("/format", json!("tokenward.org/2"))).is_err());
}

#[test]
fn a_group_and_a_repository_need_their_names_only() {
    let mut document = example();
    document["resourceGroups"] = json!([{"name": "lab"}]);
    document["resources"] = json!([{"type": "space", "name": "acme/demo"}]);
    let document = read(&document);
    assert!(document.resource_groups[0].members.is_empty());
    let listed = &document.resources[0];
    assert_eq!(listed.visibility, Visibility::Private);
    assert!(!listed.gated && listed.gated_users.is_empty());
    assert_eq!((&listed.resource_group, &listed.created_by), (&None, &None));
}

#[test]
fn a_token_needs_id_owner_role_and_time_only() {
    let document = read(&with("/tokens/-", bare("write")));
    let token = &document.tokens[1];
    assert_eq!((token.expires_at, token.last_used_at), (None, None));
    assert_eq!((&token.authorization, &token.revoked), (&None, &None));
    assert_eq!(
        (&token.display_name, &token.digest, &token.last4),
        (&None, &None, &None)
    );
    assert_eq!(token.issued_by, IssuedBy::User);
    assert_eq!(token.fine_grained, None);
    for field in ["id", "owner", "role", "createdAt"] {
        let mut token = bare("write");
        token
            .as_object_mut()
            .expect("it is an object")
            .remove(field);
        assert!(parse(&with("/tokens/-", token)).is_err(), "{field}");
    }
}

#[test]
fn grants_are_needed_for_exactly_the_fine_grained_role() {
    assert!(parse(&without("/tokens/0/fineGrained")).is_err());
    for role in ["read", "write"] {
        let mut token = bare(role);
        assert!(parse(&with("/tokens/-", token.clone())).is_ok());
        token["fineGrained"] = json!({});
        assert!(parse(&with("/tokens/-", token)).is_err(), "{role}");
    }
}

#[test]
fn empty_grants_are_empty() {
    let document = read(&with("/tokens/0/fineGrained", json!({})));
    let grants = document.tokens[0]
        .fine_grained
        .clone()
        .expect("they are there");
    assert!(!grants.can_read_gated_repos && grants.global.is_empty() && grants.scoped.is_empty());
}

#[test]
fn null_is_as_good_as_nothing_where_null_is_the_default() {
    for place in [
        "/tokens/0/authorization",
        "/tokens/0/revoked",
        "/tokens/0/displayName",
        "/tokens/0/digest",
        "/tokens/0/last4",
        "/tokens/0/expiresAt",
        "/tokens/0/lastUsedAt",
        "/resources/0/resourceGroup",
        "/resources/0/createdBy",
    ] {
        let (null, nothing) = (with(place, Value::Null), without(place));
        assert_eq!(read(&null), read(&nothing), "{place}");
    }
}

#[test]
fn of_an_authorization_only_the_status_is_needed() {
    for status in ["pending", "approved", "denied"] {
        let value = json!({"status": status});
        assert!(parse(&with("/tokens/0/authorization", value)).is_ok());
    }
    assert!(parse(&with("/tokens/0/authorization", json!({}))).is_err());
    assert!(
        parse(&with(
            "/tokens/0/authorization",
            json!({"status": "revoked"})
        ))
        .is_err()
    );
}

#[test]
fn of_a_revocation_only_the_reason_is_optional() {
    let full = json!({"at": "2026-04-01T00:00:00Z", "by": "ada"});
    assert!(parse(&with("/tokens/0/revoked", full.clone())).is_ok());
    for field in ["at", "by"] {
        let mut part = full.clone();
        part.as_object_mut().expect("it is an object").remove(field);
        assert!(parse(&with("/tokens/0/revoked", part)).is_err(), "{field}");
    }
}

#[test]
fn no_approval_is_read_back_as_fine_grained_only() {
    let document = read(&with("/organization/tokenPolicy", json!("no-approval")));
    assert_eq!(
        document.organization.token_policy,
        TokenPolicy::FineGrainedOnly
    );
    let written = serde_json::to_value(&document).expect("it is written as JSON");
    assert_eq!(written["organization"]["tokenPolicy"], "fine-grained-only");
}

#[test]
fn no_authorization_is_pending_under_require_approval() {
    let document = read(&without("/tokens/0/authorization"));
    let authorizer = Authorizer::from_document(&document).expect("it is accepted");
    let decision = authorizer.decide(&Request {
        token: Presented::Id(document.tokens[0].id),
        action: "repo.write",
        resource: Resource::parse("model:acme/bert").expect("it is a resource"),
        now: Timestamp::parse("2026-03-05T00:00:00Z").expect("it is a time"),
    });
    assert_eq!(decision.reason, Reason::TokenPending);
}

#[test]
fn unknown_permissions_and_entity_types_are_kept() {
    let scoped = json!([
        {"entity": {"type": "planet", "name": "mars, the red one"}, "permissions": ["land.write"]},
        {"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.fly"]},
    ]);
    let document = read(&with("/tokens/0/fineGrained/scoped", scoped.clone()));
    let written = serde_json::to_value(&document).expect("it is written as JSON");
    assert_eq!(written["tokens"][0]["fineGrained"]["scoped"], scoped);
}

#[test]
fn a_reserved_name_is_read() {
    assert!(
        parse(&with(
            "/members/-",
            json!({"user": "settings", "role": "read"})
        ))
        .is_ok()
    );
}

#[test]
fn a_token_of_nobody_known_may_name_the_organization() {
    assert!(parse(&with("/tokens/0/owner", json!("eve"))).is_ok());
}
