//! An access token and what one organization thinks of it.
//!
//! Contract §2 and §3. Authorization and revocation are two things: the first is reversible and
//! lives under a policy, the second is final and outlives it.

use alloc::string::String;
use alloc::vec::Vec;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::ids::{DisplayName, Name, TokenId};
use crate::map_only::map_only;
use crate::policy::TokenPolicy;
use crate::resource::{Resource, ResourceType};
use crate::secret::TokenDigest;
use crate::timestamp::Timestamp;

map_only!(Entity, Grant, FineGrained, Authorization, Revocation);

/// The kind of a token; the JSON field is called `role`, the Hub's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenKind {
    /// May read what its owner may read.
    Read,
    /// May do what its owner may do.
    Write,
    /// May do what its grants say.
    FineGrained,
}

impl TokenKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::FineGrained];

    /// The kind's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::FineGrained => "fineGrained",
        }
    }

    /// Whether tokens of this kind hold grants.
    #[must_use]
    pub const fn is_fine_grained(self) -> bool {
        matches!(self, Self::FineGrained)
    }
}

/// How a token came to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssuedBy {
    /// Its owner made it.
    #[default]
    User,
    /// An organization's application made it for its owner; it counts as approved.
    TokenExchange,
}

/// The thing that a grant is on. Unknown types are kept, and name nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Entity {
    /// `org`, `user`, a repository type, or a word that means nothing here.
    pub r#type: CompactString,
    /// The name that goes with the type.
    pub name: CompactString,
}

impl Entity {
    /// The resource that is named, when the type is known and the name is one.
    #[must_use]
    pub fn resource(&self) -> Option<Resource<'_>> {
        let kind = ResourceType::parse(&self.r#type).ok()?;
        Resource::new(kind, &self.name).ok()
    }
}

/// Permissions on one entity inside a fine-grained token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Grant {
    /// What the grant is on.
    pub entity: Entity,
    /// Permission strings; unknown ones are kept, and grant nothing.
    pub permissions: Vec<CompactString>,
}

/// What a fine-grained token may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
pub struct FineGrained {
    /// Whether it may read public gated repositories that its owner may read.
    #[serde(default)]
    pub can_read_gated_repos: bool,
    /// Permissions that hold everywhere.
    #[serde(default)]
    pub global: Vec<CompactString>,
    /// The grants; no two on one entity.
    #[serde(default)]
    pub scoped: Vec<Grant>,
}

impl FineGrained {
    /// Whether a grant, even an empty one, is on the organization or on something in its namespace.
    #[must_use]
    pub fn names_org(&self, org: &str) -> bool {
        self.grants_in(org).next().is_some()
    }

    /// The organizations that it may name: the namespaces of its grants but for `user` entities.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        let resources = self
            .scoped
            .iter()
            .filter_map(|grant| grant.entity.resource());
        resources
            .filter(|resource| resource.kind() != ResourceType::User)
            .map(|resource| resource.namespace())
    }

    /// The grants on the organization and in its namespace.
    pub fn grants_in(&self, org: &str) -> impl Iterator<Item = &Grant> {
        self.scoped.iter().filter(move |grant| {
            grant.entity.resource().is_some_and(|resource| {
                resource.namespace() == org && resource.kind() != ResourceType::User
            })
        })
    }

    /// What the organization's administrators may see of it.
    #[must_use]
    pub fn narrowed_to(&self, org: &str) -> Self {
        Self {
            can_read_gated_repos: self.can_read_gated_repos,
            global: self.global.clone(),
            scoped: self.grants_in(org).cloned().collect(),
        }
    }
}

/// A token, without its raw value and without any organization's view of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Stable; rotation keeps it.
    pub id: TokenId,
    /// Whose it is.
    pub owner: Name,
    /// `read`, `write` or `fineGrained`; never changes.
    #[serde(rename = "role")]
    pub kind: TokenKind,
    /// What its owner calls it.
    pub display_name: Option<DisplayName>,
    /// The digest of its raw value.
    pub digest: Option<TokenDigest>,
    /// The last four characters of its raw value.
    pub last4: Option<CompactString>,
    /// When it was made or last rotated.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Its grants, for exactly the fine-grained kind.
    pub fine_grained: Option<FineGrained>,
    /// How it came to be.
    #[serde(default)]
    pub issued_by: IssuedBy,
}

impl Token {
    /// Whether a grant of it is on the organization or in its namespace.
    #[must_use]
    pub fn names_org(&self, org: &str) -> bool {
        self.fine_grained
            .as_ref()
            .is_some_and(|fine_grained| fine_grained.names_org(org))
    }
}

/// What an administrator has decided about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorizationStatus {
    /// Nobody has decided.
    Pending,
    /// It may be used.
    Approved,
    /// It may not be used, until somebody approves it.
    Denied,
}

/// The approval state of one token in one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
pub struct Authorization {
    /// The state.
    pub status: AuthorizationStatus,
    /// When it was decided.
    #[serde(default)]
    pub decided_at: Option<Timestamp>,
    /// Who decided; null where the organization grants by itself.
    #[serde(default)]
    pub decided_by: Option<Name>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// Since when it waits, or waited, for a decision.
    #[serde(default)]
    pub requested_at: Option<Timestamp>,
}

/// The permanent loss of one organization for one token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Name,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What one organization thinks of one token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The approval state; null means that nobody has decided.
    pub authorization: Option<Authorization>,
    /// The revocation, if there is one.
    pub revoked: Option<Revocation>,
    /// When administrators were last told that the token waits: at most once a day.
    #[serde(default)]
    pub told_at: Option<Timestamp>,
}

impl Standing {
    /// The approval state, `Pending` when nobody has decided.
    #[must_use]
    pub fn status(&self) -> AuthorizationStatus {
        self.authorization
            .as_ref()
            .map_or(AuthorizationStatus::Pending, |decided| decided.status)
    }
}

/// The badge that listings show for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Badge {
    /// Waits for an administrator.
    Pending,
    /// Was approved.
    Approved,
    /// Was denied.
    Denied,
    /// Was revoked; shown under every policy.
    Revoked,
}

impl Badge {
    /// All badges.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Denied, Self::Revoked];

    /// The badge's word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Revoked => "revoked",
        }
    }

    /// The badge of a token that names the organization: a revocation always shows, an approval
    /// state only where an approval applies (contract §6, §7).
    ///
    /// `exempt` says that the token counts as approved because of what it is (a service
    /// account's, or made by token exchange); `standing` is its status, and whether it is revoked.
    #[must_use]
    pub(crate) const fn of(
        policy: TokenPolicy,
        kind: TokenKind,
        names_org: bool,
        exempt: bool,
        standing: (AuthorizationStatus, bool),
    ) -> Option<Self> {
        let (status, revoked) = standing;
        if revoked {
            return Some(Self::Revoked);
        }
        if !policy.needs_approval() || !kind.is_fine_grained() || !names_org || exempt {
            return None;
        }
        Some(match status {
            AuthorizationStatus::Pending => Self::Pending,
            AuthorizationStatus::Approved => Self::Approved,
            AuthorizationStatus::Denied => Self::Denied,
        })
    }
}
