//! The listed repositories of all organizations, found by type and whole name.
//!
//! One table for all of them, so that a repository can be looked for before it is known which
//! organization its namespace is.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use compact_str::CompactString;
use hashbrown::DefaultHashBuilder;

use super::names::{NameId, Names};
use super::orgs::OrgEntry;
use super::places::Places;
use crate::decide::Listing;
use crate::organization::{Repository, Visibility};
use crate::resource::{Resource, ResourceType};

/// A listed repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RepoEntry {
    /// The name of its organization.
    pub(super) org: NameId,
    pub(super) name: CompactString,
    pub(super) kind: ResourceType,
    pub(super) public: bool,
    pub(super) gated: bool,
    pub(super) group: Option<u32>,
    pub(super) created_by: Option<NameId>,
    pub(super) gated_users: Box<[NameId]>,
}

impl RepoEntry {
    pub(super) fn new(
        row: &Repository,
        resource: Resource<'_>,
        org: &OrgEntry,
        names: &mut Names,
    ) -> Self {
        let gated_users = row.gated_users.iter();
        let mut gated_users: Vec<NameId> = gated_users
            .map(|user| names.mention(user.as_str()))
            .collect();
        gated_users.sort_unstable();
        let group = row.resource_group.as_ref();
        let created_by = row.created_by.as_ref();
        Self {
            org: org.name,
            name: resource.repo().unwrap_or_default().into(),
            kind: row.r#type,
            public: row.visibility == Visibility::Public,
            gated: row.gated,
            group: group.and_then(|group| org.group_at(group)),
            created_by: created_by.map(|user| names.mention(user.as_str())),
            gated_users: gated_users.into_boxed_slice(),
        }
    }
}

/// All listed repositories, by place.
#[derive(Debug, Clone, Default)]
pub(super) struct Repos {
    entries: Vec<Option<RepoEntry>>,
    /// Places whose repository is listed no longer; nothing is kept under them elsewhere.
    free: Vec<u32>,
    by_name: Places,
    hasher: DefaultHashBuilder,
}

/// The longest name of a repository, 42 characters, a slash, 96 characters, in whole steps.
const LONGEST: usize = 9 * STEP;
/// So many bytes are made lower case at a time.
const STEP: usize = 16;

impl Repos {
    /// The repository of this name, or else whether one differs only in case.
    #[inline]
    pub(super) fn find(
        &self,
        org: NameId,
        resource: &Resource<'_>,
    ) -> (Listing, Option<&RepoEntry>) {
        let place = self.place(org, resource);
        match place.and_then(|at| self.get(at)).zip(resource.repo()) {
            Some((repo, name)) if repo.name == name => (Listing::Listed, Some(repo)),
            Some(_) => (Listing::OtherCase, None),
            None => (Listing::Unlisted, None),
        }
    }

    /// A first look at the part of the index where a hash belongs.
    #[inline]
    pub(super) fn glance(&self, hash: u64) -> Option<u64> {
        self.by_name.glance(hash)
    }

    /// The place of the repository with this hash, most probably.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> Option<u32> {
        self.by_name.guess(hash)
    }

    /// The same as [`Self::find`], sooner when the guess is right.
    #[inline]
    pub(super) fn confirm(
        &self,
        guess: Option<u32>,
        org: NameId,
        resource: &Resource<'_>,
    ) -> (Listing, Option<&RepoEntry>) {
        let is_it = |repo: &&RepoEntry| {
            repo.org == org
                && repo.kind == resource.kind()
                && resource.repo() == Some(repo.name.as_str())
        };
        match guess.and_then(|at| self.get(at)).filter(is_it) {
            Some(repo) => (Listing::Listed, Some(repo)),
            None => self.find(org, resource),
        }
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> Option<&RepoEntry> {
        self.entries.get(at as usize)?.as_ref()
    }

    /// Puts a repository in place of an earlier one; or in a new place, which it gives back.
    pub(super) fn put(&mut self, repo: RepoEntry, resource: &Resource<'_>) -> Option<u32> {
        let (old, hash) = (self.place(repo.org, resource), self.hash(resource));
        let place = old.or_else(|| self.free.pop());
        let at = place.unwrap_or_else(|| u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        match self.entries.get_mut(at as usize) {
            Some(place) => *place = Some(repo),
            None => self.entries.push(Some(repo)),
        }
        if old.is_some() {
            return None;
        }
        self.by_name.insert(hash, at);
        Some(at)
    }

    /// Removes a repository, and says where it was.
    pub(super) fn remove(&mut self, org: NameId, resource: &Resource<'_>) -> Option<u32> {
        let at = self.place(org, resource)?;
        if self.get(at).map(|repo| repo.name.as_str()) != resource.repo() {
            return None;
        }
        *self.entries.get_mut(at as usize)? = None;
        self.by_name.remove(self.hash(resource), at);
        self.free.push(at);
        Some(at)
    }

    #[inline]
    fn place(&self, org: NameId, resource: &Resource<'_>) -> Option<u32> {
        let name = resource.repo()?;
        self.by_name.find(self.hash(resource), |at| {
            self.get(at).is_some_and(|repo| {
                repo.org == org
                    && repo.kind == resource.kind()
                    && repo.name.eq_ignore_ascii_case(name)
            })
        })
    }

    /// A hash that does not see the case of the name.
    #[inline]
    pub(super) fn hash(&self, resource: &Resource<'_>) -> u64 {
        let name = resource.name().as_bytes();
        let mut lower = [0; LONGEST];
        let text = lower.get_mut(..name.len()).unwrap_or_default();
        text.copy_from_slice(name.get(..text.len()).unwrap_or_default());
        // Whole steps of sixteen bytes, which are quicker than the few that the name has.
        let steps = lower.chunks_exact_mut(STEP);
        let steps = steps.take(name.len().div_ceil(STEP));
        steps.for_each(<[u8]>::make_ascii_lowercase);
        let lower = lower.get(..name.len()).unwrap_or_default();
        self.hasher.hash_one((resource.kind() as u8, lower))
    }
}
