//! Requests, and the answers in their full form: message, remedy, explanation.
//!
//! Contract §5. Which reason it is has been decided elsewhere (`decide`); here it gets its words.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use serde::Serialize;

use crate::decide::{Check, Outcome};
use crate::ids::TokenId;
use crate::reason::{Reason, Remedy, Subject};
use crate::resource::Resource;
use crate::secret::{LentSecret, TokenSecret};
use crate::timestamp::Timestamp;

/// What is presented as a token.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// No token at all.
    Nothing,
    /// A raw token.
    Secret(&'a TokenSecret),
    /// A raw token that somebody else holds.
    Lent(LentSecret<'a>),
    /// The id of a token, which is then taken as presented.
    Id(TokenId),
}

impl<'a> Presented<'a> {
    /// The raw token, if one is presented.
    pub(crate) fn secret(self) -> Option<LentSecret<'a>> {
        match self {
            Self::Secret(secret) => Some(secret.lent()),
            Self::Lent(secret) => Some(secret),
            Self::Nothing | Self::Id(_) => None,
        }
    }
}

/// A question: may this token do this to that, now?
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The token.
    pub token: Presented<'a>,
    /// The action's name; an unknown one is denied.
    pub action: &'a str,
    /// The resource.
    pub resource: Resource<'a>,
    /// The time of the request.
    pub now: Timestamp,
}

/// The two ways a decision can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Let it through.
    Allow,
    /// Refuse it.
    Deny,
}

/// The answer to a [`Request`], with exactly one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Allow or deny.
    pub decision: Effect,
    /// Why.
    pub reason: Reason,
    /// The HTTP status that goes with the reason.
    pub status: u16,
    /// What the user is told; null on allow.
    pub message: Option<Cow<'static, str>>,
    /// The generation of the organization that the decision was made at.
    pub generation: Option<u64>,
    /// What would make it work; null on allow.
    pub remedy: Option<Remedy>,
    /// The Hub's `X-Error-Code` for it.
    #[serde(skip)]
    pub error_code: Option<&'static str>,
    /// Whether the token's owner belongs where the resource is; others are told no generation.
    #[serde(skip)]
    pub belongs: bool,
}

impl Decision {
    pub(crate) fn new(
        reason: Reason,
        subject: &Subject<'_>,
        generation: Option<u64>,
        belongs: bool,
    ) -> Self {
        Self {
            decision: if reason.allows() {
                Effect::Allow
            } else {
                Effect::Deny
            },
            reason,
            status: reason.status(),
            message: reason.message(subject),
            generation,
            remedy: reason.remedy(subject),
            error_code: reason.error_code(subject),
            belongs,
        }
    }

    /// The refusal of what no table lists, whoever asks: `unknown_action`.
    #[must_use]
    pub fn unknown_action() -> Self {
        let subject = Subject::about_nothing();
        Self::new(Reason::UnknownAction, &subject, None, false)
    }

    /// Whether the request is let through.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.reason.allows()
    }
}

/// A decision with the outcome of all thirteen checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The decision.
    #[serde(flatten)]
    pub decision: Decision,
    /// Every check, in order.
    pub checks: Vec<CheckOutcome>,
    /// What stands in the way, in order; nothing when the request is allowed.
    #[serde(skip)]
    pub obstacles: Vec<Obstacle>,
}

impl Explanation {
    /// Why nobody may do what no table lists.
    #[must_use]
    pub fn unknown_action() -> Self {
        let outcome = |check| match check {
            Check::Action => (check, Outcome::Fail(Reason::UnknownAction)),
            _ => (check, Outcome::Skip),
        };
        let decision = Decision::unknown_action();
        Self::new(
            decision,
            &Check::ALL.map(outcome),
            &Subject::about_nothing(),
        )
    }

    pub(crate) fn new(
        decision: Decision,
        outcomes: &[(Check, Outcome)],
        subject: &Subject<'_>,
    ) -> Self {
        let told = |(check, outcome): &_| CheckOutcome::new(*check, *outcome, subject);
        let failed = |(check, outcome): &_| match outcome {
            Outcome::Fail(reason) => Some(Obstacle::new(*check, *reason, subject)),
            Outcome::Pass | Outcome::Skip => None,
        };
        Self {
            decision,
            checks: outcomes.iter().map(told).collect(),
            obstacles: outcomes.iter().filter_map(failed).collect(),
        }
    }
}

/// A check that fails, with what would make it hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// The check.
    pub check: Check,
    /// Why it fails.
    pub reason: Reason,
    /// What the user is told.
    pub message: Option<Cow<'static, str>>,
    /// What would help.
    pub remedy: Option<Remedy>,
}

impl Obstacle {
    fn new(check: Check, reason: Reason, subject: &Subject<'_>) -> Self {
        Self {
            check,
            reason,
            message: reason.message(subject),
            remedy: reason.remedy(subject),
        }
    }
}

/// How one check came out, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckOutcome {
    /// The check.
    pub check: Check,
    /// `pass`, `fail` or `skip`.
    pub outcome: &'static str,
    /// What that means.
    pub detail: Cow<'static, str>,
}

impl CheckOutcome {
    fn new(check: Check, outcome: Outcome, subject: &Subject<'_>) -> Self {
        let (outcome, detail) = match outcome {
            Outcome::Pass => ("pass", Cow::Borrowed(passed(check))),
            Outcome::Skip => ("skip", Cow::Borrowed("does not apply, or cannot be judged")),
            Outcome::Fail(reason) => ("fail", reason.message(subject).unwrap_or_default()),
        };
        Self {
            check,
            outcome,
            detail,
        }
    }
}

const fn passed(check: Check) -> &'static str {
    match check {
        Check::TokenForm => "there is a token of a form that can be one",
        Check::TokenKnown => "the token is known",
        Check::TokenExpiry => "the token has not expired",
        Check::Action => "the action exists for this type of resource",
        Check::Membership => "the owner belongs here, or the repository is public",
        Check::Revocation => "the token is not revoked in the organization",
        Check::PolicyKind => "the token policy accepts this kind of token",
        Check::NamesOrg => "the token is unscoped, or has a grant here",
        Check::Approval => "the token is approved, or needs no approval",
        Check::Scope => "the token has the permission",
        Check::Role => "the owner's role may do this",
        Check::Gate => "no gate is in the way",
        Check::Group => "no resource group is in the way",
    }
}
