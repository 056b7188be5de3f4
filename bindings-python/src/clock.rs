//! The host's clock: the one place that reads it, for calls that name no time.

use std::time::{SystemTime, UNIX_EPOCH};

use tokenward_core::Timestamp;

/// The time now, in whole milliseconds.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the module's one clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}
