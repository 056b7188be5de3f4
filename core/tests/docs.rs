//! The documents against the code: generated tables and types, the words of the glossary, the map of the
//! source, and the rules of the house that a reader relies on.
//!
//! `UPDATE=1 cargo test -p tokenward-core --test docs` writes the generated tables and types again.
//! Whether the prose is right is for people to say.

#[path = "docs/engine.rs"]
mod engine;
#[path = "docs/generated.rs"]
mod generated;
#[path = "docs/glossary.rs"]
mod glossary;
#[path = "docs/map.rs"]
mod map;
#[path = "docs/tables.rs"]
mod tables;
#[path = "docs/tidy.rs"]
mod tidy;
#[path = "docs/tree.rs"]
mod tree;
#[path = "docs/typescript.rs"]
mod typescript;
