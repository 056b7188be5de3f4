//! Waiting for what another process or task is about to do.

use std::time::Duration;

use tokenward_server::clock;

/// How long it is waited between two looks.
const BETWEEN: Duration = Duration::from_millis(20);
/// How often it is looked before it is given up: for a minute at least, and longer on a slow machine.
const LOOKS: u32 = 3000;

/// Looks again and again whether something has happened. Whoever looks stops with the event, so that a
/// test takes no longer than that; only what never happens is given up.
pub(crate) struct Looks {
    what: &'static str,
    left: u32,
}

impl Looks {
    pub(crate) const fn until(what: &'static str) -> Self {
        Self { what, left: LOOKS }
    }

    /// Waits for the next look.
    pub(crate) async fn again(&mut self) {
        self.left = self.left.checked_sub(1).expect(self.what);
        clock::pause(BETWEEN).await;
    }
}
