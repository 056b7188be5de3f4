//! The engine against the naive oracle, field for field: over the enumerable domain and over random documents.
//!
//! The oracle (`oracle/naive.rs`) was written from the contract's text, not from the engine's code.
//! A failure prints the smallest document and the request on which the two differ.
//! Remedies and the wording of findings are the engine's alone: here they are only held to their form.
//! `ORACLE_DOCUMENTS` sets how many random documents are judged.

#[path = "oracle/actions.rs"]
mod actions;
#[path = "oracle/domain.rs"]
mod domain;
#[path = "oracle/engine.rs"]
mod engine;
#[path = "oracle/naive.rs"]
mod naive;
#[path = "oracle/overview.rs"]
mod overview;
#[path = "oracle/random.rs"]
mod random;
#[path = "oracle/reading.rs"]
mod reading;
#[path = "oracle/scenario.rs"]
mod scenario;
#[path = "oracle/shrink.rs"]
mod shrink;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokenward_core::{Authorizer, Effect, Thresholds, TokenPolicy};

use crate::naive::{NaiveDecision, NaiveRequest};
use crate::overview::{NaiveFinding, NaivePreview, NaiveThresholds};
use crate::random::Dice;

/// How the engine's answer differs from the oracle's; None if it does not.
fn difference(document: &Value, authorizer: &Authorizer, request: &NaiveRequest) -> Option<String> {
    difference_from(&naive::decide(document, request), authorizer, request)
}

fn difference_from(
    expected: &NaiveDecision,
    authorizer: &Authorizer,
    request: &NaiveRequest,
) -> Option<String> {
    let answer = engine::decision(authorizer, request);
    let same = (answer.decision == Effect::Allow) == expected.allowed
        && answer.reason.as_str() == expected.reason
        && answer.status == expected.status
        && answer.message.as_deref() == expected.message.as_deref()
        && answer.generation == Some(expected.generation)
        && answer.error_code == expected.error_code;
    (!same).then(|| format!("engine: {answer:?}\noracle: {expected:?}"))
}

/// How the engine's answer as JSON differs in form from what the contract prescribes.
fn form_problem(expected: &NaiveDecision, answer: &Value) -> Option<&'static str> {
    let decision = if expected.allowed { "allow" } else { "deny" };
    let same = answer["decision"] == decision
        && answer["reason"] == expected.reason
        && answer["status"] == expected.status
        && answer["message"].as_str() == expected.message.as_deref()
        && answer["generation"] == expected.generation;
    if !same || answer.as_object().map(serde_json::Map::len) != Some(6) {
        return Some("the JSON does not say the same");
    }
    let remedy = &answer["remedy"];
    if expected.allowed {
        return (!remedy.is_null()).then_some("an allow needs no remedy");
    }
    let who = remedy["who"].as_str().unwrap_or_default();
    if !["owner", "org_admin", "nobody"].contains(&who) {
        return Some("nobody knows that `who`");
    }
    let is_text = |field: &str| remedy[field].as_str().is_some_and(|text| !text.is_empty());
    (!is_text("do") || !is_text("text")).then_some("`do` and `text` must say something")
}

/// How the engine's explanation, or the JSON form, differs from its decision or from the oracle's first failing check.
fn explanation_difference(
    document: &Value,
    authorizer: &Authorizer,
    request: &NaiveRequest,
) -> Option<String> {
    let expected = naive::decide(document, request);
    let mut explanation = engine::explain(authorizer, request);
    let checks = explanation
        .as_object_mut()
        .and_then(|fields| fields.remove("checks"))
        .unwrap_or_default();
    let answer = engine::decide(authorizer, request);
    if let Some(problem) = form_problem(&expected, &answer) {
        return Some(format!("{problem}: {answer}\noracle: {expected:?}"));
    }
    if explanation != answer {
        return Some(format!("explain decides otherwise: {explanation}"));
    }
    let names: Vec<&str> = reading::list(&checks)
        .iter()
        .filter_map(|check| check["check"].as_str())
        .collect();
    if names != CHECKS {
        return Some(format!("the checks are {names:?}"));
    }
    let first = reading::list(&checks)
        .iter()
        .find(|check| check["outcome"] == "fail");
    let first = first.and_then(|check| check["check"].as_str());
    // Which of the first two checks finds an unusable token out is the engine's to say.
    let both_are_one =
        expected.reason == "invalid_token" && matches!(first, Some("token_form" | "token_known"));
    if first != expected.first_failing_check && !both_are_one {
        return Some(format!(
            "first failing check: engine {first:?}, oracle {:?}\n{checks}",
            expected.first_failing_check
        ));
    }
    None
}

