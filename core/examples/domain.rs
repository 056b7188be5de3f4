//! Writes the enumerable domain of the decision table with the engine's decisions, for tests in other
//! languages: on standard output one line of JSON for each document,
//! `{"document", "snapshot", "requests": [[token, tokenId, action, resource]], "now", "decisions": [index]}`
//! (the snapshot in hex), after a first line with all the decisions there are, and the key that the
//! snapshots are signed with, `{"decisions": [...], "keys": {...}}`.
//!
//! The domain is that of the oracle's tests, which judge these decisions; nothing is judged here.

#[path = "../tests/oracle/actions.rs"]
mod actions;
#[path = "../tests/oracle/domain.rs"]
mod domain;
#[path = "../tests/oracle/engine.rs"]
#[expect(dead_code, reason = "only decisions are written")]
mod engine;
#[path = "../tests/oracle/naive.rs"]
#[expect(dead_code, reason = "its requests are needed, not its judgement")]
mod naive;
#[path = "../tests/oracle/reading.rs"]
mod reading;
#[path = "../tests/oracle/scenario.rs"]
mod scenario;

use std::collections::HashMap;
use std::io::{BufWriter, Write};

use serde_json::{Value, json};
use tokenward_core::snapshot::{PublicKey, Stamp, bundle_document, jwks};
use tokenward_core::{OrgDocument, Timestamp};

use crate::naive::{NaiveRequest, NaiveToken};
use crate::scenario::NOW;

/// Nobody's secret.
const SEED: [u8; 32] = [7; 32];

fn main() -> std::io::Result<()> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut decisions: Vec<Value> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for (_, scenario) in domain::domain() {
        let (document, requests) = (scenario.document(), scenario.requests());
        let authorizer = engine::load(&document).expect("the domain's documents are valid");
        let mut numbers = Vec::new();
        for request in &requests {
            let decision = engine::decide(&authorizer, request);
            let fresh = known.len();
            let number = *known.entry(decision.to_string()).or_insert(fresh);
            if number == fresh {
                decisions.push(decision);
            }
            numbers.push(number);
        }
        let requests: Vec<Value> = requests.iter().map(row).collect();
        let line = json!({
            "document": document, "snapshot": snapshot(&document), "requests": requests, "now": NOW, "decisions": numbers,
        });
        lines.push(line.to_string());
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let keys = jwks(&[PublicKey::of_seed(&SEED)]);
    writeln!(out, "{}", json!({ "decisions": decisions, "keys": keys }))?;
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}

/// The document as a bundle, in hex.
fn snapshot(document: &Value) -> String {
    let document = OrgDocument::parse(&document.to_string()).expect("it is valid");
    let now = Timestamp::parse(NOW).expect("a time");
    let stamp = Stamp {
        revision: 1,
        issued: now,
        expires: now.plus_days(1),
    };
    let bundle = bundle_document(&document, &stamp, &SEED).expect("it is small enough");
    bundle.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn row(request: &NaiveRequest) -> Value {
    let (token, id) = match &request.token {
        NaiveToken::Nothing => (None, None),
        NaiveToken::Secret(secret) => (Some(secret), None),
        NaiveToken::Id(id) => (None, Some(id)),
    };
    json!([token, id, request.action, request.resource])
}
