//! Rows: the present state of the world, one fact at a time.
//!
//! A change is a list of rows that are put or removed. The store writes them, the index follows
//! them, and a server that was not there reads them from the journal: one mechanism for all three.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::edge::EdgeCredential;
use crate::ids::{EdgeName, GroupName, Name, TokenId};
use crate::organization::{Member, Organization, Repository};
use crate::resource::ResourceName;
use crate::role::Role;
use crate::token::{Standing, Token};
use crate::user::User;

/// One fact that is put in place of an earlier one, or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "row")]
pub enum Row {
    /// A user.
    User(User),
    /// An organization and its generation.
    #[serde(rename_all = "camelCase")]
    Organization {
        /// The organization.
        organization: Organization,
        /// The number of its newest change.
        generation: u64,
    },
    /// A service account of an organization.
    #[serde(rename_all = "camelCase")]
    ServiceAccount {
        /// The organization.
        org: Name,
        /// The account's name.
        name: Name,
    },
    /// A member's role; no role means that the user is no member.
    #[serde(rename_all = "camelCase")]
    Member {
        /// The organization.
        org: Name,
        /// The user.
        user: Name,
        /// The role.
        role: Option<Role>,
    },
    /// A resource group with all its members; no members at all means that there is no such group.
    #[serde(rename_all = "camelCase")]
    Group {
        /// The organization.
        org: Name,
        /// The group.
        name: GroupName,
        /// Who is in it.
        members: Option<Vec<Member>>,
    },
    /// A listed repository.
    Repository(Repository),
    /// A repository that is listed no longer.
    #[serde(rename_all = "camelCase")]
    RepositoryGone {
        /// Which.
        resource: ResourceName,
    },
    /// A token, with the digest of its present value.
    Token(Token),
    /// A deleted token.
    #[serde(rename_all = "camelCase")]
    TokenGone {
        /// Which.
        id: TokenId,
    },
    /// What an organization thinks of a token.
    #[serde(rename_all = "camelCase")]
    Standing {
        /// The token.
        token: TokenId,
        /// The organization.
        org: Name,
        /// What it thinks.
        standing: Standing,
    },
    /// The credential of an edge.
    EdgeCredential(EdgeCredential),
    /// A credential of an edge that was withdrawn.
    #[serde(rename_all = "camelCase")]
    EdgeCredentialGone {
        /// The organization.
        org: Name,
        /// The edge.
        name: EdgeName,
    },
}
