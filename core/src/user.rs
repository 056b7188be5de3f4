//! A person, as far as decisions and notices need to know one.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::ids::Name;
use crate::timestamp::Timestamp;

/// A user of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// 24 hex digits, stable.
    pub id: String,
    /// The user's name.
    pub name: Name,
    /// The name that people read.
    pub fullname: Option<String>,
    /// Where mail goes.
    pub email: Option<String>,
    /// Whether the address has been confirmed; only then are notices sent to it.
    pub email_confirmed: bool,
    /// Whether all tokens of the user are refused.
    pub suspended: bool,
    /// Whether the user is a site administrator.
    pub site_admin: bool,
    /// Since when the user exists.
    pub created_at: Timestamp,
}
