//! Raw tokens and times in texts.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use tokenward_core::{Timestamp, TokenSecret};
use wasm_bindgen::prelude::*;

use crate::answer::thrown;

/// The Hub-shaped tokens of a text: start and end in UTF-16 units, and 1 if the checksum is right.
#[wasm_bindgen]
pub fn scan(text: &str) -> Vec<u32> {
    let (mut unit, mut byte) = (0, 0);
    let place = |found: tokenward_core::Found| {
        let between = text.get(byte..found.start).unwrap_or_default();
        unit += between.encode_utf16().count();
        byte = found.start;
        // A token is ASCII, so its length is the same in every unit.
        let end = unit + (found.end - found.start);
        [unit, end, usize::from(found.ours)].map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    };
    tokenward_core::scan(text)
        .into_iter()
        .flat_map(place)
        .collect()
}

/// Throws for what is no token at all.
#[wasm_bindgen(js_name = parseToken)]
pub fn parse_token(token: &str) -> Result<(), JsValue> {
    TokenSecret::parse(token).map(drop).map_err(thrown)
}

/// Whether a raw token's form and checksum are those that a Tokenward issues.
#[wasm_bindgen(js_name = isOurs)]
pub fn is_ours(token: &str) -> bool {
    TokenSecret::parse(token).is_ok_and(|secret| secret.is_ours())
}

/// The last four characters of a raw token.
#[wasm_bindgen]
pub fn last4(token: &str) -> String {
    TokenSecret::parse(token).map_or_else(|_| String::new(), |secret| secret.last4().into())
}

/// The SHA-256 under which a raw token is kept.
#[wasm_bindgen]
pub fn digest(token: &str) -> String {
    TokenSecret::parse(token).map_or_else(|_| String::new(), |secret| secret.digest().to_string())
}

/// The milliseconds of an RFC 3339 time.
#[wasm_bindgen]
#[expect(clippy::cast_precision_loss, reason = "times are below 2^53")]
pub fn time(text: &str) -> Result<f64, JsValue> {
    let time = Timestamp::parse(text).map_err(thrown)?;
    Ok(time.as_millis() as f64)
}
