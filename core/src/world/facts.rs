//! From a request to its facts: the only lookups that a decision costs.

use alloc::vec::Vec;
use core::hint::black_box;

use smallvec::SmallVec;

use super::World;
use super::grants::GrantEntry;
use super::names::{Holder, NameId};
use super::orgs::{OrgEntry, StandingEntry};
use super::repos::RepoEntry;
use super::tokens::TokenEntry;
use crate::decide::{Credential, Facts, KnownToken, Listing, Namespace, OrgFacts, Repo};
use crate::ids::TokenId;
use crate::index::{BATCH, Found, GrantIn, Index, Seen, ShownToken, with_grants};
use crate::permission::PermissionSet;
use crate::policy::TokenPolicy;
use crate::resource::{Resource, ResourceType};
use crate::role::Role;
use crate::secret::TokenDigest;

/// What a resource's name leads to.
#[derive(Clone, Copy)]
struct Target<'a> {
    /// The namespace, if it has been mentioned.
    namespace: Option<(NameId, Holder)>,
    /// The organization that it is, and its repository of this name.
    org: Option<&'a OrgEntry>,
    repo: (Listing, Option<&'a RepoEntry>),
}

impl Index for World {
    type Place = u32;

    #[inline]
    fn facts_of_digest(&self, digest: &TokenDigest, resource: &Resource<'_>) -> Found<u32> {
        let named = self.named(resource);
        let (token, repo) = self.guess(Some(digest), resource, named.1);
        let target = self.target(resource, named, repo);
        let place = self.usable(self.tokens.confirm(token, digest));
        self.found(place, resource, target)
    }

    fn facts_of(&self, place: u32, resource: &Resource<'_>) -> Found<u32> {
        let named = self.named(resource);
        let (_, repo) = self.guess(None, resource, None);
        self.found(Some(place), resource, self.target(resource, named, repo))
    }

    /// Without a token only the repository can matter.
    fn facts_without(&self, token: Credential, resource: &Resource<'_>) -> Found<u32> {
        let named = self.named(resource);
        self.without(token, self.target(resource, named, None))
    }

    fn place_of_id(&self, id: TokenId) -> Option<u32> {
        self.usable(self.tokens.find_id(id))
    }

