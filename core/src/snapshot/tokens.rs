//! Blocks of tokens: one record of fixed width for each, sorted by digest.

use alloc::vec::Vec;

use compact_str::CompactString;

use super::block::{Kind, Leaf, begin};
use super::details;
use super::node::{Node, lower_bound};
use super::section::Row;
use super::wire::{leading, number, put_number};
use crate::ids::TokenId;
use crate::timestamp::Timestamp;
use crate::token::{AuthorizationStatus, TokenKind};

/// A row of another table: its key, and which one it is of those with that key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ref {
    pub(super) key: u32,
    pub(super) rank: u32,
}

/// The first half of a digest; of a token without one, a stand-in made from its id.
pub(super) type Half = [u8; 16];

/// What decisions need of a token, beside its owner and its grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) kind: TokenKind,
    pub(super) status: AuthorizationStatus,
    pub(super) revoked: bool,
    pub(super) exchanged: bool,
    /// Whether it can only be found by its id.
    pub(super) undigested: bool,
}

/// One token, in all its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenRow {
    pub(super) half: Half,
    pub(super) id: TokenId,
    pub(super) flags: Flags,
    pub(super) owner: Ref,
    pub(super) grants: Ref,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) name: Option<CompactString>,
    pub(super) last_used_at: Option<Timestamp>,
}

/// The same without what is in other parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenRecord {
    pub(super) flags: Flags,
    pub(super) owner: Ref,
    pub(super) grants: Ref,
    pub(super) expires_at: Option<Timestamp>,
}

/// Stands for no time.
const NEVER_SECONDS: u32 = u32::MAX;
const NEVER_MILLIS: i64 = i64::MIN;

/// The key that tokens are cut by.
#[inline]
pub(super) fn cut(half: &Half) -> u32 {
    let [a, b, c, d, ..] = *half;
    u32::from_be_bytes([a, b, c, d])
}

impl Flags {
    const fn pack(self) -> u8 {
        let kind = match self.kind {
            TokenKind::Read => 0,
            TokenKind::Write => 1,
            TokenKind::FineGrained => 2,
        };
        let status = match self.status {
            AuthorizationStatus::Pending => 0,
            AuthorizationStatus::Approved => 1,
            AuthorizationStatus::Denied => 2,
        };
        kind | status << 2
            | (self.revoked as u8) << 4
            | (self.exchanged as u8) << 5
            | (self.undigested as u8) << 6
    }

    #[inline]
    const fn unpack(byte: u8) -> Option<Self> {
        let kind = match byte & 3 {
            0 => TokenKind::Read,
            1 => TokenKind::Write,
            2 => TokenKind::FineGrained,
            _ => return None,
        };
        let status = match byte >> 2 & 3 {
            0 => AuthorizationStatus::Pending,
            1 => AuthorizationStatus::Approved,
            2 => AuthorizationStatus::Denied,
            _ => return None,
        };
        Some(Self {
            kind,
            status,
            revoked: byte & 1 << 4 != 0,
            exchanged: byte & 1 << 5 != 0,
            undigested: byte & 1 << 6 != 0,
        })
    }
}

/// The widths of a block's columns, from its layout.
struct Shape {
    /// Bytes of the digest that are there; what all have in common is not.
    digest: usize,
    owner_rank: usize,
    grants_rank: usize,
    expiry: usize,
}

impl Shape {
    #[inline]
    fn of(node: Node, layout: u8) -> Option<Self> {
        let rank = |code: u8| match code & 3 {
            0 => Some(0),
            1 => Some(1),
            2 => Some(4),
            _ => None,
        };
        let expiry = match layout & 3 {
            0 => 0,
            1 => 4,
            2 => 8,
            _ => return None,
        };
        Some(Self {
            digest: 16_usize.checked_sub(skipped(node))?,
            owner_rank: rank(layout >> 2)?,
            grants_rank: rank(layout >> 4)?,
            expiry,
        })
    }

