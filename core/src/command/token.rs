//! Tokens made, changed, rotated and deleted by their owners.
//!
//! Contract §2: nothing that a call makes may reach further into an organization than the calling
//! credential does, except what an approval must still grant.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::widening::{adds_everywhere, widens};
use super::{Draft, Refusal, check_title, data, may_make_tokens};
use crate::actor::Via;
use crate::change::{AuditType, NoticeKind, RetiredDigest};
use crate::document::check_grants;
use crate::error::ParseError;
use crate::ids::{DisplayName, Name, TokenId};
use crate::reason::Reason;
use crate::resource::{Resource, ResourceType};
use crate::role::Role;
use crate::row::Row;
use crate::secret::TokenDigest;
use crate::timestamp::{DAY, Timestamp};
use crate::token::{
    Authorization, AuthorizationStatus, FineGrained, IssuedBy, Standing, Token, TokenKind,
};

const UNKNOWN: Refusal = Refusal::NotFound("Token not found");
/// How many grants a token may have: every decision about it looks at all of them.
const MOST_GRANTS: usize = 1000;

/// A token that somebody wants to have. The host has made the id and the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it will be.
    pub owner: Name,
    /// Its kind.
    pub kind: TokenKind,
    /// What its owner calls it.
    pub display_name: DisplayName,
    /// Its grants, for exactly the fine-grained kind.
    pub fine_grained: Option<FineGrained>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// The digest of its value.
    pub digest: TokenDigest,
    /// The last four characters of its value.
    pub last4: String,
}

/// What changes of a token; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenPatch {
    /// What its owner calls it.
    pub display_name: Option<DisplayName>,
    /// Its grants.
    pub fine_grained: Option<FineGrained>,
    /// From when on it is refused; `Some(None)` is never.
    pub expires_at: Option<Option<Timestamp>>,
}

pub(super) fn create(draft: &mut Draft<'_>, new: &NewToken) -> Result<(), Refusal> {
    if new.kind.is_fine_grained() != new.fine_grained.is_some() {
        let why = "must be there for exactly the role `fineGrained`";
        return Err(ParseError::new("fineGrained", why).into());
    }
    let token = Token {
        id: new.id,
        owner: new.owner.clone(),
        kind: new.kind,
        display_name: Some(new.display_name.clone()),
        digest: Some(new.digest),
        last4: Some(new.last4.as_str().into()),
        created_at: draft.now,
        expires_at: new.expires_at,
        last_used_at: None,
        fine_grained: new.fine_grained.clone(),
        issued_by: IssuedBy::User,
    };
    let named = named_orgs(draft, &token);
    check_maker(draft, None, &reached_orgs(draft, &token))?;
    check_scope(draft, &token, None)?;
    check_title(draft.details, &token.owner, &new.display_name, None)?;
    draft.put(Row::Token(token.clone()));
    for org in &named {
        make_in(draft, &token, org)?;
    }
    if draft.actor.is_session() && draft.actor.user.as_ref() != Some(&token.owner) {
        let title = new.display_name.as_str();
        let particulars = data([("displayName", title.into())]);
        draft.tell(
            NoticeKind::TokenMade,
            &token.owner,
            None,
            Some(token.id),
            particulars,
        );
    }
    Ok(())
}

/// A new token in one organization that it names.
fn make_in(draft: &mut Draft<'_>, token: &Token, org: &Name) -> Result<(), Refusal> {
    let kind = if token.kind.is_fine_grained() {
        request(draft, token, org, &Standing::default())?
    } else {
        AuditType::TokenCreate
    };
    record(draft, token, org, kind, "made")
}

