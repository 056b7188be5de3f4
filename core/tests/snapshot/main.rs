//! Snapshots: decisions from one equal those from the document, and whatever is not as it was
//! signed is refused.
//!
//! Writers that follow changes are tested with the life cycle (`lifecycle/snapshots.rs`).

#[path = "../oracle/actions.rs"]
mod actions;
#[path = "../oracle/domain.rs"]
mod domain;
#[path = "../oracle/engine.rs"]
mod engine;
mod make;
mod memory;
#[path = "../oracle/naive.rs"]
#[expect(dead_code, reason = "its requests are needed, not its judgement")]
mod naive;
mod passage;
#[path = "../oracle/random.rs"]
mod random;
#[path = "../oracle/reading.rs"]
mod reading;
mod refused;
mod same;
#[path = "../oracle/scenario.rs"]
mod scenario;
mod stale;
mod update;
mod writer;
