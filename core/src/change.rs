//! A change: everything that one command alters, to be committed at once or not at all.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::actor::Actor;
use crate::ids::{Name, TokenId};
use crate::row::Row;
use crate::secret::TokenDigest;
use crate::timestamp::Timestamp;

/// What one command alters. An empty change is no change: the world was so already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Rows that are put or removed, in order. Every organization that is touched has its own
    /// [`Row::Organization`] with the next generation among them, exactly once.
    pub rows: Vec<Row>,
    /// Values that tokens had before they were rotated.
    pub retired: Vec<RetiredDigest>,
    /// One entry for every organization that is touched.
    pub entries: Vec<AuditEntry>,
    /// Whom to tell what.
    pub notices: Vec<Notice>,
}

impl Change {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The organizations that are touched, each with its new generation.
    pub fn generations(&self) -> impl Iterator<Item = (&Name, u64)> {
        self.rows.iter().filter_map(|row| match row {
            Row::Organization {
                organization,
                generation,
            } => Some((&organization.name, *generation)),
            _ => None,
        })
    }
}

/// A value that a token had before it was rotated: it never authenticates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetiredDigest {
    /// The digest of the earlier value.
    pub digest: TokenDigest,
    /// The token that had it.
    pub token: TokenId,
    /// Whether the rotation was made with the token itself, perhaps by a thief: then revoking by
    /// the earlier value reaches the token as it is now (contract §2).
    pub by_itself: bool,
}

macro_rules! audit_types {
    ($($variant:ident = $text:literal,)*) => {
        /// What happened, in the Hub's words (H§5.6) where it has them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum AuditType {
            $(#[doc = concat!("`", $text, "`")] #[serde(rename = $text)] $variant,)*
        }

        impl AuditType {
            /// All types.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The type's name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

audit_types! {
    OrgCreate = "org.create",
    UpdatePlan = "org.update_plan",
    ApprovalEnabled = "org.token_approval.enabled",
    ApprovalDisabled = "org.token_approval.disabled",
    PolicyUpdate = "org.token_policy.update",
    ApprovalRequest = "org.token_approval.authorization_request",
    Authorized = "org.token_approval.authorized",
    Denied = "org.token_approval.denied",
    Revoked = "org.token_approval.revoked",
    TokenCreate = "org.token.create",
    TokenUpdate = "org.token.update",
    TokenRotate = "org.token.rotate",
    TokenDelete = "org.token.delete",
    AddUser = "org.add_user",
    RemoveUser = "org.remove_user",
    ChangeRole = "org.change_role",
    SuspendUser = "org.suspend_user",
    RestoreUser = "org.restore_user",
    GroupCreate = "resource_group.create",
    GroupUpdate = "resource_group.update",
    GroupDelete = "resource_group.delete",
    RepoCreate = "repo.create",
    RepoUpdate = "repo.update_settings",
    RepoGroup = "repo.update_resource_group",
    RepoDelete = "repo.delete",
    EdgeCreate = "org.edge_credential.create",
    EdgeDelete = "org.edge_credential.delete",
}

/// One line of an organization's audit log. Its number is the generation that it made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Whose log.
    pub org: Name,
    /// The generation that the change made.
    pub generation: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub r#type: AuditType,
    /// Who, and with what credential.
    pub actor: Actor,
    /// The particulars; the id of a token that it is about is `token`.
    pub data: Map<String, Value>,
    /// The same as a sentence.
    pub message: String,
}

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// To administrators: a token waits for them.
    ApprovalRequested,
    /// To administrators: the new policy makes this many tokens wait for them.
    ApprovalsNeeded,
    /// To the owner: approved.
    TokenApproved,
    /// To the owner: denied.
    TokenDenied,
    /// To the owner: revoked in an organization.
    TokenRevoked,
    /// To the owner: somebody reported its value, and it was deleted.
    TokenLeaked,
    /// To the owner: the site administrator made it.
    TokenMade,
}

/// One message to one person, delivered after the change is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// What is told.
    pub kind: NoticeKind,
    /// To whom.
    pub to: Name,
    /// The organization that it is about.
    pub org: Option<Name>,
    /// The token that it is about.
    pub token: Option<TokenId>,
    /// Further particulars: `displayName`, `reason`, `count`.
    pub data: Map<String, Value>,
}
