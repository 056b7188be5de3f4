//! The shared corpus, `core/corpus/*.json`: cases that every language's library runs; here it is the engine's turn.
//!
//! The decisions in the files are written by the engine with `UPDATE=1 cargo test`, and what can be told
//! from the contract's text (all but the remedy) must be what the naive oracle says.
//! The raw tokens in the requests belong to nobody; the documents hold only their digests.

#[path = "oracle/actions.rs"]
mod actions;
#[path = "oracle/engine.rs"]
#[expect(dead_code, reason = "explanations and times are compared elsewhere")]
mod engine;
#[path = "oracle/layout.rs"]
mod layout;
#[path = "oracle/naive.rs"]
mod naive;
#[path = "oracle/reading.rs"]
mod reading;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::naive::{NaiveRequest, NaiveToken};

/// A corpus file: where it is, its text, and what it says.
struct File {
    path: PathBuf,
    text: String,
    content: Value,
}

impl File {
    fn cases(&self) -> &[Value] {
        reading::list(&self.content["cases"])
    }
}

fn corpus() -> Vec<File> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    paths.sort();
    let files: Vec<File> = paths
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            let content = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            File {
                path,
                text,
                content,
            }
        })
        .collect();
    assert!(files.len() >= 12, "the corpus is gone");
    files
}

fn request(case: &Value) -> NaiveRequest {
    let text = |field: &str| {
        let value = &case["request"][field];
        value
            .as_str()
            .unwrap_or_else(|| panic!("`{field}` is missing in {case}"))
            .to_owned()
    };
    let token = match (&case["request"]["token"], &case["request"]["tokenId"]) {
        (Value::Null, Value::Null) => NaiveToken::Nothing,
        (Value::String(secret), Value::Null) => NaiveToken::Secret(secret.clone()),
        (Value::Null, Value::String(id)) => NaiveToken::Id(id.clone()),
        _ => panic!("one token, as a string: {case}"),
    };
    NaiveRequest {
        token,
        action: text("action"),
        resource: text("resource"),
        now: text("now"),
    }
}

#[test]
fn decisions_are_the_engine_s() {
    for file in corpus() {
        let authorizer = engine::load(&file.content["document"]).unwrap_or_else(|error| {
            panic!(
                "{}: the engine refuses the document: {error}",
                file.path.display()
            )
        });
        let mut current = file.content.clone();
        for case in current["cases"].as_array_mut().into_iter().flatten() {
            case["decision"] = engine::decide(&authorizer, &request(case));
        }
        let text = layout::write(&current);
        if std::env::var_os("UPDATE").is_some() {
            if text != file.text {
                std::fs::write(&file.path, text).expect("a writable file");
            }
            continue;
        }
        for (stored, current) in file.cases().iter().zip(reading::list(&current["cases"])) {
            assert_eq!(
                stored,
                current,
                "{}; UPDATE=1 rewrites it",
                file.path.display()
            );
        }
        assert_eq!(
            file.text,
            text,
            "{} is not laid out as it should be; UPDATE=1 rewrites it",
            file.path.display()
        );
    }
}

#[test]
fn decisions_are_the_oracle_s() {
    for file in corpus() {
        let authorizer = engine::load(&file.content["document"]).expect("a valid document");
        for case in file.cases() {
            let expected = naive::decide(&file.content["document"], &request(case));
            let mut decision = engine::decide(&authorizer, &request(case));
            decision
                .as_object_mut()
                .and_then(|fields| fields.remove("remedy"));
            let expected = json!({
                "decision": if expected.allowed { "allow" } else { "deny" },
                "reason": expected.reason, "status": expected.status,
                "message": expected.message, "generation": expected.generation,
            });
            assert_eq!(
                decision,
                expected,
                "{}: {}",
                file.path.display(),
                case["name"]
            );
        }
    }
}

#[test]
fn every_reason_action_and_check_is_covered() {
    let (mut reasons, mut actions, mut checks) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for file in corpus() {
        for case in file.cases() {
            let request = request(case);
            let decision = naive::decide(&file.content["document"], &request);
            reasons.insert(decision.reason);
            checks.extend(decision.first_failing_check);
            if decision.allowed {
                actions.insert((request.action, true));
            } else if decision.first_failing_check != Some("action") {
                actions.insert((request.action, false));
            }
        }
    }
    assert_eq!(reasons.len(), 16, "{reasons:?}");
    assert_eq!(checks.len(), 13, "{checks:?}");
    for row in actions::ACTIONS {
        assert!(
            actions.contains(&(row.action.into(), true)),
            "no case allows {}",
            row.action
        );
        assert!(
            actions.contains(&(row.action.into(), false)),
            "no case denies {}",
            row.action
        );
    }
}

#[test]
fn case_names_are_unique() {
    for file in corpus() {
        let names: BTreeSet<&str> = file
            .cases()
            .iter()
            .filter_map(|case| case["name"].as_str())
            .collect();
        assert_eq!(names.len(), file.cases().len(), "{}", file.path.display());
    }
}

#[test]
fn documents_hold_digests_and_requests_hold_well_formed_tokens() {
    for file in corpus() {
        let document = file.content["document"].to_string();
        for case in file.cases() {
            let Some(secret) = case["request"]["token"]
                .as_str()
                .filter(|secret| !secret.is_empty())
            else {
                continue;
            };
            assert!(
                !document.contains(secret),
                "{} holds a raw token",
                file.path.display()
            );
            let known = document.contains(&reading::hex_digest(secret));
            assert!(
                !known || has_contract_form(secret),
                "{}: {}",
                file.path.display(),
                case["name"]
            );
        }
    }
}

/// Contract §2: `hf_`, 28 letters, and the CRC-32 of all that as six digits to the base 52.
fn has_contract_form(secret: &str) -> bool {
    const LETTERS: &[u8; 52] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let letters = secret
        .strip_prefix("hf_")
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if secret.len() != 37 || !letters {
        return false;
    }
    let (body, checksum) = secret.split_at(31);
    let value = checksum.bytes().fold(0_u64, |value, letter| {
        let digit = LETTERS
            .iter()
            .position(|known| *known == letter)
            .unwrap_or_default();
        value * 52 + u64::try_from(digit).unwrap_or_default()
    });
    value == u64::from(crc32(body.as_bytes()))
}

/// CRC-32 (IEEE), a bit at a time.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[test]
fn the_contract_s_test_vector_has_the_form() {
    assert!(has_contract_form("hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj"));
    assert!(!has_contract_form("hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtk"));
}
