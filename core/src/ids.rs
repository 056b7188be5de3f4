//! Parsed names and numbers: a value of one of these types has been checked.
//!
//! Contract §1 (names). Nothing here knows what a name refers to.

use alloc::string::{String, ToString};
use core::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::ParseError;

/// Words that are paths of the Hub or of Tokenward: nobody can take such a name (contract §1).
///
/// A document may still hold one.
pub const RESERVED_NAMES: &[&str] = &[
    "about",
    "admin-panel",
    "api",
    "assets",
    "auth",
    "authz",
    "avatars",
    "blog",
    "buckets",
    "chat",
    "collections",
    "datasets",
    "docs",
    "enterprise",
    "favicon",
    "healthz",
    "join",
    "kernels",
    "login",
    "logout",
    "metrics",
    "models",
    "new",
    "notifications",
    "oauth",
    "openapi",
    "papers",
    "posts",
    "pricing",
    "readyz",
    "resolve",
    "search",
    "settings",
    "spaces",
    "static",
    "tasks",
    "terms-of-service",
    "privacy",
    "welcome",
    "well-known",
];

macro_rules! parsed_name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(CompactString);

        impl $name {
            #[doc = concat!("Parses ", $what, " name.")]
            ///
            /// # Errors
            /// When the text breaks the rules of contract §1.
            pub fn parse(text: &str) -> Result<Self, ParseError> {
                $check(text)?;
                Ok(Self(CompactString::from(text)))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

parsed_name! {
    /// The name of a user, an organization or a service account: one name space.
    ///
    /// ```
    /// use tokenward_core::Name;
    /// assert!(Name::parse("acme").is_ok());
    /// assert!(Name::parse("12345").is_err());
    /// ```
    Name, "a user or organization", check_name
}
parsed_name! {
    /// The name of a resource group; the rules are those of repository names.
    GroupName, "a resource group", check_group_name
}
parsed_name! {
    /// The name of an edge; the rules are those of repository names.
    EdgeName, "an edge", check_edge_name
}
parsed_name! {
    /// What an owner calls a token. Administrators see it under `require-approval` only.
    DisplayName, "a display", check_display_name
}

impl Name {
    /// Whether nobody may take this name, because it is a path (contract §1).
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        RESERVED_NAMES
            .iter()
            .any(|word| word.eq_ignore_ascii_case(&self.0))
    }

    /// The key under which names are unique: without regard to case.
    #[must_use]
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

/// Checks the name of a user, organization or service account (contract §1).
///
/// # Errors
/// When it breaks the rules.
pub(crate) fn check_name(text: &str) -> Result<(), ParseError> {
    let error = |why| Err(ParseError::new("name", why));
    if text.len() < 2 || text.len() > 42 {
        return error("must have 2 to 42 characters");
    }
    let seen = Seen::of(text);
    if seen.any(OTHER | POINTED) {
        return error("may hold only letters, digits and hyphens");
    }
    if text.starts_with('-') || text.ends_with('-') || seen.pair {
        return error("may not begin or end with a hyphen, nor hold two in a row");
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return error("may not be all digits");
    }
    if text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return error("may not be 24 hex digits");
    }
    Ok(())
}

/// Checks the second half of a repository's name (contract §1).
///
/// # Errors
/// When it breaks the rules.
pub(crate) fn check_repo_name(text: &str) -> Result<(), ParseError> {
    let error = |why| Err(ParseError::new("repository name", why));
    if text.is_empty() || text.len() > 96 {
        return error("must have 1 to 96 characters");
    }
    let seen = Seen::of(text);
    if seen.any(OTHER) {
        return error("may hold only letters, digits, `.`, `_` and `-`");
    }
    if seen.pair {
        return error("may not hold `..` or `--`");
    }
    if text.starts_with(['.', '-']) || text.ends_with(['.', '-']) {
        return error("may not begin or end with `.` or `-`");
    }
    if text.ends_with(".git") {
        return error("may not end in `.git`");
    }
    Ok(())
}

/// What is in a name. Found out in one go to its end, since names are short and every request has some.
struct Seen {
    /// The kinds of all its bytes.
    kinds: u8,
    /// Whether it has `..` or `--`.
    pair: bool,
}

/// `.` and `_`, which only the second half of a repository's name may have.
const POINTED: u8 = 1;
/// What may not stand twice in a row.
const SINGLE: u8 = 2;
/// What no name has.
const OTHER: u8 = 4;

/// The kind of each byte.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let (mut rest, mut byte): (&mut [u8], u8) = (&mut kinds, 0);
    while let [first, tail @ ..] = rest {
        *first = match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => 0,
            b'-' => SINGLE,
            b'.' => SINGLE | POINTED,
            b'_' => POINTED,
            _ => OTHER,
        };
        (rest, byte) = (tail, byte.wrapping_add(1));
    }
    kinds
};

impl Seen {
    #[inline]
    fn of(text: &str) -> Self {
        let (mut seen, mut last) = (
            Self {
                kinds: 0,
                pair: false,
            },
            0,
        );
        for byte in text.bytes() {
            let kind = KINDS.get(usize::from(byte)).copied().unwrap_or(OTHER);
            seen.kinds |= kind;
            seen.pair |= (byte == last) & (kind & SINGLE != 0);
            last = byte;
        }
        seen
    }

    const fn any(&self, kinds: u8) -> bool {
        self.kinds & kinds != 0
    }
}

fn check_group_name(text: &str) -> Result<(), ParseError> {
    check_repo_name(text).map_err(|error| ParseError::new("group name", error.why))
}

fn check_edge_name(text: &str) -> Result<(), ParseError> {
    check_repo_name(text).map_err(|error| ParseError::new("edge name", error.why))
}

fn check_display_name(text: &str) -> Result<(), ParseError> {
    let error = |why| Err(ParseError::new("displayName", why));
    let length = text.chars().count();
    if length == 0 || length > 100 {
        return error("must have 1 to 100 characters");
    }
    if text.chars().all(char::is_whitespace) {
        return error("may not be blank");
    }
    if text == "DEFAULT" {
        return error("may not be `DEFAULT`");
    }
    if text.chars().any(is_unprintable) {
        return error("may not hold control, format, bidirectional or line-separator characters");
    }
    Ok(())
}

/// Control (Cc), format (Cf, with all bidirectional marks), and line and paragraph separators.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}')
}

/// The stable number of a token: 24 hex digits on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId([u8; 12]);

impl TokenId {
    /// An id from its bytes; whoever makes ids makes them unique.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// The bytes of the id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 12] {
        &self.0
    }

    /// Parses 24 hex digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut bytes = [0; 12];
        parse_hex(text, &mut bytes).ok_or(ParseError::new("token id", "must be 24 hex digits"))?;
        Ok(Self(bytes))
    }
}

/// Fills `out` from exactly twice as many lower-case or upper-case hex digits.
pub(crate) fn parse_hex(text: &str, out: &mut [u8]) -> Option<()> {
    if Some(text.len()) != out.len().checked_mul(2) {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let high = char::from(*high).to_digit(16)?;
        let low = char::from(*low).to_digit(16)?;
        *byte = u8::try_from((high << 4) | low).ok()?;
    }
    Some(())
}

/// Writes bytes as lower-case hex digits.
pub(crate) fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl Serialize for TokenId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for TokenId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}
