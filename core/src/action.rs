//! The table of actions: what each needs of the token and of its owner.
//!
//! Contract §4, as data. Anything not in this table is denied.

use crate::permission::{Permission as P, PermissionSet};
use crate::resource::ResourceType;
use crate::role::Role;

/// The kind of resource that an action is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A repository of any type.
    Repo,
    /// An organization or a user's own namespace.
    Namespace,
    /// An organization.
    Org,
}

impl Target {
    /// Whether a resource of this type can be the action's object.
    #[must_use]
    pub const fn takes(self, kind: ResourceType) -> bool {
        match self {
            Self::Repo => kind.is_repo(),
            Self::Namespace => matches!(kind, ResourceType::Org | ResourceType::User),
            Self::Org => matches!(kind, ResourceType::Org),
        }
    }
}

/// One row of the table: what an action needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionRule {
    /// The action's name, as in requests.
    pub name: &'static str,
    /// What it is done to.
    pub target: Target,
    /// The permission that messages name.
    pub permission: P,
    /// A fine-grained token needs one of these.
    pub permissions: PermissionSet,
    /// Whether a `read` token will do.
    pub read_token: bool,
    /// The role that the owner must reach.
    pub least_role: Role,
    /// Whether a contributor may do it to a repository that they created.
    pub own_repo: bool,
}

macro_rules! actions {
    ($($variant:ident = $name:literal $target:ident [$first:ident $(, $other:ident)*]
       $read:literal $role:ident $(or $own:ident)?;)*) => {
        /// What a request wants to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Action {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Action {
            /// All actions, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The action of this name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($name => Some(Self::$variant),)* _ => None }
            }

            /// The row of the table.
            #[must_use]
            #[inline]
            pub const fn rule(self) -> &'static ActionRule {
                match self {
                    $(Self::$variant => const { &ActionRule {
                        name: $name,
                        target: Target::$target,
                        permission: P::$first,
                        permissions: PermissionSet::of(&[P::$first $(, P::$other)*]),
                        read_token: $read,
                        least_role: Role::$role,
                        own_repo: actions!(@own $($own)?),
                    } },)*
                }
            }
        }
    };
    (@own) => { false };
    (@own own) => { true };
}

actions! {
    RepoContentRead = "repo.content.read" Repo [RepoContentRead, RepoWrite] true Read;
    RepoWrite = "repo.write" Repo [RepoWrite] false Write or own;
    RepoCreate = "repo.create" Namespace [RepoWrite] false Contributor;
    RepoAdmin = "repo.admin" Repo [RepoWrite] false Write or own;
    RepoAccessRead = "repo.access.read" Repo [RepoAccessRead, RepoWrite] false Write;
    DiscussionWrite = "discussion.write" Repo [DiscussionWrite, RepoWrite] false Read;
    CollectionRead = "collection.read" Namespace [CollectionRead, CollectionWrite] true Read;
    CollectionWrite = "collection.write" Namespace [CollectionWrite] false Contributor;
    InferenceServerlessWrite = "inference.serverless.write" Namespace [InferenceServerlessWrite] true Read;
    InferenceEndpointsInferWrite = "inference.endpoints.infer.write" Namespace [InferenceEndpointsInferWrite] true Read;
    InferenceEndpointsWrite = "inference.endpoints.write" Namespace [InferenceEndpointsWrite] false Write;
    JobWrite = "job.write" Namespace [JobWrite] false Write;
    SqlConsoleEmbedWrite = "sql-console.embed.write" Namespace [SqlConsoleEmbedWrite] false Write;
    OrgRead = "org.read" Org [OrgRead, OrgWrite] true Read;
    OrgMembersRead = "org.members.read" Org [OrgMembersRead, OrgMembersWrite, OrgWrite] true Read;
    OrgReposRead = "org.repos.read" Org [OrgReposRead] true Read;
    OrgWrite = "org.write" Org [OrgWrite] false Admin;
    OrgMembersWrite = "org.members.write" Org [OrgMembersWrite, OrgWrite] false Admin;
    OrgBillingRead = "org.billing.read" Org [OrgBillingRead] false Admin;
    OrgAuditLogWrite = "org.auditLog.write" Org [OrgAuditLogWrite] false Admin;
    OrgNetworkSecurityRead = "org.networkSecurity.read" Org [OrgNetworkSecurityRead, OrgNetworkSecurityWrite] false Admin;
    OrgNetworkSecurityWrite = "org.networkSecurity.write" Org [OrgNetworkSecurityWrite] false Admin;
    OrgServiceAccountsRead = "org.serviceAccounts.read" Org [OrgServiceAccountsRead, OrgServiceAccountsWrite] false Admin;
    OrgServiceAccountsWrite = "org.serviceAccounts.write" Org [OrgServiceAccountsWrite] false Admin;
    ResourceGroupWrite = "resourceGroup.write" Org [ResourceGroupWrite] false Admin;
    OrgTokensRead = "org.tokens.read" Org [OrgTokensRead, OrgTokensWrite, OrgWrite] false Admin;
    OrgTokensWrite = "org.tokens.write" Org [OrgTokensWrite, OrgWrite] false Admin;
}

impl Action {
    /// The action's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.rule().name
    }

    /// Whether the global permission of the same name counts for it: only for discussions.
    #[must_use]
    pub const fn counts_global(self) -> bool {
        matches!(self, Self::DiscussionWrite)
    }
}
