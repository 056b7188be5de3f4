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

fn head<'a>(reader: &mut Reader<'a>) -> Option<(Parts, &'a [u8])> {
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
