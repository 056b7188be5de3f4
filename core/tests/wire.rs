//! The JSON forms: what servers, libraries and stores exchange, written down so that a change of a
//! form is a conscious act, and the org document (contract §3) with all that it refuses.
//!
//! The forms are in `wire/snapshots`; `INSTA_UPDATE=always` writes them anew.

#[path = "wire/decisions.rs"]
mod decisions;
#[path = "wire/defaults.rs"]
mod defaults;
#[path = "wire/document.rs"]
mod document;
#[path = "wire/errors.rs"]
mod errors;
#[path = "wire/masked.rs"]
mod masked;
#[path = "wire/rows.rs"]
mod rows;
