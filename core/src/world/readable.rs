//! The organizations all of whose repositories a token may read, for listings that a hub filters.

use alloc::vec::Vec;

use super::World;
use super::orgs::OrgEntry;
use crate::action::Action;
use crate::decide::{self, Case, Credential, Facts};
use crate::decision::{Presented, Request};
use crate::resource::{Resource, ResourceType};
use crate::timestamp::Timestamp;

/// A name that stands for all unlisted repositories.
const PROBE: &str = "x";

impl World {
    /// The names of the organizations all of whose repositories, unlisted ones too, the token may
    /// read now (contract §7, `X-Tokenward-Orgs`).
    #[must_use]
    pub fn readable_orgs(&self, token: Presented<'_>, now: Timestamp) -> Vec<&str> {
        let Some(place) = self.place(token) else {
            return Vec::new();
        };
        let Some(owner) = self
            .tokens
            .get(place)
            .and_then(|token| self.names.get(token.owner))
        else {
            return Vec::new();
        };
        let orgs = owner
            .orgs
            .iter()
            .filter_map(|member| self.orgs.get(member.org as usize));
        let readable = orgs.filter(|org| self.reads_all(token, place, org, now));
        readable.map(|org| self.names.name(org.name)).collect()
    }

    fn reads_all(&self, token: Presented<'_>, place: u32, org: &OrgEntry, now: Timestamp) -> bool {
        let name = self.names.name(org.name);
        let reads = |kind: ResourceType, repo: &str| {
            let full = alloc::format!("{name}/{repo}");
            let Ok(resource) = Resource::new(kind, &full) else {
                return false;
            };
            let action = Action::RepoContentRead.as_str();
            self.decide(&Request {
                token,
                action,
                resource,
                now,
            })
            .is_allowed()
        };
        // Repositories with a grant of their own are judged one by one, listed or not.
        let granted = self.tokens.get(place).is_some_and(|token| {
            let mut own = token
                .grants_in(org.name)
                .filter(|grant| grant.kind.is_repo());
            own.all(|grant| reads(grant.kind, grant.repo))
        });
        granted
            && self.reads_unlisted(place, org, now)
            && self.repos_of(org).all(|repo| reads(repo.kind, &repo.name))
    }

    /// Whether the token may read a repository of which nothing is known.
    fn reads_unlisted(&self, place: u32, org: &OrgEntry, now: Timestamp) -> bool {
        let full = alloc::format!("{}/{PROBE}", self.names.name(org.name));
        let Ok(resource) = Resource::new(ResourceType::Model, &full) else {
            return false;
        };
        let Some(id) = self.tokens.get(place).map(|token| token.id) else {
            return false;
        };
        let action = Action::RepoContentRead.as_str();
        let found = self.facts(&Request {
            token: Presented::Id(id),
            action,
            resource,
            now,
        });
        let Credential::Known(mut known) = found.facts.token else {
            return false;
        };
        known.repo_grant = None;
        let facts = Facts {
            token: Credential::Known(known),
            repo: decide::Repo::UNLISTED,
            ..found.facts
        };
        let action = Some(Action::RepoContentRead);
        let case = Case {
            facts: &facts,
            action,
            kind: ResourceType::Model,
            now,
        };
        decide::decide(&case).allows()
    }
}
