//! What rows change of a snapshot: which tokens, owners and repositories have to be looked at again.

use alloc::collections::BTreeSet;

use compact_str::CompactString;

use super::hash::half;
use super::tokens::Half;
use crate::ids::TokenId;
use crate::organization::Repository;
use crate::resource::{Resource, ResourceType};
use crate::row::Row;
use crate::world::World;

/// What has to be looked at again.
#[derive(Debug, Clone, Default)]
pub(super) struct Touched {
    /// Tokens, under every digest that they had meanwhile.
    pub(super) tokens: BTreeSet<(Half, TokenId)>,
    pub(super) owners: BTreeSet<CompactString>,
    /// Repositories of the organization, by type and by the part behind the slash.
    pub(super) repos: BTreeSet<(ResourceType, CompactString)>,
}

/// What a token is found by: its digest, or what stands for one.
pub(super) fn key(half_digest: Option<Half>, id: TokenId) -> Half {
    half_digest.unwrap_or_else(|| half(b"tokenward token ", id.as_bytes()))
}

impl Touched {
    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.owners.is_empty() && self.repos.is_empty()
    }

    /// Notes what a row changes, as the world is now.
    pub(super) fn note(&mut self, world: &World, org: &str, row: &Row) {
        match row {
            Row::User(user) => self.owner(user.name.as_str()),
            // Policy, plan and generation stand in the manifest.
            Row::Organization { .. } => {}
            Row::ServiceAccount { name, .. } => self.owner_and_tokens(world, name.as_str()),
            Row::Member {
                org: other, user, ..
            } if other.as_str() == org => self.owner_and_tokens(world, user.as_str()),
            Row::Group {
                org: other,
                name,
                members,
            } if other.as_str() == org => {
                let before = world.group_members(org, name.as_str());
                let after = members.iter().flatten();
                before
                    .chain(after.map(|member| member.user.as_str()))
                    .for_each(|member| self.owner(member));
            }
            Row::Repository(repository) => {
                if let Some(resource) = repository.resource() {
                    self.repo(world, org, &resource, Some(repository));
                }
            }
            Row::RepositoryGone { resource } => self.repo(world, org, &resource.borrow(), None),
            Row::Token(token) => self.token(world, token.id),
            Row::TokenGone { id } => self.token(world, *id),
            Row::Standing {
                token, org: other, ..
            } if other.as_str() == org => self.token(world, *token),
            Row::Member { .. }
            | Row::Group { .. }
            | Row::Standing { .. }
            | Row::EdgeCredential(_)
            | Row::EdgeCredentialGone { .. } => {}
        }
    }

    fn owner(&mut self, name: &str) {
        self.owners.insert(name.into());
    }

    /// Somebody, and whether their tokens belong to the snapshot at all.
    pub(super) fn owner_and_tokens(&mut self, world: &World, name: &str) {
        self.owner(name);
        for id in world.tokens_of(name) {
            self.token(world, id);
        }
    }

    fn token(&mut self, world: &World, id: TokenId) {
        if let Some((half, owner)) = world.half_and_owner(id) {
            self.tokens.insert((key(half, id), id));
            self.owner(owner);
        }
    }

    fn repo(
        &mut self,
        world: &World,
        org: &str,
        resource: &Resource<'_>,
        row: Option<&Repository>,
    ) {
        let Some(name) = resource.repo().filter(|_| resource.namespace() == org) else {
            return;
        };
        self.repos.insert((resource.kind(), name.into()));
        // Whoever is let in brings their tokens along.
        let (_, before) = world.repository(resource);
        let users = before.iter().chain(row).flat_map(|row| &row.gated_users);
        users.for_each(|user| self.owner_and_tokens(world, user.as_str()));
    }
}
