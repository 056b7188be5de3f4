//! The tokens that an organization is shown (contract §3.3): its members' unscoped ones, its
//! service accounts', all that name it, and all that are revoked there.

use alloc::vec::Vec;

use super::World;
use super::names::{Holder, NameId};
use super::orgs::OrgEntry;
use super::tokens::TokenEntry;
use crate::decide::Facts;
use crate::ids::TokenId;
use crate::index::ShownToken;
use crate::permission::Permission;
use crate::policy::TokenPolicy;
use crate::resource::ResourceType;

impl World {
    /// The facts of every shown token for what the organization as a whole says to it.
    pub(super) fn facts_of_shown(&self, org: &str, policy: TokenPolicy) -> Vec<(TokenId, Facts)> {
        let Some(org) = self.org(org) else {
            return Vec::new();
        };
        let shown = self.shown_places(org).into_iter();
        let facts = shown.filter_map(|at| {
            let id = self.tokens.get(at)?.id;
            Some((id, self.org_facts(at, org, policy)))
        });
        facts.collect()
    }

    /// Every shown token.
    pub(super) fn shown(&self, org: &str) -> Vec<ShownToken<'_>> {
        let Some(org) = self.org(org) else {
            return Vec::new();
        };
        let places = self.shown_places(org).into_iter();
        places
            .filter_map(|at| Some(self.show(at, self.tokens.get(at)?, org)))
            .collect()
    }

    fn show<'a>(&'a self, at: u32, token: &'a TokenEntry, org: &OrgEntry) -> ShownToken<'a> {
        let belongs = org.members.contains_key(&token.owner) || self.is_account(token.owner, org);
        ShownToken {
            id: token.id,
            kind: token.kind,
            display_name: token.display_name.as_deref(),
            created_at: token.created_at,
            last_used_at: token.last_used_at(),
            expires_at: token.expires_at(),
            revoked: org.standing(at).revoked,
            owner: self.names.name(token.owner),
            owner_left: !belongs && token.names_org(org.name),
            org_wide_write: token.grants_in(org.name).any(|grant| {
                grant.kind == ResourceType::Org && grant.permissions.has(Permission::RepoWrite)
            }),
        }
    }

    /// The places of the shown tokens, in the order in which the tokens came.
    fn shown_places(&self, org: &OrgEntry) -> Vec<u32> {
        let owned = |owners: Vec<NameId>| {
            let owners = owners.into_iter().filter_map(|owner| self.names.get(owner));
            owners.flat_map(|owner| owner.tokens.iter().copied())
        };
        let unscoped = owned(org.members.keys().copied().collect()).filter(|at| {
            self.tokens
                .get(*at)
                .is_some_and(|token| !token.kind.is_fine_grained())
        });
        let revoked = org
            .standings
            .iter()
            .filter(|(_, standing)| standing.revoked)
            .map(|(at, _)| *at);
        let accounts = owned(org.accounts.clone());
        let naming = org.naming.iter().copied();
        let mut places: Vec<u32> = unscoped
            .chain(accounts)
            .chain(naming)
            .chain(revoked)
            .collect();
        places.sort_unstable();
        places.dedup();
        places.retain(|at| self.tokens.get(*at).is_some());
        places
    }

    fn is_account(&self, owner: NameId, org: &OrgEntry) -> bool {
        self.names.holder(owner) == Holder::ServiceAccount(org.name)
    }
}