    #[inline]
    fn stride(&self) -> usize {
        [self.digest, 9, self.owner_rank, self.grants_rank]
            .iter()
            .fold(self.expiry, |sum, width| sum.saturating_add(*width))
    }
}

/// Whole bytes that the digests of a node have in common.
#[inline]
fn skipped(node: Node) -> usize {
    usize::from(node.depth / 8)
}

/// The width of a record.
#[inline]
pub(super) fn stride(leaf: &Leaf) -> Option<usize> {
    Shape::of(leaf.node, leaf.layout).map(|shape| shape.stride())
}

/// Has the surroundings of a digest at hand.
#[inline]
pub(super) fn warm(leaf: &Leaf, half: &Half) {
    if let Some(stride) = stride(leaf) {
        leaf.warm(cut(half), stride);
    }
}

/// The row with this digest.
#[inline]
pub(super) fn find(leaf: &Leaf, half: &Half) -> Option<(usize, TokenRecord)> {
    let shape = Shape::of(leaf.node, leaf.layout)?;
    let (stride, body) = (shape.stride(), leaf.body());
    let wanted = half.get(skipped(leaf.node)..)?;
    let at = |row: usize| {
        let start = row.checked_mul(stride)?;
        body.get(start..start.checked_add(stride)?)
    };
    let digest = |row| at(row)?.get(..wanted.len());
    let guess = leaf.node.guess(cut(half), leaf.rows());
    // Beginnings are compared as numbers; hardly any two are the same.
    let beginning = leading(wanted);
    let first = lower_bound(leaf.rows(), guess, |row| {
        digest(row).is_some_and(|digest| leading(digest) < beginning)
    });
    let alike = |row: &usize| digest(*row).is_some_and(|digest| leading(digest) == beginning);
    let alike = (first..leaf.rows()).take_while(alike);
    for row in alike.filter(|row| digest(*row) == Some(wanted)) {
        let record = read(at(row)?, &shape)?;
        if !record.flags.undigested {
            return Some((row, record));
        }
    }
    None
}

/// A row by its number.
pub(super) fn record(leaf: &Leaf, row: usize) -> Option<TokenRecord> {
    let shape = Shape::of(leaf.node, leaf.layout)?;
    let start = row.checked_mul(shape.stride())?;
    let end = start.checked_add(shape.stride())?;
    read(leaf.body().get(start..end)?, &shape)
}

/// The digest of a row, as far as it is known.
pub(super) fn half(leaf: &Leaf, row: usize) -> Option<Half> {
    let shape = Shape::of(leaf.node, leaf.layout)?;
    let start = row.checked_mul(shape.stride())?;
    let tail = leaf.body().get(start..start.checked_add(shape.digest)?)?;
    let common = leaf.node.prefix.to_be_bytes();
    let mut half = [0; 16];
    let head = common.iter().take(skipped(leaf.node));
    half.iter_mut()
        .zip(head.chain(tail))
        .for_each(|(to, from)| *to = *from);
    Some(half)
}

#[inline]
fn read(record: &[u8], shape: &Shape) -> Option<TokenRecord> {
    let flags = Flags::unpack(*record.get(shape.digest)?)?;
    let mut at = shape.digest.checked_add(1)?;
    let mut column = |width: usize| {
        let value = number(record, at, width)?;
        at = at.checked_add(width)?;
        Some(value)
    };
    let (owner, grants) = (column(4)?, column(4)?);
    let owner_rank = column(shape.owner_rank)?;
    let grants_rank = column(shape.grants_rank)?;
    let expires_at = match shape.expiry {
        0 => None,
        4 => Some(column(4)?)
            .filter(|seconds| *seconds != NEVER_SECONDS)
            .map(|seconds| Timestamp::from_millis(i64::from(seconds).saturating_mul(1000))),
        _ => {
            let (low, high) = (column(4)?, column(4)?);
            let millis = (u64::from(high) << 32 | u64::from(low)).cast_signed();
            (millis != NEVER_MILLIS).then(|| Timestamp::from_millis(millis))
        }
    };
    Some(TokenRecord {
        flags,
        owner: Ref {
            key: owner,
            rank: owner_rank,
        },
        grants: Ref {
            key: grants,
            rank: grants_rank,
        },
        expires_at,
    })
}