const CHECKS: [&str; 13] = [
    "token_form",
    "token_known",
    "token_expiry",
    "action",
    "membership",
    "revocation",
    "policy_kind",
    "names_org",
    "approval",
    "scope",
    "role",
    "gate",
    "group",
];

type Comparison = fn(&Value, &Authorizer, &NaiveRequest) -> Option<String>;

/// Panics with the smallest document on which engine and oracle differ for this request.
fn report(document: &Value, request: &NaiveRequest, compare: Comparison) -> ! {
    let differs = |candidate: &Value| {
        engine::load(candidate)
            .ok()
            .and_then(|authorizer| compare(candidate, &authorizer, request))
    };
    let smallest = shrink::smallest(document, |candidate| differs(candidate).is_some());
    panic!(
        "{}\ndocument: {smallest}\nrequest: {request:?}",
        differs(&smallest).unwrap_or_default()
    );
}

fn loaded(document: &Value) -> Authorizer {
    engine::load(document)
        .unwrap_or_else(|error| panic!("the engine refuses a valid document: {error}\n{document}"))
}

#[test]
fn engine_equals_oracle_over_the_whole_domain() {
    let domain = domain::domain();
    let halves = domain.chunks(domain.len().div_ceil(2));
    let tallies: Vec<BTreeMap<(&str, &str), usize>> = std::thread::scope(|scope| {
        let runs: Vec<_> = halves
            .map(|half| scope.spawn(|| compare_scenarios(half)))
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("a comparison failed, see above"))
            .collect()
    });
    let mut reached: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for ((block, reason), count) in tallies.into_iter().flatten() {
        *reached.entry((block, reason)).or_default() += count;
    }
    for ((block, reason), count) in &reached {
        println!("{block:12}{reason:24}{count:>8}");
    }
    let reasons: BTreeSet<&str> = reached.keys().map(|(_, reason)| *reason).collect();
    assert_eq!(
        reasons,
        BTreeSet::from(REASONS),
        "the domain reaches every reason"
    );
}

const REASONS: [&str; 16] = [
    "expired_token",
    "fine_grained_required",
    "gated_token",
    "gated_user",
    "granted",
    "invalid_token",
    "missing_token",
    "not_found",
    "organization_token",
    "public",
    "role_insufficient",
    "token_denied",
    "token_pending",
    "token_revoked",
    "token_scope",
    "unknown_action",
];

