//! What the index knows, as rows again: for commands, which change rows.

use alloc::vec::Vec;

use super::World;
use super::names::{Holder, NameId};
use super::orgs::OrgEntry;
use super::repos::RepoEntry;
use crate::decide::Listing;
use crate::ids::{GroupName, Name, TokenId};
use crate::organization::{Member, Organization, Repository, Visibility};
use crate::resource::{Resource, ResourceName};
use crate::role::Role;
use crate::timestamp::Timestamp;
use crate::token::{Badge, TokenKind};

/// How many administrators are told of a token that waits.
const TOLD: usize = 5;

/// A token in an organization's listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedToken<'a> {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub owner: &'a str,
    /// Its kind.
    pub kind: TokenKind,
    /// When it was made or last rotated.
    pub created_at: Timestamp,
    /// The badge, where one is shown.
    pub badge: Option<Badge>,
}

impl World {
    /// The row of an organization, and its generation.
    #[must_use]
    pub fn organization(&self, name: &str) -> Option<(Organization, u64)> {
        let org = self.org(name)?;
        let organization = Organization {
            name: self.full_name(org.name)?,
            plan: org.plan,
            token_policy: org.policy,
        };
        Some((organization, org.generation))
    }

    /// The members of an organization, by name.
    #[must_use]
    pub fn members(&self, org: &str) -> Vec<Member> {
        self.org(org)
            .map(|org| self.member_list(&org.members))
            .unwrap_or_default()
    }

    /// The service accounts of an organization, by name.
    #[must_use]
    pub fn service_accounts(&self, org: &str) -> Vec<Name> {
        let accounts = self.org(org).map_or(&[][..], |org| &org.accounts);
        let mut names: Vec<Name> = accounts
            .iter()
            .filter_map(|id| self.full_name(*id))
            .collect();
        names.sort();
        names
    }

    /// The resource groups of an organization with their members.
    #[must_use]
    pub fn groups(&self, org: &str) -> Vec<(GroupName, Vec<Member>)> {
        let groups = self.org(org).map_or(&[][..], |org| &org.groups);
        let there = groups.iter().filter(|group| group.exists);
        there
            .map(|group| (group.name.clone(), self.member_list(&group.members)))
            .collect()
    }

