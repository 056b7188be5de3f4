//! The example of contract §3, to the letter, and documents made from it.

use serde_json::{Value, json};
use tokenward_core::{OrgDocument, ParseError};

/// The example of contract §3; only the digest is filled in.
pub(crate) const EXAMPLE: &str = r#"{
  "format": "tokenward.org/1",
  "organization": {"name": "acme", "plan": "enterprise", "tokenPolicy": "require-approval"},
  "generation": 42,
  "members": [{"user": "ada", "role": "admin"}, {"user": "bob", "role": "contributor"}],
  "serviceAccounts": [{"name": "acme-ci"}],
  "resourceGroups": [{"name": "secret-lab", "members": [{"user": "bob", "role": "write"}]}],
  "resources": [{"type": "model", "name": "acme/bert", "visibility": "private", "gated": false,
                 "resourceGroup": "secret-lab", "createdBy": "bob", "gatedUsers": []}],
  "tokens": [{
    "id": "65f0c0ffee0000000000000a", "owner": "bob", "role": "fineGrained", "displayName": "laptop",
    "digest": "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b", "last4": "QxZb",
    "createdAt": "2026-03-01T12:00:00Z", "expiresAt": null, "lastUsedAt": null,
    "fineGrained": {"canReadGatedRepos": false, "global": [],
      "scoped": [{"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read"]},
                 {"entity": {"type": "model", "name": "acme/bert"}, "permissions": ["repo.write"]}]},
    "authorization": {"status": "approved", "decidedAt": "2026-03-02T08:00:00Z", "decidedBy": "ada"},
    "revoked": null
  }]
}"#;

pub(crate) fn example() -> Value {
    serde_json::from_str(EXAMPLE).expect("the example is JSON")
}

pub(crate) fn parse(document: &Value) -> Result<OrgDocument, ParseError> {
    OrgDocument::parse(&document.to_string())
}

/// The example with another value at a place, like `/tokens/0/role`; a new field if there is none.
pub(crate) fn with(place: &str, value: Value) -> Value {
    let mut document = example();
    let (parent, field) = place.rsplit_once('/').expect("a place begins with a slash");
    let parent = document.pointer_mut(parent).expect("the place is there");
    match parent {
        Value::Array(list) if field == "-" => list.push(value),
        parent => parent[field] = value,
    }
    document
}

/// The example without a field.
pub(crate) fn without(place: &str) -> Value {
    let mut document = example();
    let (parent, field) = place.rsplit_once('/').expect("a place begins with a slash");
    let parent = document
        .pointer_mut(parent)
        .and_then(Value::as_object_mut)
        .expect("the place is there");
    parent.remove(field).expect("the field is there");
    document
}

#[test]
fn the_contracts_example_is_read() {
    let document = OrgDocument::parse(EXAMPLE).expect("it is a document");
    assert_eq!(document.generation, 42);
    assert_eq!(document.tokens.len(), 1);
}

#[test]
fn the_contracts_example_is_written_as_it_was_read() {
    let document = OrgDocument::parse(EXAMPLE).expect("it is a document");
    let written = serde_json::to_value(&document).expect("it is written as JSON");
    let mut expected = example();
    // Fields that are optional and were left out are written as null.
    let authorization = &mut expected["tokens"][0]["authorization"];
    authorization["reason"] = Value::Null;
    authorization["requestedAt"] = Value::Null;
    assert_eq!(written, expected);
    assert_eq!(parse(&written), Ok(document));
}

#[test]
fn the_form_of_the_document_is_kept() {
    let mut full = with(
        "/tokens/0/revoked",
        json!({"at": "2026-04-01T00:00:00Z", "by": "ada", "reason": "lost"}),
    );
    full["tokens"][0]["issuedBy"] = json!("token-exchange");
    full["tokens"][0]["authorization"] = json!({
        "status": "denied", "decidedAt": "2026-03-02T08:00:00Z", "decidedBy": "ada",
        "reason": "too wide", "requestedAt": "2026-03-01T12:00:00Z",
    });
    let document = parse(&full).expect("it is a document");
    insta::assert_json_snapshot!("org_document", document);
}

#[test]
fn rows_of_a_document_say_the_same() {
    let document = OrgDocument::parse(EXAMPLE).expect("it is a document");
    insta::assert_json_snapshot!("org_document_rows", document.rows());
}
