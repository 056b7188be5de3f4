//! Token hygiene: what is wrong with tokens that nothing is denied for yet.
//!
//! Contract §9.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::ids::TokenId;
use crate::index::{Index, ShownToken};
use crate::timestamp::Timestamp;
use crate::world::World;

/// After how many days something is worth a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Thresholds {
    /// Never used, this long after it was made.
    pub unused_days: u32,
    /// Last used so long ago.
    pub inactive_days: u32,
    /// Made or rotated so long ago.
    pub unrotated_days: u32,
    /// Expires within so many days.
    pub expiring_days: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            unused_days: 30,
            inactive_days: 90,
            unrotated_days: 365,
            expiring_days: 14,
        }
    }
}

/// The kinds of findings, in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Never used.
    Unused,
    /// Not used for long.
    Inactive,
    /// Not rotated for long.
    Unrotated,
    /// Valid for ever.
    NoExpiry,
    /// A `read` or `write` token.
    Unscoped,
    /// May write every repository of the organization.
    OrgWideWrite,
    /// Its owner is no member any more.
    OwnerLeft,
    /// Expires soon.
    Expiring,
}

impl FindingKind {
    /// All kinds, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Unused,
        Self::Inactive,
        Self::Unrotated,
        Self::NoExpiry,
        Self::Unscoped,
        Self::OrgWideWrite,
        Self::OwnerLeft,
        Self::Expiring,
    ];
}

/// Something about a token that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The token's id.
    pub token: TokenId,
    /// What was found.
    pub finding: FindingKind,
    /// When the token was made, last used, or will expire, as fits the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The same as a sentence.
    pub text: String,
}

impl World {
    /// The findings about the tokens that an organization is shown, by id.
    #[must_use]
    pub fn findings(&self, org: &str, now: Timestamp, thresholds: &Thresholds) -> Vec<Finding> {
        findings(self, org, now, thresholds)
    }
}

/// The findings about the tokens that an organization is shown, by id. Where it is not known when
/// tokens were last used, nothing is found that depends on it.
pub(crate) fn findings<I: Index>(
    index: &I,
    org: &str,
    now: Timestamp,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let mut shown = index.shown_tokens(org);
    shown.sort_unstable_by_key(|token| token.id);
    let live = shown.into_iter().filter(|token| {
        !token.revoked && token.expires_at.is_none_or(|expires_at| now < expires_at)
    });
    let found = live.flat_map(|token| about(&token, org, now, thresholds));
    let judged = found.filter(|found| index.knows_uses() || !found.finding.is_of_use());
    judged.collect()
}

impl FindingKind {
    /// Whether it depends on when the token was last used.
    const fn is_of_use(self) -> bool {
        match self {
            Self::Unused | Self::Inactive => true,
            Self::Unrotated
            | Self::NoExpiry
            | Self::Unscoped
            | Self::OrgWideWrite
            | Self::OwnerLeft
            | Self::Expiring => false,
        }
    }
}

fn about(
    token: &ShownToken<'_>,
    org: &str,
    now: Timestamp,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    use FindingKind as Kind;
    let before = |moment: Timestamp, days: u32| moment.plus_days(i64::from(days)) < now;
    let (made, used) = (token.created_at, token.last_used_at);
    let soon = now.plus_days(i64::from(thresholds.expiring_days));
    let checks = [
        (
            Kind::Unused,
            used.is_none() && before(made, thresholds.unused_days),
            Some(made),
        ),
        (
            Kind::Inactive,
            used.is_some_and(|at| before(at, thresholds.inactive_days)),
            used,
        ),
        (
            Kind::Unrotated,
            before(made, thresholds.unrotated_days),
            Some(made),
        ),
        (Kind::NoExpiry, token.expires_at.is_none(), None),
        (Kind::Unscoped, !token.kind.is_fine_grained(), None),
        (Kind::OrgWideWrite, token.org_wide_write, None),
        (Kind::OwnerLeft, token.owner_left, None),
        (
            Kind::Expiring,
            token.expires_at.is_some_and(|at| at <= soon),
            token.expires_at,
        ),
    ];
    let found = checks.into_iter().filter(|(_, found, _)| *found);
    found
        .map(|(finding, _, since)| Finding {
            token: token.id,
            finding,
            since,
            text: sentence(finding, token, org, since),
        })
        .collect()
}

fn sentence(
    finding: FindingKind,
    token: &ShownToken<'_>,
    org: &str,
    since: Option<Timestamp>,
) -> String {
    let name = match token.display_name {
        Some(name) => format!("The token \"{name}\" of {}", token.owner),
        None => format!("A token of {}", token.owner),
    };
    let since = since.map_or_else(String::new, |since| format!("{since}"));
    match finding {
        FindingKind::Unused => format!("{name} was made on {since} and never used."),
        FindingKind::Inactive => format!("{name} was last used on {since}."),
        FindingKind::Unrotated => format!("{name} has had the same value since {since}."),
        FindingKind::NoExpiry => format!("{name} never expires."),
        FindingKind::Unscoped => format!("{name} is not limited to chosen permissions."),
        FindingKind::OrgWideWrite => format!("{name} may write every repository of {org}."),
        FindingKind::OwnerLeft => {
            format!(
                "{name} names {org}, but {} is no member of it.",
                token.owner
            )
        }
        FindingKind::Expiring => format!("{name} expires on {since}."),
    }
}
