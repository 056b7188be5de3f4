//! What decisions look up, whatever it is kept in: a [`crate::World`] or a snapshot.
//!
//! Here are the answers that are the same for both. What a fact means is for `decide` to say.

use alloc::vec::Vec;

use smallvec::SmallVec;

use crate::action::Action;
use crate::decide::{self, Case, Credential, Facts, KnownToken, Namespace, Outcome, Repo};
use crate::decision::{Decision, Explanation, Presented, Request};
use crate::ids::TokenId;
use crate::permission::PermissionSet;
use crate::policy::TokenPolicy;
use crate::reason::{Reason, Subject};
use crate::resource::{Resource, ResourceType};
use crate::ruling::Ruling;
use crate::secret::{Form, LentSecret, TokenDigest};
use crate::timestamp::Timestamp;
use crate::token::TokenKind;
use crate::world::Audience;

/// What a request leads to.
pub(crate) struct Found<P> {
    pub(crate) facts: Facts,
    /// The place of its token.
    pub(crate) token: Option<P>,
    /// The generation of the organization that the resource belongs to, or is.
    pub(crate) generation: Option<u64>,
}

/// A known token and its owner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Its id, where ids are known.
    pub(crate) id: Option<TokenId>,
    pub(crate) owner: &'a str,
    pub(crate) expires_at: Option<Timestamp>,
}

/// A grant on an organization or on a repository in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GrantIn<'a> {
    pub(crate) kind: ResourceType,
    /// Empty for the organization itself.
    pub(crate) repo: &'a [u8],
    pub(crate) permissions: PermissionSet,
}

/// A token as previews and findings see it.
pub(crate) struct ShownToken<'a> {
    pub(crate) id: TokenId,
    pub(crate) kind: TokenKind,
    pub(crate) display_name: Option<&'a str>,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked: bool,
    pub(crate) owner: &'a str,
    /// Whether the owner is neither member nor service account, and the token names the org.
    pub(crate) owner_left: bool,
    /// Whether it may write every repository of the organization.
    pub(crate) org_wide_write: bool,
}

/// Organizations, users and tokens, as far as decisions need them.
pub(crate) trait Index {
    /// Where a token is.
    type Place: Copy;

    /// Where a token and a resource most probably are.
    type Guess<'a>: Copy
    where
        Self: 'a;

