//! The table of reasons: code, HTTP status, error code, message and remedy.
//!
//! Contract §5. The codes are an interface: never renamed, only added to.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::permission::Permission;
use crate::resource::{Resource, ResourceType};

macro_rules! reasons {
    ($($variant:ident = $code:literal $status:literal,)*) => {
        /// Why a request was allowed or denied.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Reason {
            $(#[doc = concat!("`", $code, "`, HTTP ", stringify!($status))] $variant,)*
        }

        impl Reason {
            /// All reasons, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The reason's code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

reasons! {
    Granted = "granted" 200,
    Public = "public" 200,
    MissingToken = "missing_token" 401,
    OrganizationToken = "organization_token" 401,
    InvalidToken = "invalid_token" 401,
    ExpiredToken = "expired_token" 401,
    UnknownAction = "unknown_action" 403,
    NotFound = "not_found" 404,
    TokenRevoked = "token_revoked" 403,
    FineGrainedRequired = "fine_grained_required" 403,
    TokenScope = "token_scope" 403,
    TokenPending = "token_pending" 403,
    TokenDenied = "token_denied" 403,
    GatedToken = "gated_token" 403,
    RoleInsufficient = "role_insufficient" 403,
    GatedUser = "gated_user" 403,
    SnapshotStale = "snapshot_stale" 503,
}

impl Reason {
    /// Whether it lets the request through.
    #[must_use]
    pub const fn allows(self) -> bool {
        matches!(self, Self::Granted | Self::Public)
    }

    /// Whether it says that the credential itself is no good, whatever it was used for.
    #[must_use]
    pub const fn is_unauthenticated(self) -> bool {
        self.status() == 401
    }
}

/// Who can remove an obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The owner of the token.
    Owner,
    /// An administrator of the organization.
    OrgAdmin,
    /// Nobody.
    Nobody,
}

impl Who {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Owner, Self::OrgAdmin, Self::Nobody];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::OrgAdmin => "org_admin",
            Self::Nobody => "nobody",
        }
    }
}

/// What would make a denied request work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// Who has to act.
    pub who: Who,
    /// What to do, as a stable code.
    pub r#do: Cow<'static, str>,
    /// What to do, as a sentence.
    pub text: Cow<'static, str>,
}

/// What messages and remedies are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) resource: Resource<'a>,
    /// The permission that the action's row names first.
    pub(crate) permission: Option<Permission>,
    /// The token's display name, where it has one.
    pub(crate) token: Option<&'a str>,
    /// The repository is public and gated, as far as the caller may know.
    pub(crate) public_gated: bool,
    /// The request was to create a repository in a namespace that the owner does not belong to.
    pub(crate) foreign_create: bool,
    /// How old the snapshot is that was to be decided from, where it is too old.
    pub(crate) age: Option<Age>,
}

/// The age of a snapshot that is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Age {
    /// Seconds since it was issued.
    pub(crate) seconds: u64,
    /// Seconds after which it is too old.
    pub(crate) limit: u64,
}

impl Subject<'_> {
    /// About no resource, no token and no action.
    pub(crate) const fn about_nothing() -> Self {
        Self {
            resource: Resource::NOBODY,
            permission: None,
            token: None,
            public_gated: false,
            foreign_create: false,
            age: None,
        }
    }
}

