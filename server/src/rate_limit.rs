//! Failing calls by address: past the limit they are answered 429 (contract §7, H§6.5).
//!
//! Fixed windows, as on the Hub; each begins with the first failing call after the one before it. Calls that succeed are never counted and never held back, so that
//! one broken script does not shut out everybody behind the same address. Reports of leaked tokens
//! cannot fail: `http.rs` counts each of them, before it is carried out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokenward_core::Timestamp;

/// The length of a window, in seconds.
pub const WINDOW: u64 = 300;

/// Counts failing calls by address.
pub struct RateLimit {
    limit: u32,
    state: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    /// When it began, in seconds since 1970.
    began: u64,
    counts: HashMap<IpAddr, u32>,
}

/// What an address may still do in this window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Whether it has failed too often.
    pub exceeded: bool,
    /// How many failing calls a window allows.
    pub limit: u32,
    /// Seconds until the next window.
    pub reset: u64,
}

impl RateLimit {
    /// Allows this many failing calls from one address in a window.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            limit,
            state: Mutex::default(),
        }
    }

    /// Counts a failing call.
    pub fn failed(&self, address: IpAddr, now: Timestamp) -> Allowance {
        let seconds = u64::try_from(now.as_millis()).unwrap_or_default() / 1000;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !(state.began..state.began.saturating_add(WINDOW)).contains(&seconds) {
            *state = Window {
                began: seconds,
                counts: HashMap::new(),
            };
        }
        let reset = WINDOW - (seconds - state.began);
        let count = state.counts.entry(address).or_default();
        *count = count.saturating_add(1);
        Allowance {
            exceeded: *count > self.limit,
            limit: self.limit,
            reset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_with_a_failing_call_and_ends_five_minutes_later() {
        let limit = RateLimit::new(1);
        let address = IpAddr::from([127, 0, 0, 1]);
        let failed = |seconds: i64| {
            let allowance = limit.failed(address, Timestamp::from_millis(seconds * 1000));
            (allowance.exceeded, allowance.reset)
        };
        assert_eq!(failed(1_000_299), (false, 300));
        assert_eq!(failed(1_000_300), (true, 299));
        assert_eq!(failed(1_000_598), (true, 1));
        assert_eq!(failed(1_000_599), (false, 300));
        // A clock that was set back ends it, too.
        assert_eq!(failed(1_000_000), (false, 300));
        assert_eq!(failed(1_000_001), (true, 299));
    }
}