    /// Guesses for many requests: reads ahead for all of them, a step at a time, so that memory,
    /// which is what a decision waits for, answers all of them at once.
    fn guess<'a>(&'a self, asked: &Batch<(TokenDigest, Resource<'_>)>) -> Batch<Self::Guess<'a>>;

    /// What a guess comes to: the token with this digest, if its owner is not suspended, and what
    /// the resource is to it.
    fn confirm(
        &self,
        guess: Self::Guess<'_>,
        digest: &TokenDigest,
        resource: &Resource<'_>,
    ) -> Found<Self::Place>;

    /// The same for one request alone.
    fn facts_of_digest(&self, digest: &TokenDigest, resource: &Resource<'_>) -> Found<Self::Place>;

    /// What a resource is to a token whose place is known.
    fn facts_of(&self, place: Self::Place, resource: &Resource<'_>) -> Found<Self::Place>;

    /// What can be said of a resource without a token.
    fn facts_without(&self, token: Credential, resource: &Resource<'_>) -> Found<Self::Place>;

    /// The place of a token whose owner is not suspended.
    fn place_of_id(&self, id: TokenId) -> Option<Self::Place>;

    fn caller(&self, place: Self::Place) -> Option<Seen<'_>>;

    fn display_name(&self, place: Self::Place) -> Option<&str>;

    /// An organization's token policy; nothing for other names.
    fn token_policy(&self, org: &str) -> Option<TokenPolicy>;

    /// The number of an organization's newest change.
    fn newest(&self, org: &str) -> Option<u64>;

    /// The organizations that the owner of a token is a member of.
    fn orgs_of_owner(&self, place: Self::Place) -> Vec<&str>;

    /// The grants on an organization and in its namespace.
    fn grants_in(&self, place: Self::Place, org: &str) -> Vec<GrantIn<'_>>;

    /// The facts of every token that an organization is shown, for what it says as a whole.
    fn shown_facts(&self, org: &str, policy: TokenPolicy) -> Vec<(TokenId, Facts)>;

    /// Every token that an organization is shown.
    fn shown_tokens(&self, org: &str) -> Vec<ShownToken<'_>>;

    /// Whether it is known when tokens were last used.
    fn knows_uses(&self) -> bool;
}

/// So many requests are read ahead at a time.
const BATCH: usize = 32;

/// Something of each request that is read ahead at a time.
pub(crate) type Batch<T> = SmallVec<[T; BATCH]>;

/// Rules on many requests, in their order, and hands out each ruling with the name of its token.
pub(crate) fn rule_many<'a, 'r, I: Index>(
    index: &'a I,
    requests: impl Iterator<Item = Request<'r>>,
    mut take: impl FnMut(&Request<'r>, Ruling, Option<&'a str>),
) {
    let mut requests = requests.fuse();
    loop {
        let batch: Batch<_> = requests.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return;
        }
        let digests: Batch<_> = batch.iter().map(digest).collect();
        let asked = digests.iter().zip(&batch);
        let asked = asked.filter_map(|(digest, request)| Some(((*digest)?, request.resource)));
        let mut guesses = index.guess(&asked.collect()).into_iter();
        for (request, digest) in batch.iter().zip(digests) {
            // There is a guess for each digest.
            let found = match digest.and_then(|digest| Some((digest, guesses.next()?))) {
                Some((digest, guess)) => index.confirm(guess, &digest, &request.resource),
                None => facts(index, request),
            };
            let (ruling, token) = rule(index, request, &found);
            take(request, ruling, token);
        }
    }
}

/// The digest of what a request presents, if that can be a token.
fn digest(request: &Request<'_>) -> Option<TokenDigest> {
    let secret = request.token.secret();
    let possible = secret.filter(|secret| secret.form() == Form::Possible);
    possible.map(LentSecret::digest)
}

/// Looks up everything that a request names.
#[inline]
pub(crate) fn facts<I: Index>(index: &I, request: &Request<'_>) -> Found<I::Place> {
    let resource = &request.resource;
    match request.token {
        Presented::Secret(secret) => facts_of_secret(index, secret.lent(), resource),
        Presented::Lent(secret) => facts_of_secret(index, secret, resource),
        Presented::Nothing => index.facts_without(Credential::Missing, resource),
        Presented::Id(id) => match index.place_of_id(id) {
            Some(place) => index.facts_of(place, resource),
            None => index.facts_without(Credential::Unknown, resource),
        },
    }
}

#[inline]
fn facts_of_secret<I: Index>(
    index: &I,
    secret: LentSecret<'_>,
    resource: &Resource<'_>,
) -> Found<I::Place> {
    match secret.form() {
        Form::Organization => index.facts_without(Credential::Organization, resource),
        Form::Impossible => index.facts_without(Credential::Impossible, resource),
        Form::Possible => index.facts_of_digest(&secret.digest(), resource),
    }
}

/// The reason of a decision, without the words that `decide` finds for it.
#[inline]
pub(crate) fn reason<I: Index>(index: &I, request: &Request<'_>) -> Reason {
    let found = facts(index, request);
    let action = Action::parse(request.action);
    decide::decide(&case(request, &found.facts, action))
}

/// Decides about what was found, in full.
#[inline]
pub(crate) fn decide<I: Index>(
    index: &I,
    request: &Request<'_>,
    found: &Found<I::Place>,
) -> Decision {
    let (ruling, token) = rule(index, request, found);
    ruling.worded(request.resource, token)
}

/// Decides about what was found; the words are left for later, but for the name of the token.
#[inline]
pub(crate) fn rule<'a, I: Index>(
    index: &'a I,
    request: &Request<'_>,
    found: &Found<I::Place>,
) -> (Ruling, Option<&'a str>) {
    let action = Action::parse(request.action);
    let case = case(request, &found.facts, action);
    let reason = decide::decide(&case);
    let subject = subject(request, &found.facts, action);
    let belongs = found.facts.belongs(case.kind);
    let ruling = Ruling::new(reason, &subject, found.generation, belongs);
    // Only denials have words, and looking a name up costs as much as everything before it.
    let denied = found.token.filter(|_| !reason.allows());
    (ruling, denied.and_then(|place| index.display_name(place)))
}

/// Decides, and says how every check came out.
pub(crate) fn explain<I: Index>(
    index: &I,
    request: &Request<'_>,
    audience: Audience,
) -> Explanation {
    let mut found = facts(index, request);
    let kind = request.resource.kind();
    if audience == Audience::Owner {
        found.facts = found.facts.redacted(kind);
    }
    let action = Action::parse(request.action);
    let case = case(request, &found.facts, action);
    let mut subject = subject(request, &found.facts, action);
    // Administrators of the resource's organization see token names where they approve tokens.
    let policy = index.token_policy(request.resource.namespace());
    if audience != Audience::Administrator || policy.is_some_and(TokenPolicy::needs_approval) {
        subject.token = found.token.and_then(|place| index.display_name(place));
    }
    let belongs = found.facts.belongs(kind);
    let decision = Decision::new(decide::decide(&case), &subject, found.generation, belongs);
    Explanation::new(decision, &decide::outcomes(&case), &subject)
}

/// Says how checks 1 to 3 came out, which look at the token alone.
pub(crate) fn explain_token<I: Index>(
    index: &I,
    token: Presented<'_>,
    now: Timestamp,
) -> Explanation {
    let request = about_nothing(token, now);
    let found = facts(index, &request);
    let case = case(&request, &found.facts, Some(Action::OrgRead));
    let mut subject = subject(&request, &found.facts, None);
    subject.token = found.token.and_then(|place| index.display_name(place));
    let outcomes = decide::outcomes(&case).map(|(check, outcome)| match check {
        check if check.is_about_token() => (check, outcome),
        check => (check, Outcome::Skip),
    });
    let failed = outcomes.iter().find_map(|(_, outcome)| match outcome {
        Outcome::Fail(reason) => Some(*reason),
        Outcome::Pass | Outcome::Skip => None,
    });
    let reason = failed.unwrap_or(Reason::Granted);
    let decision = Decision::new(reason, &subject, None, false);
    Explanation::new(decision, &outcomes, &subject)
}

/// A request with this token about a name that nobody can have: there is nothing to be told of it.
fn about_nothing(token: Presented<'_>, now: Timestamp) -> Request<'_> {
    Request {
        token,
        action: Action::OrgRead.as_str(),
        resource: Resource::NOBODY,
        now,
    }
}

#[inline]
fn case<'a>(request: &Request<'_>, facts: &'a Facts, action: Option<Action>) -> Case<'a> {
    Case {
        facts,
        action,
        kind: request.resource.kind(),
        now: request.now,
    }
}

/// What messages are about, but for the token's name.
#[inline]
fn subject<'a>(request: &Request<'a>, facts: &Facts, action: Option<Action>) -> Subject<'a> {
    Subject {
        resource: request.resource,
        permission: action.map(|action| action.rule().permission),
        token: None,
        public_gated: facts.repo.public && facts.repo.gated,
        foreign_create: action == Some(Action::RepoCreate)
            && !facts.belongs(request.resource.kind()),
        age: None,
    }
}

/// The token that is presented, if checks 1 to 3 hold for it; or the denial, worded as for a
/// request about nothing in particular.
pub(crate) fn authenticate<I: Index>(
    index: &I,
    token: Presented<'_>,
    now: Timestamp,
) -> Result<I::Place, Decision> {
    let request = about_nothing(token, now);
    let found = facts(index, &request);
    let decision = decide(index, &request, &found);
    let valid = found
        .token
        .filter(|_| !decision.reason.is_unauthenticated());
    valid.ok_or(decision)
}

/// A token with its grants in one namespace, which may be the owner's own. In an organization
/// `user` entities do not count, in a user's own namespace `org` entities do not.
#[inline]
pub(crate) fn with_grants<'a>(
    mut known: KnownToken,
    own: bool,
    resource: &Resource<'_>,
    grants: impl Iterator<Item = GrantIn<'a>>,
) -> Credential {
    let holder = match own {
        true => ResourceType::User,
        false => ResourceType::Org,
    };
    for grant in grants.filter(|grant| grant.kind.is_repo() || grant.kind == holder) {
        known.names_namespace = true;
        if grant.kind == holder {
            known.namespace_grant = grant.permissions;
        } else if grant.kind == resource.kind()
            && resource.repo().map(str::as_bytes) == Some(grant.repo)
        {
            known.repo_grant = Some(grant.permissions);
        }
    }
    Credential::Known(known)
}

