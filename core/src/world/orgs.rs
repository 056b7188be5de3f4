//! The organizations of the index: members, resource groups, repositories, and what each thinks of
//! which token.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use compact_str::CompactString;
use hashbrown::{DefaultHashBuilder, HashMap, HashSet, HashTable};

use super::names::{NameId, Names};
use crate::decide::Listing;
use crate::ids::GroupName;
use crate::organization::{Repository, Visibility};
use crate::policy::{Plan, TokenPolicy};
use crate::resource::{Resource, ResourceType};
use crate::role::Role;
use crate::token::AuthorizationStatus;

/// What an organization thinks of a token, as far as decisions need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StandingEntry {
    pub(super) status: AuthorizationStatus,
    pub(super) revoked: bool,
}

impl StandingEntry {
    /// Nobody has decided, nothing is revoked.
    pub(super) const NEW: Self = Self {
        status: AuthorizationStatus::Pending,
        revoked: false,
    };
}

/// A listed repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RepoEntry {
    pub(super) name: CompactString,
    pub(super) kind: ResourceType,
    pub(super) public: bool,
    pub(super) gated: bool,
    pub(super) group: Option<u32>,
    pub(super) created_by: Option<NameId>,
    pub(super) gated_users: Box<[NameId]>,
}

/// A resource group; its place in the organization never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupEntry {
    pub(super) name: GroupName,
    pub(super) members: HashMap<NameId, Role>,
    pub(super) exists: bool,
}

/// One organization.
#[derive(Debug, Clone)]
pub(super) struct OrgEntry {
    pub(super) name: NameId,
    pub(super) policy: TokenPolicy,
    pub(super) plan: Plan,
    pub(super) generation: u64,
    pub(super) members: HashMap<NameId, Role>,
    pub(super) accounts: Vec<NameId>,
    pub(super) groups: Vec<GroupEntry>,
    pub(super) standings: HashMap<u32, StandingEntry>,
    /// The tokens that name the organization.
    pub(super) naming: HashSet<u32>,
    repos: HashTable<RepoEntry>,
    hasher: DefaultHashBuilder,
}

impl OrgEntry {
    pub(super) fn new(name: NameId) -> Self {
        Self {
            name,
            policy: TokenPolicy::Default,
            plan: Plan::Free,
            generation: 0,
            members: HashMap::new(),
            accounts: Vec::new(),
            groups: Vec::new(),
            standings: HashMap::new(),
            naming: HashSet::new(),
            repos: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    pub(super) fn has_groups(&self) -> bool {
        self.groups.iter().any(|group| group.exists)
    }

    /// The role that counts of somebody's in the group at this place.
    #[inline]
    pub(super) fn group_role(&self, group: u32, user: NameId) -> Option<Role> {
        let role = self
            .groups
            .get(group as usize)?
            .members
            .get(&user)
            .copied()?;
        (role > Role::NoAccess).then_some(role)
    }

    /// The best role that somebody has in any group.
    pub(super) fn best_group_role(&self, user: NameId) -> Option<Role> {
        let groups = self.groups.iter().filter(|group| group.exists);
        groups
            .filter_map(|group| group.members.get(&user).copied())
            .filter(|role| *role > Role::NoAccess)
            .max()
    }

    pub(super) fn group_at(&self, name: &GroupName) -> Option<u32> {
        let at = self.groups.iter().position(|group| group.name == *name)?;
        u32::try_from(at).ok()
    }

    /// The repository of this name, or else whether one differs only in case.
    #[inline]
    pub(super) fn repo(&self, kind: ResourceType, name: &str) -> (Listing, Option<&RepoEntry>) {
        let same = |repo: &RepoEntry| repo.kind == kind && repo.name.eq_ignore_ascii_case(name);
        match self.repos.find(repo_hash(&self.hasher, kind, name), same) {
            Some(repo) if repo.name == name => (Listing::Listed, Some(repo)),
            Some(_) => (Listing::OtherCase, None),
            None => (Listing::Unlisted, None),
        }
    }

    pub(super) fn put_repo(&mut self, repo: RepoEntry) {
        self.remove_repo(repo.kind, &repo.name.clone());
        let Self { repos, hasher, .. } = self;
        let hash_of = |repo: &RepoEntry| repo_hash(hasher, repo.kind, &repo.name);
        repos.insert_unique(hash_of(&repo), repo, hash_of);
    }

    pub(super) fn remove_repo(&mut self, kind: ResourceType, name: &str) {
        let same = |repo: &RepoEntry| repo.kind == kind && repo.name == name;
        if let Ok(found) = self
            .repos
            .find_entry(repo_hash(&self.hasher, kind, name), same)
        {
            found.remove();
        }
    }

    pub(super) fn repos(&self) -> impl Iterator<Item = &RepoEntry> {
        self.repos.iter()
    }
}

impl RepoEntry {
    pub(super) fn new(
        row: &Repository,
        resource: Resource<'_>,
        org: &OrgEntry,
        names: &mut Names,
    ) -> Self {
        let mut gated_users: Vec<NameId> = row
            .gated_users
            .iter()
            .map(|user| names.mention(user.as_str()))
            .collect();
        gated_users.sort_unstable();
        Self {
            name: resource.repo().unwrap_or_default().into(),
            kind: row.r#type,
            public: row.visibility == Visibility::Public,
            gated: row.gated,
            group: row
                .resource_group
                .as_ref()
                .and_then(|group| org.group_at(group)),
            created_by: row
                .created_by
                .as_ref()
                .map(|user| names.mention(user.as_str())),
            gated_users: gated_users.into_boxed_slice(),
        }
    }
}

/// A hash that does not see the case of the name. Repository names have 96 characters at most.
#[inline]
fn repo_hash(hasher: &DefaultHashBuilder, kind: ResourceType, name: &str) -> u64 {
    let mut lower = [0_u8; 97];
    lower
        .iter_mut()
        .zip(name.bytes())
        .for_each(|(to, from)| *to = from.to_ascii_lowercase());
    if let Some(last) = lower.last_mut() {
        *last = kind as u8;
    }
    hasher.hash_one(lower)
}
