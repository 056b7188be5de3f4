//! The names of blocks, and the keys that rows are sorted and cut by.

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::error::ParseError;
use crate::ids::{parse_hex, write_hex};

/// The SHA-256 under which a block is kept; 64 hex digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockHash([u8; 32]);

impl BlockHash {
    /// The hash of a block.
    #[must_use]
    pub fn of(block: &[u8]) -> Self {
        Self(Sha256::digest(block).into())
    }

    /// A hash from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
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
        let error = ParseError::new("block hash", "must be 64 hex digits");
        parse_hex(text, &mut bytes).ok_or(error)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

/// Spreads bytes evenly over 32 bits: FNV-1a, and a last stir so that the upper bits are good too.
///
/// It need not resist anybody: equal keys are told apart by what they are the keys of.
pub(super) fn spread(bytes: impl IntoIterator<Item = u8>) -> u32 {
    let fnv = bytes.into_iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let stirred = (fnv ^ (fnv >> 16)).wrapping_mul(0x85eb_ca6b);
    let stirred = (stirred ^ (stirred >> 13)).wrapping_mul(0xc2b2_ae35);
    stirred ^ (stirred >> 16)
}

/// The first half of a SHA-256, over parts that are told apart by their lengths.
pub(super) fn half(label: &[u8], bytes: &[u8]) -> [u8; 16] {
    let mut text = Vec::from(label);
    text.extend(bytes);
    let whole: [u8; 32] = Sha256::digest(&text).into();
    let mut half = [0; 16];
    half.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    half
}
