//! Looking things up in a snapshot, in place: from a digest to the facts of a decision.
//!
//! The same as `world/facts.rs`, from other tables; what the facts mean is for `decide` to say.

use alloc::vec::Vec;

use super::Snapshot;
use super::block::Leaf;
use super::details;
use super::grants::{GrantView, Grants, Where};
use super::heap;
use super::owners::{Owner, Sort};
use super::repos;
use super::tokens::{self, TokenRecord};
use super::wire::text;
use crate::decide::{Credential, Facts, KnownToken, Listing, Namespace, OrgFacts, Repo};
use crate::ids::TokenId;
use crate::index::{Batch, Found, GrantIn, Index, Seen, ShownToken, with_grants};
use crate::permission::{Permission, PermissionSet};
use crate::policy::TokenPolicy;
use crate::resource::{Resource, ResourceType};
use crate::role::Role;
use crate::secret::TokenDigest;
use crate::token::AuthorizationStatus;

/// The block and the row of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    leaf: usize,
    row: usize,
}

/// A resource, and what can be said of its name alone.
#[derive(Clone, Copy)]
struct Asked<'a> {
    resource: &'a Resource<'a>,
    /// Whether its namespace is the organization.
    is_org: bool,
    /// The block and the key of a repository of the organization.
    row: Option<(&'a Leaf, u32)>,
}

/// The block that a token would be in, and what can be said of the resource's name alone.
#[derive(Clone, Copy)]
pub(crate) struct Guess<'a> {
    leaf: usize,
    is_org: bool,
    row: Option<(&'a Leaf, u32)>,
}

/// A token, with what it refers to.
#[derive(Clone, Copy)]
struct Token<'a> {
    record: TokenRecord,
    owner: Owner<'a>,
    grants: Grants<'a>,
}

