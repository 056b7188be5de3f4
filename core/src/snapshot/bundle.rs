//! A bundle: a sealed manifest and all its blocks in one file.

use alloc::vec::Vec;

use super::block::Kind;
use super::error::SnapshotError;
use super::keys::TrustedKeys;
use super::manifest::Manifest;
use super::update::Update;
use super::wire::{Bytes, Reader};
use super::{Parts, Snapshot};
use crate::timestamp::Timestamp;

/// What a bundle begins with.
const MAGIC: &[u8; 8] = b"TWBUND01";

/// A bundle that is not written out yet: it shares its blocks with whoever made it.
#[derive(Debug, Clone)]
pub struct Bundle {
    head: Vec<u8>,
    blocks: Vec<Bytes>,
}

impl Bundle {
    /// Of blocks in their order: each page, then the blocks that it names.
    pub(super) fn new(sealed: &[u8], parts: Parts, blocks: Vec<Bytes>) -> Option<Self> {
        Some(Self {
            head: write(sealed, parts, core::iter::empty())?,
            blocks,
        })
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        let blocks = self.blocks.iter();
        let sizes = blocks.map(|block| block.get().len().saturating_add(4));
        sizes.fold(self.head.len(), usize::saturating_add)
    }

    /// Writes it, a piece at a time: whatever the nth block adds, the first with what stands
    /// before it; nothing behind the last.
    #[must_use]
    pub fn piece(&self, nth: usize) -> Option<Vec<u8>> {
        let mut out = match nth {
            0 => self.head.clone(),
            _ => Vec::new(),
        };
        let block = self.blocks.get(nth)?.get();
        out.extend(u32::try_from(block.len()).ok()?.to_le_bytes());
        out.extend(block);
        Some(out)
    }

    /// All of it.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size());
        for piece in (0..).map_while(|nth| self.piece(nth)) {
            out.extend(piece);
        }
        out
    }
}

/// Writes a bundle of blocks in their order: each page, then the blocks that it names.
pub(super) fn write<'a>(
    sealed: &'a [u8],
    parts: Parts,
    blocks: impl Iterator<Item = &'a [u8]>,
) -> Option<Vec<u8>> {
    let mut out = Vec::from(*MAGIC);
    let details = match parts {
        Parts::Decisions => 0,
        Parts::All => 1,
    };
    out.push(details);
    for block in core::iter::once(sealed).chain(blocks) {
        out.extend(u32::try_from(block.len()).ok()?.to_le_bytes());
        out.extend(block);
    }
    Some(out)
}

/// Reads a bundle.
pub(super) fn read(
    bundle: Vec<u8>,
    keys: &TrustedKeys,
    now: Timestamp,
) -> Result<Snapshot, SnapshotError> {
    let whole = Bytes::new(bundle).ok_or(SnapshotError::TooLarge)?;
    let bytes = whole.get();
    let mut reader = Reader(bytes);
    let (parts, sealed) = head(&mut reader).ok_or(SnapshotError::Malformed)?;
    let manifest = Manifest::open(sealed, keys, now)?;
    let mut update = Update::new(manifest, sealed, None, parts)?;
    while !reader.is_done() {
        let length = reader.u32().ok_or(SnapshotError::Malformed)? as usize;
        let start = bytes.len().saturating_sub(reader.0.len());
        reader.take(length).ok_or(SnapshotError::Malformed)?;
        let block = whole.slice(start, length).ok_or(SnapshotError::Malformed)?;
        update.supply_bytes(block)?;
    }
    update.finish()
}

pub(super) fn head<'a>(reader: &mut Reader<'a>) -> Option<(Parts, &'a [u8])> {
    if reader.array()? != *MAGIC {
        return None;
    }
    let parts = match reader.u8()? {
        0 => Parts::Decisions,
        1 => Parts::All,
        _ => return None,
    };
    let length = reader.u32()? as usize;
    Some((parts, reader.take(length)?))
}

impl Parts {
    pub(super) const fn has(self, kind: Kind) -> bool {
        match self {
            Self::Decisions => !kind.is_optional(),
            Self::All => true,
        }
    }
}
