//! Randomness from the operating system: tokens, ids, request ids.

use tokenward_core::{TokenId, TokenSecret};

/// A new token, evenly distributed.
///
/// # Panics
/// When the operating system has no randomness to give: then nothing may be issued.
#[must_use]
pub fn token() -> TokenSecret {
    let mut letters = [0; 28];
    let mut filled = 0;
    while filled < letters.len() {
        // 208 = 4 × 52: taking only bytes below it keeps every letter equally likely.
        for byte in bytes::<64>().into_iter().filter(|byte| *byte < 208) {
            if let Some(letter) = letters.get_mut(filled) {
                *letter = byte % 52;
                filled += 1;
            }
        }
    }
    TokenSecret::mint(&letters)
}

/// A new id.
///
/// # Panics
/// As [`token`].
#[must_use]
pub fn id() -> TokenId {
    TokenId::from_bytes(bytes())
}

/// Random bytes.
///
/// # Panics
/// As [`token`].
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks for randomness"
)]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