impl Snapshot {
    /// The token of a record; nothing when it refers to nothing, as no writer writes it.
    #[inline]
    fn token(&self, record: TokenRecord) -> Option<Token<'_>> {
        let owners = self.0.owners.leaf(record.owner.key)?;
        let grants = self.0.grants.leaf(record.grants.key)?;
        heap::warm(owners, record.owner.key);
        heap::warm(grants, record.grants.key);
        let owner = Owner::parse(heap::find(owners, record.owner)?)?;
        let grants = Grants::parse(heap::find(grants, record.grants)?)?;
        Some(Token {
            record,
            owner,
            grants,
        })
    }

    fn token_at(&self, place: Place) -> Option<Token<'_>> {
        let leaf = self.0.tokens.leaves().get(place.leaf)?;
        self.token(tokens::record(leaf, place.row)?)
    }

    /// The details of a token, where there are any.
    fn details(&self, place: Place) -> Option<&Leaf> {
        let details = self.0.details.as_ref()?;
        details.leaves().get(place.leaf)
    }

    fn id(&self, place: Place) -> Option<TokenId> {
        details::id(self.details(place)?, place.row)
    }

    /// Every token, by digest.
    fn all(&self) -> impl Iterator<Item = (Place, Token<'_>)> {
        let leaves = (0..).zip(self.0.tokens.leaves());
        leaves.flat_map(move |(leaf, rows)| {
            (0..rows.rows()).filter_map(move |row| {
                let place = Place { leaf, row };
                Some((place, self.token_at(place)?))
            })
        })
    }

    #[inline]
    fn asked<'a>(&'a self, resource: &'a Resource<'a>) -> Asked<'a> {
        let is_org = resource.namespace() == self.org();
        let row = is_org.then(|| self.row(resource)).flatten();
        Asked {
            resource,
            is_org,
            row,
        }
    }

    /// The block that a repository of the organization would be in, and its key.
    #[inline]
    fn row(&self, resource: &Resource<'_>) -> Option<(&Leaf, u32)> {
        let key = repos::key(resource.kind(), resource.repo()?);
        Some((self.0.repos.leaf(key)?, key))
    }

    /// Has the surroundings of a token and a repository at hand.
    #[inline]
    fn guess_one(&self, digest: &TokenDigest, resource: &Resource<'_>) -> Guess<'_> {
        let half = half(digest);
        let leaf = self.0.tokens.place(tokens::cut(&half));
        if let Some(leaf) = self.0.tokens.leaves().get(leaf) {
            tokens::warm(leaf, &half);
        }
        let is_org = resource.namespace() == self.org();
        let row = is_org.then(|| self.row(resource)).flatten();
        if let Some((leaf, key)) = row {
            heap::warm(leaf, key);
        }
        Guess { leaf, is_org, row }
    }

    /// How a repository of the organization is listed.
    #[inline]
    fn repo(asked: Asked<'_>) -> (Listing, Option<repos::Repo<'_>>) {
        let unlisted = (Listing::Unlisted, None);
        let Some(((leaf, key), name)) = asked.row.zip(asked.resource.repo()) else {
            return unlisted;
        };
        match repos::find(leaf, key, asked.resource.kind(), name) {
            Some(repo) if repo.name == name.as_bytes() => (Listing::Listed, Some(repo)),
            Some(_) => (Listing::OtherCase, None),
            None => unlisted,
        }
    }

    #[inline]
    fn found(&self, place: Place, token: &Token<'_>, asked: Asked<'_>) -> Found<Place> {
        let (kind, is_org) = (asked.resource.kind(), asked.is_org);
        let own = asked.resource.namespace().as_bytes() == token.owner.name;
        let facts = if is_org && kind != ResourceType::User {
            self.facts_in_org(token, asked, own)
        } else {
            let home = own && !is_org && token.owner.sort == Sort::User;
            Facts {
                token: known(token.outside(), token, asked, own),
                namespace: match home && kind != ResourceType::Org {
                    true => Namespace::Own,
                    false => Namespace::Foreign,
                },
                repo: Repo::UNLISTED,
            }
        };
        Found {
            facts,
            token: Some(place),
            generation: is_org.then(|| self.generation()),
        }
    }

    #[inline]
    fn facts_in_org(&self, token: &Token<'_>, asked: Asked<'_>, own: bool) -> Facts {
        let (listing, repo) = Self::repo(asked);
        let group = repo.and_then(|repo| repo.group);
        let group_role = group.and_then(|group| token.owner.group_role(group));
        Facts {
            token: known(token.inside(), token, asked, own),
            namespace: Namespace::Org(self.org_facts(token, group_role, self.policy())),
            repo: repo_facts(listing, repo, Some(token.owner.name)),
        }
    }

    /// What can be said of a resource without a token.
    fn without(&self, token: Credential, asked: Asked<'_>) -> Found<Place> {
        let (listing, repo) = Self::repo(asked);
        Found {
            facts: Facts {
                token,
                namespace: Namespace::Foreign,
                repo: repo_facts(listing, repo, None),
            },
            token: None,
            generation: asked.is_org.then(|| self.generation()),
        }
    }

    fn org_facts(
        &self,
        token: &Token<'_>,
        group_role: Option<Role>,
        policy: TokenPolicy,
    ) -> OrgFacts {
        OrgFacts {
            policy,
            has_groups: self.0.manifest.has_groups,
            role: token.owner.role,
            group_role,
            service_account: token.owner.sort == Sort::Account,
        }
    }

    /// Whether the organization is shown the token (contract §3.3).
    fn shows(&self, token: &Token<'_>) -> bool {
        let unscoped = !token.record.flags.kind.is_fine_grained() && token.owner.role.is_some();
        let account = token.owner.sort == Sort::Account;
        unscoped || account || token.in_org().next().is_some() || token.record.flags.revoked
    }

    /// What the organization as a whole has to look at.
    fn facts_as_a_whole(&self, token: &Token<'_>, policy: TokenPolicy) -> Facts {
        let mut known = token.inside();
        known.names_namespace = token.in_org().next().is_some();
        let group_role = token.owner.best_group_role();
        Facts {
            token: Credential::Known(known),
            namespace: Namespace::Org(self.org_facts(token, group_role, policy)),
            repo: Repo::UNLISTED,
        }
    }

    fn show<'a>(&'a self, place: Place, token: &Token<'a>) -> Option<ShownToken<'a>> {
        let (details, row) = (self.details(place)?, place.row);
        let uses = self.0.uses.as_ref();
        let uses = uses.and_then(|uses| uses.leaves().get(place.leaf));
        let belongs = token.owner.role.is_some() || token.owner.sort == Sort::Account;
        Some(ShownToken {
            id: details::id(details, row)?,
            kind: token.record.flags.kind,
            display_name: details::name(details, row),
            created_at: details::created_at(details, row)?,
            last_used_at: uses.and_then(|uses| details::last_used_at(uses, row)),
            expires_at: token.record.expires_at,
            revoked: token.record.flags.revoked,
            owner: text(token.owner.name)?,
            owner_left: !belongs && token.in_org().next().is_some(),
            org_wide_write: token.in_org().any(|grant| {
                grant.kind == ResourceType::Org && grant.permissions.has(Permission::RepoWrite)
            }),
        })
    }
}

