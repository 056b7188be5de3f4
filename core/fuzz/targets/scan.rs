//! Any text → `scan`: the offsets are whole characters, and a naive scanner finds the same.
//!
//! The naive one is written from contract §2 and §8 alone: it cuts the text into words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tokenward_core::{Found, TokenSecret, scan};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let found = scan(&text);
    for token in &found {
        let slice = text
            .get(token.start..token.end)
            .expect("offsets are character boundaries");
        assert!(is_hub_shaped(slice));
        let secret = TokenSecret::parse(slice).expect("a token is not empty");
        assert_eq!(secret.is_ours(), token.ours);
    }
    assert_eq!(found, naive(&text));
});

/// Every word of the text that is a token: words are cut at whatever is no letter, digit or `_`.
fn naive(text: &str) -> Vec<Found> {
    let mut start = 0;
    let mut found = Vec::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
        // What cuts is not part of the word, so the next word's place is found from the text.
        start += text[start..].find(word).expect("a word is in its text");
        let end = start + word.len();
        if is_hub_shaped(word) {
            found.push(Found {
                start,
                end,
                ours: is_ours(word),
            });
        }
        start = end;
    }
    found
}

fn is_hub_shaped(text: &str) -> bool {
    text.len() == 37
        && text.starts_with("hf_")
        && text[3..].chars().all(|c| c.is_ascii_alphabetic())
}

fn is_ours(token: &str) -> bool {
    let mut sum = crc32(&token.as_bytes()[..31]);
    let mut letters = Vec::new();
    for _ in 0..6 {
        let digit = (sum % 52) as u8;
        letters.push(if digit < 26 {
            b'A' + digit
        } else {
            b'a' + digit - 26
        });
        sum /= 52;
    }
    letters.reverse();
    token.as_bytes()[31..] == letters[..]
}

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}
