//! One table of a snapshot, read in place: from a key to the block that it is in.

use alloc::vec::Vec;

use super::block::{Kind, Leaf};
use super::hash::BlockHash;
use super::node::{Node, SHARES};
use super::wire::Bytes;

/// A block that was verified.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) node: Node,
    pub(super) hash: BlockHash,
    pub(super) bytes: Bytes,
}

/// A table whose blocks have all been verified.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) kind: Kind,
    pub(super) pages: Vec<Piece>,
    pub(super) pieces: Vec<Piece>,
    /// The same blocks, ready to be read. INVARIANT: in the order of their nodes, which have all keys.
    leaves: Vec<Leaf>,
    /// For the first bits of a key: the first block that has keys with them.
    starts: Vec<u32>,
    /// How many bits those are not.
    shift: u32,
}

impl Table {
    pub(super) fn new(kind: Kind, pages: Vec<Piece>, pieces: Vec<Piece>) -> Option<Self> {
        let leaves = pieces
            .iter()
            .map(|piece| Leaf::parse(&piece.bytes, kind, piece.node));
        let leaves: Vec<Leaf> = leaves.collect::<Option<_>>()?;
        let (starts, shift) = starts(&leaves);
        Some(Self {
            kind,
            pages,
            pieces,
            leaves,
            starts,
            shift,
        })
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The place of the block that has this key.
    #[inline]
    pub(super) fn place(&self, key: u32) -> usize {
        let slot = key.checked_shr(self.shift).unwrap_or(0);
        let first = self.starts.get(slot as usize).copied().unwrap_or(0) as usize;
        let share = key >> 16;
        let rest = self.leaves.get(first..).unwrap_or_default().iter();
        let passed = rest.take_while(|leaf| leaf.node.end() <= share).count();
        first.saturating_add(passed)
    }

    /// The block that has this key.
    #[inline]
    pub(super) fn leaf(&self, key: u32) -> Option<&Leaf> {
        self.leaves.get(self.place(key))
    }

    /// The block of this hash, if it is the one at that node.
    pub(super) fn piece(&self, node: Node, hash: &BlockHash) -> Option<&Piece> {
        let piece = self.pieces.get(self.place(u32::from(node.prefix) << 16))?;
        (piece.node == node && piece.hash == *hash).then_some(piece)
    }

    pub(super) fn page(&self, node: Node, hash: &BlockHash) -> Option<&Piece> {
        let at = self
            .pages
            .partition_point(|page| page.node.prefix < node.prefix);
        let page = self.pages.get(at)?;
        (page.node == node && page.hash == *hash).then_some(page)
    }
}

/// About four slots for each block: most have one or two to look at.
fn starts(leaves: &[Leaf]) -> (Vec<u32>, u32) {
    let wanted = leaves.len().saturating_mul(2).next_power_of_two();
    let bits = wanted.trailing_zeros().saturating_add(1).min(16);
    let width = SHARES.checked_shr(bits).unwrap_or(1);
    let mut starts = Vec::new();
    let mut at = 0_usize;
    for slot in 0..1_u32.checked_shl(bits).unwrap_or(0) {
        let share = slot.saturating_mul(width);
        while leaves.get(at).is_some_and(|leaf| leaf.node.end() <= share) {
            at = at.saturating_add(1);
        }
        starts.push(u32::try_from(at).unwrap_or(u32::MAX));
    }
    (starts, 32_u32.saturating_sub(bits))
}
