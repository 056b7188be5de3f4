//! Blocks of rows of different lengths: first a key and an end for each, then all their contents.

use alloc::vec::Vec;

use super::block::{Kind, Leaf, begin};
use super::node::{Node, lower_bound};
use super::tokens::Ref;
use super::wire::{number, put_number};

/// The bytes of a key.
const KEY: usize = 4;

/// The bytes of an end.
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
    let stride = width(leaf.layout)?.checked_add(KEY)?;
    let heap = leaf.rows().checked_mul(stride)?;
    let contents = match leaf.rows().checked_sub(1) {
        Some(last) => {
            let at = last.checked_mul(stride)?.checked_add(KEY)?;
            number(leaf.body(), at, width(leaf.layout)?)?
        }
        None => 0,
    };
    heap.checked_add(usize::try_from(contents).ok()?)
}

/// Has the surroundings of a key at hand.
#[inline]
pub(super) fn warm(leaf: &Leaf, key: u32) {
    let stride = width(leaf.layout).unwrap_or(0).saturating_add(KEY);
    leaf.warm(key, stride);
}

/// The key and the contents of a row.
#[inline]
pub(super) fn row(leaf: &Leaf, row: usize) -> Option<(u32, &[u8])> {
    let (width, body) = (width(leaf.layout)?, leaf.body());
    let stride = width.checked_add(KEY)?;
    let at = row.checked_mul(stride)?;
    let key = number(body, at, KEY)?;
    let end = number(body, at.checked_add(KEY)?, width)?;
    let start = match at.checked_sub(width) {
        Some(before) if row > 0 => number(body, before, width)?,
        _ => 0,
    };
    let heap = leaf.rows().checked_mul(stride)?;
    let range = heap.checked_add(start as usize)?..heap.checked_add(end as usize)?;
    Some((key, body.get(range)?))
}

/// The key of a row alone.
#[inline]
pub(super) fn key(leaf: &Leaf, row: usize) -> Option<u32> {
    let stride = width(leaf.layout)?.checked_add(KEY)?;
    number(leaf.body(), row.checked_mul(stride)?, KEY)
}

/// The first row with this key, or the one behind where it would be.
#[inline]
pub(super) fn first(leaf: &Leaf, key: u32) -> usize {
    let body = leaf.body();
    let stride = width(leaf.layout).unwrap_or(0).saturating_add(KEY);
    let guess = leaf.node.guess(key, leaf.rows());
    lower_bound(leaf.rows(), guess, |row| {
        number(body, row.saturating_mul(stride), KEY).is_some_and(|found| found < key)
    })
}

/// The contents of the row that is referred to.
#[inline]
pub(super) fn find(leaf: &Leaf, wanted: Ref) -> Option<&[u8]> {
    let at = first(leaf, wanted.key).checked_add(wanted.rank as usize)?;
    let (key, contents) = row(leaf, at)?;
    (key == wanted.key).then_some(contents)
}

/// Writes a block. INVARIANT: the rows are sorted by key, and all are the node's.
pub(super) fn encode(kind: Kind, node: Node, rows: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let total = rows.iter().fold(0_usize, |sum, (_, contents)| {
        sum.saturating_add(contents.len())
    });
    let layout = u8::from(u16::try_from(total).is_err());
    let width = width(layout).unwrap_or(KEY);
    let mut out = begin(kind, node, rows.len(), layout);
    let mut end = 0_usize;
    for (key, contents) in rows {
        end = end.saturating_add(contents.len());
        put_number(&mut out, *key, KEY);
        put_number(&mut out, u32::try_from(end).unwrap_or(u32::MAX), width);
    }
    rows.iter().for_each(|(_, contents)| out.extend(contents));
    out
}
