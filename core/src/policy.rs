//! The organization's token policy, and the plan that it pays for.
//!
//! What a policy demands is said here and nowhere else.

use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::error::ParseError;
use crate::token::TokenKind;

/// Which tokens an organization accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenPolicy {
    /// Every token.
    #[default]
    Default,
    /// Fine-grained tokens.
    FineGrainedOnly,
    /// Fine-grained tokens that an administrator has approved.
    RequireApproval,
}

impl TokenPolicy {
    /// All policies, from the loosest to the strictest.
    pub const ALL: [Self; 3] = [Self::Default, Self::FineGrainedOnly, Self::RequireApproval];

    /// The policy's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::FineGrainedOnly => "fine-grained-only",
            Self::RequireApproval => "require-approval",
        }
    }

    /// Parses a policy; `no-approval` is an older name of `fine-grained-only`.
    ///
    /// # Errors
    /// When there is no such policy.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        match text {
            "default" => Ok(Self::Default),
            "fine-grained-only" | "no-approval" => Ok(Self::FineGrainedOnly),
            "require-approval" => Ok(Self::RequireApproval),
            _ => Err(ParseError::new(
                "tokenPolicy",
                "must be `default`, `fine-grained-only` or `require-approval`",
            )),
        }
    }

    /// Whether tokens of this kind are accepted at all.
    #[must_use]
    pub const fn accepts(self, kind: TokenKind) -> bool {
        match (self, kind) {
            (Self::Default, _) | (_, TokenKind::FineGrained) => true,
            (Self::FineGrainedOnly | Self::RequireApproval, TokenKind::Read | TokenKind::Write) => {
                false
            }
        }
    }

    /// Whether a fine-grained token must be approved first.
    #[must_use]
    pub const fn needs_approval(self) -> bool {
        matches!(self, Self::RequireApproval)
    }

    /// Whether only fine-grained tokens are accepted, and without approval (contract §2: a
    /// `write` token then makes no tokens).
    #[must_use]
    pub const fn is_fine_grained_only(self) -> bool {
        matches!(self, Self::FineGrainedOnly)
    }
}

impl<'de> Deserialize<'de> for TokenPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// What an organization pays for (contract §3.5). The order of the variants is the order of plans.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// No token management.
    Free,
    /// Policies, the listing, approve and deny.
    Team,
    /// And revoking, token exchange, service accounts.
    #[default]
    Enterprise,
    /// And everything else.
    Plus,
}

impl Plan {
    /// All plans, lowest first.
    pub const ALL: [Self; 4] = [Self::Free, Self::Team, Self::Enterprise, Self::Plus];

    /// The plan's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Team => "team",
            Self::Enterprise => "enterprise",
            Self::Plus => "plus",
        }
    }

    /// The plan's name in sentences.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Free => "Free",
            Self::Team => "Team",
            Self::Enterprise => "Enterprise",
            Self::Plus => "Enterprise Plus",
        }
    }

    /// Parses a plan's name.
    ///
    /// # Errors
    /// When there is no such plan.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.into_iter().find(|plan| plan.as_str() == text);
        found.ok_or(ParseError::new(
            "plan",
            "must be `free`, `team`, `enterprise` or `plus`",
        ))
    }
}
