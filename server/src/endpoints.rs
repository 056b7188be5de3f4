//! THE table of endpoints: the router, the OpenAPI document, and the tests of who may call what
//! are all made from it.

use axum::Router;
use axum::http::Method;
use axum::routing::{MethodRouter, any, delete, get, patch, post, put};
use schemars::{JsonSchema, Schema, schema_for};

use crate::app::App;
use crate::handlers::{
    audit, authz, check, credentials, edges, explain, members, organizations, own_tokens, policy,
    repositories, review, service, snapshot, users, whoami,
};
use crate::wire;

/// Who may call an endpoint, in the words of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, also without a token.
    Public,
    /// Whoever shows a valid token.
    Token,
    /// The owner, for their own tokens.
    Own,
    /// Whoever may do this to the organization.
    Org(&'static str),
    /// Whoever may do this to the organization, and its edges.
    OrgOrEdge(&'static str),
    /// The site administrator.
    Site,
    /// The site administrator, and whoever may do this to the organization.
    SiteOr(&'static str),
}

/// One endpoint.
pub struct Endpoint {
    /// The method; none for an endpoint that takes every method.
    pub method: Option<Method>,
    /// The path, with `{parameters}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What it does.
    pub summary: &'static str,
    /// Parameters in the query.
    pub query: &'static [&'static str],
    /// The body that it takes.
    pub body: Option<fn() -> Schema>,
    /// The status of its answer when all goes well.
    pub success: u16,
    /// What runs.
    handler: fn() -> MethodRouter<App>,
}

/// What the Hub's clients call at the hub's address though this server answers it, by how the paths
/// begin. Gateways pass it on to this server, which judges it itself.
const CALLED_AT_THE_HUB: [&str; 4] = [
    "/api/whoami-v2",
    "/api/organizations/{org}/settings/",
    "/api/settings/",
    "/api/credentials/",
];

impl Endpoint {
    /// Whether clients call it at the hub's address.
    #[must_use]
    pub fn is_called_at_the_hub(&self) -> bool {
        let path = self.path;
        CALLED_AT_THE_HUB
            .iter()
            .any(|start| path.starts_with(start))
    }
}

fn schema<T: JsonSchema>() -> Schema {
    schema_for!(T)
}

macro_rules! endpoints {
    ($($method:ident $path:literal $access:expr, $summary:literal
       $(, query $query:expr)? $(, body $body:ty)?, $success:literal => $handler:path;)*) => {
        /// All endpoints.
        #[must_use]
        pub fn endpoints() -> Vec<Endpoint> {
            vec![$(Endpoint {
                method: endpoints!(@method $method),
                path: $path,
                access: $access,
                summary: $summary,
                query: endpoints!(@query $($query)?),
                body: endpoints!(@body $($body)?),
                success: $success,
                handler: || $method($handler),
            },)*]
        }
    };
    (@method any) => { None };
    (@method get) => { Some(Method::GET) };
    (@method put) => { Some(Method::PUT) };
    (@method post) => { Some(Method::POST) };
    (@method patch) => { Some(Method::PATCH) };
    (@method delete) => { Some(Method::DELETE) };
    (@query) => { &[] };
    (@query $query:expr) => { $query };
    (@body) => { None };
    (@body $body:ty) => { Some(schema::<$body>) };
}

use Access::{Org, OrgOrEdge, Own, Public, Site, SiteOr, Token};

endpoints! {
    get "/api/whoami-v2" Token, "Who the token belongs to, and what restricts it", 200 => whoami::whoami;

    get "/api/organizations/{org}/settings/tokens" Org("org.tokens.read"), "The tokens that reach into the organization", query &["q", "limit", "cursor"], 200 => review::list;
    post "/api/organizations/{org}/settings/tokens/revoke" Org("org.tokens.write"), "Revoke a token by its raw value", body wire::RevokeByValue, 200 => review::revoke_value;
    post "/api/organizations/{org}/settings/tokens/preview" Org("org.tokens.read"), "What another token policy would block", body wire::PreviewPolicy, 200 => policy::preview;
    post "/api/organizations/{org}/settings/tokens/{id}/revoke" Org("org.tokens.write"), "Revoke a token in the organization, for good", body wire::Reasoned, 200 => review::revoke;
    post "/api/organizations/{org}/settings/tokens/{id}/approve" Org("org.tokens.write"), "Approve a token", body wire::Reasoned, 200 => review::approve;
    post "/api/organizations/{org}/settings/tokens/{id}/deny" Org("org.tokens.write"), "Deny a token", body wire::Reasoned, 200 => review::deny;
    post "/api/organizations/{org}/settings/tokens/{id}/explain" Org("org.tokens.read"), "Why a token may or may not do something", body wire::Question, 200 => review::explain;
    get "/api/organizations/{org}/settings/token-policy" Org("org.tokens.read"), "The token policy", 200 => policy::show;
    put "/api/organizations/{org}/settings/token-policy" Org("org.tokens.write"), "Set the token policy", body wire::SetPolicy, 200 => policy::set;
    get "/api/organizations/{org}/document" Org("org.tokens.read"), "The organization as a document", 200 => organizations::document;
    get "/api/organizations/{org}/audit-log/export" Org("org.auditLog.write"), "The audit log, newest entry first", query &["q"], 200 => audit::export;

    get "/api/organizations/{org}/snapshot" OrgOrEdge("org.tokens.read"), "The newest manifest, sealed", 200 => snapshot::manifest;
    get "/api/organizations/{org}/snapshot/bundle" OrgOrEdge("org.tokens.read"), "The newest snapshot in one file", query &["parts"], 200 => snapshot::bundle;
    get "/api/organizations/{org}/snapshot/blocks/{hash}" OrgOrEdge("org.tokens.read"), "A page or a block, by its SHA-256", 200 => snapshot::block;
    get "/api/organizations/{org}/snapshot/events" OrgOrEdge("org.tokens.read"), "Every manifest from now on, as server-sent events", 200 => snapshot::events;
    post "/api/organizations/{org}/snapshot/applied" OrgOrEdge("org.tokens.read"), "Report the generation that has been applied", body wire::Applied, 204 => edges::applied;
    get "/api/organizations/{org}/snapshot/edges" Org("org.tokens.read"), "Which edge has applied which generation", 200 => edges::status;
    get "/api/organizations/{org}/snapshot/edge-credentials" Org("org.tokens.read"), "The edge credentials", 200 => edges::list;
    post "/api/organizations/{org}/snapshot/edge-credentials" Org("org.tokens.write"), "Issue an edge credential", body wire::NewEdgeCredential, 201 => edges::issue;
    delete "/api/organizations/{org}/snapshot/edge-credentials/{name}" Org("org.tokens.write"), "Withdraw an edge credential", 204 => edges::withdraw;
    get "/api/organizations/{org}/generations/{n}/wait" Org("org.tokens.read"), "Wait until every live edge has applied a generation, or learn who has not", query &["timeout"], 200 => edges::wait;

    post "/api/organizations" Site, "Make an organization", body wire::NewOrganization, 201 => organizations::create;
    patch "/api/organizations/{org}" Site, "Change the plan", body wire::SetPlan, 200 => organizations::set_plan;
    get "/api/organizations/{org}/members" Org("org.members.read"), "The members", query &["search", "email", "limit", "cursor"], 200 => members::list;
    put "/api/organizations/{org}/members/{user}" SiteOr("org.members.write"), "Give a member a role; the site administrator also adds members", body wire::PutMember, 200 => members::put;
    delete "/api/organizations/{org}/members/{user}" SiteOr("org.members.write"), "Remove a member", 204 => members::remove;
    put "/api/organizations/{org}/members/{user}/role" SiteOr("org.members.write"), "Give a member a role, also in resource groups", body wire::PutRole, 200 => members::put_role;
    put "/api/organizations/{org}/resource-groups/{name}" SiteOr("resourceGroup.write"), "Make a resource group, or set its members", body wire::PutGroup, 200 => members::put_group;
    delete "/api/organizations/{org}/resource-groups/{name}" SiteOr("resourceGroup.write"), "Delete a resource group", 204 => members::delete_group;
    put "/api/organizations/{org}/resources/{type}/{namespace}/{name}" SiteOr("org.write"), "List a repository, or change how it is listed", body wire::PutRepository, 200 => repositories::put;
    delete "/api/organizations/{org}/resources/{type}/{namespace}/{name}" SiteOr("org.write"), "List a repository no longer, and remove the grants on it", 204 => repositories::delete;

    post "/api/users" Site, "Make a user", body wire::NewUser, 201 => users::create;
    patch "/api/users/{user}" Site, "Change or suspend a user", body wire::UserPatch, 200 => users::update;
    get "/api/users/{user}/tokens" Site, "A user's tokens", query &["limit", "cursor"], 200 => users::tokens;
    post "/api/users/{user}/tokens" Site, "Make a token for a user, as if in the user's session", body wire::NewToken, 201 => users::create_token;
    delete "/api/users/{user}/tokens/{id}" Site, "Delete a user's token", 204 => users::delete_token;

    get "/api/settings/tokens" Own, "One's own tokens", query &["limit", "cursor"], 200 => own_tokens::list;
    post "/api/settings/tokens" Own, "Make a token", body wire::NewToken, 201 => own_tokens::create;
    get "/api/settings/tokens/{id}" Own, "One of one's own tokens", 200 => own_tokens::show;
    patch "/api/settings/tokens/{id}" Own, "Change a token", body wire::TokenPatch, 200 => own_tokens::update;
    delete "/api/settings/tokens/{id}" Own, "Delete a token", 204 => own_tokens::delete;
    post "/api/settings/tokens/{id}/rotate" Own, "Give a token a new value", 200 => own_tokens::rotate;
    post "/api/settings/tokens/{id}/explain" Own, "Why a token may or may not do something", body wire::Question, 200 => own_tokens::explain;

    post "/api/credentials/revoke" Public, "Report leaked tokens: they are deleted everywhere", body wire::Credentials, 202 => credentials::revoke;
    post "/api/authz/check" Public, "May the token do this? Always 200, with the decision", body wire::Question, 200 => check::check;
    post "/api/authz/explain" Public, "Everything that stands in the token's way, for an action or a request to the hub. Always 200", body wire::Explain, 200 => explain::explain;
    post "/api/authz/filter" Public, "Which of these resources may the token do this to?", body wire::Filter, 200 => check::filter;
    any "/authz" Public, "Forward authorization for gateways", query &["not_found"], 200 => authz::authz;

    get "/.well-known/tokenward-keys" Public, "The keys that snapshots are signed with, as a JWKS", 200 => snapshot::keys;
    get "/healthz" Public, "The process is alive", 200 => service::health;
    get "/readyz" Public, "The database answers", 200 => service::ready;
    get "/metrics" Public, "Numbers in the text format of Prometheus", 200 => service::metrics;
    get "/openapi.json" Public, "This list, for programs", 200 => service::openapi;
}

/// The router of all endpoints.
pub fn router() -> Router<App> {
    endpoints()
        .into_iter()
        .fold(Router::new(), |router, endpoint| {
            router.route(endpoint.path, (endpoint.handler)())
        })
}
