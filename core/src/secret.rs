//! Raw tokens: their form, their digest, and how to find them in a text.
//!
//! Contract §2. A [`TokenSecret`] (and a [`LentSecret`]) cannot be printed, compared or serialized;
//! what is kept of it is its [`TokenDigest`]. This module makes no randomness: the host hands it in.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use memchr::memmem;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

use crate::error::ParseError;
use crate::ids::{parse_hex, write_hex};

/// What every token of ours begins with, and every token of the Hub (H§1).
pub const PREFIX: &str = "hf_";
/// The prefix of the Hub's old organization tokens, which are refused.
pub const ORGANIZATION_PREFIX: &str = "api_org";
/// Letters after the prefix in a Hub-shaped token: 28 random ones and 6 of the checksum.
const LETTERS: usize = 34;
const RANDOM_LETTERS: usize = 28;
const ALPHABET: &[u8; 52] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Longer strings cannot be tokens, so that nobody makes the server hash megabytes.
const LONGEST: usize = 512;

/// A raw access token. It has no `Debug`, `Display`, `PartialEq` or `Serialize`, on purpose.
#[derive(Clone)]
pub struct TokenSecret(String);

impl TokenSecret {
    /// Takes any string but the empty one; whether it can be a token is for `decide` to say.
    ///
    /// # Errors
    /// When the text is empty.
    ///
    /// ```
    /// use tokenward_core::TokenSecret;
    /// let secret = TokenSecret::parse("hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj").unwrap();
    /// assert!(secret.is_ours());
    /// assert_eq!(secret.last4(), "Ovtj");
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        LentSecret::parse(text).map(|secret| Self(String::from(secret.0)))
    }

    /// A text that is known not to be empty.
    pub(crate) const fn of(text: String) -> Self {
        Self(text)
    }

    /// Makes a new token from random numbers below 52, 28 of them.
    ///
    /// Numbers from 52 on are taken modulo 52; a host that wants an even distribution hands in
    /// numbers below 52 only.
    #[must_use]
    pub fn mint(random: &[u8; RANDOM_LETTERS]) -> Self {
        let mut text = String::with_capacity(PREFIX.len().saturating_add(LETTERS));
        text.push_str(PREFIX);
        text.extend(random.iter().map(|number| letter(u32::from(*number))));
        let sum = checksum(text.as_bytes());
        text.extend(sum.iter().map(|byte| char::from(*byte)));
        Self(text)
    }

    /// The digest under which the token is kept and looked up.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        self.lent().digest()
    }

    /// The last four characters, for display; fewer when the token is shorter.
    #[must_use]
    pub fn last4(&self) -> &str {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        self.0.get(start..).unwrap_or_default()
    }

    /// Whether the token has our form and its checksum is right. It need not exist.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        is_hub_shaped(self.0.as_bytes()) && has_right_checksum(self.0.as_bytes())
    }

    /// The raw value, for the one answer that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The same, lent to somebody.
    #[must_use]
    pub fn lent(&self) -> LentSecret<'_> {
        LentSecret(&self.0)
    }
}

/// A raw token that somebody else holds, and as silent as [`TokenSecret`]: for hosts that are handed
/// many tokens and keep none.
#[derive(Clone, Copy)]
pub struct LentSecret<'a>(&'a str);

impl<'a> LentSecret<'a> {
    /// Takes any string but the empty one.
    ///
    /// # Errors
    /// When the text is empty.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        if text.is_empty() {
            return Err(ParseError::new("token", "must not be empty"));
        }
        Ok(Self(text))
    }

    /// The digest under which the token is kept and looked up.
    #[must_use]
    pub fn digest(self) -> TokenDigest {
        TokenDigest::of(self.0.as_bytes())
    }

    pub(crate) fn form(self) -> Form {
        if self.0.starts_with(ORGANIZATION_PREFIX) {
            Form::Organization
        } else if self.0.len() > LONGEST || !is_visible(self.0) {
            Form::Impossible
        } else {
            Form::Possible
        }
    }
}

/// What a string that is presented as a token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Any visible ASCII string that is not too long: it may have been imported by its digest.
    Possible,
    /// An old organization token.
    Organization,
    /// Too long, or with blanks, control characters or letters beyond ASCII.
    Impossible,
}