    /// The repositories that an organization has listed, by type and name.
    #[must_use]
    pub fn repositories(&self, org: &str) -> Vec<Repository> {
        let Some(org) = self.org(org) else {
            return Vec::new();
        };
        let mut rows: Vec<Repository> = self
            .repos_of(org)
            .filter_map(|repo| self.repository_row(org, repo))
            .collect();
        rows.sort_by(|a, b| (a.r#type, &a.name).cmp(&(b.r#type, &b.name)));
        rows
    }

    /// How a repository is listed, and its row when it is.
    #[must_use]
    pub fn repository(&self, resource: &Resource<'_>) -> (Listing, Option<Repository>) {
        let Some(org) = self.org(resource.namespace()) else {
            return (Listing::Unlisted, None);
        };
        let (listing, repo) = self.repos.find(org.name, resource);
        (
            listing,
            repo.and_then(|repo| self.repository_row(org, repo)),
        )
    }

    /// Whether a repository of the organization is in this resource group.
    #[must_use]
    pub fn uses_group(&self, org: &str, group: &GroupName) -> bool {
        let Some(org) = self.org(org) else {
            return false;
        };
        let at = org.group_at(group);
        at.is_some() && self.repos_of(org).any(|repo| repo.group == at)
    }

    /// Whether somebody is a service account of the organization.
    #[must_use]
    pub fn is_service_account(&self, org: &str, name: &str) -> bool {
        self.org(org).is_some_and(|org| {
            self.names
                .find(name)
                .is_some_and(|id| self.names.holder(id) == Holder::ServiceAccount(org.name))
        })
    }

    /// Up to five administrators with a confirmed mail address, by name.
    #[must_use]
    pub fn admins_to_tell(&self, org: &str) -> Vec<Name> {
        let Some(org) = self.org(org) else {
            return Vec::new();
        };
        let reachable = |id: NameId| {
            matches!(
                self.names.holder(id),
                Holder::User {
                    reachable: true,
                    ..
                }
            )
        };
        let admins = org.members.iter().filter(|(_, role)| **role == Role::Admin);
        let told = admins.filter(|(id, _)| reachable(**id));
        let mut names: Vec<Name> = told.filter_map(|(id, _)| self.full_name(*id)).collect();
        names.sort();
        names.truncate(TOLD);
        names
    }

    /// How many administrators an organization has.
    #[must_use]
    pub fn admin_count(&self, org: &str) -> usize {
        let roles = self.org(org).map(|org| org.members.values());
        roles.map_or(0, |roles| {
            roles.filter(|role| **role == Role::Admin).count()
        })
    }

    /// The ids of a user's tokens, oldest first.
    #[must_use]
    pub fn tokens_of(&self, owner: &str) -> Vec<TokenId> {
        let owner = self
            .names
            .find(owner)
            .and_then(|owner| self.names.get(owner));
        let places = owner.map_or(&[][..], |owner| &owner.tokens);
        places
            .iter()
            .filter_map(|at| Some(self.tokens.get(*at)?.id))
            .collect()
    }

    /// The ids of the tokens that name an organization.
    #[must_use]
    pub fn tokens_naming(&self, org: &str) -> Vec<TokenId> {
        let Some(org) = self.org(org) else {
            return Vec::new();
        };
        let mut places: Vec<u32> = org.naming.iter().copied().collect();
        places.sort_unstable();
        places
            .iter()
            .filter_map(|at| Some(self.tokens.get(*at)?.id))
            .collect()
    }

    /// The tokens that have a grant on this repository itself.
    #[must_use]
    pub fn tokens_granted(&self, resource: &Resource<'_>) -> Vec<TokenId> {
        let Some((org, name)) = self.org(resource.namespace()).zip(resource.repo()) else {
            return Vec::new();
        };
        let granted = org
            .naming
            .iter()
            .filter_map(|at| self.tokens.get(*at))
            .filter(|token| {
                token
                    .grants_in(org.name)
                    .any(|grant| grant.kind == resource.kind() && grant.repo == name)
            });
        let mut ids: Vec<TokenId> = granted.map(|token| token.id).collect();
        ids.sort();
        ids
    }

    /// Whether the organization is shown the token (contract §3.3).
    #[must_use]
    pub fn is_shown(&self, org: &str, id: TokenId) -> bool {
        let Some((org, at)) = self.org(org).zip(self.tokens.find_id(id)) else {
            return false;
        };
        let Some(token) = self.tokens.get(at) else {
            return false;
        };
        let unscoped = !token.kind.is_fine_grained() && org.members.contains_key(&token.owner);
        let account = org.accounts.contains(&token.owner);
        unscoped || account || org.naming.contains(&at) || org.standing(at).revoked
    }

    /// The badge that the organization's listing shows for a token (contract §6, §7).
    #[must_use]
    pub fn badge(&self, org: &str, id: TokenId) -> Option<Badge> {
        let (org, at) = self.org(org).zip(self.tokens.find_id(id))?;
        let token = self.tokens.get(at)?;
        let exempt = token.exchanged || org.accounts.contains(&token.owner);
        let names_org = org.naming.contains(&at);
        let standing = org.standing(at);
        let known = (standing.status, standing.revoked);
        Badge::of(org.policy, token.kind, names_org, exempt, known)
    }

    /// The tokens that an organization is shown, in the order in which they came.
    #[must_use]
    pub fn listing(&self, org: &str) -> Vec<ListedToken<'_>> {
        let shown = self.shown(org).into_iter();
        let listed = shown.map(|token| ListedToken {
            id: token.id,
            owner: token.owner,
            kind: token.kind,
            created_at: token.created_at,
            badge: self.badge(org, token.id),
        });
        listed.collect()
    }

    /// The organizations in which a token is revoked.
    pub fn orgs_revoking(&self, id: TokenId) -> impl Iterator<Item = &str> {
        let at = self.tokens.find_id(id);
        let orgs = at.and_then(|at| self.revoked.get(&at));
        let orgs = orgs.map_or(&[][..], Vec::as_slice).iter();
        orgs.filter_map(|org| self.orgs.get(*org as usize))
            .map(|org| self.names.name(org.name))
    }

    /// Whether the token is revoked in any organization.
    #[must_use]
    pub fn is_revoked_anywhere(&self, id: TokenId) -> bool {
        self.orgs_revoking(id).next().is_some()
    }

    /// Whether a member may know of a repository of the organization: check 13 lets them by.
    #[must_use]
    pub fn is_visible(&self, user: &str, resource: &Resource<'_>) -> bool {
        let org = self.org(resource.namespace());
        let Some(org) = org.filter(|_| resource.kind().is_repo()) else {
            return false;
        };
        let Some(user) = self.names.find(user) else {
            return false;
        };
        let role = org.members.get(&user).copied().unwrap_or(Role::NoAccess);
        let (admin, member) = (role == Role::Admin, role > Role::NoAccess);
        match self.repos.find(org.name, resource) {
            (Listing::OtherCase, _) => false,
            (_, None) => admin || (member && !org.has_groups()),
            (_, Some(repo)) => {
                let grouped = repo
                    .group
                    .map(|group| org.group_role(group, user).is_some());
                repo.public || admin || grouped.unwrap_or(member)
            }
        }
    }

    /// Whether somebody belongs to an organization: a member with a role above `no_access` there
    /// or in one of its resource groups, or one of its service accounts.
    #[must_use]
    pub fn belongs(&self, org: &str, name: &str) -> bool {
        let Some((org, id)) = self.org(org).zip(self.names.find(name)) else {
            return false;
        };
        let member = org
            .members
            .get(&id)
            .is_some_and(|role| *role > Role::NoAccess);
        let account = self.names.holder(id) == Holder::ServiceAccount(org.name);
        member || account || org.best_group_role(id).is_some()
    }

    /// Whether a name stands for an organization.
    #[must_use]
    pub fn is_organization(&self, name: &str) -> bool {
        self.org(name).is_some()
    }

    fn member_list(&self, members: &hashbrown::HashMap<NameId, Role>) -> Vec<Member> {
        let mut list: Vec<Member> = members
            .iter()
            .filter_map(|(id, role)| {
                Some(Member {
                    user: self.full_name(*id)?,
                    role: *role,
                })
            })
            .collect();
        list.sort_by(|a, b| a.user.cmp(&b.user));
        list
    }

    pub(super) fn repos_of(&self, org: &OrgEntry) -> impl Iterator<Item = &RepoEntry> {
        org.repos.iter().filter_map(|at| self.repos.get(*at))
    }

    fn repository_row(&self, org: &OrgEntry, repo: &RepoEntry) -> Option<Repository> {
        let name = alloc::format!("{}/{}", self.names.name(org.name), repo.name);
        let resource = ResourceName::new(repo.kind, &name).ok()?;
        let group = repo.group.and_then(|at| org.groups.get(at as usize));
        let mut gated_users: Vec<Name> = repo
            .gated_users
            .iter()
            .filter_map(|id| self.full_name(*id))
            .collect();
        gated_users.sort();
        Some(Repository {
            visibility: if repo.public {
                Visibility::Public
            } else {
                Visibility::Private
            },
            gated: repo.gated,
            resource_group: group.map(|group| group.name.clone()),
            created_by: repo.created_by.and_then(|id| self.full_name(id)),
            gated_users,
            ..Repository::new(&resource)
        })
    }

    fn full_name(&self, id: NameId) -> Option<Name> {
        Name::parse(self.names.name(id)).ok()
    }
}
