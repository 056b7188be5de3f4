//! Member roles and their order.

use serde::{Deserialize, Serialize};

use crate::error::ParseError;

/// What a member may do at most, in an organization or in a resource group.
///
/// The order of the variants is the order of the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A member who sees nothing but what resource groups show.
    NoAccess,
    /// May read.
    Read,
    /// May create repositories, and write those that they created.
    Contributor,
    /// May write every repository.
    Write,
    /// May do everything.
    Admin,
}

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Self; 5] = [
        Self::NoAccess,
        Self::Read,
        Self::Contributor,
        Self::Write,
        Self::Admin,
    ];

    /// The role's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAccess => "no_access",
            Self::Read => "read",
            Self::Contributor => "contributor",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Parses a role's name.
    ///
    /// # Errors
    /// When there is no such role.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or(ParseError::new("role", "is none of those that exist"))
    }
}
