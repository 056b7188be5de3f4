//! The Hub's permission strings, and sets of them.
//!
//! H§3. Strings that are not in this table are kept by whoever holds them and grant nothing.

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($variant:ident = $text:literal,)*) => {
        /// A permission that means something to an action of contract §4.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Permission {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl Permission {
            /// All permissions, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The permission's string.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The permission of this string, if it means anything.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

// INVARIANT: new ones come last. Snapshots write a permission as its place in this table.
permissions! {
    RepoContentRead = "repo.content.read",
    RepoAccessRead = "repo.access.read",
    RepoWrite = "repo.write",
    DiscussionWrite = "discussion.write",
    CollectionRead = "collection.read",
    CollectionWrite = "collection.write",
    InferenceServerlessWrite = "inference.serverless.write",
    InferenceEndpointsInferWrite = "inference.endpoints.infer.write",
    InferenceEndpointsWrite = "inference.endpoints.write",
    JobWrite = "job.write",
    SqlConsoleEmbedWrite = "sql-console.embed.write",
    OrgRead = "org.read",
    OrgWrite = "org.write",
    OrgMembersRead = "org.members.read",
    OrgMembersWrite = "org.members.write",
    OrgReposRead = "org.repos.read",
    OrgBillingRead = "org.billing.read",
    OrgAuditLogWrite = "org.auditLog.write",
    OrgNetworkSecurityRead = "org.networkSecurity.read",
    OrgNetworkSecurityWrite = "org.networkSecurity.write",
    OrgServiceAccountsRead = "org.serviceAccounts.read",
    OrgServiceAccountsWrite = "org.serviceAccounts.write",
    ResourceGroupWrite = "resourceGroup.write",
    OrgTokensRead = "org.tokens.read",
    OrgTokensWrite = "org.tokens.write",
}

/// A set of permissions, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PermissionSet(u32);

impl PermissionSet {
    /// The set without a permission.
    pub const EMPTY: Self = Self(0);

    /// The set of these permissions.
    #[must_use]
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut bits = 0;
        let mut rest = permissions;
        while let [first, others @ ..] = rest {
            bits |= bit(*first);
            rest = others;
        }
        Self(bits)
    }

    /// The known ones among these strings.
    pub fn parse<'a>(strings: impl IntoIterator<Item = &'a str>) -> Self {
        let known = strings.into_iter().filter_map(Permission::parse);
        Self(known.fold(0, |bits, permission| bits | bit(permission)))
    }

    /// The set as a number: one bit for each permission, in the order of the table.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// The set of a number that [`Self::bits`] gave.
    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether the permission is in the set.
    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Whether the two sets share a permission.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every permission of this set is in the other.
    #[must_use]
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

const fn bit(permission: Permission) -> u32 {
    1 << (permission as u32 & 31)
}
