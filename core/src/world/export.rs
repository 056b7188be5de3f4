//! What a snapshot of one organization holds, out of the index.
//!
//! A snapshot of the server's own world has what the document has (contract §3.3), narrowed to the
//! organization; one of a document has everything that is in it.

use alloc::vec::Vec;

use super::World;
use super::names::{Holder, NameId};
use super::orgs::OrgEntry;
use super::tokens::TokenEntry;
use crate::ids::TokenId;
use crate::permission::PermissionSet;
use crate::resource::ResourceType;
use crate::role::Role;
use crate::snapshot::{GrantView, Where};
use crate::timestamp::Timestamp;
use crate::token::{AuthorizationStatus, TokenKind};

/// How far a snapshot reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Tokens that matter to the organization, and their grants there.
    Organization,
    /// Everything that is known.
    Everything,
}

/// A token as it goes into a snapshot.
pub(crate) struct TokenFact<'a> {
    /// Half of the digest, where the token has one.
    pub(crate) half: Option<[u8; 16]>,
    pub(crate) id: TokenId,
    pub(crate) owner: &'a str,
    pub(crate) kind: TokenKind,
    pub(crate) status: AuthorizationStatus,
    pub(crate) revoked: bool,
    pub(crate) exchanged: bool,
    pub(crate) can_read_gated: bool,
    pub(crate) global: PermissionSet,
    pub(crate) grants: Vec<GrantView<'a>>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) name: Option<&'a str>,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// Somebody as they go into a snapshot.
pub(crate) struct OwnerFact<'a> {
    pub(crate) role: Option<Role>,
    pub(crate) is_user: bool,
    pub(crate) is_account: bool,
    pub(crate) suspended: bool,
    /// Roles above `no_access` in resource groups.
    pub(crate) groups: Vec<(&'a str, Role)>,
}