impl Index for Snapshot {
    type Place = Place;
    type Guess<'a> = Guess<'a>;

    fn guess(&self, asked: &Batch<(TokenDigest, Resource<'_>)>) -> Batch<Guess<'_>> {
        let guess = |(digest, resource): &_| self.guess_one(digest, resource);
        asked.iter().map(guess).collect()
    }

    #[inline]
    fn confirm(
        &self,
        guess: Guess<'_>,
        digest: &TokenDigest,
        resource: &Resource<'_>,
    ) -> Found<Place> {
        let Guess { leaf, is_org, row } = guess;
        let asked = Asked {
            resource,
            is_org,
            row,
        };
        let rows = self.0.tokens.leaves().get(leaf);
        let found = rows.and_then(|rows| tokens::find(rows, &half(digest)));
        let Some((row, record)) = found else {
            return self.without(Credential::Unknown, asked);
        };
        let place = Place { leaf, row };
        match self.token(record) {
            Some(token) if !token.owner.suspended => self.found(place, &token, asked),
            _ => self.without(Credential::Unknown, asked),
        }
    }

    #[inline]
    fn facts_of_digest(&self, digest: &TokenDigest, resource: &Resource<'_>) -> Found<Place> {
        self.confirm(self.guess_one(digest, resource), digest, resource)
    }

    fn facts_of(&self, place: Place, resource: &Resource<'_>) -> Found<Place> {
        let asked = self.asked(resource);
        match self.token_at(place) {
            Some(token) => self.found(place, &token, asked),
            None => self.without(Credential::Unknown, asked),
        }
    }

    fn facts_without(&self, token: Credential, resource: &Resource<'_>) -> Found<Place> {
        self.without(token, self.asked(resource))
    }

    /// All ids are looked through: they are in the order of the digests.
    fn place_of_id(&self, id: TokenId) -> Option<Place> {
        let details = self.0.details.as_ref()?;
        let mut leaves = (0..).zip(details.leaves());
        let place = leaves.find_map(|(leaf, rows)| {
            let row = details::find(rows, id)?;
            Some(Place { leaf, row })
        });
        place.filter(|place| {
            self.token_at(*place)
                .is_some_and(|token| !token.owner.suspended)
        })
    }

    fn caller(&self, place: Place) -> Option<Seen<'_>> {
        let token = self.token_at(place)?;
        Some(Seen {
            id: self.id(place),
            owner: text(token.owner.name)?,
            expires_at: token.record.expires_at,
        })
    }

    fn display_name(&self, place: Place) -> Option<&str> {
        details::name(self.details(place)?, place.row)
    }

    fn token_policy(&self, org: &str) -> Option<TokenPolicy> {
        (org == self.org()).then(|| self.policy())
    }

    fn newest(&self, org: &str) -> Option<u64> {
        (org == self.org()).then(|| self.generation())
    }

    fn orgs_of_owner(&self, place: Place) -> Vec<&str> {
        let member = self.token_at(place).and_then(|token| token.owner.role);
        member.map(|_| self.org()).into_iter().collect()
    }

    fn grants_in(&self, place: Place, org: &str) -> Vec<GrantIn<'_>> {
        let token = self.token_at(place).filter(|_| org == self.org());
        token.map_or_else(Vec::new, |token| token.in_org().collect())
    }

