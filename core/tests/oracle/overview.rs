//! The naive preview and the naive findings, from the contract's text alone.
//!
//! Both look only at the tokens that are shown. Order and wording are left to the engine.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::naive::{refusal_by_approval, refusal_by_kind};
use crate::reading::{grant_on, has, instant, is_service_account, list, member_role, names};

const DAY: i64 = 86_400;

#[derive(Debug, PartialEq)]
pub(crate) struct NaivePreview {
    pub(crate) unchanged: usize,
    pub(crate) blocked: usize,
    pub(crate) unblocked: usize,
    /// Id, reason before, reason after.
    pub(crate) changes: BTreeSet<(String, String, String)>,
}

pub(crate) struct NaiveThresholds {
    pub(crate) unused_days: i64,
    pub(crate) inactive_days: i64,
    pub(crate) unrotated_days: i64,
    pub(crate) expiring_days: i64,
}

/// Token id, finding, and the time that it counts from where it counts from one.
pub(crate) type NaiveFinding = (String, &'static str, Option<i64>);

pub(crate) fn preview(document: &Value, policy: &str) -> NaivePreview {
    let current = document["organization"]["tokenPolicy"]
        .as_str()
        .unwrap_or("default");
    let mut preview = NaivePreview {
        unchanged: 0,
        blocked: 0,
        unblocked: 0,
        changes: BTreeSet::new(),
    };
    for token in shown_tokens(document) {
        let before = standing(document, token, current);
        let after = standing(document, token, policy);
        if before == after {
            preview.unchanged += 1;
            continue;
        }
        if after == "granted" {
            preview.unblocked += 1;
        } else {
            preview.blocked += 1;
        }
        preview
            .changes
            .insert((text(&token["id"]), before.into(), after.into()));
    }
    preview
}

/// The first of checks 5 to 9 that fails for the org at all.
fn standing(document: &Value, token: &Value, policy: &str) -> &'static str {
    let owner = text(&token["owner"]);
    let in_a_group = list(&document["resourceGroups"])
        .iter()
        .any(|group| member_role(&group["members"], &owner) != "no_access");
    let belongs = member_role(&document["members"], &owner) != "no_access"
        || in_a_group
        || is_service_account(document, &owner);
    if !belongs {
        return "not_found";
    }
    if !token["revoked"].is_null() {
        return "token_revoked";
    }
    if let Some((reason, _)) = refusal_by_kind(token, policy) {
        return reason;
    }
    if token["role"] == "fineGrained" && !names_org(document, token) {
        return "token_scope";
    }
    refusal_by_approval(document, token, policy).map_or("granted", |(reason, _)| reason)
}

pub(crate) fn findings(
    document: &Value,
    now: &str,
    thresholds: &NaiveThresholds,
) -> BTreeSet<NaiveFinding> {
    let now = instant(now);
    let mut findings = BTreeSet::new();
    for token in shown_tokens(document) {
        let created = instant(&text(&token["createdAt"]));
        let used = token["lastUsedAt"].as_str().map(instant);
        let expiry = token["expiresAt"].as_str().map(instant);
        if !token["revoked"].is_null() || expiry.is_some_and(|expiry| expiry <= now) {
            continue;
        }
        let mut found = |finding, since| {
            findings.insert((text(&token["id"]), finding, since));
        };
        let owner = text(&token["owner"]);
        let organization = text(&document["organization"]["name"]);
        if used.is_none() && now - created > thresholds.unused_days * DAY {
            found("unused", Some(created));
        }
        if used.is_some_and(|used| now - used > thresholds.inactive_days * DAY) {
            found("inactive", used);
        }
        if now - created > thresholds.unrotated_days * DAY {
            found("unrotated", Some(created));
        }
        if expiry.is_none() {
            found("no_expiry", None);
        }
        if token["role"] != "fineGrained" {
            found("unscoped", None);
        }
        if grant_on(token, "org", &organization)
            .is_some_and(|grant| has(&grant["permissions"], "repo.write"))
        {
            found("org_wide_write", None);
        }
        if !is_member(document, &owner)
            && !is_service_account(document, &owner)
            && names_org(document, token)
        {
            found("owner_left", None);
        }
        if expiry.is_some_and(|expiry| expiry <= now + thresholds.expiring_days * DAY) {
            found("expiring", expiry);
        }
    }
    findings
}

/// The tokens that listings show: not those that the document holds only to decide.
pub(crate) fn shown_tokens(document: &Value) -> Vec<&Value> {
    list(&document["tokens"])
        .iter()
        .filter(|token| {
            let owner = text(&token["owner"]);
            let member_without_scope =
                is_member(document, &owner) && token["role"] != "fineGrained";
            names_org(document, token)
                || !token["revoked"].is_null()
                || is_service_account(document, &owner)
                || member_without_scope
        })
        .collect()
}

fn is_member(document: &Value, name: &str) -> bool {
    list(&document["members"])
        .iter()
        .any(|member| member["user"] == name)
}

fn names_org(document: &Value, token: &Value) -> bool {
    names(token, "org", &text(&document["organization"]["name"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