impl Reason {
    /// The Hub's `X-Error-Code` for it, or none (contract §7).
    pub(crate) fn error_code(self, subject: &Subject<'_>) -> Option<&'static str> {
        match self {
            Self::NotFound if subject.resource.kind().is_repo() => Some("RepoNotFound"),
            Self::GatedUser => Some("GatedRepo"),
            Self::MissingToken if subject.public_gated => Some("GatedRepo"),
            _ => None,
        }
    }

    /// The message of contract §5; none when the request is allowed.
    pub(crate) fn message(self, subject: &Subject<'_>) -> Option<Cow<'static, str>> {
        let (kind, name) = (subject.resource.kind(), subject.resource.name());
        Some(match self {
            Self::Granted | Self::Public => return None,
            Self::MissingToken if subject.public_gated => Cow::Owned(format!(
                "Access to {kind} {name} is restricted. You must have access to it and be \
                 authenticated to access it. Please log in."
            )),
            Self::MissingToken | Self::InvalidToken => "Invalid username or password.".into(),
            Self::OrganizationToken => {
                "You must use your personal account token, not an organization token.".into()
            }
            Self::ExpiredToken => "Your token has expired.".into(),
            Self::UnknownAction => "This operation is not allowed.".into(),
            Self::NotFound => match kind {
                ResourceType::Org => "Organization not found".into(),
                ResourceType::User => "User not found".into(),
                _ => "Repository not found".into(),
            },
            Self::TokenRevoked => "Your token has been revoked by the organization administrator, \
                 you can no longer access organization resources. Please contact them for more \
                 information."
                .into(),
            Self::FineGrainedRequired => "Due to the organization token policy, you need to use a \
                 fine-grained token to access this resource."
                .into(),
            Self::TokenScope => {
                let permission = subject.permission.map_or("", Permission::as_str);
                Cow::Owned(format!(
                    "Your token does not have the \"{permission}\" permission for {kind} {name}."
                ))
            }
            Self::TokenPending | Self::TokenDenied => "Due to the organization token policy, your \
                 token needs to be approved by the organization before you can access this \
                 resource."
                .into(),
            Self::GatedToken => "Please enable access to public gated repositories in your \
                 fine-grained token settings to view this repository."
                .into(),
            Self::RoleInsufficient if subject.foreign_create => Cow::Owned(format!(
                "You don't have the rights to create a repository under the namespace \"{name}\""
            )),
            Self::RoleInsufficient => {
                "You have read access but not the required permissions for this operation".into()
            }
            Self::GatedUser => Cow::Owned(format!(
                "Access to {kind} {name} is restricted and you are not in the authorized list."
            )),
            Self::SnapshotStale => {
                let (seconds, limit) = subject.age.map_or((0, 0), |age| (age.seconds, age.limit));
                Cow::Owned(format!(
                    "The data to decide from is {seconds} seconds old, and at most {limit} seconds \
                     are allowed. Please try again later."
                ))
            }
        })
    }

    /// What would make the request work; none when it is allowed.
    pub(crate) fn remedy(self, subject: &Subject<'_>) -> Option<Remedy> {
        let resource = subject.resource;
        let (kind, name, org) = (resource.kind(), resource.name(), resource.namespace());
        let token = || {
            subject
                .token
                .map_or_else(|| String::from("your token"), quoted)
        };
        let (who, r#do, text): (_, _, Cow<'static, str>) = match self {
            Self::Granted | Self::Public => return None,
            Self::MissingToken => (
                Who::Owner,
                "log_in",
                "Log in with `hf auth login`, or set HF_TOKEN to an access token.".into(),
            ),
            Self::OrganizationToken => (
                Who::Owner,
                "use_user_token",
                "Use an access token of your own account; organization tokens are no longer accepted."
                    .into(),
            ),
            Self::InvalidToken => (
                Who::Owner,
                "create_token",
                "Check that the token is complete and comes from this server; if it was deleted or \
                 rotated, use its new value or create another one."
                    .into(),
            ),
            Self::ExpiredToken => (
                Who::Owner,
                "renew_token",
                format!("Move the expiry of {} to a later date, or create another token.", token())
                    .into(),
            ),
            Self::UnknownAction => (
                Who::Nobody,
                "none",
                "Nothing can allow this: the operation does not exist for this resource.".into(),
            ),
            Self::NotFound => (
                Who::Owner,
                "check_name",
                "Check the type and the spelling of the name, and with its administrators whether \
                 you have access."
                    .into(),
            ),
            Self::TokenRevoked => (
                Who::Owner,
                "replace_token",
                format!(
                    "A revocation is final: delete {} and create another token, after speaking to \
                     an administrator of {org}.",
                    token()
                )
                .into(),
            ),
            Self::FineGrainedRequired => (
                Who::Owner,
                "create_fine_grained_token",
                format!("Create a fine-grained token that names {org}, and use it instead of {}.", token())
                    .into(),
            ),
            Self::TokenScope => {
                let permission = subject.permission.map_or("", Permission::as_str);
                (
                    Who::Owner,
                    "add_permission",
                    format!("Give {} the permission `{permission}` on {kind} {name}, or use a token that has it.", token())
                        .into(),
                )
            }
            Self::TokenPending | Self::TokenDenied => (
                Who::OrgAdmin,
                "approve_token",
                match subject.token {
                    Some(token) => {
                        format!("Ask an administrator of {org} to approve {}.", quoted(token))
                    }
                    None => format!("Ask an administrator of {org} to approve the token."),
                }
                .into(),
            ),
            Self::GatedToken => (
                Who::Owner,
                "enable_gated_repos",
                format!("Switch on access to public gated repositories for {}.", token()).into(),
            ),
            Self::RoleInsufficient => (
                Who::OrgAdmin,
                "raise_role",
                format!("Ask an administrator of {org} for a role that may do this.").into(),
            ),
            Self::GatedUser => (
                Who::OrgAdmin,
                "grant_access",
                format!("Ask the administrators of {org} for access to {kind} {name}.").into(),
            ),
            Self::SnapshotStale => (
                Who::Nobody,
                "try_later",
                "Try again in a moment: nothing is wrong with the token, newer data is on its way."
                    .into(),
            ),
        };
        Some(Remedy {
            who,
            r#do: r#do.into(),
            text,
        })
    }
}

fn quoted(name: &str) -> String {
    format!("the token \"{name}\"")
}
