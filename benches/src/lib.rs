//! The worlds that the benches measure: large, varied, and the same in every run.
//!
//! Everything about a token, a repository or a request follows from its number, so nothing has to
//! be kept beside the world that is being measured. No product code, and no measuring.

pub mod documents;
pub mod names;
#[cfg(feature = "server")]
pub mod process;
pub mod requests;
pub mod rows;

use std::cell::Cell;

use tokenward_core::{Timestamp, World};

/// How much there is of everything.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Access tokens.
    pub tokens: u32,
    /// Users; each owns the same number of tokens.
    pub users: u32,
    /// Organizations; each user is a member of one.
    pub orgs: u32,
    /// Listed repositories, spread evenly over the organizations.
    pub repositories: u32,
}

impl Size {
    /// The world of the stated figures: a million tokens, 100,000 users, 10,000 organizations,
    /// 200,000 repositories.
    pub const LARGE: Self = Self::of(1_000_000);

    /// The same proportions for another number of tokens, at least 100.
    #[must_use]
    pub const fn of(tokens: u32) -> Self {
        Self {
            tokens,
            users: tokens / 10,
            orgs: tokens / 100,
            repositories: tokens / 5,
        }
    }

    /// One organization with this many tokens, at least 100; ten to a user, as everywhere.
    #[must_use]
    pub const fn one_org(tokens: u32) -> Self {
        Self {
            tokens,
            users: tokens / 10,
            orgs: 1,
            repositories: tokens / 100,
        }
    }

    /// The large world, or a small one when the benches are only tried out (`--test`).
    #[must_use]
    pub fn for_this_run() -> Self {
        if is_trial() {
            Self::of(10_000)
        } else {
            Self::LARGE
        }
    }
}

/// Whether the benches are only tried out, not measured.
#[must_use]
pub fn is_trial() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// The time at which everything happens.
#[must_use]
pub const fn now() -> Timestamp {
    Timestamp::from_millis(1_772_366_400_000)
}

/// A world of this size.
#[must_use]
pub fn world(size: Size) -> World {
    let mut world = World::default();
    world.reserve(size.tokens as usize);
    rows::all(size).for_each(|row| world.apply(&row));
    world
}

/// Each call gives the next of a list, from the first again after the last.
pub fn in_turn<'a, T>(list: &'a [T]) -> impl Fn() -> &'a T {
    let next = Cell::new(0);
    move || {
        let at = next.get();
        next.set(if at + 1 == list.len() { 0 } else { at + 1 });
        &list[at]
    }
}

/// The same numbers for the same thing in every run, and others for everything else.
pub(crate) fn numbers(what: u64, which: u32) -> fastrand::Rng {
    let seed = (what << 32 | u64::from(which)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    fastrand::Rng::with_seed(seed ^ (seed >> 31))
}