/// The SHA-256 of a whole raw token: 64 hex digits on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a raw token's bytes.
    #[must_use]
    pub fn of(raw: &[u8]) -> Self {
        Self(short_digest(raw).unwrap_or_else(|| Sha256::digest(raw).into()))
    }

    /// A digest from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses 64 hex digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut bytes = [0; 32];
        parse_hex(text, &mut bytes).ok_or(ParseError::new("digest", "must be 64 hex digits"))?;
        Ok(Self(bytes))
    }
}

/// The SHA-256 of what fits into one block, as every token of ours does. Hashing in general moves
/// what it hashes, and its own state, more often than it takes to hash them.
fn short_digest(raw: &[u8]) -> Option<[u8; 32]> {
    let mut block = [0; 64];
    let (padded, length) = block.split_last_chunk_mut::<8>()?;
    let (text, padding) = padded.split_at_mut_checked(raw.len())?;
    text.copy_from_slice(raw);
    *padding.first_mut()? = 0x80;
    *length = u64::try_from(raw.len()).ok()?.checked_mul(8)?.to_be_bytes();
    let mut state = INITIAL;
    compress256(&mut state, &[block]);
    let mut digest = [0; 32];
    let words = digest.chunks_exact_mut(4).zip(state);
    words.for_each(|(to, word)| to.copy_from_slice(&word.to_be_bytes()));
    Some(digest)
}

/// The state of a SHA-256 that has hashed nothing.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl Serialize for TokenDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TokenDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// A Hub-shaped token in a text. It holds no part of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Where it starts, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// Whether its checksum is right, so that it was (almost certainly) issued by a Tokenward.
    pub ours: bool,
}

/// Finds the Hub-shaped tokens of a text: `hf_` and 34 letters, bounded by non-word characters.
///
/// A word character is a letter, digit or underscore, of any script.
///
/// ```
/// let text = "export HF_TOKEN=hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";
/// let found = tokenward_core::scan(text);
/// assert_eq!((found[0].start, found[0].end, found[0].ours), (16, 53, true));
/// ```
#[must_use]
pub fn scan(text: &str) -> Vec<Found> {
    scan_bytes(text.as_bytes())
}

/// The same for bytes that need not be a text: what is no UTF-8 around a token is no word character.
///
/// ```
/// let bytes = b"\xff\xfehf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj\xff";
/// assert_eq!(tokenward_core::scan_bytes(bytes)[0].start, 2);
/// ```
#[must_use]
pub fn scan_bytes(bytes: &[u8]) -> Vec<Found> {
    let length = PREFIX.len().saturating_add(LETTERS);
    let mut found = Vec::new();
    for start in memmem::find_iter(bytes, PREFIX) {
        let end = start.saturating_add(length);
        let Some(candidate) = bytes.get(start..end) else {
            break;
        };
        if !is_hub_shaped(candidate) || !is_bounded(bytes, start, end) {
            continue;
        }
        found.push(Found {
            start,
            end,
            ours: has_right_checksum(candidate),
        });
    }
    found
}

/// The text with everything that may be a token cut down to its prefix, for messages that quote
/// what somebody sent.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, prefix, after)) = next_prefix(rest) {
        masked.push_str(before);
        masked.push_str(prefix);
        let tail = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let secret = after.strip_suffix(tail).unwrap_or_default();
        masked.push_str(if secret.len() > LONGEST_WORD {
            "…"
        } else {
            secret
        });
        rest = tail;
    }
    masked.push_str(rest);
    masked
}

/// What follows a prefix and is no longer than this is a word, like `hf_hub`, and no secret.
const LONGEST_WORD: usize = 12;

/// The text before the next prefix of a token, the prefix, and the text behind it.
fn next_prefix(text: &str) -> Option<(&str, &str, &str)> {
    let starts = [PREFIX, "api_"]
        .into_iter()
        .filter_map(|prefix| Some((text.find(prefix)?, prefix)));
    let (at, prefix) = starts.min()?;
    let (before, rest) = text.split_at_checked(at)?;
    Some((before, prefix, rest.strip_prefix(prefix)?))
}

/// Looks at every byte even behind the first that is wrong: many at a time then, and no secret
/// tells by the time it takes where it is wrong.
fn is_visible(text: &str) -> bool {
    text.bytes()
        .fold(true, |visible, byte| visible & byte.is_ascii_graphic())
}

fn is_bounded(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = bytes.get(..start).and_then(last_char);
    let after = bytes.get(end..).and_then(first_char);
    !before.is_some_and(is_word) && !after.is_some_and(is_word)
}