    fn shown_facts(&self, org: &str, policy: TokenPolicy) -> Vec<(TokenId, Facts)> {
        let shown = self
            .all()
            .filter(|(_, token)| org == self.org() && self.shows(token));
        let facts = shown.filter_map(|(place, token)| {
            Some((self.id(place)?, self.facts_as_a_whole(&token, policy)))
        });
        facts.collect()
    }

    fn shown_tokens(&self, org: &str) -> Vec<ShownToken<'_>> {
        let shown = self
            .all()
            .filter(|(_, token)| org == self.org() && self.shows(token));
        shown
            .filter_map(|(place, token)| self.show(place, &token))
            .collect()
    }

    fn knows_uses(&self) -> bool {
        self.0.uses.is_some()
    }
}

impl<'a> Token<'a> {
    /// The token where nobody but its owner has a say.
    fn outside(&self) -> KnownToken {
        KnownToken {
            authorization: AuthorizationStatus::Pending,
            exempt: false,
            revoked: false,
            ..self.inside()
        }
    }

    /// The token in the organization, without its grants there.
    #[inline]
    fn inside(&self) -> KnownToken {
        let flags = self.record.flags;
        KnownToken {
            kind: flags.kind,
            expires_at: self.record.expires_at,
            can_read_gated: self.grants.can_read_gated,
            global: self.grants.global,
            names_namespace: false,
            namespace_grant: PermissionSet::EMPTY,
            repo_grant: None,
            authorization: flags.status,
            exempt: self.owner.sort == Sort::Account || flags.exchanged,
            revoked: flags.revoked,
        }
    }

    /// Its grants on the organization and in its namespace.
    fn in_org(&self) -> impl Iterator<Item = GrantIn<'a>> + use<'a> {
        let grants = self.grants.filter(|grant| grant.place == Where::Org);
        let grants = grants.filter_map(grant_in);
        grants.filter(|grant| grant.kind != ResourceType::User)
    }
}

/// A token with its grants in the namespace of a resource.
#[inline]
fn known(known: KnownToken, token: &Token<'_>, asked: Asked<'_>, own: bool) -> Credential {
    let namespace = asked.resource.namespace().as_bytes();
    let here = token.grants.filter(|grant| match grant.place {
        Where::Org => asked.is_org,
        Where::Own => own,
        Where::Elsewhere(name) => name == namespace,
    });
    with_grants(known, own, asked.resource, here.filter_map(grant_in))
}

fn grant_in(grant: GrantView<'_>) -> Option<GrantIn<'_>> {
    Some(GrantIn {
        kind: grant.kind()?,
        repo: grant.repo,
        permissions: PermissionSet::from_bits(grant.permissions),
    })
}

/// A repository as this owner sees it.
#[inline]
fn repo_facts(listing: Listing, repo: Option<repos::Repo<'_>>, owner: Option<&[u8]>) -> Repo {
    let Some(repo) = repo else {
        return Repo {
            listing,
            ..Repo::UNLISTED
        };
    };
    Repo {
        listing,
        public: repo.public,
        gated: repo.gated,
        grouped: repo.group.is_some(),
        created: owner.is_some() && repo.created_by == owner,
        // Whether somebody has been let in makes no difference where there is no gate.
        let_in: repo.gated && owner.is_some_and(|owner| repo.lets_in(owner)),
    }
}

/// The half of a digest that tokens are found by.
#[inline]
fn half(digest: &TokenDigest) -> [u8; 16] {
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
}
