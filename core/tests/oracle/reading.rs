//! How the oracle reads the raw JSON of an org document: look-ups by linear search, names, roles, times.
//!
//! What a finding means for a decision is said in `naive` and `overview`.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::actions::REPO_TYPES;

/// Whether a fine-grained token has a grant, even an empty one, on the org (user) or on something in its namespace.
pub(crate) fn names(token: &Value, home_type: &str, home: &str) -> bool {
    list(&token["fineGrained"]["scoped"]).iter().any(|grant| {
        let entity_type = grant["entity"]["type"].as_str().unwrap_or_default();
        let entity = grant["entity"]["name"].as_str().unwrap_or_default();
        (entity_type == home_type && entity == home)
            || (is_repository(entity_type) && before_slash(entity) == home)
    })
}

pub(crate) fn grant_on<'d>(token: &'d Value, entity_type: &str, name: &str) -> Option<&'d Value> {
    list(&token["fineGrained"]["scoped"])
        .iter()
        .find(|grant| grant["entity"]["type"] == entity_type && grant["entity"]["name"] == name)
}

/// The role on the repository (or on the org itself, which is in no group).
pub(crate) fn role_on<'d>(
    org_role: &'d str,
    group_role: &'d str,
    repository: Option<&Value>,
) -> &'d str {
    let public = repository.is_some_and(|repository| repository["visibility"] == "public");
    if group_role == "no_access" || org_role == "admin" {
        return org_role;
    }
    if public && rank(org_role) > rank(group_role) {
        return org_role;
    }
    group_role
}

pub(crate) fn rank(role: &str) -> usize {
    let order = ["no_access", "read", "contributor", "write", "admin"];
    order
        .iter()
        .position(|other| *other == role)
        .expect("a role is one of the five")
}

/// The role in a list of members; not being in it is `no_access`.
pub(crate) fn member_role<'d>(members: &'d Value, user: &str) -> &'d str {
    let member = list(members).iter().find(|member| member["user"] == user);
    member
        .and_then(|member| member["role"].as_str())
        .unwrap_or("no_access")
}

pub(crate) fn role_in_group<'d>(document: &'d Value, group: &str, user: &str) -> &'d str {
    let group = list(&document["resourceGroups"])
        .iter()
        .find(|known| known["name"] == group);
    group.map_or("no_access", |group| member_role(&group["members"], user))
}

pub(crate) fn is_service_account(document: &Value, name: &str) -> bool {
    list(&document["serviceAccounts"])
        .iter()
        .any(|account| account["name"] == name)
}

pub(crate) fn listed<'d>(
    document: &'d Value,
    resource_type: &str,
    name: &str,
) -> Option<&'d Value> {
    list(&document["resources"])
        .iter()
        .find(|known| known["type"] == resource_type && known["name"] == name)
}

/// Whether the name is not listed but differs only in case from one of its type that is.
pub(crate) fn is_case_variant(document: &Value, resource_type: &str, name: &str) -> bool {
    listed(document, resource_type, name).is_none()
        && list(&document["resources"]).iter().any(|known| {
            known["type"] == resource_type
                && known["name"]
                    .as_str()
                    .is_some_and(|listed| listed.to_lowercase() == name.to_lowercase())
        })
}

pub(crate) fn is_repository(resource_type: &str) -> bool {
    REPO_TYPES.contains(&resource_type)
}

pub(crate) fn before_slash(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn has(strings: &Value, wanted: &str) -> bool {
    list(strings).iter().any(|string| string == wanted)
}

pub(crate) fn hex_digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Seconds since 1970 of an RFC 3339 time in UTC to the second, `2026-03-01T12:00:00Z`.
pub(crate) fn instant(text: &str) -> i64 {
    assert!(
        text.len() == 20 && text.ends_with('Z'),
        "the tests write times as `2026-03-01T12:00:00Z`, not `{text}`"
    );
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().expect("digits in a time");
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let lengths = [
        31,
        if leap(year) { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let days_of_years: i64 = (1970..year)
        .map(|past| if leap(past) { 366 } else { 365 })
        .sum();
    let days_of_months: i64 = lengths
        .iter()
        .take(usize::try_from(month - 1).expect("a month from 1"))
        .sum();
    let days = days_of_years + days_of_months + day - 1;
    days * 86_400 + number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19)
}
