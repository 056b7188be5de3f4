//! State changes: every row and sentence of contract §2 and §6 about who changes what, and random
//! sequences of commands.
//!
//! Expectations are written from the contract's text. The host is one in memory that permits every
//! call: whether a caller may call at all is tested where it is decided.

#[path = "lifecycle/at_once.rs"]
mod at_once;
#[path = "lifecycle/audit.rs"]
mod audit;
#[path = "lifecycle/build.rs"]
mod build;
#[path = "lifecycle/edges.rs"]
mod edges;
#[path = "lifecycle/generate.rs"]
mod generate;
#[path = "lifecycle/groups.rs"]
mod groups;
#[path = "lifecycle/host.rs"]
mod host;
#[path = "lifecycle/invariants.rs"]
mod invariants;
#[path = "lifecycle/makers.rs"]
mod makers;
#[path = "lifecycle/members.rs"]
mod members;
#[path = "lifecycle/notices.rs"]
mod notices;
#[path = "lifecycle/plans.rs"]
mod plans;
#[path = "lifecycle/policy.rs"]
mod policy;
#[path = "lifecycle/reach.rs"]
mod reach;
#[path = "lifecycle/repositories.rs"]
mod repositories;
#[path = "lifecycle/review.rs"]
mod review;
#[path = "lifecycle/revocation.rs"]
mod revocation;
#[path = "lifecycle/rotation.rs"]
mod rotation;
#[path = "lifecycle/rows.rs"]
mod rows;
#[path = "lifecycle/same.rs"]
mod same;
#[path = "lifecycle/scope.rs"]
mod scope;
#[path = "lifecycle/sequences.rs"]
mod sequences;
#[path = "lifecycle/snapshots.rs"]
mod snapshots;
#[path = "lifecycle/users.rs"]
mod users;
#[path = "lifecycle/widening.rs"]
mod widening;
