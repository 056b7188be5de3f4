//! The one error of this crate: a value from outside that does not parse.
//!
//! It names the thing and says why; it never repeats a secret.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// A value from outside that is not what it should be.
///
/// `what` names the field or value, `why` is a sentence without a capital or a full stop.
/// Neither ever contains a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What did not parse: `organization name`, `tokens[3].digest`, …
    pub what: Cow<'static, str>,
    /// Why it did not parse.
    pub why: Cow<'static, str>,
}

impl ParseError {
    /// An error about `what`, because of `why`.
    pub fn new(what: impl Into<Cow<'static, str>>, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
        }
    }

    /// The same error, placed inside a larger value: `tokens[3]` + `digest`.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        let mut what = String::from(place);
        what.push('.');
        what.push_str(&self.what);
        Self {
            what: Cow::Owned(what),
            why: self.why,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl core::error::Error for ParseError {}