/// The organizations all of whose repositories, unlisted ones too, the token may read now
/// (contract §7, `X-Tokenward-Orgs`).
pub(crate) fn readable_orgs<I: Index>(index: &I, place: I::Place, now: Timestamp) -> Vec<&str> {
    let orgs = index.orgs_of_owner(place).into_iter();
    orgs.filter(|org| reads_all(index, place, org, now))
        .collect()
}

/// A name that stands for all unlisted repositories.
const PROBE: &[u8] = b"x";

/// Who may read unlisted repositories may read every listed one too: only somebody to whom no
/// resource group is closed may, and no gate is closed to those who belong. So what is left to
/// look at are the repositories that have a grant of their own, listed or not.
fn reads_all<I: Index>(index: &I, place: I::Place, org: &str, now: Timestamp) -> bool {
    let read = Action::RepoContentRead.rule().permissions;
    let reads = |kind, repo: &[u8], forget: bool| {
        let Ok(repo) = core::str::from_utf8(repo) else {
            return false;
        };
        let full = alloc::format!("{org}/{repo}");
        Resource::new(kind, &full).is_ok_and(|resource| {
            let mut facts = index.facts_of(place, &resource).facts;
            if forget {
                facts = unlisted(facts);
            }
            decide::decide(&Case {
                facts: &facts,
                action: Some(Action::RepoContentRead),
                kind,
                now,
            })
            .allows()
        })
    };
    let grants = index.grants_in(place, org).into_iter();
    let mut own = grants.filter(|grant| grant.kind.is_repo() && !grant.permissions.meets(read));
    reads(ResourceType::Model, PROBE, true) && own.all(|grant| reads(grant.kind, grant.repo, false))
}

/// The same facts about a repository of which nothing is known.
fn unlisted(facts: Facts) -> Facts {
    let token = match facts.token {
        Credential::Known(known) => Credential::Known(KnownToken {
            repo_grant: None,
            ..known
        }),
        Credential::Missing
        | Credential::Organization
        | Credential::Impossible
        | Credential::Unknown => facts.token,
    };
    let namespace = match facts.namespace {
        Namespace::Org(org) => Namespace::Org(decide::OrgFacts {
            group_role: None,
            ..org
        }),
        Namespace::Foreign | Namespace::Own => facts.namespace,
    };
    Facts {
        token,
        namespace,
        repo: Repo::UNLISTED,
    }
}
