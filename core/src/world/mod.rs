//! The index: from a raw token and a resource name to the facts of a decision, in memory.
//!
//! A [`World`] holds any number of organizations. It follows rows (`row`), and knows only what
//! decisions, previews and findings need: no reasons, no mail addresses, no raw tokens.

mod edges;
pub(crate) mod export;
mod facts;
mod grants;
mod names;
mod orgs;
mod places;
mod repos;
mod rows;
mod shown;
mod tokens;
mod update;

use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::decide;
use crate::decision::{Decision, Explanation, Presented, Request};
use crate::document::OrgDocument;
use crate::error::ParseError;
use crate::ids::TokenId;
use crate::index;
use crate::policy::{Plan, TokenPolicy};
use crate::reason::Reason;
use crate::role::Role;
use crate::timestamp::Timestamp;
use edges::Edges;
use names::{Holder, NameId, Names};
use orgs::OrgEntry;
use repos::Repos;
pub use rows::ListedToken;
use tokens::Tokens;

/// Organizations, users and tokens, ready to be decided about.
#[derive(Debug, Clone, Default)]
pub struct World {
    names: Names,
    tokens: Tokens,
    orgs: Vec<OrgEntry>,
    repos: Repos,
    /// Where each revoked token is revoked, by place: revocations are few and never taken back.
    revoked: HashMap<u32, Vec<u32>>,
    edges: Edges,
}

/// For whom an explanation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Somebody who may know everything: a library's caller.
    Insider,
    /// An administrator of the organization: token names show under `require-approval` only.
    Administrator,
    /// The owner of the token: repositories that the owner cannot see look unlisted.
    Owner,
}

/// A known token and its owner.
#[derive(Debug, Clone, Copy)]
pub struct TokenView<'a> {
    /// Its id.
    pub id: TokenId,
    /// Its owner's name.
    pub owner: &'a str,
    /// Its kind.
    pub kind: crate::token::TokenKind,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

impl World {
    /// The world of a document: its organization, and whoever it mentions.
    ///
    /// # Errors
    /// When the document says something impossible (contract §3.1).
    pub fn of_document(document: &OrgDocument) -> Result<Self, ParseError> {
        document.check()?;
        let mut world = Self::default();
        world.reserve(document.tokens.len());
        document.rows().iter().for_each(|row| world.apply(row));
        Ok(world)
    }

    /// Makes room for so many more tokens at once.
    pub fn reserve(&mut self, tokens: usize) {
        self.tokens.reserve(tokens);
    }

