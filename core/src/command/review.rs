//! Approve, deny, revoke: what an administrator decides about a token.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::{Draft, Refusal, Verdict, data};
use crate::change::{AuditType, NoticeKind};
use crate::ids::{DisplayName, Name, TokenId};
use crate::organization::Organization;
use crate::policy::Plan;
use crate::reason::Reason;
use crate::row::Row;
use crate::token::{
    Authorization, AuthorizationStatus, IssuedBy, Revocation, Standing, Token, TokenKind,
};

const UNKNOWN: Refusal = Refusal::NotFound("Token not found");

pub(super) fn review(
    draft: &mut Draft<'_>,
    org: &Name,
    id: TokenId,
    verdict: Verdict,
    reason: Option<&str>,
) -> Result<(), Refusal> {
    let (organization, generation) = draft.org(org)?;
    if draft.actor.calls_with(id) && verdict != Verdict::Approve {
        let text = "You cannot deny or revoke the token that you are calling with.";
        return Err(Refusal::Forbidden(Reason::TokenScope, text.into()));
    }
    if verdict == Verdict::Revoke && draft.actor.user.is_none() {
        let text = "A revocation names the user who makes it.";
        return Err(Refusal::Forbidden(Reason::TokenScope, text.into()));
    }
    let token = draft.details.token(id).ok_or(UNKNOWN)?;
    let before = draft.details.standing(id, org);
    if !concerns(draft, org, token, &before, verdict) {
        return Err(UNKNOWN);
    }
    check_plan(&organization, verdict)?;
    if verdict != Verdict::Revoke {
        check_workflow(draft, &organization, token, &before)?;
    }
    let Some(after) = decided(draft, &before, verdict, reason) else {
        return Ok(());
    };
    let (audit, notice, done) = words(verdict);
    let title = token.display_name.as_ref().map(DisplayName::as_str);
    let particulars = data([
        ("token", format!("{id}").into()),
        ("owner", token.owner.as_str().into()),
        ("role", token.kind.as_str().into()),
        ("last4", token.last4.as_deref().into()),
        ("reason", reason.into()),
    ]);
    let message = format!("{} {done} a token of {}", draft.who(), token.owner);
    draft.put(Row::Standing {
        token: id,
        org: org.clone(),
        standing: after,
    });
    draft.touch(organization, generation, audit, particulars, message);
    let particulars = data([("displayName", title.into()), ("reason", reason.into())]);
    if !draft
        .world
        .is_service_account(org.as_str(), token.owner.as_str())
    {
        draft.tell(notice, &token.owner, Some(org), Some(id), particulars);
    }
    Ok(())
}

/// Deciding needs Team, unless the workflow is on already; revoking needs Enterprise.
fn check_plan(organization: &Organization, verdict: Verdict) -> Result<(), Refusal> {
    let (needed, what) = match verdict {
        Verdict::Approve | Verdict::Deny => (Plan::Team, "Approving and denying tokens"),
        Verdict::Revoke => (Plan::Enterprise, "Revoking tokens"),
    };
    let going_on = verdict != Verdict::Revoke && organization.token_policy.needs_approval();
    if organization.plan < needed && !going_on {
        return Err(Refusal::Plan(needed, what));
    }
    Ok(())
}

/// Whether the token has to do with the organization, so that its administrators may know of it.
fn concerns(
    draft: &Draft<'_>,
    org: &Name,
    token: &Token,
    standing: &Standing,
    verdict: Verdict,
) -> bool {
    let known = draft.world.is_shown(org.as_str(), token.id) || standing.authorization.is_some();
    let insider = draft
        .world
        .role(org.as_str(), token.owner.as_str())
        .is_some();
    known || (insider && verdict != Verdict::Revoke)
}

/// The approval workflow takes only tokens that it is for (contract §6).
fn check_workflow(
    draft: &Draft<'_>,
    organization: &Organization,
    token: &Token,
    standing: &Standing,
) -> Result<(), Refusal> {
    let org = organization.name.as_str();
    let conflict = |code, text: &str| Err(Refusal::Conflict(code, String::from(text)));
    if standing.revoked.is_some() {
        return conflict(
            "token_revoked",
            "The token is revoked; a revocation is final.",
        );
    }
    if !organization.token_policy.needs_approval() {
        return conflict("no_approval", "The token policy does not require approval.");
    }
    if matches!(token.kind, TokenKind::Read | TokenKind::Write) {
        return conflict(
            "unscoped",
            "Only fine-grained tokens are approved or denied.",
        );
    }
    if draft.world.is_service_account(org, token.owner.as_str()) {
        return conflict(
            "service_account",
            "Tokens of service accounts need no approval.",
        );
    }
    if token.issued_by == IssuedBy::TokenExchange {
        return conflict(
            "token_exchange",
            "Tokens of token exchange need no approval.",
        );
    }
    if !token.names_org(org) {
        return conflict("names_org", "The token does not name the organization.");
    }
    Ok(())
}

/// What the organization thinks of the token afterwards; nothing when it thought so before.
fn decided(
    draft: &Draft<'_>,
    before: &Standing,
    verdict: Verdict,
    reason: Option<&str>,
) -> Option<Standing> {
    let mut after = before.clone();
    let status = match verdict {
        Verdict::Approve => AuthorizationStatus::Approved,
        Verdict::Deny => AuthorizationStatus::Denied,
        Verdict::Revoke => {
            if before.revoked.is_some() {
                return None;
            }
            let by = draft.actor.user.clone()?;
            after.revoked = Some(Revocation {
                at: draft.now,
                by,
                reason: reason.map(str::to_owned),
            });
            return Some(after);
        }
    };
    let decided = before.authorization.as_ref();
    if decided.is_some_and(|decided| decided.status == status) {
        return None;
    }
    after.authorization = Some(Authorization {
        status,
        decided_at: Some(draft.now),
        decided_by: draft.actor.user.clone(),
        reason: reason.map(str::to_owned),
        requested_at: decided.and_then(|decided| decided.requested_at),
    });
    Some(after)
}

const fn words(verdict: Verdict) -> (AuditType, NoticeKind, &'static str) {
    match verdict {
        Verdict::Approve => (AuditType::Authorized, NoticeKind::TokenApproved, "approved"),
        Verdict::Deny => (AuditType::Denied, NoticeKind::TokenDenied, "denied"),
        Verdict::Revoke => (AuditType::Revoked, NoticeKind::TokenRevoked, "revoked"),
    }
}
