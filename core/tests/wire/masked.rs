//! A raw token that somebody put into a document is in no error message.

use serde_json::json;
use tokenward_core::{OrgDocument, mask};

use crate::document::{EXAMPLE, parse, with};

/// The contract's test vector.
const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";
/// Any part of it that would be worth having.
const PART: &str = "AAAAAAAA";

#[test]
fn a_token_in_a_document_is_masked_in_its_error() {
    for place in [
        "/format",
        "/organization/name",
        "/organization/plan",
        "/organization/tokenPolicy",
        "/members/0/role",
        "/members/0/user",
        "/resources/0/name",
        "/resources/0/type",
        "/tokens/0/id",
        "/tokens/0/role",
        "/tokens/0/digest",
        "/tokens/0/last4",
        "/tokens/0/createdAt",
        "/tokens/0/issuedBy",
        "/tokens/0/fineGrained",
        "/tokens/0/authorization",
        "/generation",
    ] {
        let error = parse(&with(place, json!(TOKEN))).expect_err("it is refused");
        assert!(
            !format!("{error} {error:?}").contains(PART),
            "{place}: {error}"
        );
    }
}

#[test]
fn a_token_as_the_name_of_a_field_is_masked() {
    let document = EXAMPLE.replace("\"generation\"", &format!("\"{TOKEN}\""));
    let error = OrgDocument::parse(&document).expect_err("it is refused");
    assert!(error.to_string().contains("hf_…"), "{error}");
    assert!(!format!("{error} {error:?}").contains(PART), "{error}");
}

#[test]
fn a_message_without_a_token_stays_as_it_is() {
    let text = "unknown field `hf_hub`, expected one of `api_key`, `name` at line 3";
    assert_eq!(mask(text), text);
}

#[test]
fn every_token_of_a_message_is_masked_whatever_stands_around_it() {
    for text in [
        TOKEN.to_owned(),
        format!("{TOKEN} {TOKEN}"),
        format!("(\"{TOKEN}\")"),
        format!("token={TOKEN}&x=1"),
        format!("api_org_{PART}{PART}"),
    ] {
        assert!(!mask(&text).contains(PART), "{}", mask(&text));
    }
}
