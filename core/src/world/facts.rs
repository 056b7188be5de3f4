//! From a request to its facts: the only lookups that a decision costs.

use alloc::vec::Vec;
use core::hint::black_box;

use super::World;
use super::grants::GrantEntry;
use super::names::{Holder, NameId};
use super::orgs::{OrgEntry, StandingEntry};
use super::repos::RepoEntry;
use super::tokens::TokenEntry;
use crate::decide::{Credential, Facts, KnownToken, Listing, Namespace, OrgFacts, Repo};
use crate::ids::TokenId;
use crate::index::{Batch, Found, GrantIn, Index, Seen, ShownToken, with_grants};
use crate::permission::PermissionSet;
use crate::policy::TokenPolicy;
use crate::resource::{Resource, ResourceType};
use crate::role::Role;
use crate::secret::TokenDigest;

/// What a resource's name leads to.
#[derive(Clone, Copy)]
struct Target<'a> {
    named: Named<'a>,
    /// The organization's repository of this name.
    repo: (Listing, Option<&'a RepoEntry>),
}

/// What the namespace of a resource is.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    /// The namespace, if it has been mentioned.
    namespace: Option<(NameId, Holder)>,
    /// The organization that it is.
    org: Option<&'a OrgEntry>,
}

/// What a request names: the namespace, and the hashes of the token and the repository.
struct Sought<'a> {
    named: Named<'a>,
    token: u64,
    repo: u64,
}

/// The places of a token and of a repository, most probably.
#[derive(Clone, Copy)]
pub(crate) struct Guess<'a> {
    named: Named<'a>,
    token: Option<u32>,
    repo: Option<u32>,
}

impl Index for World {
    type Place = u32;
    type Guess<'a> = Guess<'a>;

    /// What `guess_one` reads for one request, a step at a time for all of them. Each step is short,
    /// so that as many of them as can be wait for memory together.
    fn guess<'a>(&'a self, asked: &Batch<(TokenDigest, Resource<'_>)>) -> Batch<Guess<'a>> {
        let sought = asked.iter().map(|(digest, resource)| Sought {
            named: self.named(resource),
            token: self.tokens.hash_of(digest),
            repo: self.repos.hash(resource),
        });
        let sought: Batch<_> = sought.collect();
        for Sought { token, repo, .. } in &sought {
            black_box((self.tokens.glance(*token), self.repos.glance(*repo)));
        }
        let guess = |sought: &Sought<'a>| Guess {
            named: sought.named,
            token: self.tokens.guess(sought.token),
            repo: self.repos.guess(sought.repo),
        };
        let guesses: Batch<_> = sought.iter().map(guess).collect();
        for guess in &guesses {
            self.read_ahead(guess);
        }
        for guess in &guesses {
            self.read_ahead_owner(guess);
        }
        guesses
    }

    #[inline]
    fn confirm(
        &self,
        guess: Guess<'_>,
        digest: &TokenDigest,
        resource: &Resource<'_>,
    ) -> Found<u32> {
        let target = self.target(resource, guess.named, guess.repo);
        let place = self.usable(self.tokens.confirm(guess.token, digest));
        self.found(place, resource, target)
    }

    #[inline]
    fn facts_of_digest(&self, digest: &TokenDigest, resource: &Resource<'_>) -> Found<u32> {
        self.confirm(self.guess_one(Some(digest), resource), digest, resource)
    }

    fn facts_of(&self, place: u32, resource: &Resource<'_>) -> Found<u32> {
        let guess = self.guess_one(None, resource);
        let target = self.target(resource, guess.named, guess.repo);
        self.found(Some(place), resource, target)
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
}

impl World {
    #[inline]
    fn found(&self, place: Option<u32>, resource: &Resource<'_>, target: Target<'_>) -> Found<u32> {
        match place.and_then(|at| Some((at, self.tokens.get(at)?))) {
            Some((at, token)) => Found {
                facts: self.facts_with(at, token, resource, target),
                token: Some(at),
                generation: target.named.org.map(|org| org.generation),
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
            generation: target.named.org.map(|org| org.generation),
        }
    }

    /// Where the token and the repository of one request most probably are.
    ///
    /// Reads what will be asked about them and the token's owner before anything is certain, side
    /// by side: so memory, which is what a decision waits for, answers many questions at once.
    #[inline]
    fn guess_one(&self, digest: Option<&TokenDigest>, resource: &Resource<'_>) -> Guess<'_> {
        let repo = self.repos.hash(resource);
        let token = digest.map(|digest| self.tokens.hash_of(digest));
        black_box((
            self.repos.glance(repo),
            token.map(|hash| self.tokens.glance(hash)),
        ));
        let guess = Guess {
            named: self.named(resource),
            token: token.and_then(|hash| self.tokens.guess(hash)),
            repo: self.repos.guess(repo),
        };
        self.read_ahead(&guess);
        self.read_ahead_owner(&guess);
        guess
    }

    /// Reads something of the token and of the repository, to have them at hand.
    #[inline]
    fn read_ahead(&self, guess: &Guess<'_>) {
        let repo = guess.repo.and_then(|at| self.repos.get(at));
        let token = guess.token.and_then(|at| self.tokens.get(at));
        // A token does not fit in the part of memory that comes with its first word.
        black_box((
            repo.map(|repo| repo.org),
            token.map(|token| (token.expires_at(), token.owner, token.kind)),
        ));
    }

    /// Reads what the token refers to.
    #[inline]
    fn read_ahead_owner(&self, guess: &Guess<'_>) {
        let Some((at, token)) = guess.token.and_then(|at| Some((at, self.tokens.get(at)?))) else {
            return;
        };
        let owner = self.names.get(token.owner);
        black_box((
            owner.map(|owner| (owner.holder, owner.orgs.first())),
            token.grants.warmth(),
            guess.named.org.map(|org| token.standing_in(at, org)),
        ));
    }

    #[inline]
    fn named(&self, resource: &Resource<'_>) -> Named<'_> {
        let namespace = self.names.find(resource.namespace());
        let namespace = namespace.map(|name| (name, self.names.holder(name)));
        let org = match namespace {
            Some((_, Holder::Org(at))) => self.orgs.get(at as usize),
            Some((_, Holder::User { .. } | Holder::ServiceAccount(_))) | None => None,
        };
        Named { namespace, org }
    }

    #[inline]
    fn target<'a>(
        &'a self,
        resource: &Resource<'_>,
        named: Named<'a>,
        guess: Option<u32>,
    ) -> Target<'a> {
        let repo = named
            .org
            .map(|org| self.repos.confirm(guess, org.name, resource));
        Target {
            named,
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
        let name = target.named.namespace.map(|(name, _)| name);
        let elsewhere = |namespace| Facts {
            token: known_token(token, name, resource, StandingEntry::NEW, false),
            namespace,
            repo: Repo::UNLISTED,
        };
        let kind = resource.kind();
        match (target.named.namespace, target.named.org) {
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