    /// Decides about a request.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        index::decide(self, request, &index::facts(self, request))
    }

    /// Decides, and says which token it was, if checks 1 to 3 hold for it.
    #[must_use]
    pub fn decide_and_identify(&self, request: &Request<'_>) -> (Decision, Option<TokenView<'_>>) {
        let found = index::facts(self, request);
        let decision = index::decide(self, request, &found);
        let valid = found
            .token
            .filter(|_| !decision.reason.is_unauthenticated());
        (decision, valid.and_then(|at| self.view(at)))
    }

    /// Decides, and says how every check came out.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>, audience: Audience) -> Explanation {
        index::explain(self, request, audience)
    }

    /// Says how checks 1 to 3 came out, which look at the token alone.
    #[must_use]
    pub fn explain_token(&self, token: Presented<'_>, now: Timestamp) -> Explanation {
        index::explain_token(self, token, now)
    }

    /// The names of the organizations all of whose repositories, unlisted ones too, the token may
    /// read now (contract §7, `X-Tokenward-Orgs`).
    #[must_use]
    pub fn readable_orgs(&self, token: Presented<'_>, now: Timestamp) -> Vec<&str> {
        self.place(token)
            .map(|place| index::readable_orgs(self, place, now))
            .unwrap_or_default()
    }

    /// What an organization as a whole says to a token: the first of checks 5 to 9 that fails, or
    /// `granted`. Nothing when either is unknown.
    #[must_use]
    pub fn admit(&self, token: TokenId, org: &str) -> Option<Reason> {
        let org = self.org(org)?;
        let at = self.tokens.find_id(token)?;
        let facts = self.org_facts(at, org, org.policy);
        Some(decide::admit(&facts))
    }

    /// What an organization would say to a token under another policy.
    #[must_use]
    pub fn admit_under(&self, token: TokenId, org: &str, policy: TokenPolicy) -> Option<Reason> {
        let org = self.org(org)?;
        let at = self.tokens.find_id(token)?;
        Some(decide::admit(&self.org_facts(at, org, policy)))
    }

    /// The token that is presented, if it is known and its owner is not suspended.
    #[must_use]
    pub fn token(&self, presented: Presented<'_>) -> Option<TokenView<'_>> {
        self.view(self.place(presented)?)
    }

    fn view(&self, place: u32) -> Option<TokenView<'_>> {
        let token = self.tokens.get(place)?;
        Some(TokenView {
            id: token.id,
            owner: self.names.name(token.owner),
            kind: token.kind,
            expires_at: token.expires_at(),
        })
    }

    /// The token with this value, even if its owner is suspended.
    #[must_use]
    pub fn find(&self, digest: &crate::secret::TokenDigest) -> Option<TokenId> {
        let place = self.tokens.find_digest(digest)?;
        self.tokens.get(place).map(|token| token.id)
    }

    /// Whose a token is.
    #[must_use]
    pub fn owner(&self, id: TokenId) -> Option<&str> {
        let token = self.tokens.get(self.tokens.find_id(id)?)?;
        Some(self.names.name(token.owner))
    }

    /// The token that is presented, if checks 1 to 3 hold: it can be one, is known, has not expired.
    ///
    /// # Errors
    /// The denial, worded as for a request about nothing in particular.
    pub fn authenticate(
        &self,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<TokenView<'_>, Decision> {
        let place = index::authenticate(self, presented, now)?;
        self.view(place).ok_or_else(Decision::unknown_action)
    }

    /// Notes that a token was used.
    pub fn touch(&mut self, id: TokenId, at: Timestamp) {
        if let Some(token) = self
            .tokens
            .find_id(id)
            .and_then(|place| self.tokens.get_mut(place))
        {
            token.touch(at);
        }
    }

    /// The number of an organization's newest change; nothing when there is no such organization.
    #[must_use]
    pub fn generation(&self, org: &str) -> Option<u64> {
        self.org(org).map(|org| org.generation)
    }

    /// An organization's token policy.
    #[must_use]
    pub fn policy(&self, org: &str) -> Option<TokenPolicy> {
        self.org(org).map(|org| org.policy)
    }

    /// An organization's plan.
    #[must_use]
    pub fn plan(&self, org: &str) -> Option<Plan> {
        self.org(org).map(|org| org.plan)
    }

    /// A member's role.
    #[must_use]
    pub fn role(&self, org: &str, user: &str) -> Option<Role> {
        self.org(org)?.members.get(&self.names.find(user)?).copied()
    }

    /// The organizations that a user is a member of.
    pub fn orgs_of(&self, user: &str) -> impl Iterator<Item = &str> {
        let entry = self.names.find(user).and_then(|user| self.names.get(user));
        let places = entry.map_or(&[][..], |entry| &entry.orgs);
        places
            .iter()
            .filter_map(|member| self.orgs.get(member.org as usize))
            .map(|org| self.names.name(org.name))
    }

    /// How many tokens there are.
    #[must_use]
    pub fn token_count(&self) -> usize {
        self.tokens.len()
    }

    fn org(&self, name: &str) -> Option<&OrgEntry> {
        match self.names.holder(self.names.find(name)?) {
            Holder::Org(at) => self.orgs.get(at as usize),
            Holder::User { .. } | Holder::ServiceAccount(_) => None,
        }
    }

    fn place(&self, presented: Presented<'_>) -> Option<u32> {
        let place = match presented {
            Presented::Nothing => None,
            Presented::Secret(secret) => self.tokens.find_digest(&secret.digest()),
            Presented::Lent(secret) => self.tokens.find_digest(&secret.digest()),
            Presented::Id(id) => self.tokens.find_id(id),
        };
        self.usable(place)
    }

    /// The place of a token whose owner is not suspended.
    #[inline]
    fn usable(&self, place: Option<u32>) -> Option<u32> {
        let place = place?;
        let owner: NameId = self.tokens.get(place)?.owner;
        match self.names.holder(owner) {
            Holder::User {
                suspended: true, ..
            } => None,
            Holder::User { .. } | Holder::ServiceAccount(_) | Holder::Org(_) => Some(place),
        }
    }
}
