//! An organization and what it holds: members, resource groups, repositories.
//!
//! These are rows; what they mean for a request is for `decide` to say.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::ids::{GroupName, Name};
use crate::map_only::map_only;
use crate::policy::{Plan, TokenPolicy};
use crate::resource::{Resource, ResourceName, ResourceType};
use crate::role::Role;

map_only!(Organization, Member, ResourceGroup, Repository);

/// The organization itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
pub struct Organization {
    /// Its name.
    pub name: Name,
    /// What it pays for.
    #[serde(default)]
    pub plan: Plan,
    /// Which tokens it accepts.
    #[serde(default)]
    pub token_policy: TokenPolicy,
}

/// A member, of an organization or of a resource group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Member {
    /// The user.
    pub user: Name,
    /// The user's role there.
    pub role: Role,
}

/// A named set of repositories with its own member roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ResourceGroup {
    /// Its name in the organization.
    pub name: GroupName,
    /// Who is in it; all of them are members of the organization.
    #[serde(default)]
    pub members: Vec<Member>,
}

/// Whether a repository can be seen by everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// By everybody.
    Public,
    /// By members.
    #[default]
    Private,
}

impl Visibility {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Public, Self::Private];
}

/// A repository that the organization has listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
pub struct Repository {
    /// Its type: never `org` or `user`.
    pub r#type: ResourceType,
    /// `namespace/name`.
    pub name: compact_str::CompactString,
    /// Who can see it.
    #[serde(default)]
    pub visibility: Visibility,
    /// Whether readers from outside must be let in one by one.
    #[serde(default)]
    pub gated: bool,
    /// The resource group that it is in.
    #[serde(default)]
    pub resource_group: Option<GroupName>,
    /// Who created it.
    #[serde(default)]
    pub created_by: Option<Name>,
    /// Who has been let in.
    #[serde(default)]
    pub gated_users: Vec<Name>,
}

impl Repository {
    /// A private repository in no group: what an unlisted one becomes when it is listed.
    #[must_use]
    pub fn new(resource: &ResourceName) -> Self {
        let resource = resource.borrow();
        Self {
            r#type: resource.kind(),
            name: resource.name().into(),
            visibility: Visibility::Private,
            gated: false,
            resource_group: None,
            created_by: None,
            gated_users: Vec::new(),
        }
    }

    /// The resource that it is, when its name is one.
    #[must_use]
    pub fn resource(&self) -> Option<Resource<'_>> {
        Resource::new(self.r#type, &self.name).ok()
    }
}
