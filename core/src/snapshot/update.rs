//! Reading: a manifest, then the blocks that are missing, then a snapshot. Nothing can be decided
//! from one in the making.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::block::{Kind, Leaf};
use super::error::SnapshotError;
use super::hash::BlockHash;
use super::manifest::{Manifest, nodes};
use super::node::Node;
use super::table::{Piece, Table};
use super::wire::{Bytes, Reader};
use super::{Parts, Snapshot};

/// No block is longer.
const LONGEST: usize = 64 << 20;

/// A snapshot in the making: it is nothing yet that anybody could decide from.
#[derive(Debug, Clone)]
pub struct Update {
    manifest: Manifest,
    sealed: Vec<u8>,
    held: Option<Snapshot>,
    sections: Vec<Section>,
    /// What is missing, and where it belongs.
    wanted: BTreeMap<BlockHash, Want>,
}

/// A table, as far as it is there.
#[derive(Debug, Clone)]
struct Section {
    kind: Kind,
    pages: Vec<Piece>,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy)]
struct Want {
    section: usize,
    node: Node,
    is_page: bool,
}

impl Update {
    pub(super) fn new(
        manifest: Manifest,
        sealed: &[u8],
        held: Option<Snapshot>,
        parts: Parts,
    ) -> Result<Self, SnapshotError> {
        let all = manifest.sections.iter();
        let chosen: Vec<(Kind, Vec<(Node, BlockHash)>)> =
            all.filter(|(kind, _)| parts.has(*kind)).cloned().collect();
        let sections = chosen.iter().map(|(kind, _)| Section {
            kind: *kind,
            pages: Vec::new(),
            pieces: Vec::new(),
        });
        let mut update = Self {
            manifest,
            sealed: Vec::from(sealed),
            held,
            sections: sections.collect(),
            wanted: BTreeMap::new(),
        };
        for (section, (_, pages)) in chosen.iter().enumerate() {
            for (node, hash) in pages {
                update.want(section, *node, hash, true)?;
            }
        }
        Ok(update)
    }

    /// The blocks that are missing as far as can be told: some blocks name others, so ask again
    /// after supplying them, until there are none.
    #[must_use]
    pub fn missing(&self) -> Vec<BlockHash> {
        self.wanted.keys().copied().collect()
    }

    /// The generation that it will be at.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.manifest.generation
    }

    /// Takes one of the missing blocks.
    ///
    /// # Errors
    /// When it is none of them, or malformed; the update is as it was then.
    pub fn supply(&mut self, block: impl Into<Vec<u8>>) -> Result<(), SnapshotError> {
        let bytes = Bytes::new(block.into()).ok_or(SnapshotError::TooLarge)?;
        self.supply_bytes(bytes)
    }

    pub(super) fn supply_bytes(&mut self, bytes: Bytes) -> Result<(), SnapshotError> {
        if bytes.get().len() > LONGEST {
            return Err(SnapshotError::TooLarge);
        }
        let hash = BlockHash::of(bytes.get());
        let want = *self.wanted.get(&hash).ok_or(SnapshotError::WrongBlock)?;
        let piece = Piece {
            node: want.node,
            hash,
            bytes,
        };
        self.put(want, piece)?;
        self.wanted.remove(&hash);
        Ok(())
    }

    /// The next snapshot; the one that is held stays as it is.
    ///
    /// # Errors
    /// When blocks are missing, or do not fit together.
    pub fn finish(self) -> Result<Snapshot, SnapshotError> {
        if !self.wanted.is_empty() {
            return Err(SnapshotError::MissingBlock);
        }
        let tables = self.sections.into_iter().map(|mut section| {
            section.pages.sort_by_key(|piece| piece.node.prefix);
            section.pieces.sort_by_key(|piece| piece.node.prefix);
            Table::new(section.kind, section.pages, section.pieces)
        });
        let tables: Option<Vec<Table>> = tables.collect();
        let snapshot = tables.and_then(|tables| Snapshot::new(self.manifest, self.sealed, tables));
        snapshot.ok_or(SnapshotError::Malformed)
    }

    /// Takes a block from the snapshot that is held, or notes that it is missing.
    fn want(
        &mut self,
        section: usize,
        node: Node,
        hash: &BlockHash,
        is_page: bool,
    ) -> Result<(), SnapshotError> {
        let want = Want {
            section,
            node,
            is_page,
        };
        let kind = self.sections.get(section).map(|section| section.kind);
        let held = self.held.as_ref().zip(kind);
        let table = held.and_then(|(held, kind)| held.table(kind));
        let piece = table.and_then(|table| match is_page {
            true => table.page(node, hash),
            false => table.piece(node, hash),
        });
        if let Some(piece) = piece.cloned() {
            return self.put(want, piece);
        }
        match self.wanted.insert(*hash, want) {
            // A block says where it belongs: the same one cannot belong to two places.
            Some(_) => Err(SnapshotError::Malformed),
            None => Ok(()),
        }
    }

    fn put(&mut self, want: Want, piece: Piece) -> Result<(), SnapshotError> {
        let malformed = SnapshotError::Malformed;
        let section = self.sections.get_mut(want.section).ok_or(malformed)?;
        if !want.is_page {
            Leaf::parse(&piece.bytes, section.kind, want.node).ok_or(malformed)?;
            section.pieces.push(piece);
            return Ok(());
        }
        let blocks = page(piece.bytes.get(), section.kind, want.node).ok_or(malformed)?;
        section.pages.push(piece);
        for (node, hash) in blocks {
            self.want(want.section, node, &hash, false)?;
        }
        Ok(())
    }
}

/// The blocks that a page names.
fn page(bytes: &[u8], kind: Kind, node: Node) -> Option<Vec<(Node, BlockHash)>> {
    let mut reader = Reader(bytes);
    let (found, depth, prefix) = (reader.u8()?, reader.u8()?, reader.u16()?);
    if found != kind as u8 | Kind::PAGE || (Node { prefix, depth }) != node {
        return None;
    }
    let each = 33;
    let count = u32::try_from(reader.0.len() / each).ok()?;
    let blocks = nodes(&mut reader, node, count)?;
    reader.is_done().then_some(blocks)
}
