//! Listed repositories, found by type and name without regard to case.

use alloc::vec::Vec;
use core::cmp::Ordering;

use compact_str::CompactString;

use super::block::{Kind, Leaf};
use super::hash::spread;
use super::heap;
use super::node::{Node, lower_bound};
use super::owners::GroupKey;
use super::section::Row;
use super::wire::{Reader, number, put_number, put_short_text, text};
use crate::resource::ResourceType;

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RepoRow {
    pub(super) kind: ResourceType,
    /// The part behind the slash.
    pub(super) name: CompactString,
    pub(super) public: bool,
    pub(super) gated: bool,
    pub(super) group: Option<GroupKey>,
    pub(super) created_by: Option<CompactString>,
    /// Who has been let in, sorted.
    pub(super) gated_users: Vec<CompactString>,
}

/// The key of a type and a name.
pub(super) fn key(kind: ResourceType, name: &str) -> u32 {
    let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
    spread(core::iter::once(kind as u8).chain(lower))
}

const PUBLIC: u8 = 1;
const GATED: u8 = 2;
const GROUPED: u8 = 4;
const CREATED: u8 = 8;

impl RepoRow {
    /// The key of a repository, whether it is there or not.
    pub(super) fn key_of(kind: ResourceType, name: &str) -> <Self as Row>::Key {
        let lower = CompactString::from(name.to_ascii_lowercase());
        (key(kind, name), kind, lower)
    }

    fn contents(&self) -> Vec<u8> {
        let flag = |there: bool, flag: u8| if there { flag } else { 0 };
        let mut out = Vec::new();
        out.push(self.kind as u8);
        out.push(
            flag(self.public, PUBLIC)
                | flag(self.gated, GATED)
                | flag(self.group.is_some(), GROUPED)
                | flag(self.created_by.is_some(), CREATED),
        );
        put_short_text(&mut out, &self.name);
        out.extend(self.group.iter().flatten());
        if let Some(creator) = &self.created_by {
            put_short_text(&mut out, creator);
        }
        let mut end = 0_usize;
        for user in &self.gated_users {
            end = end.saturating_add(user.len());
            put_number(&mut out, u32::try_from(end).unwrap_or(u32::MAX), END);
        }
        // The number of users stands last, so that nobody without any pays for it.
        for user in &self.gated_users {
            out.extend(user.as_bytes());
        }
        if !self.gated_users.is_empty() {
            let count = u32::try_from(self.gated_users.len()).unwrap_or(u32::MAX);
            put_number(&mut out, count, END);
        }
        out
    }
}

/// The bytes of an end.
const END: usize = 4;

/// A repository, read in place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repo<'a> {
    pub(super) kind: ResourceType,
    pub(super) name: &'a [u8],
    pub(super) public: bool,
    pub(super) gated: bool,
    pub(super) group: Option<&'a [u8]>,
    pub(super) created_by: Option<&'a [u8]>,
    users: Users<'a>,
}

/// Names, sorted.
#[derive(Debug, Clone, Copy)]
struct Users<'a> {
    ends: &'a [u8],
    names: &'a [u8],
    count: usize,
}

impl<'a> Users<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self {
                ends: &[],
                names: &[],
                count: 0,
            });
        }
        let (rest, count) = bytes.split_last_chunk::<END>()?;
        let count = u32::from_le_bytes(*count) as usize;
        let (ends, names) = rest.split_at_checked(count.checked_mul(END)?)?;
        Some(Self { ends, names, count })
    }

    fn get(&self, at: usize) -> Option<&'a [u8]> {
        let end_of = |at: usize| number(self.ends, at.checked_mul(END)?, END);
        let start = at.checked_sub(1).map_or(Some(0), end_of)?;
        self.names.get(start as usize..end_of(at)? as usize)
    }

    fn holds(&self, name: &[u8]) -> bool {
        let at = lower_bound(self.count, 0, |at| {
            self.get(at).is_some_and(|found| found < name)
        });
        self.get(at) == Some(name)
    }
}

impl<'a> Repo<'a> {
    #[inline]
    fn parse(contents: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(contents);
        let kind = *ResourceType::ALL.get(usize::from(reader.u8()?))?;
        let flags = reader.u8()?;
        let name = reader.short_bytes()?;
        let group = match flags & GROUPED {
            0 => None,
            _ => Some(reader.take(16)?),
        };
        let created_by = match flags & CREATED {
            0 => None,
            _ => Some(reader.short_bytes()?),
        };
        Some(Self {
            kind,
            name,
            public: flags & PUBLIC != 0,
            gated: flags & GATED != 0,
            group,
            created_by,
            users: Users::parse(reader.0)?,
        })
    }

    /// Whether somebody has been let in.
    pub(super) fn lets_in(&self, user: &[u8]) -> bool {
        self.users.holds(user)
    }
}

/// The repository of this type and name, whatever its case.
#[inline]
pub(super) fn find<'a>(
    leaf: &'a Leaf,
    key: u32,
    kind: ResourceType,
    name: &str,
) -> Option<Repo<'a>> {
    let lower = || name.bytes().map(|byte| byte.to_ascii_lowercase());
    let compare = |row: usize| {
        let order = heap::key(leaf, row)?.cmp(&key);
        if order != Ordering::Equal {
            return Some(order);
        }
        let mut reader = Reader(heap::row(leaf, row)?.1);
        let (found_kind, _) = (reader.u8()?, reader.u8()?);
        let found_name = reader.short_bytes()?;
        let order = found_kind.cmp(&(kind as u8));
        if order == Ordering::Equal && found_name == name.as_bytes() {
            return Some(order);
        }
        let found_name = found_name.iter().map(u8::to_ascii_lowercase);
        Some(order.then_with(|| found_name.cmp(lower())))
    };
    // By the keys alone first: hardly any two are the same.
    let first = heap::first(leaf, key);
    let at = lower_bound(leaf.rows(), first, |row| {
        compare(row) == Some(Ordering::Less)
    });
    if compare(at) != Some(Ordering::Equal) {
        return None;
    }
    Repo::parse(heap::row(leaf, at)?.1)
}

impl Row for RepoRow {
    type Key = (u32, ResourceType, CompactString);

    fn key(&self) -> Self::Key {
        Self::key_of(self.kind, &self.name)
    }

    fn cut(key: &Self::Key) -> u32 {
        key.0
    }

    fn weight(&self) -> u32 {
        // A user takes about a third of what a repository takes.
        u32::try_from(self.gated_users.len() / 3)
            .unwrap_or(u32::MAX)
            .saturating_add(1)
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
            let repo = Repo::parse(heap::row(leaf, row)?.1)?;
            let users = (0..repo.users.count).map(|at| text(repo.users.get(at)?).map(Into::into));
            Some(Self {
                kind: repo.kind,
                name: text(repo.name)?.into(),
                public: repo.public,
                gated: repo.gated,
                group: repo
                    .group
                    .and_then(|group| group.first_chunk::<16>())
                    .copied(),
                created_by: repo.created_by.and_then(text).map(Into::into),
                gated_users: users.collect::<Option<_>>()?,
            })
        });
        rows.collect()
    }
}
