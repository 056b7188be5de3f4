//! Ctrl-C and SIGTERM: they end the child that is running and stop what would come next.
//!
//! Each child leads a process group of its own, so that its children end with it. This module
//! ends nothing but that group; what must be cleaned up is cleaned up by `Drop` where it was made.

use std::process::Child;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

static RUNNING: AtomicI32 = AtomicI32::new(0);
static RECEIVED: AtomicU32 = AtomicU32::new(0);

/// Takes over SIGINT, SIGTERM and SIGHUP. The second one kills.
pub(crate) fn install() -> Result<()> {
    let handler = || {
        let first = RECEIVED.fetch_add(1, Ordering::SeqCst) == 0;
        end(
            RUNNING.load(Ordering::SeqCst),
            if first {
                Signal::SIGTERM
            } else {
                Signal::SIGKILL
            },
        );
    };
    ctrlc::set_handler(handler).context("cannot take over ctrl-C")
}

/// Whether somebody asked to stop.
pub(crate) fn stopping() -> bool {
    RECEIVED.load(Ordering::SeqCst) > 0
}

/// The process group of the child that runs now; what is left of it is killed on drop.
pub(crate) struct Group(i32);

impl Group {
    /// Takes a child that was started as the leader of its group.
    pub(crate) fn of(child: &Child) -> Self {
        let id = i32::try_from(child.id()).expect("process ids fit in 31 bits");
        RUNNING.store(id, Ordering::SeqCst);
        if stopping() {
            end(id, Signal::SIGTERM);
        }
        Self(id)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        RUNNING.store(0, Ordering::SeqCst);
        end(self.0, Signal::SIGKILL);
    }
}

fn end(group: i32, signal: Signal) {
    if group > 0 {
        // The group may be gone already; then there is nothing to end.
        let _ = killpg(Pid::from_raw(group), signal);
    }
}
