//! Contract §3.1, "Errors": what a document must not say.

use serde_json::{Value, json};

use crate::document::{EXAMPLE, example, parse, with};

#[track_caller]
fn is_refused(document: &Value) {
    if let Ok(document) = parse(document) {
        panic!("it is read: {document:?}");
    }
}

/// Adds a copy of the first item of a list, with one field changed.
fn again(list: &str, field: &str, value: Value) -> Value {
    let mut document = example();
    let items = document.pointer_mut(list).and_then(Value::as_array_mut);
    let items = items.expect("the list is there");
    let mut copy = items[0].clone();
    copy[field] = value;
    items.push(copy);
    document
}

#[test]
fn unknown_fields_are_refused_everywhere() {
    for place in [
        "/extra",
        "/organization/extra",
        "/members/0/extra",
        "/serviceAccounts/0/extra",
        "/resourceGroups/0/extra",
        "/resourceGroups/0/members/0/extra",
        "/resources/0/extra",
        "/tokens/0/extra",
        "/tokens/0/token",
        "/tokens/0/fineGrained/extra",
        "/tokens/0/fineGrained/scoped/0/extra",
        "/tokens/0/fineGrained/scoped/0/entity/extra",
        "/tokens/0/authorization/extra",
    ] {
        is_refused(&with(place, json!(1)));
    }
    let revoked = json!({"at": "2026-04-01T00:00:00Z", "by": "ada", "extra": 1});
    is_refused(&with("/tokens/0/revoked", revoked));
}

#[test]
fn a_field_that_stands_there_twice_is_refused() {
    let twice = EXAMPLE.replace(
        r#""generation": 42,"#,
        r#""generation": 42, "generation": 42,"#,
    );
    assert_ne!(twice, EXAMPLE);
    assert!(tokenward_core::OrgDocument::parse(&twice).is_err());
}

#[test]
fn names_that_stand_there_twice_are_refused_also_by_case() {
    for user in ["ada", "ADA"] {
        is_refused(&again("/members", "user", json!(user)));
        is_refused(&with("/serviceAccounts/-", json!({"name": user})));
    }
    for account in ["acme-ci", "Acme-CI", "acme", "ACME"] {
        is_refused(&again("/serviceAccounts", "name", json!(account)));
    }
    is_refused(&with("/members/-", json!({"user": "acme", "role": "read"})));
    for group in ["secret-lab", "Secret-Lab"] {
        is_refused(&again("/resourceGroups", "name", json!(group)));
    }
    for listed in ["acme/bert", "acme/BERT"] {
        is_refused(&again("/resources", "name", json!(listed)));
    }
    for user in ["bob", "BOB"] {
        let twice = json!({"user": user, "role": "read"});
        is_refused(&with("/resourceGroups/0/members/-", twice));
    }
    is_refused(&with("/resources/0/gatedUsers", json!(["eve", "eve"])));
    is_refused(&with("/resources/0/gatedUsers", json!(["eve", "Eve"])));
}

#[test]
fn repositories_of_two_types_may_have_one_name() {
    assert!(parse(&again("/resources", "type", json!("dataset"))).is_ok());
}

#[test]
fn tokens_that_stand_there_twice_are_refused() {
    let mut other = example()["tokens"][0].clone();
    other["id"] = json!("65f0c0ffee0000000000000b");
    other["digest"] = Value::Null;
    other["displayName"] = json!("desktop");
    assert!(parse(&with("/tokens/-", other.clone())).is_ok());
    for field in ["id", "digest", "displayName"] {
        let mut same = other.clone();
        same[field] = example()["tokens"][0][field].clone();
        is_refused(&with("/tokens/-", same));
    }
}

#[test]
fn two_grants_on_one_entity_are_refused_and_compared_exactly() {
    let grant = |name: &str| json!({"entity": {"type": "model", "name": name}, "permissions": []});
    let place = "/tokens/0/fineGrained/scoped/-";
    is_refused(&with(place, grant("acme/bert")));
    assert!(parse(&with(place, grant("acme/Bert"))).is_ok());
}

#[test]
fn a_permission_that_stands_there_twice_is_refused() {
    let twice = json!(["repo.write", "repo.write"]);
    is_refused(&with(
        "/tokens/0/fineGrained/scoped/0/permissions",
        twice.clone(),
    ));
    is_refused(&with("/tokens/0/fineGrained/global", twice));
}

#[test]
fn a_group_that_does_not_exist_is_refused() {
    is_refused(&with("/resources/0/resourceGroup", json!("other-lab")));
    is_refused(&with("/resources/0/resourceGroup", json!("Secret-Lab")));
}

#[test]
fn a_group_member_who_is_no_member_is_refused() {
    let stranger = json!({"user": "eve", "role": "read"});
    is_refused(&with("/resourceGroups/0/members/-", stranger));
    let account = json!({"user": "acme-ci", "role": "read"});
    is_refused(&with("/resourceGroups/0/members/-", account));
}

