//! Following rows: how the index moves with every committed change.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::World;
use super::names::{Holder, Membership, NameId};
use super::orgs::{GroupEntry, OrgEntry, StandingEntry};
use super::repos::RepoEntry;
use super::tokens::TokenEntry;
use crate::ids::{GroupName, Name, TokenId};
use crate::organization::{Member, Organization, Repository};
use crate::resource::ResourceName;
use crate::role::Role;
use crate::row::Row;
use crate::token::{Standing, Token};
use crate::user::User;

impl World {
    /// Puts one row in place of the earlier one, or removes it.
    pub fn apply(&mut self, row: &Row) {
        match row {
            Row::User(user) => self.put_user(user),
            Row::Organization {
                organization,
                generation,
            } => {
                self.put_organization(organization, *generation);
            }
            Row::ServiceAccount { org, name } => self.put_account(org, name),
            Row::Member { org, user, role } => self.put_member(org, user, *role),
            Row::Group { org, name, members } => self.put_group(org, name, members.as_deref()),
            Row::Repository(repository) => self.put_repository(repository),
            Row::RepositoryGone { resource } => self.remove_repository(resource),
            Row::Token(token) => self.put_token(token),
            Row::TokenGone { id } => self.remove_token(*id),
            Row::Standing {
                token,
                org,
                standing,
            } => self.put_standing(*token, org, standing),
            Row::EdgeCredential(credential) => self.edges.put(credential),
            Row::EdgeCredentialGone { org, name } => self.edges.remove(org.as_str(), name),
        }
    }

    fn put_user(&mut self, user: &User) {
        let id = self.names.mention(user.name.as_str());
        if let Some(entry) = self.names.get_mut(id) {
            let reachable = user.email.is_some() && user.email_confirmed && !user.suspended;
            entry.holder = Holder::User {
                suspended: user.suspended,
                reachable,
            };
        }
    }

    fn put_organization(&mut self, row: &Organization, generation: u64) {
        let org = self.org_mut(&row.name);
        let Some(org) = org else { return };
        org.policy = row.token_policy;
        org.plan = row.plan;
        org.generation = generation;
    }

    /// The organization of this name, which is there from now on.
    fn org_mut(&mut self, name: &Name) -> Option<&mut OrgEntry> {
        let id = self.names.mention(name.as_str());
        let at = match self.names.holder(id) {
            Holder::Org(at) => at,
            Holder::User { .. } | Holder::ServiceAccount(_) => {
                let at = u32::try_from(self.orgs.len()).ok()?;
                self.orgs.push(OrgEntry::new(id));
                self.names.get_mut(id)?.holder = Holder::Org(at);
                at
            }
        };
        self.orgs.get_mut(at as usize)
    }

    fn put_account(&mut self, org: &Name, name: &Name) {
        let id = self.names.mention(name.as_str());
        let Some(org) = self.org_mut(org) else { return };
        let home = org.name;
        if !org.accounts.contains(&id) {
            org.accounts.push(id);
        }
        if let Some(entry) = self.names.get_mut(id) {
            entry.holder = Holder::ServiceAccount(home);
        }
    }

    fn put_member(&mut self, org: &Name, user: &Name, role: Option<Role>) {
        let id = self.names.mention(user.as_str());
        let Some(org) = self.org_mut(org) else { return };
        let home = org.name;
        match role {
            Some(role) => org.members.insert(id, role),
            None => org.members.remove(&id),
        };
        let Holder::Org(at) = self.names.holder(home) else {
            return;
        };
        if let Some(entry) = self.names.get_mut(id) {
            entry.orgs.retain(|member| member.org != at);
            entry
                .orgs
                .extend(role.map(|role| Membership { org: at, role }));
        }
    }

    fn put_group(&mut self, org: &Name, name: &GroupName, members: Option<&[Member]>) {
        let roles: HashMap<NameId, Role> = members
            .unwrap_or_default()
            .iter()
            .map(|member| (self.names.mention(member.user.as_str()), member.role))
            .collect();
        let exists = members.is_some();
        let Some(org) = self.org_mut(org) else { return };
        match org.groups.iter_mut().find(|group| group.name == *name) {
            Some(group) => (group.members, group.exists) = (roles, exists),
            None => {
                org.groups.push(GroupEntry {
                    name: name.clone(),
                    members: roles,
                    exists,
                });
            }
        }
    }

