//! Any text → an org document → an authorizer → decisions, explanations, previews and findings.
//!
//! What is refused is refused with an error. What is taken is judged without a panic, is written
//! as it was read, and the ways to ask about it agree with each other.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tokenward_core::{
    Action, Authorizer, Decision, Explanation, OrgDocument, Presented, Request, Resource,
    Thresholds, Timestamp, TokenPolicy, TokenSecret,
};

/// The contract's test vector; one of the seeds has its digest.
const SECRET: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";
/// More tokens or resources than this only make a run slower.
const MANY: usize = 6;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(document) = OrgDocument::parse(text) else {
        return;
    };
    check_wire(&document);
    let authorizer = Authorizer::from_document(&document).expect("a parsed document is accepted");
    check_decisions(&authorizer, &document);
    check_previews(&authorizer, &document);
    let findings = authorizer.findings(now(), &Thresholds::default());
    serde_json::to_string(&findings).expect("findings are written as JSON");
});

fn check_wire(document: &OrgDocument) {
    let text = serde_json::to_string(document).expect("a document is written as JSON");
    let again = OrgDocument::parse(&text).expect("what was written is read");
    assert_eq!(&again, document);
}

fn check_decisions(authorizer: &Authorizer, document: &OrgDocument) {
    let secret = TokenSecret::parse(SECRET).expect("it is not empty");
    let mut tokens = vec![Presented::Nothing, Presented::Secret(&secret)];
    tokens.extend(
        document
            .tokens
            .iter()
            .take(MANY)
            .map(|token| Presented::Id(token.id)),
    );
    let resources = resources(document);
    for resource in resources
        .iter()
        .filter_map(|text| Resource::parse(text).ok())
    {
        for action in Action::ALL
            .iter()
            .map(|action| action.as_str())
            .chain(["no.such"])
        {
            for token in &tokens {
                check_decision(
                    authorizer,
                    &Request {
                        token: *token,
                        action,
                        resource,
                        now: now(),
                    },
                );
            }
        }
    }
}

/// The organization, an owner's namespace, listed repositories, an unlisted one and a foreign one.
fn resources(document: &OrgDocument) -> Vec<String> {
    let org = &document.organization.name;
    let mut resources = vec![format!("org:{org}"), format!("model:{org}/unlisted")];
    resources.push("dataset:somebody-else/data".to_owned());
    for token in document.tokens.iter().take(1) {
        resources.push(format!("user:{}", token.owner));
        resources.push(format!("space:{}/own", token.owner));
    }
    for repository in document.resources.iter().take(MANY) {
        resources.push(format!("{}:{}", repository.r#type, repository.name));
    }
    resources
}

fn check_decision(authorizer: &Authorizer, request: &Request<'_>) {
    let decision = authorizer.decide(request);
    assert_eq!(decision.is_allowed(), decision.status == 200);
    assert_eq!(decision.is_allowed(), decision.message.is_none());
    assert_eq!(decision.is_allowed(), decision.remedy.is_none());
    check_explanation(&decision, &authorizer.explain(request));
}

fn check_explanation(decision: &Decision, explanation: &Explanation) {
    assert_eq!(&explanation.decision, decision);
    assert_eq!(explanation.checks.len(), 13);
    let fails = explanation
        .checks
        .iter()
        .any(|check| check.outcome == "fail");
    assert_eq!(fails, !decision.is_allowed(), "{explanation:?}");
}

fn check_previews(authorizer: &Authorizer, document: &OrgDocument) {
    for policy in TokenPolicy::ALL {
        let preview = authorizer.preview(policy);
        let changed = preview.summary.blocked + preview.summary.unblocked;
        let listed = preview
            .tokens
            .iter()
            .filter(|token| token.before.allows() != token.after.allows());
        assert_eq!(listed.count() as u64, changed);
        if policy == document.organization.token_policy {
            assert!(preview.tokens.is_empty(), "{preview:?}");
        }
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_780_000_000_000)
}