/// Writes a block. INVARIANT: the rows are sorted by digest, and all are the node's.
pub(super) fn encode(node: Node, rows: &[TokenRow]) -> Vec<u8> {
    let rank = |ranks: &mut dyn Iterator<Item = u32>| match ranks.max().unwrap_or(0) {
        0 => 0_u8,
        1..=255 => 1,
        _ => 2,
    };
    let layout = expiry_code(rows)
        | rank(&mut rows.iter().map(|row| row.owner.rank)) << 2
        | rank(&mut rows.iter().map(|row| row.grants.rank)) << 4;
    let mut out = begin(Kind::Tokens, node, rows.len(), layout);
    let Some(shape) = Shape::of(node, layout) else {
        return out;
    };
    out.reserve_exact(rows.len().saturating_mul(shape.stride()));
    for row in rows {
        out.extend(row.half.iter().skip(skipped(node)));
        out.push(row.flags.pack());
        put_number(&mut out, row.owner.key, 4);
        put_number(&mut out, row.grants.key, 4);
        put_number(&mut out, row.owner.rank, shape.owner_rank);
        put_number(&mut out, row.grants.rank, shape.grants_rank);
        match shape.expiry {
            0 => {}
            4 => put_number(
                &mut out,
                row.expires_at.and_then(seconds).unwrap_or(NEVER_SECONDS),
                4,
            ),
            _ => out.extend(
                row.expires_at
                    .map_or(NEVER_MILLIS, Timestamp::as_millis)
                    .to_le_bytes(),
            ),
        }
    }
    out
}

fn expiry_code(rows: &[TokenRow]) -> u8 {
    let mut times = rows.iter().filter_map(|row| row.expires_at).peekable();
    if times.peek().is_none() {
        0
    } else if times.all(|time| seconds(time).is_some()) {
        1
    } else {
        2
    }
}

/// A time as whole seconds, if it is one that fits.
fn seconds(time: Timestamp) -> Option<u32> {
    let millis = time.as_millis();
    let seconds = u32::try_from(millis.div_euclid(1000)).ok()?;
    (millis.rem_euclid(1000) == 0 && seconds != NEVER_SECONDS).then_some(seconds)
}

impl Row for TokenRow {
    type Key = (Half, TokenId);

    fn key(&self) -> Self::Key {
        (self.half, self.id)
    }

    fn cut(key: &Self::Key) -> u32 {
        cut(&key.0)
    }

    fn weight(&self) -> u32 {
        1
    }

    fn encode(kind: Kind, node: Node, rows: &[Self]) -> Vec<u8> {
        match kind {
            Kind::Details => details::encode(node, rows),
            Kind::Uses => details::encode_uses(node, rows),
            Kind::Tokens | Kind::Owners | Kind::Grants | Kind::Repos => encode(node, rows),
        }
    }

    fn decode(parts: &[Leaf]) -> Option<Vec<Self>> {
        let (tokens, rest) = parts.split_first()?;
        let (details, uses) = rest.split_first()?;
        let uses = uses.first();
        let rows = (0..tokens.rows()).map(|row| {
            let record = record(tokens, row)?;
            Some(Self {
                half: half(tokens, row)?,
                id: details::id(details, row)?,
                flags: record.flags,
                owner: record.owner,
                grants: record.grants,
                expires_at: record.expires_at,
                created_at: details::created_at(details, row)?,
                name: details::name(details, row).map(Into::into),
                last_used_at: uses.and_then(|uses| details::last_used_at(uses, row)),
            })
        });
        rows.collect()
    }
}
