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
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A text behind its length in one byte.
    pub(super) fn short_text(&mut self) -> Option<&'a str> {
        let length = usize::from(self.u8()?);
        core::str::from_utf8(self.take(length)?).ok()
    }

    /// Whether nothing is left.
    pub(super) const fn is_done(&self) -> bool {
        self.0.is_empty()
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
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    out.push(length);
    out.extend(text.bytes().take(usize::from(length)));
}
