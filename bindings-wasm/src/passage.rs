//! May a request pass to the hub? For workers and other gateways.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;
use tokenward_core::hub;
use tokenward_core::{Decision, Effect, Passage, Reason, TokenSecret};
use wasm_bindgen::prelude::*;

use crate::desk::moment;
use crate::engine::Engine;
use crate::json;

/// The answer as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict<'a> {
    decision: Effect,
    reason: Reason,
    status: u16,
    message: Option<&'a str>,
    error_code: Option<&'static str>,
    user: Option<&'a str>,
    token_id: Option<String>,
    orgs: Option<&'a [String]>,
    warning: Option<String>,
    settled: bool,
    headers: Vec<(&'static str, String)>,
    error: Option<String>,
}

#[wasm_bindgen]
impl Engine {
    /// Whether a request may pass, given by its method, its URI in origin form, and its body where
    /// that is at hand.
    pub fn pass(
        &self,
        method: &str,
        uri: &str,
        body: Option<Vec<u8>>,
        token: &str,
        now: f64,
    ) -> String {
        let now = moment(now);
        // The only text that is no secret is the empty one.
        let secret = TokenSecret::parse(token).ok();
        let passage = match hub::judge(method, uri, body.as_deref()) {
            Ok(demand) => self.authorizer().judge(demand, secret.as_ref(), now),
            Err(_) => Passage::unclear(),
        };
        let warning = passage.warning(now);
        let answer = passage.answer(now);
        let caller = passage.caller.as_ref();
        let denial = passage.outcome.as_ref().err();
        let reason = passage.reason();
        json::text(&Verdict {
            decision: denial.map_or(Effect::Allow, |denial| denial.decision),
            reason,
            status: reason.status(),
            message: denial.and_then(message),
            error_code: denial.and_then(|denial| denial.error_code),
            user: caller.map(|caller| caller.user.as_str()),
            token_id: caller
                .and_then(|caller| caller.token)
                .map(|id| id.to_string()),
            orgs: passage.orgs.as_deref(),
            warning,
            settled: passage.settled,
            headers: answer.headers,
            error: answer.error,
        })
    }
}

fn message(denial: &Decision) -> Option<&str> {
    denial.message.as_deref()
}

/// Whether a request is judged from its body.
#[wasm_bindgen(js_name = needsBody)]
pub fn needs_body(method: &str, uri: &str) -> bool {
    hub::needs_body(method, uri)
}

/// Whether git asks, which shows plain text only.
#[wasm_bindgen(js_name = isGit)]
pub fn is_git(uri: &str) -> bool {
    hub::is_git(uri)
}

/// The raw token that an `Authorization` header presents, if there is one.
#[wasm_bindgen]
pub fn presented(authorization: &str) -> Option<String> {
    let secret = TokenSecret::of_authorization(authorization)?;
    Some(secret.reveal().into())
}