/// Compares all scenarios and counts the reasons reached in each block.
fn compare_scenarios<'d>(
    scenarios: &[(&'d str, scenario::Scenario)],
) -> BTreeMap<(&'d str, &'static str), usize> {
    let mut tally = BTreeMap::new();
    for (index, (block, scenario)) in scenarios.iter().enumerate() {
        let document = scenario.document();
        let authorizer = loaded(&document);
        for request in scenario.requests() {
            let expected = naive::decide(&document, &request);
            if difference_from(&expected, &authorizer, &request).is_some() {
                report(&document, &request, difference);
            }
            // Explanations and JSON are long; one scenario in eleven shows every sort of them.
            if index % 11 == 0 && explanation_difference(&document, &authorizer, &request).is_some()
            {
                report(&document, &request, explanation_difference);
            }
            *tally.entry((*block, expected.reason)).or_default() += 1;
        }
    }
    tally
}

fn random_documents() -> usize {
    std::env::var("ORACLE_DOCUMENTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3_000)
}

#[test]
fn engine_equals_oracle_on_random_documents() {
    let mut dice = Dice::fixed();
    for _ in 0..random_documents() {
        let document = random::document(&mut dice);
        let authorizer = loaded(&document);
        for _ in 0..40 {
            let request = random::request(&mut dice, &document);
            for compare in [difference as Comparison, explanation_difference] {
                if compare(&document, &authorizer, &request).is_some() {
                    report(&document, &request, compare);
                }
            }
        }
    }
}

#[test]
fn previews_and_findings_equal_the_oracle_s() {
    let mut dice = Dice::fixed();
    let domain = domain::domain();
    let random = (0..random_documents()).map(|_| random::document(&mut dice));
    let documents: Vec<Value> = domain
        .iter()
        .step_by(7)
        .map(|(_, scenario)| scenario.document())
        .chain(random)
        .collect();
    for document in &documents {
        let now = random::a_time(&mut dice);
        let differs = |candidate: &Value| {
            let authorizer = engine::load(candidate).ok()?;
            preview_difference(candidate, &authorizer)
                .or_else(|| findings_difference(candidate, &authorizer, now))
        };
        loaded(document);
        if differs(document).is_some() {
            let smallest = shrink::smallest(document, |candidate| differs(candidate).is_some());
            panic!(
                "{}\ndocument: {smallest}\nnow: {now}",
                differs(&smallest).unwrap_or_default()
            );
        }
    }
}

fn preview_difference(document: &Value, authorizer: &Authorizer) -> Option<String> {
    domain::POLICIES.iter().find_map(|policy| {
        let parsed = TokenPolicy::parse(policy).expect("a policy of the contract");
        let answer = engine::json(&authorizer.preview(parsed));
        let count = |field: &str| {
            usize::try_from(answer["summary"][field].as_u64().unwrap_or(u64::MAX))
                .unwrap_or(usize::MAX)
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let changes = reading::list(&answer["tokens"]);
        let engine_preview = NaivePreview {
            unchanged: count("unchanged"),
            blocked: count("blocked"),
            unblocked: count("unblocked"),
            changes: changes
                .iter()
                .map(|token| {
                    (
                        text(&token["id"]),
                        text(&token["before"]),
                        text(&token["after"]),
                    )
                })
                .collect(),
        };
        let expected = overview::preview(document, policy);
        let all =
            engine_preview.unchanged + changes.len() == overview::shown_tokens(document).len();
        let same = engine_preview == expected
            && all
            && answer["generation"] == json!(document["generation"].as_u64().unwrap_or(0));
        (!same).then(|| format!("preview of {policy}\nengine: {answer}\noracle: {expected:?}"))
    })
}

fn findings_difference(document: &Value, authorizer: &Authorizer, now: &str) -> Option<String> {
    let naive_default = NaiveThresholds {
        unused_days: 30,
        inactive_days: 90,
        unrotated_days: 365,
        expiring_days: 14,
    };
    let naive_other = NaiveThresholds {
        unused_days: 0,
        inactive_days: 1,
        unrotated_days: 31,
        expiring_days: 365,
    };
    let other = Thresholds {
        unused_days: 0,
        inactive_days: 1,
        unrotated_days: 31,
        expiring_days: 365,
    };
    [(Thresholds::default(), naive_default), (other, naive_other)]
        .into_iter()
        .find_map(|(thresholds, naive_thresholds)| {
            let answer = engine::json(&authorizer.findings(engine::time(now), &thresholds));
            let expected = overview::findings(document, now, &naive_thresholds);
            let found: BTreeSet<NaiveFinding> = reading::list(&answer)
                .iter()
                .filter_map(|finding| known_finding(finding, &expected))
                .collect();
            let same = found == expected && reading::list(&answer).len() == expected.len();
            (!same).then(|| format!("findings\nengine: {answer}\noracle: {expected:?}"))
        })
}

/// One of the engine's findings in the oracle's form; None if it has no text.
/// Where the oracle knows of no time that the finding counts from, any will do.
fn known_finding(finding: &Value, expected: &BTreeSet<NaiveFinding>) -> Option<NaiveFinding> {
    let text = finding["text"].as_str().filter(|text| !text.is_empty());
    let token = finding["token"].as_str().unwrap_or_default();
    let since = finding["since"].as_str().map(reading::instant);
    let kind = FINDINGS.iter().find(|kind| finding["finding"] == **kind)?;
    let timeless: NaiveFinding = (token.to_owned(), kind, None);
    text?;
    Some(if expected.contains(&timeless) {
        timeless
    } else {
        (token.to_owned(), kind, since)
    })
}

const FINDINGS: [&str; 8] = [
    "unused",
    "inactive",
    "unrotated",
    "no_expiry",
    "unscoped",
    "org_wide_write",
    "owner_left",
    "expiring",
];

#[test]
fn not_found_has_one_remedy() {
    let mut remedies = BTreeSet::new();
    for (_, scenario) in domain::domain().iter().step_by(97) {
        let authorizer = loaded(&scenario.document());
        for request in scenario.requests() {
            let answer = engine::decide(&authorizer, &request);
            if answer["reason"] == "not_found" {
                remedies.insert(answer["remedy"].to_string());
            }
        }
    }
    assert_eq!(remedies.len(), 1, "{remedies:?}");
}
