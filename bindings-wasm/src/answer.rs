//! Answers and errors on their way out.
//!
//! A decision is a number: twice the place of its reason in `REASONS`, and one more if it allows.
//! What has words is JSON, the form that the contract describes. An error is three lines: its code,
//! what it is about, and why.

use alloc::format;
use alloc::string::String;

use tokenward_core::snapshot::SnapshotError;
use tokenward_core::{ParseError, Reason};
use wasm_bindgen::JsValue;

/// The number of a decision that could not be made; the error is waiting as text.
pub(crate) const FAILED: i32 = -1;

pub(crate) fn number(reason: Reason) -> i32 {
    reason as i32 * 2 + i32::from(reason.allows())
}

pub(crate) fn parse_error(error: &ParseError) -> String {
    format!("parse_error\n{}\n{}", error.what, error.why)
}

/// An error that is thrown.
pub(crate) fn thrown(error: ParseError) -> JsValue {
    JsValue::from_str(&parse_error(&error))
}

/// A snapshot that is refused, with its own code.
pub(crate) fn refused(error: SnapshotError) -> JsValue {
    JsValue::from_str(&format!("{}\nsnapshot\n{error}", error.code()))
}