impl World {
    /// The tokens that go into a snapshot. `gated` are the users who have been let in anywhere.
    pub(crate) fn tokens_of_snapshot<'a>(
        &self,
        org: &str,
        reach: Reach,
        gated: impl Iterator<Item = &'a str>,
    ) -> Vec<TokenId> {
        let Some(org) = self.org(org) else {
            return Vec::new();
        };
        let mut places: Vec<u32> = match reach {
            Reach::Everything => self.tokens.places().collect(),
            Reach::Organization => {
                let gated = gated.filter_map(|name| self.names.find(name));
                let owners = org
                    .members
                    .keys()
                    .chain(&org.accounts)
                    .copied()
                    .chain(gated);
                let owned = owners.filter_map(|owner| self.names.get(owner));
                let owned = owned.flat_map(|owner| owner.tokens.iter().copied());
                let standings = org
                    .standings
                    .iter()
                    .filter(|(_, standing)| standing.revoked);
                let revoked = standings.map(|(at, _)| *at);
                owned
                    .chain(org.naming.iter().copied())
                    .chain(revoked)
                    .collect()
            }
        };
        places.sort_unstable();
        places.dedup();
        let tokens = places.iter().filter_map(|at| self.tokens.get(*at));
        tokens.map(|token| token.id).collect()
    }

    /// A token, if it goes into a snapshot.
    pub(crate) fn token_fact(
        &self,
        org: &str,
        id: TokenId,
        reach: Reach,
        is_gated: impl Fn(&str) -> bool,
    ) -> Option<TokenFact<'_>> {
        let (org, at) = self.org(org).zip(self.tokens.find_id(id))?;
        let token = self.tokens.get(at)?;
        let owner = self.names.name(token.owner);
        let concerns = match reach {
            Reach::Everything => true,
            Reach::Organization => self.concerns(org, at, token) || is_gated(owner),
        };
        concerns.then(|| self.fact(org, at, token, reach))
    }

    /// Whether a token matters to the organization, gated users aside.
    fn concerns(&self, org: &OrgEntry, at: u32, token: &TokenEntry) -> bool {
        org.members.contains_key(&token.owner)
            || self.names.holder(token.owner) == Holder::ServiceAccount(org.name)
            || org.naming.contains(&at)
            || org.standing(at).revoked
    }

    fn fact<'a>(
        &'a self,
        org: &OrgEntry,
        at: u32,
        token: &'a TokenEntry,
        reach: Reach,
    ) -> TokenFact<'a> {
        let standing = org.standing(at);
        let place = |namespace: NameId| match namespace {
            here if here == org.name => Where::Org,
            own if own == token.owner => Where::Own,
            other => Where::Elsewhere(self.names.name(other).as_bytes()),
        };
        let grants = token.grants.iter().filter(|grant| match reach {
            Reach::Everything => true,
            Reach::Organization => grant.namespace == org.name && grant.kind != ResourceType::User,
        });
        TokenFact {
            half: token.half(),
            id: token.id,
            owner: self.names.name(token.owner),
            kind: token.kind,
            status: standing.status,
            revoked: standing.revoked,
            exchanged: token.exchanged,
            can_read_gated: token.can_read_gated,
            global: token.global,
            grants: grants
                .map(|grant| GrantView {
                    place: place(grant.namespace),
                    kind: grant.kind as u8,
                    repo: grant.repo.as_bytes(),
                    permissions: grant.permissions.bits(),
                })
                .collect(),
            expires_at: token.expires_at(),
            created_at: token.created_at,
            name: token.display_name.as_deref(),
            last_used_at: token.last_used_at(),
        }
    }

    /// Somebody who is a member, a service account, or the owner of a token of the snapshot.
    pub(crate) fn owner_fact(
        &self,
        org: &str,
        name: &str,
        reach: Reach,
        is_gated: bool,
    ) -> Option<OwnerFact<'_>> {
        let (org, id) = self.org(org).zip(self.names.find(name))?;
        let entry = self.names.get(id)?;
        let role = org.members.get(&id).copied();
        let holder = self.names.holder(id);
        let is_account = holder == Holder::ServiceAccount(org.name);
        let owns = entry.tokens.iter().any(|at| {
            let token = self.tokens.get(*at);
            let all = is_gated || reach == Reach::Everything;
            token.is_some_and(|token| all || self.concerns(org, *at, token))
        });
        if role.is_none() && !is_account && !owns {
            return None;
        }
        let groups = org.groups.iter().filter(|group| group.exists);
        let groups = groups.filter_map(|group| {
            let role = group.members.get(&id).copied()?;
            (role > Role::NoAccess).then(|| (group.name.as_str(), role))
        });
        let (is_user, suspended) = match holder {
            Holder::User { suspended, .. } => (true, suspended),
            Holder::ServiceAccount(_) | Holder::Org(_) => (false, false),
        };
        Some(OwnerFact {
            role,
            is_user,
            is_account,
            suspended,
            groups: groups.collect(),
        })
    }

    /// Everybody who may be in a snapshot for themselves: members and service accounts.
    pub(crate) fn insiders(&self, org: &str) -> impl Iterator<Item = &str> {
        let org = self.org(org);
        let insiders = org.map(|org| org.members.keys().chain(&org.accounts));
        insiders
            .into_iter()
            .flatten()
            .map(|id| self.names.name(*id))
    }

    /// The members of a resource group.
    pub(crate) fn group_members(&self, org: &str, group: &str) -> impl Iterator<Item = &str> {
        let groups = self.org(org).map_or(&[][..], |org| &org.groups).iter();
        let found = groups.filter(move |other| other.name.as_str() == group);
        found
            .flat_map(|group| group.members.keys())
            .map(|id| self.names.name(*id))
    }

    /// Half of the digest of a token, and its owner.
    pub(crate) fn half_and_owner(&self, id: TokenId) -> Option<(Option<[u8; 16]>, &str)> {
        let token = self.tokens.get(self.tokens.find_id(id)?)?;
        Some((token.half(), self.names.name(token.owner)))
    }

    /// Whether an organization has a resource group.
    pub(crate) fn has_groups(&self, org: &str) -> bool {
        self.org(org).is_some_and(OrgEntry::has_groups)
    }
}