    fn caller(&self, place: u32) -> Option<Seen<'_>> {
        let token = self.tokens.get(place)?;
        Some(Seen {
            id: Some(token.id),
            owner: self.names.name(token.owner),
            expires_at: token.expires_at(),
        })
    }

    #[inline]
    fn display_name(&self, place: u32) -> Option<&str> {
        self.tokens.get(place)?.display_name.as_deref()
    }

    fn token_policy(&self, org: &str) -> Option<TokenPolicy> {
        self.policy(org)
    }

    fn newest(&self, org: &str) -> Option<u64> {
        self.generation(org)
    }

    fn orgs_of_owner(&self, place: u32) -> Vec<&str> {
        let owner = self.tokens.get(place).map(|token| token.owner);
        let owner = owner.map(|owner| self.names.name(owner));
        owner.map_or_else(Vec::new, |owner| self.orgs_of(owner).collect())
    }

    fn grants_in(&self, place: u32, org: &str) -> Vec<GrantIn<'_>> {
        let Some((token, org)) = self.tokens.get(place).zip(self.org(org)) else {
            return Vec::new();
        };
        token.grants_in(org.name).map(GrantIn::from).collect()
    }

    fn shown_facts(&self, org: &str, policy: TokenPolicy) -> Vec<(TokenId, Facts)> {
        self.facts_of_shown(org, policy)
    }

    fn shown_tokens(&self, org: &str) -> Vec<ShownToken<'_>> {
        self.shown(org)
    }

    fn knows_uses(&self) -> bool {
        true
    }

    /// What `guess` reads for one request, a step at a time for all of them.
    fn prepare(&self, asked: &[(TokenDigest, Resource<'_>)]) {
        let hashes: SmallVec<[_; BATCH]> = asked
            .iter()
            .map(|(digest, resource)| (self.tokens.index(digest).1, self.repos.index(resource)))
            .collect();
        for (hash, (repos, name)) in &hashes {
            black_box((self.tokens.glance(*hash), repos.glance(*name)));
        }
        let places: SmallVec<[_; BATCH]> = hashes
            .iter()
            .map(|(hash, (repos, name))| (self.tokens.guess(*hash), repos.guess(*name)))
            .collect();
        let found: SmallVec<[_; BATCH]> = places
            .iter()
            .map(|(token, repo)| {
                let repo = repo.and_then(|at| self.repos.get(at));
                black_box(repo.map(|repo| repo.org));
                token.and_then(|at| Some((at, self.tokens.get(at)?)))
            })
            .collect();
        for (token, (_, resource)) in found.iter().zip(asked) {
            let Some((at, token)) = token else { continue };
            let owner = self.names.get(token.owner);
            let first = owner.and_then(|owner| owner.orgs.first());
            let org = self.named(resource).1;
            black_box((
                first.map(|org| org.role),
                token.grants.warmth(),
                org.map(|org| token.standing_in(*at, org)),
            ));
        }
    }
}

impl World {
    #[inline]
    fn found(&self, place: Option<u32>, resource: &Resource<'_>, target: Target<'_>) -> Found<u32> {
        match place.and_then(|at| Some((at, self.tokens.get(at)?))) {
            Some((at, token)) => Found {
                facts: self.facts_with(at, token, resource, target),
                token: Some(at),
                generation: target.org.map(|org| org.generation),
            },
            None => self.without(Credential::Unknown, target),
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "it belongs with the others that find facts"
    )]
    fn without(&self, token: Credential, target: Target<'_>) -> Found<u32> {
        Found {
            facts: Facts {
                token,
                namespace: Namespace::Foreign,
                repo: repo_facts(target.repo, None),
            },
            token: None,
            generation: target.org.map(|org| org.generation),
        }
    }

    /// The places of the token and the repository, most probably.
    ///
    /// Reads what will be asked about them and the token's owner before anything is certain, side
    /// by side: so memory, which is what a decision waits for, answers many questions at once.
    #[inline]
    fn guess(
        &self,
        digest: Option<&TokenDigest>,
        resource: &Resource<'_>,
        org: Option<&OrgEntry>,
    ) -> (Option<u32>, Option<u32>) {
        let (repos, name) = self.repos.index(resource);
        let tokens = digest.map(|digest| self.tokens.index(digest));
        black_box((
            repos.glance(name),
            tokens.map(|(tokens, hash)| tokens.glance(hash)),
        ));
        let repo_at = repos.guess(name);
        let token_at = tokens.and_then(|(tokens, hash)| tokens.guess(hash));
        let repo = repo_at.and_then(|at| self.repos.get(at));
        let token = token_at.and_then(|at| self.tokens.get(at));
        let owner = token.and_then(|token| self.names.get(token.owner));
        let first_org = owner.and_then(|owner| owner.orgs.first());
        black_box((
            repo.map(|repo| repo.org),
            first_org.map(|org| org.role),
            token.map(|token| token.grants.warmth()),
            org.zip(token_at.zip(token))
                .map(|(org, (at, token))| token.standing_in(at, org)),
        ));
        (token_at, repo_at)
    }

    /// The namespace of a resource, and the organization that it is.
    #[inline]
    fn named(&self, resource: &Resource<'_>) -> (Option<(NameId, Holder)>, Option<&OrgEntry>) {
        let namespace = self.names.find(resource.namespace());
        let namespace = namespace.map(|name| (name, self.names.holder(name)));
        let org = match namespace {
            Some((_, Holder::Org(at))) => self.orgs.get(at as usize),
            Some((_, Holder::User { .. } | Holder::ServiceAccount(_))) | None => None,
        };
        (namespace, org)
    }

    #[inline]
    fn target<'a>(
        &'a self,
        resource: &Resource<'_>,
        (namespace, org): (Option<(NameId, Holder)>, Option<&'a OrgEntry>),
        guess: Option<u32>,
    ) -> Target<'a> {
        let repo = org.map(|org| self.repos.confirm(guess, org.name, resource));
        Target {
            namespace,
            org,
            repo: repo.unwrap_or((Listing::Unlisted, None)),
        }
    }

    fn facts_with(
        &self,
        at: u32,
        token: &TokenEntry,
        resource: &Resource<'_>,
        target: Target<'_>,
    ) -> Facts {
        let name = target.namespace.map(|(name, _)| name);
        let elsewhere = |namespace| Facts {
            token: known_token(token, name, resource, StandingEntry::NEW, false),
            namespace,
            repo: Repo::UNLISTED,
        };
        let kind = resource.kind();
        match (target.namespace, target.org) {
            (Some((_, Holder::Org(place))), Some(org)) if kind != ResourceType::User => {
                let owner = token.owner;
                let group = target.repo.1.and_then(|repo| repo.group);
                let role = self.names.role_in(owner, place);
                let (facts, account) = self.org_view(owner, org, role, org.policy);
                let exempt = account || token.exchanged;
                Facts {
                    token: known_token(token, name, resource, token.standing_in(at, org), exempt),
                    namespace: Namespace::Org(OrgFacts {
                        group_role: group.and_then(|group| org.group_role(group, owner)),
                        ..facts
                    }),
                    repo: repo_facts(target.repo, Some(owner)),
                }
            }
            (Some((name, Holder::User { .. })), _)
                if kind != ResourceType::Org && name == token.owner =>
            {
                elsewhere(Namespace::Own)
            }
            _ => elsewhere(Namespace::Foreign),
        }
    }

    /// The facts for what an organization as a whole says to a token.
    pub(super) fn org_facts(&self, at: u32, org: &OrgEntry, policy: TokenPolicy) -> Facts {
        let Some(token) = self.tokens.get(at) else {
            let token = Credential::Unknown;
            return Facts {
                token,
                namespace: Namespace::Foreign,
                repo: Repo::UNLISTED,
            };
        };
        let role = org.members.get(&token.owner).copied();
        let (facts, account) = self.org_view(token.owner, org, role, policy);
        let group_role = org.best_group_role(token.owner);
        let namespace = Namespace::Org(OrgFacts {
            group_role,
            ..facts
        });
        let exempt = account || token.exchanged;
        let mut known = plain_token(token, token.standing_in(at, org), exempt);
        known.names_namespace = token.names_org(org.name);
        Facts {
            token: Credential::Known(known),
            namespace,
            repo: Repo::UNLISTED,
        }
    }

    /// The organization as its members see it, but for resource groups; and whether this one is a
    /// service account of it.
    pub(super) fn org_view(
        &self,
        owner: NameId,
        org: &OrgEntry,
        role: Option<Role>,
        policy: TokenPolicy,
    ) -> (OrgFacts, bool) {
        let service_account = self.names.holder(owner) == Holder::ServiceAccount(org.name);
        let facts = OrgFacts {
            policy,
            has_groups: org.has_groups(),
            role,
            group_role: None,
            service_account,
        };
        (facts, service_account)
    }
}

