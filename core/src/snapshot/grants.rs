//! Sets of grants: tokens that may do the same share one.
//!
//! The owner's own namespace is written as such, so that the sets of different owners can be the
//! same one.

use alloc::vec::Vec;

use super::block::{Kind, Leaf};
use super::hash::spread;
use super::heap;
use super::node::Node;
use super::section::Row;
use super::wire::{Reader, put_short};
use crate::permission::PermissionSet;
use crate::resource::ResourceType;

/// What a fine-grained token may do, in a form that is the same for all that may do the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct GrantsRow(pub(super) Vec<u8>);

/// The namespace of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Where<'a> {
    /// The organization.
    Org,
    /// The token's owner.
    Own,
    /// Somebody else.
    Elsewhere(&'a [u8]),
}

/// One grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GrantView<'a> {
    /// Where the entity is, or which it is.
    pub(crate) place: Where<'a>,
    /// The type of the entity, as its number.
    pub(crate) kind: u8,
    /// Empty for an organization or a user.
    pub(crate) repo: &'a [u8],
    /// The permissions, as a number.
    pub(crate) permissions: u32,
}

impl GrantView<'_> {
    pub(crate) fn kind(&self) -> Option<ResourceType> {
        ResourceType::ALL.get(usize::from(self.kind)).copied()
    }
}

impl GrantsRow {
    /// The set of these grants.
    pub(super) fn new(
        can_read_gated: bool,
        global: PermissionSet,
        grants: &mut [GrantView<'_>],
    ) -> Self {
        grants.sort_unstable();
        let mut out = Vec::new();
        out.push(u8::from(can_read_gated));
        out.extend(global.bits().to_le_bytes());
        for grant in grants {
            let place = match grant.place {
                Where::Org => 0,
                Where::Own => 1,
                Where::Elsewhere(_) => 2,
            };
            out.push(grant.kind | place << 4);
            out.extend(grant.permissions.to_le_bytes());
            put_short(&mut out, grant.repo);
            if let Where::Elsewhere(name) = grant.place {
                put_short(&mut out, name);
            }
        }
        Self(out)
    }

    pub(super) fn spread(&self) -> u32 {
        spread(self.0.iter().copied())
    }
}

/// A set of grants, read in place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grants<'a> {
    pub(super) can_read_gated: bool,
    pub(super) global: PermissionSet,
    rest: Reader<'a>,
}

impl<'a> Grants<'a> {
    #[inline]
    pub(super) fn parse(contents: &'a [u8]) -> Option<Self> {
        let mut rest = Reader(contents);
        Some(Self {
            can_read_gated: rest.u8()? & 1 != 0,
            global: PermissionSet::from_bits(rest.u32()?),
            rest,
        })
    }
}

impl<'a> Iterator for Grants<'a> {
    type Item = GrantView<'a>;

    #[inline]
    fn next(&mut self) -> Option<GrantView<'a>> {
        let head = self.rest.u8()?;
        let permissions = self.rest.u32()?;
        let repo = self.rest.short_bytes()?;
        let place = match head >> 4 {
            0 => Where::Org,
            1 => Where::Own,
            _ => Where::Elsewhere(self.rest.short_bytes()?),
        };
        Some(GrantView {
            place,
            kind: head & 15,
            repo,
            permissions,
        })
    }
}

impl Row for GrantsRow {
    type Key = (u32, Vec<u8>);

    fn key(&self) -> Self::Key {
        (self.spread(), self.0.clone())
    }

    fn cut(key: &Self::Key) -> u32 {
        key.0
    }

    fn weight(&self) -> u32 {
        // Most sets have some forty bytes.
        u32::try_from(self.0.len() / 64)
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    fn encode(kind: Kind, node: Node, rows: &[Self]) -> Vec<u8> {
        let rows: Vec<(u32, Vec<u8>)> = rows.iter().map(Row::key).collect();
        heap::encode(kind, node, &rows)
    }

    fn decode(parts: &[Leaf]) -> Option<Vec<Self>> {
        let leaf = parts.first()?;
        (0..leaf.rows())
            .map(|row| Some(Self(Vec::from(heap::row(leaf, row)?.1))))
            .collect()
    }
}
