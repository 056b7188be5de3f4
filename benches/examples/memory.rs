//! What a world of a million tokens weighs in memory, part by part.
//!
//! Stated limit: 200 bytes a token, everything included. It prints what the process has in memory;
//! it judges nothing. `memory [TOKENS]`

use tokenward_benches::{Size, rows};
use tokenward_core::{Row, World};

fn main() {
    let tokens = std::env::args()
        .nth(1)
        .and_then(|tokens| tokens.parse().ok());
    let size = tokens.map_or(Size::LARGE, Size::of);
    let mut world = World::default();
    let start = resident();
    world.reserve(size.tokens as usize);
    let mut seen = (start, "");
    for row in rows::all(size) {
        if part(&row) != seen.1 {
            seen = tell(seen, part(&row), size);
        }
        world.apply(&row);
    }
    let end = tell(seen, "", size).0;
    let each = end.saturating_sub(start) / size.tokens as usize;
    println!("{:>24} {each:>6} bytes a token", "everything");
    assert_eq!(world.token_count(), size.tokens as usize);
}

/// Prints what the part that ends here has added.
fn tell<'a>((before, part): (usize, &str), next: &'a str, size: Size) -> (usize, &'a str) {
    let now = resident();
    if !part.is_empty() {
        let each = now.saturating_sub(before) / size.tokens as usize;
        println!("{part:>24} {each:>6} bytes a token");
    }
    (now, next)
}

const fn part(row: &Row) -> &'static str {
    match row {
        Row::User(_) => "users",
        Row::Organization { .. } => "organizations",
        Row::Member { .. } => "members",
        Row::Group { .. } => "groups",
        Row::Repository(_) => "repositories",
        Row::Token(_) => "tokens",
        Row::Standing { .. } => "standings",
        Row::ServiceAccount { .. }
        | Row::RepositoryGone { .. }
        | Row::TokenGone { .. }
        | Row::EdgeCredential(_)
        | Row::EdgeCredentialGone { .. } => "other",
    }
}

/// What this process has in memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * 4096)
}
