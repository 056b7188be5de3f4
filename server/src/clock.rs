//! The one place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use tokenward_core::Timestamp;

/// Now, in milliseconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