    fn put_repository(&mut self, row: &Repository) {
        let Some(resource) = row.resource() else {
            return;
        };
        let Some(id) = self.names.find(resource.namespace()) else {
            return;
        };
        let Holder::Org(at) = self.names.holder(id) else {
            return;
        };
        let Some(org) = self.orgs.get_mut(at as usize) else {
            return;
        };
        let entry = RepoEntry::new(row, resource, org, &mut self.names);
        org.repos.extend(self.repos.put(entry, &resource));
    }

    fn remove_repository(&mut self, resource: &ResourceName) {
        let resource = resource.borrow();
        let Some(id) = self.names.find(resource.namespace()) else {
            return;
        };
        let Holder::Org(at) = self.names.holder(id) else {
            return;
        };
        if let Some(org) = self.orgs.get_mut(at as usize)
            && let Some(place) = self.repos.remove(id, &resource)
        {
            org.repos.retain(|repo| *repo != place);
        }
    }

    fn put_token(&mut self, row: &Token) {
        let entry = TokenEntry::new(row, &mut self.names);
        let owner = entry.owner;
        let named = named_orgs(&entry);
        let (at, old) = match self.tokens.find_id(row.id) {
            Some(at) => (at, self.tokens.replace(at, entry)),
            None => (self.tokens.insert(entry), None),
        };
        match &old {
            Some(old) => self.forget_naming(at, old),
            None => {
                if let Some(owner) = self.names.get_mut(owner) {
                    owner.tokens.push(at);
                }
            }
        }
        for org in named {
            if let Holder::Org(place) = self.names.holder(org)
                && let Some(org) = self.orgs.get_mut(place as usize)
            {
                org.naming.insert(at);
            }
        }
    }

    fn remove_token(&mut self, id: TokenId) {
        let Some(at) = self.tokens.find_id(id) else {
            return;
        };
        self.revoked.remove(&at);
        let Some(old) = self.tokens.remove(at) else {
            return;
        };
        self.forget_naming(at, &old);
        if let Some(owner) = self.names.get_mut(old.owner) {
            owner.tokens.retain(|token| *token != at);
        }
    }

    fn forget_naming(&mut self, at: u32, old: &TokenEntry) {
        for org in named_orgs(old) {
            if let Holder::Org(place) = self.names.holder(org)
                && let Some(org) = self.orgs.get_mut(place as usize)
            {
                org.naming.remove(&at);
            }
        }
    }

    fn put_standing(&mut self, token: TokenId, org: &Name, standing: &Standing) {
        let Some(at) = self.tokens.find_id(token) else {
            return;
        };
        let entry = StandingEntry {
            status: standing.status(),
            revoked: standing.revoked.is_some(),
        };
        let Some(org) = self.org_mut(org) else { return };
        if entry == StandingEntry::NEW {
            org.standings.remove(&at);
        } else {
            org.standings.insert(at, entry);
        }
        let home = org.name;
        if let Some(token) = self.tokens.get_mut(at) {
            token.set_standing(home, entry);
        }
        self.note_revocation(at, home, entry.revoked);
    }

    fn note_revocation(&mut self, at: u32, org: NameId, revoked: bool) {
        let Holder::Org(org) = self.names.holder(org) else {
            return;
        };
        if revoked {
            let orgs = self.revoked.entry(at).or_default();
            orgs.retain(|other| *other != org);
            orgs.push(org);
        } else if let Some(orgs) = self.revoked.get_mut(&at) {
            orgs.retain(|other| *other != org);
        }
    }
}

/// The namespaces that a token names: an organization's if it is one.
fn named_orgs(token: &TokenEntry) -> Vec<NameId> {
    let grants = token
        .grants
        .iter()
        .filter(|grant| grant.kind != crate::ResourceType::User);
    let mut named: Vec<NameId> = grants.map(|grant| grant.namespace).collect();
    named.sort_unstable();
    named.dedup();
    named
}