/// A token newly names an organization, or reaches further into it: it is approved at once in an
/// administrator's session, and waits otherwise. A denial stays, a revocation too.
pub(super) fn request(
    draft: &mut Draft<'_>,
    token: &Token,
    org: &Name,
    before: &Standing,
) -> Result<AuditType, Refusal> {
    // No approval would stand between such a token and what the calling one may not do.
    if token.issued_by == IssuedBy::TokenExchange && matches!(draft.actor.via, Via::Token(_)) {
        let text = "A token that needs no approval is widened in a session only.";
        return Err(Refusal::Forbidden(Reason::TokenScope, text.into()));
    }
    let policy = draft.org(org)?.0.token_policy;
    let admin = draft.world.role(org.as_str(), token.owner.as_str()) == Some(Role::Admin);
    let at_once = draft.actor.is_session() && admin;
    let decided = before.authorization.as_ref();
    if before.revoked.is_some()
        || decided.is_some_and(|decided| decided.status == AuthorizationStatus::Denied)
    {
        return Ok(AuditType::ApprovalRequest);
    }
    let status = if at_once {
        AuthorizationStatus::Approved
    } else {
        AuthorizationStatus::Pending
    };
    let mut after = Standing {
        revoked: None,
        told_at: before.told_at,
        authorization: None,
    };
    after.authorization = Some(Authorization {
        status,
        decided_at: at_once.then_some(draft.now),
        decided_by: None,
        reason: None,
        requested_at: Some(draft.now),
    });
    let waits = !at_once && policy.needs_approval() && token.names_org(org.as_str());
    if waits && may_tell(before, draft.now) {
        after.told_at = Some(draft.now);
        let title = token.display_name.as_ref().map(DisplayName::as_str);
        let particulars = data([
            ("displayName", title.into()),
            ("owner", token.owner.as_str().into()),
        ]);
        draft.tell_admins(
            NoticeKind::ApprovalRequested,
            org,
            Some(token.id),
            &particulars,
        );
    }
    draft.put(Row::Standing {
        token: token.id,
        org: org.clone(),
        standing: after,
    });
    let fresh = decided.is_none();
    Ok(if at_once && fresh {
        AuditType::TokenCreate
    } else {
        AuditType::ApprovalRequest
    })
}

/// Administrators are told of one token at most once a day.
fn may_tell(standing: &Standing, now: Timestamp) -> bool {
    let day_ago = Timestamp::from_millis(now.as_millis().saturating_sub(DAY));
    standing.told_at.is_none_or(|told_at| told_at <= day_ago)
}

pub(super) fn update(
    draft: &mut Draft<'_>,
    id: TokenId,
    patch: &TokenPatch,
) -> Result<(), Refusal> {
    let before = draft.details.token(id).ok_or(UNKNOWN)?.clone();
    let mut after = before.clone();
    if let Some(title) = &patch.display_name {
        after.display_name = Some(title.clone());
    }
    if let Some(expires_at) = patch.expires_at {
        after.expires_at = expires_at;
    }
    if let Some(fine_grained) = &patch.fine_grained {
        if !before.kind.is_fine_grained() {
            let why = "belongs to tokens of the role `fineGrained` only";
            return Err(ParseError::new("fineGrained", why).into());
        }
        after.fine_grained = Some(fine_grained.clone());
    }
    let mut touched = named_orgs(draft, &before);
    touched.extend(named_orgs(draft, &after));
    let mut reached = touched.clone();
    let versions = before
        .fine_grained
        .as_ref()
        .zip(after.fine_grained.as_ref());
    if versions.is_some_and(|(before, after)| adds_everywhere(before, after)) {
        reached.extend(reached_orgs(draft, &after));
    }
    check_maker(draft, Some(id), &reached)?;
    check_scope(draft, &after, before.fine_grained.as_ref())?;
    if let Some(title) = &patch.display_name {
        check_title(draft.details, &after.owner, title, Some(id))?;
    }
    if after == before {
        return Ok(());
    }
    draft.put(Row::Token(after.clone()));
    let renamed = Token {
        display_name: after.display_name.clone(),
        ..before.clone()
    };
    if renamed == after {
        return Ok(());
    }
    touched.extend(approving_orgs(draft, id));
    for org in &touched {
        change_in(draft, &before, &after, org)?;
    }
    Ok(())
}

/// The organizations in which a token is approved, whether it names them at present or not.
fn approving_orgs(draft: &Draft<'_>, id: TokenId) -> impl Iterator<Item = Name> {
    let standings = draft.details.standings.iter();
    let approving =
        standings.filter(move |(token, _, standing)| *token == id && is_approved(standing));
    approving.map(|(_, org, _)| org.clone())
}

pub(super) fn is_approved(standing: &Standing) -> bool {
    standing.revoked.is_none() && standing.status() == AuthorizationStatus::Approved
}

