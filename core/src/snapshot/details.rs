//! Blocks of what decisions do not need of tokens: ids, times, display names.
//!
//! In the order of the block of tokens at the same place, column by column.

use alloc::vec::Vec;

use super::block::{Kind, Leaf, begin};
use super::node::Node;
use super::tokens::TokenRow;
use super::wire::{number, put_number};
use crate::ids::TokenId;
use crate::timestamp::Timestamp;

/// The bytes of an id, of a time, of a use.
const ID: usize = 12;
const TIME: usize = 8;
pub(super) const USE: usize = 8;
/// Stands for no time.
const NEVER: i64 = i64::MIN;

#[inline]
const fn width(layout: u8) -> Option<usize> {
    match layout {
        0 => Some(2),
        1 => Some(4),
        _ => None,
    }
}

/// How long the body of a block must be.
pub(super) fn length(leaf: &Leaf) -> Option<usize> {
    let width = width(leaf.layout)?;
    let names = names(leaf)?;
    let last = match leaf.rows().checked_sub(1) {
        Some(last) => {
            let ends = leaf.rows().checked_mul(ID.checked_add(TIME)?)?;
            let at = ends.checked_add(last.checked_mul(width)?)?;
            number(leaf.body(), at, width)?
        }
        None => 0,
    };
    names.checked_add(last as usize)
}

/// Where the names begin.
fn names(leaf: &Leaf) -> Option<usize> {
    let row = ID.checked_add(TIME)?.checked_add(width(leaf.layout)?)?;
    leaf.rows().checked_mul(row)
}

/// The id of a row.
#[inline]
pub(super) fn id(leaf: &Leaf, row: usize) -> Option<TokenId> {
    if row >= leaf.rows() {
        return None;
    }
    let (_, rest) = leaf.body().split_at_checked(row.checked_mul(ID)?)?;
    rest.first_chunk::<ID>()
        .map(|bytes| TokenId::from_bytes(*bytes))
}

/// The row of an id: all are looked through, which takes a millisecond for a million tokens. An index
/// by id would take hundreds of them, for each manifest anew, and 20 bytes a token.
pub(super) fn find(leaf: &Leaf, id: TokenId) -> Option<usize> {
    let ids = leaf.body().get(..leaf.rows().checked_mul(ID)?)?;
    let (ids, _) = ids.as_chunks::<ID>();
    ids.iter().position(|found| found == id.as_bytes())
}

/// When the token of a row was made.
pub(super) fn created_at(leaf: &Leaf, row: usize) -> Option<Timestamp> {
    let at = leaf.rows().checked_mul(ID)?;
    let at = at.checked_add(row.checked_mul(TIME)?)?;
    let (_, rest) = leaf.body().split_at_checked(at)?;
    let millis = i64::from_le_bytes(*rest.first_chunk::<TIME>()?);
    Some(Timestamp::from_millis(millis))
}

/// What its owner calls the token of a row.
pub(super) fn name(leaf: &Leaf, row: usize) -> Option<&str> {
    let width = width(leaf.layout)?;
    let ends = leaf.rows().checked_mul(ID.checked_add(TIME)?)?;
    let end_of = |row: usize| {
        let at = ends.checked_add(row.checked_mul(width)?)?;
        number(leaf.body(), at, width)
    };
    let start = row.checked_sub(1).map_or(Some(0), end_of)?;
    let (start, end) = (start as usize, end_of(row)? as usize);
    let names = names(leaf)?;
    let range = names.checked_add(start)?..names.checked_add(end)?;
    let name = core::str::from_utf8(leaf.body().get(range)?).ok()?;
    (!name.is_empty()).then_some(name)
}

/// When the token of a row was last used.
pub(super) fn last_used_at(leaf: &Leaf, row: usize) -> Option<Timestamp> {
    let (_, rest) = leaf.body().split_at_checked(row.checked_mul(USE)?)?;
    let millis = i64::from_le_bytes(*rest.first_chunk::<USE>()?);
    (millis != NEVER).then(|| Timestamp::from_millis(millis))
}

/// Writes a block of details.
pub(super) fn encode(node: Node, rows: &[TokenRow]) -> Vec<u8> {
    let names = rows
        .iter()
        .map(|row| row.name.as_deref().unwrap_or_default());
    let total = names
        .clone()
        .fold(0_usize, |sum, name| sum.saturating_add(name.len()));
    let layout = u8::from(u16::try_from(total).is_err());
    let width = width(layout).unwrap_or(4);
    let mut out = begin(Kind::Details, node, rows.len(), layout);
    rows.iter().for_each(|row| out.extend(row.id.as_bytes()));
    rows.iter()
        .for_each(|row| out.extend(row.created_at.as_millis().to_le_bytes()));
    let mut end = 0_usize;
    for name in names.clone() {
        end = end.saturating_add(name.len());
        put_number(&mut out, u32::try_from(end).unwrap_or(u32::MAX), width);
    }
    names.for_each(|name| out.extend(name.as_bytes()));
    out
}

/// Writes a block of uses.
pub(super) fn encode_uses(node: Node, rows: &[TokenRow]) -> Vec<u8> {
    let mut out = begin(Kind::Uses, node, rows.len(), 0);
    for row in rows {
        let millis = row.last_used_at.map_or(NEVER, Timestamp::as_millis);
        out.extend(millis.to_le_bytes());
    }
    out
}
