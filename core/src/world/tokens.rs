//! The tokens of the index: found by digest or by id, small enough to hold a million of them.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};

use compact_str::CompactString;
use hashbrown::DefaultHashBuilder;

use super::grants::{GrantEntry, Grants};
use super::names::{NameId, Names};
use super::orgs::{OrgEntry, StandingEntry};
use super::places::Places;
use crate::ids::TokenId;
use crate::permission::PermissionSet;
use crate::resource::{Resource, ResourceType};
use crate::secret::TokenDigest;
use crate::timestamp::Timestamp;
use crate::token::{FineGrained, IssuedBy, Token, TokenKind};

/// What decisions, previews and findings need of one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenEntry {
    /// Half of the digest: as hard to hit as any, and enough to find the token.
    digest: Option<[u8; 16]>,
    pub(super) id: TokenId,
    pub(super) owner: NameId,
    pub(super) created_at: Timestamp,
    expires_at: i64,
    last_used_at: i64,
    pub(super) display_name: Option<CompactString>,
    pub(super) grants: Grants,
    /// What an organization thinks of it: the one that has spoken last, so that most decisions need
    /// not look further. Nothing when none ever has.
    standing: Option<(NameId, StandingEntry)>,
    pub(super) global: PermissionSet,
    pub(super) kind: TokenKind,
    pub(super) can_read_gated: bool,
    pub(super) exchanged: bool,
}

const NEVER: i64 = i64::MIN;

fn pack(moment: Option<Timestamp>) -> i64 {
    moment.map_or(NEVER, Timestamp::as_millis)
}

#[inline]
fn unpack(millis: i64) -> Option<Timestamp> {
    (millis != NEVER).then(|| Timestamp::from_millis(millis))
}

impl TokenEntry {
    pub(super) fn new(token: &Token, names: &mut Names) -> Self {
        let fine_grained = token.fine_grained.as_ref();
        Self {
            digest: token.digest.as_ref().map(half),
            id: token.id,
            owner: names.mention(token.owner.as_str()),
            created_at: token.created_at,
            expires_at: pack(token.expires_at),
            last_used_at: pack(token.last_used_at),
            display_name: token.display_name.as_ref().map(|name| name.as_str().into()),
            standing: None,
            grants: fine_grained
                .map(|grants| entries(grants, names))
                .unwrap_or_default(),
            global: fine_grained.map_or(PermissionSet::EMPTY, |grants| {
                PermissionSet::parse(grants.global.iter().map(CompactString::as_str))
            }),
            kind: token.kind,
            can_read_gated: fine_grained.is_some_and(|grants| grants.can_read_gated_repos),
            exchanged: token.issued_by == IssuedBy::TokenExchange,
        }
    }

    /// Half of the digest, which is all that is kept of it.
    pub(super) const fn half(&self) -> Option<[u8; 16]> {
        self.digest
    }

    #[inline]
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        unpack(self.expires_at)
    }

    /// What an organization thinks of the token at this place.
    #[inline]
    pub(super) fn standing_in(&self, at: u32, org: &OrgEntry) -> StandingEntry {
        match self.standing {
            None => StandingEntry::NEW,
            Some((last, standing)) if last == org.name => standing,
            Some(_) => org.standing(at),
        }
    }

    pub(super) fn set_standing(&mut self, org: NameId, standing: StandingEntry) {
        self.standing = Some((org, standing));
    }

    pub(super) fn last_used_at(&self) -> Option<Timestamp> {
        unpack(self.last_used_at)
    }

    /// A use before the last rotation is no use of the token as it is now.
    pub(super) fn touch(&mut self, at: Timestamp) {
        if at > self.created_at {
            self.last_used_at = self.last_used_at.max(at.as_millis());
        }
    }

    /// The grants on an organization and in its namespace.
    pub(super) fn grants_in(&self, org: NameId) -> impl Iterator<Item = GrantEntry<'_>> {
        self.grants
            .iter()
            .filter(move |grant| grant.namespace == org && grant.kind != ResourceType::User)
    }

    /// Whether a grant, even an empty one, is on the organization or in its namespace.
    pub(super) fn names_org(&self, org: NameId) -> bool {
        self.grants_in(org).next().is_some()
    }
}