/// The character that the bytes end with, if they end with one.
fn last_char(bytes: &[u8]) -> Option<char> {
    (1..=4).find_map(|length| {
        let tail = bytes.get(bytes.len().checked_sub(length)?..)?;
        str::from_utf8(tail).ok()?.chars().next()
    })
}

/// The character that the bytes begin with, if they begin with one.
fn first_char(bytes: &[u8]) -> Option<char> {
    let head = bytes.get(..bytes.len().min(4))?;
    head.utf8_chunks().next()?.valid().chars().next()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_hub_shaped(bytes: &[u8]) -> bool {
    bytes
        .strip_prefix(PREFIX.as_bytes())
        .is_some_and(|rest| rest.len() == LETTERS && rest.iter().all(u8::is_ascii_alphabetic))
}

fn has_right_checksum(bytes: &[u8]) -> bool {
    let Some(at) = bytes.len().checked_sub(6) else {
        return false;
    };
    let (body, sum) = bytes.split_at(at);
    sum == checksum(body)
}

/// CRC-32 (IEEE) as six base-52 digits, most significant first.
fn checksum(bytes: &[u8]) -> [u8; 6] {
    let mut rest = crc32(bytes);
    let mut digits = [b'A'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = u8::try_from(u32::from(letter(rest))).unwrap_or(b'A');
        rest /= 52;
    }
    digits
}

/// CRC-32 (IEEE), bit by bit: 31 bytes are not worth the sixteen kilobytes of a fast one's tables.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _: u8| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    let whole = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), step);
    !bytes.iter().fold(!0, whole)
}

fn letter(number: u32) -> char {
    let at = usize::try_from(number % 52).unwrap_or(0);
    char::from(ALPHABET.get(at).copied().unwrap_or(b'A'))
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const VECTOR: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";

    #[test]
    fn the_contracts_test_vector_is_minted() {
        assert_eq!(TokenSecret::mint(&[0; 28]).reveal(), VECTOR);
    }

    #[test]
    fn a_digest_of_any_length_is_a_sha_256() {
        let bytes: Vec<u8> = (0..130).collect();
        for length in 0..=bytes.len() {
            let expected: [u8; 32] = Sha256::digest(&bytes[..length]).into();
            assert_eq!(TokenDigest::of(&bytes[..length]).0, expected, "{length}");
        }
    }

    #[test]
    fn a_wrong_letter_breaks_the_checksum() {
        let wrong = TokenSecret::parse(&VECTOR.replace("Ovtj", "Ovtk")).unwrap();
        assert!(!wrong.is_ours());
    }

    #[test]
    fn a_token_is_found_only_between_non_word_characters() {
        assert_eq!(scan(&format!("\"{VECTOR}\"")).len(), 1);
        for text in [
            format!("x{VECTOR}"),
            format!("{VECTOR}A"),
            format!("{VECTOR}_"),
            format!("é{VECTOR}"),
        ] {
            assert!(scan(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_no_text_bounds_a_token() {
        let around = |before: &[u8], after: &[u8]| {
            scan_bytes(&[before, VECTOR.as_bytes(), after].concat()).len()
        };
        for bytes in [&b"\xff"[..], b"\xc3", b"\x80", b"\xed\xa0\x80", b"\0", b"-"] {
            assert_eq!(around(bytes, bytes), 1, "{bytes:?}");
        }
        for letter in ["a", "7", "_", "\u{e9}", "\u{4e2d}", "\u{10400}"] {
            assert_eq!(around(letter.as_bytes(), b""), 0, "{letter}");
            assert_eq!(around(b"", letter.as_bytes()), 0, "{letter}");
        }
    }

    #[test]
    fn a_token_right_behind_a_false_start_is_found() {
        assert_eq!(scan(&format!("hf_-{VECTOR}")).len(), 1);
        assert_eq!(scan(&format!("{VECTOR} {VECTOR}")).len(), 2);
    }

    #[test]
    fn a_token_in_a_message_is_masked() {
        assert_eq!(
            mask(&format!("unknown field `{VECTOR}`, expected")),
            "unknown field `hf_…`, expected"
        );
        assert_eq!(mask("é hf_hub repo-x"), "é hf_hub repo-x");
        assert_eq!(mask(&format!("%20{VECTOR}é{VECTOR}_x.")), "%20hf_…éhf_….");
    }

    #[test]
    fn only_the_empty_string_is_no_secret() {
        assert!(TokenSecret::parse("").is_err());
        assert_eq!(TokenSecret::parse("é").unwrap().last4(), "é");
    }
}
