//! The organizations of the index: members, resource groups, and what each thinks of which token.

use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use super::names::NameId;
use crate::ids::GroupName;
use crate::policy::{Plan, TokenPolicy};
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
    /// The places of its listed repositories.
    pub(super) repos: Vec<u32>,
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
            repos: Vec::new(),
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
}
