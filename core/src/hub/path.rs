//! A URI in origin form, taken apart strictly: what could be read in two ways is not read at all.
//!
//! Contract §7 (`/authz`). Nothing here knows which URLs there are.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::Text;
use crate::ids::parse_hex;

/// Parameters that change what a request needs, and how their names look without case and punctuation.
const WATCHED: [(&str, &str); 5] = [
    ("create_pr", "createpr"),
    ("service", "service"),
    ("operation", "operation"),
    ("write", "write"),
    (REPEATABLE, "owner"),
];

/// The one of them that may be sent more than once: every value counts.
const REPEATABLE: &str = "owner";

/// The decoded segments of the path and the decoded parameters of the query.
pub(super) struct Uri<'a> {
    pub(super) segments: Vec<Text<'a>>,
    pub(super) query: Vec<(Text<'a>, Text<'a>)>,
}

impl<'a> Uri<'a> {
    /// Takes `/path?query` apart.
    pub(super) fn parse(uri: &'a str) -> Option<Self> {
        // `;` separates parameters for some servers, in the path for some and in the query for others.
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b';' | b'#');
        if !uri.bytes().all(plain) {
            return None;
        }
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let segments = path
            .strip_prefix('/')?
            .split('/')
            .map(segment)
            .collect::<Option<_>>()?;
        let query = parameters(query)?;
        Some(Self { segments, query })
    }

    /// The first value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_ref())
    }
}

fn segment(raw: &str) -> Option<Text<'_>> {
    let text = decode(raw)?;
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\');
    let refused = matches!(&*text, "" | "." | "..") || text.contains(odd) || has_escape(&text);
    if refused { None } else { Some(text) }
}

fn parameters(query: &str) -> Option<Vec<(Text<'_>, Text<'_>)>> {
    let mut all: Vec<(Text<'_>, Text<'_>)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (form_text(name)?, form_text(value)?);
        let odd = |c: char| c.is_control() || matches!(c, '&' | '=' | '?' | ';');
        if has_escape(&name) || name.contains(odd) {
            return None;
        }
        let repeated = |word| word != REPEATABLE && all.iter().any(|(earlier, _)| earlier == word);
        if watched(&name).is_some_and(|word| name != word || repeated(word)) {
            return None;
        }
        all.push((name, value));
    }
    Some(all)
}

/// The watched parameter that this name is, or that some server could take it for: `Write`, `write[]`, `create.pr`.
fn watched(name: &str) -> Option<&'static str> {
    let letters = |name: &str| -> String {
        let bare = name
            .split('[')
            .find(|part| !part.is_empty())
            .unwrap_or_default();
        bare.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    let shape = letters(name);
    WATCHED
        .iter()
        .find(|(_, watched)| *watched == shape)
        .map(|(word, _)| *word)
}

/// Decodes form text, in which `+` is a space.
fn form_text(raw: &str) -> Option<Text<'_>> {
    if !raw.contains('+') {
        return decode(raw);
    }
    decode(&raw.replace('+', " ")).map(|text| Cow::Owned(text.into_owned()))
}

/// Undoes percent-encoding once. None for a `%` without two hex digits, and for what is not UTF-8.
fn decode(raw: &str) -> Option<Text<'_>> {
    if !raw.contains('%') {
        return Some(Cow::Borrowed(raw));
    }
    let mut parts = raw.split('%');
    let mut bytes = Vec::from(parts.next()?.as_bytes());
    for part in parts {
        let mut byte = [0];
        parse_hex(part.get(..2)?, &mut byte)?;
        bytes.extend(byte);
        bytes.extend(part.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Whether decoded text would change if somebody decoded it again.
fn has_escape(text: &str) -> bool {
    text.split('%').skip(1).any(|part| {
        part.get(..2)
            .is_some_and(|pair| parse_hex(pair, &mut [0]).is_some())
    })
}
