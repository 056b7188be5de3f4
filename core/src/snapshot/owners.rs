//! Users and service accounts: whoever is a member, or owns a token of the snapshot.

use alloc::vec::Vec;

use compact_str::CompactString;

use super::block::{Kind, Leaf};
use super::hash::{half, spread};
use super::heap;
use super::node::Node;
use super::section::Row;
use super::wire::{Reader, put_short_text, text};
use crate::role::Role;

/// A resource group, by the first half of a hash of its name.
pub(super) type GroupKey = [u8; 16];

/// The key of a resource group.
pub(super) fn group_key(name: &str) -> GroupKey {
    half(b"tokenward group ", name.as_bytes())
}

/// What is known of somebody in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnerRow {
    pub(super) name: CompactString,
    /// The role, of a member.
    pub(super) role: Option<Role>,
    pub(super) sort: Sort,
    /// Whether all tokens of the user are refused.
    pub(super) suspended: bool,
    /// Roles above `no_access` in resource groups, sorted by group.
    pub(super) groups: Vec<(GroupKey, Role)>,
}

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A user.
    User,
    /// A service account of the organization.
    Account,
    /// No user, and no service account of the organization.
    Other,
}

/// The bytes of a membership in a group.
const GROUP: usize = 17;

impl OwnerRow {
    /// The key of a name.
    pub(super) fn key_of(name: &str) -> (u32, CompactString) {
        (spread(name.bytes()), CompactString::from(name))
    }

    fn contents(&self) -> Vec<u8> {
        let role = self
            .role
            .map_or(0, |role| role_byte(role).saturating_add(1));
        let sort = match self.sort {
            Sort::User => 0,
            Sort::Account => 1,
            Sort::Other => 2,
        };
        let grouped = u8::from(!self.groups.is_empty());
        let mut out = Vec::new();
        out.push(role | sort << 3 | u8::from(self.suspended) << 5 | grouped << 6);
        put_short_text(&mut out, &self.name);
        for (group, role) in &self.groups {
            out.extend(group);
            out.push(role_byte(*role));
        }
        out
    }
}

const fn role_byte(role: Role) -> u8 {
    match role {
        Role::NoAccess => 0,
        Role::Read => 1,
        Role::Contributor => 2,
        Role::Write => 3,
        Role::Admin => 4,
    }
}

#[inline]
fn role_of(byte: u8) -> Option<Role> {
    Role::ALL.get(usize::from(byte)).copied()
}

/// Somebody, read in place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) name: &'a [u8],
    pub(super) role: Option<Role>,
    pub(super) sort: Sort,
    pub(super) suspended: bool,
    groups: &'a [u8],
}

impl<'a> Owner<'a> {
    #[inline]
    pub(super) fn parse(contents: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(contents);
        let flags = reader.u8()?;
        let name = reader.short_bytes()?;
        let role = match flags & 7 {
            0 => None,
            above => Some(role_of(above.checked_sub(1)?)?),
        };
        let sort = match flags >> 3 & 3 {
            0 => Sort::User,
            1 => Sort::Account,
            2 => Sort::Other,
            _ => return None,
        };
        Some(Self {
            name,
            role,
            sort,
            suspended: flags & 1 << 5 != 0,
            groups: reader.0,
        })
    }

    fn groups(&self) -> impl Iterator<Item = (&'a [u8], Role)> {
        self.groups.chunks_exact(GROUP).filter_map(|entry| {
            let (role, group) = entry.split_last()?;
            Some((group, role_of(*role)?))
        })
    }

    /// The role in a group.
    pub(super) fn group_role(&self, group: &[u8]) -> Option<Role> {
        self.groups()
            .find(|(found, _)| *found == group)
            .map(|(_, role)| role)
    }

    /// The best role in any group.
    pub(super) fn best_group_role(&self) -> Option<Role> {
        self.groups().map(|(_, role)| role).max()
    }
}

impl Row for OwnerRow {
    type Key = (u32, CompactString);

    fn key(&self) -> Self::Key {
        Self::key_of(&self.name)
    }

    fn cut(key: &Self::Key) -> u32 {
        key.0
    }

    fn weight(&self) -> u32 {
        let groups = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        groups.saturating_add(1)
    }

    fn encode(kind: Kind, node: Node, rows: &[Self]) -> Vec<u8> {
        let rows: Vec<(u32, Vec<u8>)> = rows
            .iter()
            .map(|row| (row.key().0, row.contents()))
            .collect();
        heap::encode(kind, node, &rows)
    }

    fn decode(parts: &[Leaf]) -> Option<Vec<Self>> {
        let leaf = parts.first()?;
        let rows = (0..leaf.rows()).map(|row| {
            let owner = Owner::parse(heap::row(leaf, row)?.1)?;
            let groups = owner
                .groups()
                .filter_map(|(group, role)| Some((*group.first_chunk::<16>()?, role)));
            Some(Self {
                name: text(owner.name)?.into(),
                role: owner.role,
                sort: owner.sort,
                suspended: owner.suspended,
                groups: groups.collect(),
            })
        });
        rows.collect()
    }
}
