//! Edges: workers and gateways that follow an organization's snapshots with a credential of their own.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::ids::{EdgeName, Name, TokenId};
use crate::secret::TokenDigest;
use crate::timestamp::Timestamp;

/// A credential with which an edge fetches the snapshots of one organization, and does nothing
/// else. Its value has the form of a token, so that scanners find it; it is no token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeCredential {
    /// Whose snapshots.
    pub org: Name,
    /// What the edge is called; unique in the organization.
    pub name: EdgeName,
    /// Its number.
    pub id: TokenId,
    /// The digest of its value.
    pub digest: TokenDigest,
    /// The last four characters of its value.
    pub last4: String,
    /// Since when it exists.
    pub created_at: Timestamp,
    /// Who issued it; nobody for the server's own command line.
    pub created_by: Option<Name>,
}