#[test]
fn an_unscoped_token_of_a_service_account_or_of_token_exchange_is_refused() {
    for role in ["read", "write"] {
        let token = |owner: &str, issued_by: &str| {
            json!({"id": "65f0c0ffee0000000000000b", "owner": owner, "role": role,
                   "createdAt": "2026-03-01T12:00:00Z", "issuedBy": issued_by})
        };
        is_refused(&with("/tokens/-", token("acme-ci", "user")));
        is_refused(&with("/tokens/-", token("bob", "token-exchange")));
        assert!(parse(&with("/tokens/-", token("bob", "user"))).is_ok());
    }
}

#[test]
fn a_service_accounts_token_that_names_anything_outside_is_refused() {
    let naming = |kind: &str, name: &str| {
        let mut document = with("/tokens/0/owner", json!("acme-ci"));
        let grant = json!({"entity": {"type": kind, "name": name}, "permissions": []});
        document["tokens"][0]["fineGrained"]["scoped"] = json!([grant]);
        document
    };
    for (kind, name) in [
        ("org", "beta"),
        ("model", "beta/x"),
        ("user", "acme-ci"),
        ("model", "acme-ci/x"),
        ("user", "bob"),
    ] {
        is_refused(&naming(kind, name));
    }
    for (kind, name) in [("org", "acme"), ("dataset", "acme/x"), ("planet", "mars")] {
        assert!(parse(&naming(kind, name)).is_ok(), "{kind} {name}");
    }
}

#[test]
fn a_repository_of_another_namespace_is_refused() {
    for name in [
        "beta/bert",
        "bob/bert",
        "Acme/bert",
        "bert",
        "acme",
        "acme/a/b",
    ] {
        is_refused(&with("/resources/0/name", json!(name)));
    }
    for kind in ["org", "user", "planet"] {
        is_refused(&with("/resources/0/type", json!(kind)));
    }
}

#[test]
fn words_and_numbers_that_mean_nothing_are_refused() {
    for (place, value) in [
        ("/organization/plan", json!("gold")),
        ("/organization/tokenPolicy", json!("strict")),
        ("/members/0/role", json!("owner")),
        ("/resources/0/visibility", json!("secret")),
        ("/tokens/0/role", json!("god")),
        ("/tokens/0/issuedBy", json!("nobody")),
        ("/tokens/0/createdAt", json!("yesterday")),
        ("/tokens/0/id", json!("65f0")),
        ("/tokens/0/digest", json!("3a7b")),
        ("/tokens/0/last4", json!("fiver")),
        ("/generation", json!(-1)),
        ("/generation", json!(1_u64 << 53)),
        ("/generation", json!(1.5)),
    ] {
        is_refused(&with(place, value));
    }
    assert!(parse(&with("/generation", json!((1_u64 << 53) - 1))).is_ok());
}

#[test]
fn names_that_break_the_rules_are_refused() {
    for name in [
        "a",
        "-ab",
        "ab-",
        "a--b",
        "12",
        "65f0c0ffee0000000000000a",
        "a.b",
        "é1",
    ] {
        is_refused(&with("/organization/name", json!(name)));
        is_refused(&with("/members/0/user", json!(name)));
    }
    for name in [
        "acme/.x",
        "acme/x.",
        "acme/a..b",
        "acme/a--b",
        "acme/x.git",
        "acme/x y",
    ] {
        is_refused(&with("/resources/0/name", json!(name)));
    }
    for title in [
        "",
        " ",
        "DEFAULT",
        "a\nb",
        "a\u{202e}b",
        "a\u{2028}b",
        &"x".repeat(101),
    ] {
        is_refused(&with("/tokens/0/displayName", json!(title)));
    }
    assert!(parse(&with("/tokens/0/displayName", json!("x".repeat(100)))).is_ok());
}

#[test]
fn an_error_says_where() {
    let refused = |document: &Value| parse(document).expect_err("it is refused").to_string();
    insta::assert_json_snapshot!(
        "document_errors",
        [
            refused(&with("/tokens/0/role", json!("read"))),
            refused(&with("/resources/0/resourceGroup", json!("other-lab"))),
            refused(&again("/members", "user", json!("ADA"))),
            refused(&with(
                "/tokens/0/fineGrained/scoped/-",
                json!({"entity": {"type": "org", "name": "acme"}, "permissions": []})
            )),
        ]
    );
}

#[test]
fn an_array_is_no_object() {
    for (place, array) in [
        ("/organization", json!(["acme"])),
        ("/members/0", json!(["ada", "admin"])),
        ("/serviceAccounts/0", json!(["acme-ci"])),
        ("/resourceGroups/0", json!(["secret-lab", []])),
        ("/tokens/0/fineGrained", json!([false, [], []])),
        (
            "/tokens/0/fineGrained/scoped/0",
            json!([{"type": "org", "name": "acme"}, []]),
        ),
        (
            "/tokens/0/fineGrained/scoped/0/entity",
            json!(["org", "acme"]),
        ),
        ("/tokens/0/authorization", json!(["approved"])),
    ] {
        let mut document = example();
        *document.pointer_mut(place).expect("it is there") = array;
        is_refused(&document);
    }
    assert!(
        serde_json::from_value::<tokenward_core::ResourceName>(json!(["model", "acme/bert"]))
            .is_err()
    );
}
