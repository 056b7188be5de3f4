//! Little-endian numbers out of bytes and into them; nothing is read behind an end.

use alloc::sync::Arc;
use alloc::vec::Vec;

/// A piece of something larger that is kept as long as one piece of it is.
#[derive(Debug, Clone)]
pub(super) struct Bytes {
    whole: Arc<Vec<u8>>,
    start: u32,
    end: u32,
}

impl Bytes {
    /// All of it; nothing when it is too long for the format.
    pub(super) fn new(whole: Vec<u8>) -> Option<Self> {
        let end = u32::try_from(whole.len()).ok()?;
        Some(Self {
            whole: Arc::new(whole),
            start: 0,
            end,
        })
    }

    /// A part of these bytes.
    pub(super) fn slice(&self, start: usize, length: usize) -> Option<Self> {
        let start = self.start.checked_add(u32::try_from(start).ok()?)?;
        let end = start.checked_add(u32::try_from(length).ok()?)?;
        (end <= self.end).then(|| Self {
            whole: self.whole.clone(),
            start,
            end,
        })
    }

    #[inline]
    pub(super) fn get(&self) -> &[u8] {
        let range = self.start as usize..self.end as usize;
        self.whole.get(range).unwrap_or_default()
    }
}

/// Reads from the front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// The bytes of a text behind its length in one byte.
    #[inline]
    pub(super) fn short_bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.u8()?);
        self.take(length)
    }

    /// A text behind its length in one byte.
    pub(super) fn short_text(&mut self) -> Option<&'a str> {
        text(self.short_bytes()?)
    }

    /// Whether nothing is left.
    pub(super) const fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Bytes that are a text. Names are compared as bytes: only what is shown is looked through.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
}

/// The first eight of these bytes as a number in whose order they are; fewer are filled up.
#[inline]
pub(super) fn leading(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(first) => u64::from_be_bytes(*first),
        None => bytes
            .iter()
            .chain(core::iter::repeat(&0))
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// The unsigned number of one, two or four bytes at a place.
#[inline]
pub(super) fn number(bytes: &[u8], at: usize, width: usize) -> Option<u32> {
    let end = at.checked_add(width)?;
    match *bytes.get(at..end)? {
        [] => Some(0),
        [a] => Some(u32::from(a)),
        [a, b] => Some(u32::from(u16::from_le_bytes([a, b]))),
        [a, b, c, d] => Some(u32::from_le_bytes([a, b, c, d])),
        _ => None,
    }
}

/// Writes a number in so many bytes; what does not fit is cut off, so that callers choose a width
/// that is wide enough.
pub(super) fn put_number(out: &mut Vec<u8>, number: u32, width: usize) {
    out.extend(number.to_le_bytes().into_iter().take(width));
}

/// Writes a text behind its length in one byte; names have 139 bytes at most.
pub(super) fn put_short_text(out: &mut Vec<u8>, text: &str) {
    put_short(out, text.as_bytes());
}

/// Writes the bytes of a text behind their number.
pub(super) fn put_short(out: &mut Vec<u8>, text: &[u8]) {
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    out.push(length);
    out.extend(text.iter().take(usize::from(length)));
}
