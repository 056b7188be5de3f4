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

    /// Who may read unlisted repositories may read every listed one too: only somebody to whom no
    /// resource group is closed may, and no gate is closed to those who belong. So what is left to
    /// look at are the repositories that have a grant of their own, listed or not.
    fn reads_all(&self, token: Presented<'_>, place: u32, org: &OrgEntry, now: Timestamp) -> bool {
        if !self.reads_unlisted(place, org, now) {
            return false;
        }
        let read = Action::RepoContentRead.rule().permissions;
        let Some(entry) = self.tokens.get(place) else {
            return false;
        };
        let mut own = entry
            .grants_in(org.name)
            .filter(|grant| grant.kind.is_repo() && !grant.permissions.meets(read));
        own.all(|grant| self.reads(token, org, grant.kind, grant.repo, now))
    }

    fn reads(
        &self,
        token: Presented<'_>,
        org: &OrgEntry,
        kind: ResourceType,
        repo: &str,
        now: Timestamp,
    ) -> bool {
        let full = alloc::format!("{}/{repo}", self.names.name(org.name));
        let Ok(resource) = Resource::new(kind, &full) else {
            return false;
        };
        let action = Action::RepoContentRead.as_str();
        let request = Request {
            token,
            action,
            resource,
            now,
        };
        self.decide(&request).is_allowed()
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
