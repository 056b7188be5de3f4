//! Names as small numbers: users, organizations and service accounts share one name space.

use alloc::vec::Vec;
use core::hash::BuildHasher;

use compact_str::CompactString;
use hashbrown::DefaultHashBuilder;
use smallvec::SmallVec;

use super::places::Places;
use crate::role::Role;

/// A name as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NameId(pub(super) u32);

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// A user, or a name that has only been mentioned.
    User {
        /// Whether all tokens of the user are refused.
        suspended: bool,
        /// Whether the user has a confirmed mail address.
        reachable: bool,
    },
    /// A service account of this organization.
    ServiceAccount(NameId),
    /// The organization at this place.
    Org(u32),
}

impl Holder {
    /// A name of which nothing is known.
    pub(super) const UNKNOWN: Self = Self::User {
        suspended: false,
        reachable: false,
    };
}

/// One name, what it stands for, the tokens that it owns.
#[derive(Debug, Clone)]
pub(super) struct NameEntry {
    pub(super) name: CompactString,
    pub(super) holder: Holder,
    pub(super) tokens: Vec<u32>,
    /// Where the user is a member; mostly in one organization or two.
    pub(super) orgs: SmallVec<[Membership; 2]>,
}

/// A user's role in one organization. The organization has it too, but here it is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Membership {
    /// The organization's place.
    pub(super) org: u32,
    pub(super) role: Role,
}

/// All names that have been mentioned.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    entries: Vec<NameEntry>,
    by_name: Places,
    hasher: DefaultHashBuilder,
}

impl Names {
    /// The number of a name that has been mentioned.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<NameId> {
        let same = |at| self.name(NameId(at)) == name;
        let found = self.by_name.find(self.hasher.hash_one(name), same);
        found.map(NameId)
    }

    /// The number of a name, which is now mentioned.
    pub(super) fn mention(&mut self, name: &str) -> NameId {
        if let Some(id) = self.find(name) {
            return id;
        }
        let id = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(NameEntry {
            name: CompactString::from(name),
            holder: Holder::UNKNOWN,
            tokens: Vec::new(),
            orgs: SmallVec::new(),
        });
        self.by_name.insert(self.hasher.hash_one(name), id);
        NameId(id)
    }

    /// The name of a number.
    #[inline]
    pub(super) fn name(&self, id: NameId) -> &str {
        self.get(id).map_or("", |entry| entry.name.as_str())
    }

    #[inline]
    pub(super) fn get(&self, id: NameId) -> Option<&NameEntry> {
        self.entries.get(id.0 as usize)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: NameId) -> Option<&mut NameEntry> {
        self.entries.get_mut(id.0 as usize)
    }

    /// The role of a user in the organization at this place.
    #[inline]
    pub(super) fn role_in(&self, user: NameId, org: u32) -> Option<Role> {
        let mut orgs = self.get(user)?.orgs.iter();
        orgs.find(|member| member.org == org)
            .map(|member| member.role)
    }

    /// What a number stands for.
    #[inline]
    pub(super) fn holder(&self, id: NameId) -> Holder {
        self.get(id).map_or(Holder::UNKNOWN, |entry| entry.holder)
    }
}
