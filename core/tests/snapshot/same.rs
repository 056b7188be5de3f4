//! The same answers, field for field: from a document and from its snapshot.

use serde_json::Value;
use tokenward_core::snapshot::{BlockHash, bundle_document};
use tokenward_core::{Authorizer, Thresholds, TokenPolicy};

use crate::naive::{NaiveRequest, NaiveToken};
use crate::random::Dice;
use crate::{domain, engine, make, random};

/// Panics where the two decide otherwise.
fn compare(document: &Value, here: &Authorizer, there: &Authorizer, request: &NaiveRequest) {
    let (expected, found) = (
        engine::decision(here, request),
        engine::decision(there, request),
    );
    assert_eq!(expected, found, "{request:?}\n{document}");
}

fn compare_all(document: &Value, now: &str) {
    let here = engine::load(document).expect("a valid document");
    let there = make::authorizer(document);
    for policy in TokenPolicy::ALL {
        assert_eq!(here.preview(policy), there.preview(policy), "{document}");
    }
    let findings = |authorizer: &Authorizer| {
        let thresholds = Thresholds::default();
        authorizer.findings(engine::time(now), &thresholds)
    };
    assert_eq!(findings(&here), findings(&there), "{document}");
}

#[test]
fn decisions_are_the_document_s_over_the_whole_domain() {
    let domain = domain::domain();
    let halves = domain.chunks(domain.len().div_ceil(2));
    std::thread::scope(|scope| {
        for half in halves {
            scope.spawn(|| half.iter().enumerate().for_each(compare_scenario));
        }
    });
}

fn compare_scenario((index, (_, scenario)): (usize, &(&str, crate::scenario::Scenario))) {
    let document = scenario.document();
    let here = engine::load(&document).expect("a valid document");
    let there = make::authorizer(&document);
    for request in scenario.requests() {
        compare(&document, &here, &there, &request);
        if index % 11 == 0 {
            let (expected, found) = (
                engine::explain(&here, &request),
                engine::explain(&there, &request),
            );
            assert_eq!(expected, found, "{request:?}\n{document}");
        }
    }
}

#[test]
fn decisions_are_the_document_s_on_random_documents() {
    let mut dice = Dice::fixed();
    for _ in 0..1_000 {
        let document = random::document(&mut dice);
        let here = engine::load(&document).expect("a valid document");
        let there = make::authorizer(&document);
        for _ in 0..40 {
            let request = random::request(&mut dice, &document);
            compare(&document, &here, &there, &request);
            let (expected, found) = (
                engine::explain(&here, &request),
                engine::explain(&there, &request),
            );
            assert_eq!(expected, found, "{request:?}\n{document}");
        }
        compare_all(&document, random::a_time(&mut dice));
    }
}

#[test]
fn decisions_are_those_of_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is there") {
        let path = entry.expect("a readable entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let there = make::authorizer(&file["document"]);
        for case in file["cases"].as_array().expect("a list of cases") {
            let found = engine::decide(&there, &request(&case["request"]));
            assert_eq!(
                found,
                case["decision"],
                "{}: {}",
                path.display(),
                case["name"]
            );
            cases += 1;
        }
    }
    assert!(cases > 100, "the corpus is gone");
}

/// Readers elsewhere read what was written today: whoever changes this changes the format's version.
#[test]
fn the_format_is_as_it_was() {
    let document = make::parse(&make::acme());
    let bundle = bundle_document(&document, &make::always(0), &make::SEED).expect("it is valid");
    let hash = BlockHash::of(&bundle).to_string();
    assert_eq!(
        hash,
        "f687a9d7e47cd48d05fb852fe25449270ec18957704d01c5e3a7b7b13d4a9f40"
    );
}

fn request(case: &Value) -> NaiveRequest {
    let text = |field: &str| case[field].as_str().expect("a text").to_owned();
    let token = match (&case["token"], &case["tokenId"]) {
        (Value::String(secret), _) => NaiveToken::Secret(secret.clone()),
        (_, Value::String(id)) => NaiveToken::Id(id.clone()),
        _ => NaiveToken::Nothing,
    };
    NaiveRequest {
        token,
        action: text("action"),
        resource: text("resource"),
        now: text("now"),
    }
}
