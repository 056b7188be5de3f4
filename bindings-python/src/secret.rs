//! Raw tokens: read, never shown, found in texts.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use tokenward_core as core;

use crate::error::{bad, parse_error, wrong_type};
use crate::records::Found;

/// A raw token that never prints: its text comes out of `reveal()` alone.
///
/// >>> secret = parse_token("hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj")
/// >>> secret
/// <TokenSecret>
/// >>> secret.ours, secret.last4
/// (True, 'Ovtj')
#[pyclass(frozen, module = "tokenward")]
pub(crate) struct TokenSecret(pub(crate) core::TokenSecret);

#[pymethods]
impl TokenSecret {
    /// The raw token, for the one place that has to send or store it.
    fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// Its last four characters, for display.
    #[getter]
    fn last4(&self) -> &str {
        self.0.last4()
    }

    /// Whether its form and its checksum are those of a token that a Tokenward issues.
    #[getter]
    fn ours(&self) -> bool {
        self.0.is_ours()
    }

    /// The SHA-256 under which it is kept, 64 hex digits: what a document's `digest` holds.
    #[getter]
    fn digest(&self) -> String {
        self.0.digest().to_string()
    }

    /// Refuses: a pickle is a place where nobody looks for a token.
    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        let why = "is neither pickled nor copied: where it is needed, send what `reveal()` gives";
        Err(wrong_type(py, "TokenSecret", why))
    }

    #[expect(clippy::unused_self, reason = "Python calls it on a value")]
    fn __repr__(&self) -> &'static str {
        "<TokenSecret>"
    }
}

/// Takes any non-empty string as a token; whether it can be one is for `decide` to say.
///
/// Raises `ParseError` for an empty string, `InvalidTypeError` for anything else.
///
/// >>> parse_token("hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj")
/// <TokenSecret>
#[pyfunction]
pub(crate) fn parse_token(text: &Bound<'_, PyAny>) -> PyResult<TokenSecret> {
    let py = text.py();
    let text = text
        .cast::<PyString>()
        .map_err(|_| wrong_type(py, "token", "must be a string"))?;
    let text = unicode(text, "token")?;
    let secret = core::TokenSecret::parse(text);
    secret
        .map(TokenSecret)
        .map_err(|error| parse_error(py, &error))
}

/// The UTF-8 of a string. Python's own error would carry the string, which may be a token.
pub(crate) fn unicode<'a>(text: &'a Bound<'_, PyString>, what: &str) -> PyResult<&'a str> {
    let lone = |_| {
        bad(
            text.py(),
            what,
            "must be valid Unicode, without lone surrogates",
        )
    };
    text.to_str().map_err(lone)
}

/// Finds the Hub-shaped tokens of a text: `hf_` and 34 letters, bounded by non-word characters.
///
/// Offsets count characters in a `str`, bytes in `bytes`; bytes need not be a text. Other threads
/// run meanwhile. Raises `InvalidTypeError` for other types.
///
/// >>> scan("HF_TOKEN=hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj")
/// [Found({'start': 9, 'end': 46, 'ours': True})]
#[pyfunction]
pub(crate) fn scan(py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<Vec<Found>> {
    if let Ok(bytes) = text.cast::<PyBytes>() {
        let bytes = bytes.as_bytes();
        let found = py.detach(|| core::scan_bytes(bytes));
        return Ok(found
            .into_iter()
            .map(|found| at(found, found.start))
            .collect());
    }
    let text = text
        .cast::<PyString>()
        .map_err(|_| wrong_type(py, "text", "must be `str` or `bytes`"))?;
    if let Ok(utf8) = text.to_str() {
        return Ok(py.detach(|| in_characters(utf8.as_bytes())));
    }
    // Lone surrogates: three bytes each that are no UTF-8, and so bound a token.
    let bytes = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    let bytes = bytes.cast::<PyBytes>()?.as_bytes();
    Ok(py.detach(|| in_characters(bytes)))
}

/// The same places counted in characters, as Python counts in a `str`.
fn in_characters(bytes: &[u8]) -> Vec<Found> {
    let (mut character, mut byte) = (0, 0);
    let place = |found: core::Found| {
        let between = bytes.get(byte..found.start).unwrap_or_default();
        // Every byte but the second and later ones of a character.
        character += between.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        byte = found.start;
        at(found, character)
    };
    core::scan_bytes(bytes).into_iter().map(place).collect()
}

/// A token is ASCII, so its length is the same in every unit.
fn at(found: core::Found, start: usize) -> Found {
    Found {
        start,
        end: start + (found.end - found.start),
        ours: found.ours,
    }
}