fn entries(fine_grained: &FineGrained, names: &mut Names) -> Grants {
    let known = fine_grained.scoped.iter().filter_map(|grant| {
        let resource: Resource<'_> = grant.entity.resource()?;
        Some(GrantEntry {
            namespace: names.mention(resource.namespace()),
            permissions: PermissionSet::parse(grant.permissions.iter().map(CompactString::as_str)),
            kind: resource.kind(),
            repo: resource.repo().unwrap_or_default(),
        })
    });
    known.collect()
}

/// All tokens, by place, by digest and by id.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    /// A place is never used for another token, so that nothing kept under it can be inherited.
    entries: Vec<Option<TokenEntry>>,
    by_digest: Places,
    by_id: Places,
    hasher: DefaultHashBuilder,
}

impl Tokens {
    /// Makes room for so many more tokens at once.
    pub(super) fn reserve(&mut self, more: usize) {
        self.entries.reserve_exact(more);
        self.by_digest.reserve(more);
        self.by_id.reserve(more);
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The places of all tokens.
    pub(super) fn places(&self) -> impl Iterator<Item = u32> {
        let all = (0..).zip(&self.entries);
        all.filter_map(|(at, token)| token.as_ref().map(|_| at))
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> Option<&TokenEntry> {
        self.entries.get(at as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut TokenEntry> {
        self.entries.get_mut(at as usize)?.as_mut()
    }

    #[inline]
    pub(super) fn find_digest(&self, digest: &TokenDigest) -> Option<u32> {
        let half = half(digest);
        let same = |at| self.get(at).is_some_and(|token| token.digest == Some(half));
        self.by_digest.find(self.hash(half), same)
    }

    /// The hash of a digest, for a guess.
    #[inline]
    pub(super) fn hash_of(&self, digest: &TokenDigest) -> u64 {
        self.hash(half(digest))
    }

    /// A first look at the part of the index where a hash belongs.
    #[inline]
    pub(super) fn glance(&self, hash: u64) -> Option<u64> {
        self.by_digest.glance(hash)
    }

    /// The place of the token with this hash, most probably.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> Option<u32> {
        self.by_digest.guess(hash)
    }

    /// The same as [`Self::find_digest`], sooner when the guess is right.
    #[inline]
    pub(super) fn confirm(&self, guess: Option<u32>, digest: &TokenDigest) -> Option<u32> {
        let half = Some(half(digest));
        let token = guess.and_then(|at| self.get(at));
        match token {
            Some(token) if token.digest == half => guess,
            _ => self.find_digest(digest),
        }
    }

    #[inline]
    pub(super) fn find_id(&self, id: TokenId) -> Option<u32> {
        let same = |at| self.get(at).is_some_and(|token| token.id == id);
        self.by_id.find(self.hash(id), same)
    }

    pub(super) fn insert(&mut self, token: TokenEntry) -> u32 {
        let at = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(None);
        self.put(at, token);
        at
    }

    /// Puts another version of a token in its place.
    pub(super) fn replace(&mut self, at: u32, mut token: TokenEntry) -> Option<TokenEntry> {
        let old = self.remove(at);
        token.standing = old.as_ref().and_then(|old| old.standing);
        self.put(at, token);
        old
    }

    fn put(&mut self, at: u32, token: TokenEntry) {
        if let Some(half) = token.digest {
            self.by_digest.insert(self.hash(half), at);
        }
        self.by_id.insert(self.hash(token.id), at);
        if let Some(place) = self.entries.get_mut(at as usize) {
            *place = Some(token);
        }
    }

    pub(super) fn remove(&mut self, at: u32) -> Option<TokenEntry> {
        let token = self.entries.get_mut(at as usize)?.take()?;
        if let Some(half) = token.digest {
            self.by_digest.remove(self.hash(half), at);
        }
        self.by_id.remove(self.hash(token.id), at);
        Some(token)
    }

    /// With a key of its own: whoever chooses ids and digests cannot choose these.
    #[inline]
    fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }
}

fn half(digest: &TokenDigest) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut()
        .zip(digest.as_bytes())
        .for_each(|(to, from)| *to = *from);
    half
}