impl OrgEntry {
    #[inline]
    pub(super) fn standing(&self, token: u32) -> StandingEntry {
        self.standings
            .get(&token)
            .copied()
            .unwrap_or(StandingEntry::NEW)
    }
}

/// A repository as this owner sees it.
fn repo_facts((listing, entry): (Listing, Option<&RepoEntry>), owner: Option<NameId>) -> Repo {
    let Some(entry) = entry else {
        return Repo {
            listing,
            ..Repo::UNLISTED
        };
    };
    Repo {
        listing: Listing::Listed,
        public: entry.public,
        gated: entry.gated,
        grouped: entry.group.is_some(),
        created: owner.is_some() && entry.created_by == owner,
        let_in: owner.is_some_and(|owner| entry.gated_users.binary_search(&owner).is_ok()),
    }
}

fn plain_token(token: &TokenEntry, standing: StandingEntry, exempt: bool) -> KnownToken {
    KnownToken {
        kind: token.kind,
        expires_at: token.expires_at(),
        can_read_gated: token.can_read_gated,
        global: token.global,
        names_namespace: false,
        namespace_grant: PermissionSet::EMPTY,
        repo_grant: None,
        authorization: standing.status,
        exempt,
        revoked: standing.revoked,
    }
}

/// A token with its grants in one namespace.
fn known_token(
    token: &TokenEntry,
    namespace: Option<NameId>,
    resource: &Resource<'_>,
    standing: StandingEntry,
    exempt: bool,
) -> Credential {
    let known = plain_token(token, standing, exempt);
    let here = token
        .grants
        .iter()
        .filter(|grant| Some(grant.namespace) == namespace);
    let own = namespace == Some(token.owner);
    with_grants(known, own, resource, here.map(GrantIn::from))
}

impl<'a> From<GrantEntry<'a>> for GrantIn<'a> {
    fn from(grant: GrantEntry<'a>) -> Self {
        Self {
            kind: grant.kind,
            repo: grant.repo.as_bytes(),
            permissions: grant.permissions,
        }
    }
}
