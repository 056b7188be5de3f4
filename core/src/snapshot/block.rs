//! A block of rows: its head, and the check that its length is right for what the head says.

use alloc::vec::Vec;
use core::hint::black_box;

use super::node::Node;
use super::wire::{Bytes, Reader};
use super::{details, heap, tokens};

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    /// Tokens by digest: what decisions need of them.
    Tokens = 1,
    /// Ids, times and display names of the same tokens in the same order.
    Details = 2,
    /// When the same tokens were last used.
    Uses = 3,
    /// Users and service accounts.
    Owners = 4,
    /// Sets of grants.
    Grants = 5,
    /// Listed repositories.
    Repos = 6,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Tokens,
        Self::Details,
        Self::Uses,
        Self::Owners,
        Self::Grants,
        Self::Repos,
    ];
    /// Set in the kind of a page, which names blocks of that kind.
    pub(super) const PAGE: u8 = 0x80;

    pub(super) fn parse(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Whether a snapshot can be decided from without it.
    pub(super) const fn is_optional(self) -> bool {
        match self {
            Self::Details | Self::Uses => true,
            Self::Tokens | Self::Owners | Self::Grants | Self::Repos => false,
        }
    }
}

/// Kind, depth, prefix, count, layout.
const HEAD: usize = 9;

/// Begins a block.
pub(super) fn begin(kind: Kind, node: Node, rows: usize, layout: u8) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend([kind as u8, node.depth]);
    out.extend(node.prefix.to_le_bytes());
    out.extend(u32::try_from(rows).unwrap_or(u32::MAX).to_le_bytes());
    out.push(layout);
    out
}

/// A block of rows, read in place.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    body: Bytes,
    count: u32,
    pub(super) node: Node,
    /// What the widths of its columns are; each kind has its own meaning.
    pub(super) layout: u8,
}

impl Leaf {
    /// The block that should have this kind and this place.
    pub(super) fn parse(bytes: &Bytes, kind: Kind, node: Node) -> Option<Self> {
        let whole = bytes.get();
        let mut head = Reader(whole);
        let (found, depth) = (head.u8()?, head.u8()?);
        let (prefix, count, layout) = (head.u16()?, head.u32()?, head.u8()?);
        if found != kind as u8 || (Node { prefix, depth }) != node {
            return None;
        }
        let body = bytes.slice(HEAD, whole.len().checked_sub(HEAD)?)?;
        let leaf = Self {
            body,
            count,
            node,
            layout,
        };
        let length = match kind {
            Kind::Tokens => leaf.rows().checked_mul(tokens::stride(&leaf)?)?,
            Kind::Details => details::length(&leaf)?,
            Kind::Uses => leaf.rows().checked_mul(details::USE)?,
            Kind::Owners | Kind::Grants | Kind::Repos => heap::length(&leaf)?,
        };
        (leaf.body().len() == length).then_some(leaf)
    }

    /// What is behind the head.
    #[inline]
    pub(super) fn body(&self) -> &[u8] {
        self.body.get()
    }

    /// Reads around where a key most probably is, in records of this width, and in the contents
    /// behind them, before anything is certain: so memory, which is what a look-up waits for,
    /// answers many questions at once.
    #[inline]
    pub(super) fn warm(&self, key: u32, stride: usize) {
        let (body, rows) = (self.body(), self.rows());
        let guess = self.node.guess(key, rows);
        let at = |row: usize| body.get(row.saturating_mul(stride)).copied();
        let records = rows.saturating_mul(stride);
        let contents = self
            .node
            .guess(key, body.len().saturating_sub(records))
            .saturating_add(records);
        black_box([
            at(guess),
            at(guess.saturating_sub(5)),
            at(guess.saturating_add(5)),
            at(guess.saturating_sub(10)),
            at(guess.saturating_add(10)),
            body.get(contents).copied(),
        ]);
    }

    #[inline]
    pub(super) const fn rows(&self) -> usize {
        self.count as usize
    }
}