/// A changed token in one organization that it names, named, or is approved in: an approval does
/// not wait for the organization to be named again, wider than what was approved.
fn change_in(
    draft: &mut Draft<'_>,
    before: &Token,
    after: &Token,
    org: &Name,
) -> Result<(), Refusal> {
    let name = org.as_str();
    let standing = draft.details.standing(after.id, org);
    let named_before = !after.kind.is_fine_grained() || before.names_org(name);
    let names_now = !after.kind.is_fine_grained() || after.names_org(name);
    let fresh = !named_before && standing.authorization.is_none();
    let further = widens(before, after, name);
    let asks = names_now && (fresh || further);
    if after.kind.is_fine_grained() && (asks || (further && is_approved(&standing))) {
        let kind = request(draft, after, org, &standing)?;
        return record(draft, after, org, kind, "widened");
    }
    if !named_before && !names_now {
        return Ok(());
    }
    let same = before.expires_at == after.expires_at && same_in(before, after, name);
    if same && after.kind.is_fine_grained() {
        return Ok(());
    }
    record(draft, after, org, AuditType::TokenUpdate, "changed")
}

/// Whether nothing that the organization may see of the token has changed.
fn same_in(before: &Token, after: &Token, org: &str) -> bool {
    let seen = |token: &Token| token.fine_grained.as_ref().map(|all| all.narrowed_to(org));
    seen(before) == seen(after)
}

pub(super) fn rotate(
    draft: &mut Draft<'_>,
    id: TokenId,
    digest: TokenDigest,
    last4: &str,
) -> Result<(), Refusal> {
    let before = draft.details.token(id).ok_or(UNKNOWN)?.clone();
    let itself = draft.actor.calls_with(id);
    if !draft.actor.is_session() && !itself {
        let text = "A token can rotate itself only.";
        return Err(Refusal::Forbidden(Reason::TokenScope, text.into()));
    }
    if let Some(old) = before.digest {
        let by_itself = itself && matches!(draft.actor.via, Via::Token(_));
        draft.retire(RetiredDigest {
            digest: old,
            token: id,
            by_itself,
        });
    }
    let after = Token {
        digest: Some(digest),
        last4: Some(last4.into()),
        created_at: draft.now,
        last_used_at: None,
        ..before
    };
    draft.put(Row::Token(after.clone()));
    for org in named_orgs(draft, &after) {
        record(draft, &after, &org, AuditType::TokenRotate, "rotated")?;
    }
    Ok(())
}

pub(super) fn delete(draft: &mut Draft<'_>, id: TokenId, leaked: bool) -> Result<(), Refusal> {
    let token = draft.details.token(id).ok_or(UNKNOWN)?.clone();
    if let Via::Token(caller) = &draft.actor.via
        && caller.id != id
    {
        if !may_make_tokens(caller.role) {
            let text = "This kind of token can delete itself only.";
            return Err(Refusal::Forbidden(Reason::TokenScope, text.into()));
        }
        check_not_revoked_anywhere(draft, caller.id)?;
    }
    draft.put(Row::TokenGone { id });
    for org in named_orgs(draft, &token) {
        record(draft, &token, &org, AuditType::TokenDelete, "deleted")?;
    }
    if leaked {
        let title = token.display_name.as_ref().map(DisplayName::as_str);
        let particulars = data([("displayName", title.into())]);
        draft.tell(
            NoticeKind::TokenLeaked,
            &token.owner,
            None,
            Some(id),
            particulars,
        );
    }
    Ok(())
}

/// One entry in the log of an organization that the token names.
fn record(
    draft: &mut Draft<'_>,
    token: &Token,
    org: &Name,
    kind: AuditType,
    done: &str,
) -> Result<(), Refusal> {
    let (organization, generation) = draft.org(org)?;
    let particulars = data([
        ("token", format!("{}", token.id).into()),
        ("owner", token.owner.as_str().into()),
        ("role", token.kind.as_str().into()),
        ("last4", token.last4.as_deref().into()),
    ]);
    let message = format!("{} {done} a token of {}", draft.who(), token.owner);
    draft.touch(organization, generation, kind, particulars, message);
    Ok(())
}

/// The organizations that a token names; an unscoped one counts as naming all of its owner's.
fn named_orgs(draft: &Draft<'_>, token: &Token) -> BTreeSet<Name> {
    let world = draft.world;
    match &token.fine_grained {
        None => world
            .orgs_of(token.owner.as_str())
            .filter_map(|org| Name::parse(org).ok())
            .collect(),
        Some(fine_grained) => fine_grained
            .namespaces()
            .filter(|name| world.is_organization(name))
            .filter_map(|name| Name::parse(name).ok())
            .collect(),
    }
}

