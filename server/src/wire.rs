//! The bodies that calls take (contract §7): strict, so that a misspelt field is an error and not
//! a wish ignored. Answers are made of the core's own types.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use tokenward_core::{
    DisplayName, EdgeName, FineGrained, GroupName, Member, Name, Plan, ResourceName, Role,
    Timestamp, TokenKind, TokenPolicy, Visibility,
};

use crate::schema;

/// A field that tells "absent" from "null".
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A field that may be absent, but not null.
fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// `…/settings/tokens/revoke`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeByValue {
    /// The raw token.
    pub token: String,
    /// Why.
    pub reason: Option<String>,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// Approve, deny, revoke.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reasoned {
    /// Why.
    pub reason: Option<String>,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// `…/settings/tokens/preview`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewPolicy {
    /// The policy to try.
    #[schemars(with = "schema::TokenPolicy")]
    pub token_policy: TokenPolicy,
}

/// `PUT …/settings/token-policy`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPolicy {
    /// The policy.
    #[schemars(with = "schema::TokenPolicy")]
    pub token_policy: TokenPolicy,
    /// Even if it blocks the calling token.
    #[serde(default)]
    pub force: bool,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// A question to the engine.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The action.
    pub action: String,
    /// `{"type", "name"}` or `type:name`.
    #[schemars(with = "schema::ResourceName")]
    pub resource: ResourceName,
}

/// `POST /api/authz/explain`: an action on a resource, or a request to the hub.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["action", "resource"]}, {"required": ["request"]}]))]
pub struct Explain {
    /// The action.
    #[serde(default)]
    #[schemars(with = "String")]
    pub action: Option<String>,
    /// `{"type", "name"}` or `type:name`.
    #[serde(default)]
    #[schemars(with = "schema::ResourceName")]
    pub resource: Option<ResourceName>,
    /// The request, in place of both.
    #[serde(default)]
    #[schemars(with = "HubRequest")]
    pub request: Option<HubRequest>,
}

/// A request to the hub, as a gateway sees it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HubRequest {
    /// Its method.
    pub method: String,
    /// Its path and query, as on the wire.
    pub uri: String,
    /// Its body, where that tells what it is about.
    pub body: Option<String>,
}

/// `POST /api/authz/filter`
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The action.
    pub action: String,
    /// Up to 1000 resources.
    #[schemars(length(max = 1000))]
    #[schemars(with = "Vec<schema::ResourceName>")]
    pub resources: Vec<ResourceName>,
}

/// `POST /api/organizations`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOrganization {
    /// The name.
    #[schemars(with = "schema::Name")]
    pub name: Name,
    /// The plan.
    #[serde(default)]
    #[schemars(with = "schema::Plan")]
    pub plan: Plan,
    /// The token policy.
    #[serde(default)]
    #[schemars(with = "schema::TokenPolicy")]
    pub token_policy: TokenPolicy,
}

/// `PATCH /api/organizations/{org}`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPlan {
    /// The plan.
    #[schemars(with = "schema::Plan")]
    pub plan: Plan,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// `PUT …/members/{user}`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutMember {
    /// The role.
    #[schemars(with = "schema::Role")]
    pub role: Role,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// `PUT …/members/{user}/role`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutRole {
    /// The role in the organization.
    #[schemars(with = "schema::Role")]
    pub role: Role,
    /// The roles in all resource groups; left out, they stay.
    pub resource_groups: Option<Vec<GroupRole>>,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// A role in a resource group.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRole {
    /// The group.
    #[schemars(with = "schema::GroupName")]
    pub name: GroupName,
    /// The role.
    #[schemars(with = "schema::Role")]
    pub role: Role,
}

/// A change that needs nothing but, perhaps, the state that the caller has seen.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IfGeneration {
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// A call that takes nothing.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// `PUT …/resource-groups/{name}`
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutGroup {
    /// Who is in it.
    #[serde(default)]
    #[schemars(with = "Vec<schema::Member>")]
    pub members: Vec<Member>,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// `PUT …/resources/{type}/{org}/{name}`
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutRepository {
    /// `public` or `private`.
    #[serde(default, deserialize_with = "not_null")]
    #[schemars(with = "schema::Visibility")]
    pub visibility: Option<Visibility>,
    /// Whether readers from outside must be let in.
    #[serde(default, deserialize_with = "not_null")]
    pub gated: Option<bool>,
    /// Who has been let in.
    #[serde(default, deserialize_with = "not_null")]
    #[schemars(with = "Vec<schema::Name>")]
    pub gated_users: Option<Vec<Name>>,
    /// The resource group; null takes the repository out of its group.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<schema::GroupName>")]
    pub resource_group: Option<Option<GroupName>>,
    /// Who created it; null is nobody known.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<schema::Name>")]
    pub created_by: Option<Option<Name>>,
}

/// `POST /api/users`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUser {
    /// The name.
    #[schemars(with = "schema::Name")]
    pub name: Name,
    /// The name that people read.
    pub fullname: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// Whether the address has been confirmed.
    #[serde(default)]
    pub email_confirmed: bool,
}

/// `PATCH /api/users/{user}`
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserPatch {
    /// The name that people read.
    #[serde(default, deserialize_with = "present")]
    pub fullname: Option<Option<String>>,
    /// The mail address.
    #[serde(default, deserialize_with = "present")]
    pub email: Option<Option<String>>,
    /// Whether the address has been confirmed.
    #[serde(default, deserialize_with = "not_null")]
    pub email_confirmed: Option<bool>,
    /// Whether all tokens of the user are refused.
    #[serde(default, deserialize_with = "not_null")]
    pub suspended: Option<bool>,
}

/// `POST /api/settings/tokens`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// What its owner calls it.
    #[schemars(with = "schema::DisplayName")]
    pub display_name: DisplayName,
    /// `read`, `write` or `fineGrained`.
    #[schemars(with = "schema::TokenKind")]
    pub role: TokenKind,
    /// The grants, for exactly the role `fineGrained`.
    #[schemars(with = "Option<schema::FineGrained>")]
    pub fine_grained: Option<FineGrained>,
    /// From when on it is refused.
    #[schemars(with = "Option<schema::Timestamp>")]
    pub expires_at: Option<Timestamp>,
}

/// `PATCH /api/settings/tokens/{id}`
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenPatch {
    /// What its owner calls it.
    #[serde(default, deserialize_with = "not_null")]
    #[schemars(with = "schema::DisplayName")]
    pub display_name: Option<DisplayName>,
    /// The grants.
    #[serde(default, deserialize_with = "not_null")]
    #[schemars(with = "schema::FineGrained")]
    pub fine_grained: Option<FineGrained>,
    /// From when on it is refused; null is never.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<schema::Timestamp>")]
    pub expires_at: Option<Option<Timestamp>>,
}

/// `POST …/snapshot/edge-credentials`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewEdgeCredential {
    /// What the edge is called.
    #[schemars(with = "schema::EdgeName")]
    pub name: EdgeName,
    /// The generation that the caller insists on.
    pub if_generation: Option<u64>,
}

/// `POST …/snapshot/applied`
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// The generation.
    pub generation: u64,
    /// Which of the reader's processes says so.
    pub instance: Option<String>,
}

/// `POST /api/credentials/revoke`
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// 1 to 1000 raw tokens of 1 to 200 characters.
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 200)))]
    pub credentials: Vec<String>,
}
