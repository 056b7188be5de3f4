//! What the benches share: how time is measured, and how a list is gone through.
//!
//! Everything that is measured runs on one thread and waits for nothing, so its time on the
//! processor is what it costs, whatever else the machine is doing meanwhile.

use std::cell::Cell;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::Criterion;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// The time that this thread has spent on a processor.
pub(crate) struct ProcessorTime;

impl Measurement for ProcessorTime {
    type Intermediate = ThreadTime;
    type Value = Duration;

    fn start(&self) -> ThreadTime {
        ThreadTime::now()
    }

    fn end(&self, start: ThreadTime) -> Duration {
        start.elapsed()
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Criterion, measuring time on the processor.
pub(crate) fn criterion() -> Criterion<ProcessorTime> {
    Criterion::default().with_measurement(ProcessorTime)
}

/// Each call gives the next of a list, from the first again after the last.
pub(crate) fn in_turn<'a, T>(list: &'a [T]) -> impl Fn() -> &'a T {
    let next = Cell::new(0);
    move || {
        let at = next.get();
        next.set(if at + 1 == list.len() { 0 } else { at + 1 });
        &list[at]
    }
}