/// The organizations that a token reaches into: those that it names, and all of its owner's where
/// it has something that holds everywhere, on public repositories also without being named.
fn reached_orgs(draft: &Draft<'_>, token: &Token) -> BTreeSet<Name> {
    let everywhere = |all: &FineGrained| all.can_read_gated_repos || !all.global.is_empty();
    let mut reached = named_orgs(draft, token);
    if token.fine_grained.as_ref().is_some_and(everywhere) {
        let orgs = draft.world.orgs_of(token.owner.as_str());
        reached.extend(orgs.filter_map(|org| Name::parse(org).ok()));
    }
    reached
}

/// Who may make and change tokens (contract §2, the table).
fn check_maker(
    draft: &Draft<'_>,
    subject: Option<TokenId>,
    named: &BTreeSet<Name>,
) -> Result<(), Refusal> {
    let forbidden = |reason, text: &str| Err(Refusal::Forbidden(reason, String::from(text)));
    let caller = match &draft.actor.via {
        Via::Session(_) | Via::CommandLine => return Ok(()),
        Via::Token(caller) => caller,
        Via::Hub(_) | Via::Nothing => {
            return forbidden(Reason::TokenScope, "This credential makes no tokens.");
        }
    };
    if !may_make_tokens(caller.role) {
        return forbidden(
            Reason::TokenScope,
            "This kind of token makes and changes no tokens.",
        );
    }
    if subject != Some(caller.id) {
        check_not_revoked_anywhere(draft, caller.id)?;
    }
    for org in named {
        let revoked = draft.world.admit(caller.id, org.as_str()) == Some(Reason::TokenRevoked);
        if revoked {
            let text = format!("The token that you are calling with is revoked in {org}.");
            return Err(Refusal::Forbidden(Reason::TokenRevoked, text));
        }
        if draft.org(org)?.0.token_policy.is_fine_grained_only() {
            let text = format!(
                "Due to the token policy of {org}, a token that reaches into it is made in a \
                 session only."
            );
            return Err(Refusal::Forbidden(Reason::FineGrainedRequired, text));
        }
    }
    Ok(())
}

fn check_not_revoked_anywhere(draft: &Draft<'_>, id: TokenId) -> Result<(), Refusal> {
    if draft.world.is_revoked_anywhere(id) {
        let text = "A token that is revoked in an organization makes and changes no other tokens.";
        return Err(Refusal::Forbidden(Reason::TokenRevoked, text.into()));
    }
    Ok(())
}

/// A token can name only its owner, organizations that the owner belongs to, and repositories in
/// them that are not hidden from the owner. What it named before it may go on naming.
fn check_scope(
    draft: &Draft<'_>,
    token: &Token,
    before: Option<&FineGrained>,
) -> Result<(), Refusal> {
    let Some(fine_grained) = &token.fine_grained else {
        return Ok(());
    };
    check_grants(fine_grained)?;
    if fine_grained.scoped.len() > MOST_GRANTS {
        return Err(ParseError::new("fineGrained.scoped", "must have 1000 grants at most").into());
    }
    let held: BTreeSet<_> = before
        .map(|all| all.scoped.iter().map(|grant| &grant.entity).collect())
        .unwrap_or_default();
    let entities = fine_grained.scoped.iter().map(|grant| &grant.entity);
    let mut fresh = entities.filter(|entity| !held.contains(entity));
    let foreign = fresh.any(|entity| {
        entity
            .resource()
            .is_some_and(|resource| !may_name(draft, &token.owner, &resource))
    });
    if foreign {
        let text = "A token can name only its owner, organizations that the owner belongs to, and \
                    repositories in them that the owner can see.";
        return Err(Refusal::Forbidden(Reason::TokenScope, text.into()));
    }
    Ok(())
}

fn may_name(draft: &Draft<'_>, owner: &Name, resource: &Resource<'_>) -> bool {
    let (world, owner, namespace) = (draft.world, owner.as_str(), resource.namespace());
    match resource.kind() {
        ResourceType::User => namespace == owner,
        ResourceType::Org => world.belongs(namespace, owner),
        _ if namespace == owner => true,
        _ => world.belongs(namespace, owner) && world.is_visible(owner, resource),
    }
}
