//! The table: one row for each URL pattern of the Hub that may pass, and what it needs.
//!
//! The first row that fits counts, so a row with a condition stands before the one without.
//! What a pattern means is said in `pattern.rs`; `docs/hub-urls.md` is written from this file.

use core::fmt;

use super::body::Body;
use super::path::Uri;
use super::pattern::{self, Found, Reading};
use crate::action::Action;
use crate::action::Action::{
    CollectionRead, CollectionWrite, DiscussionWrite, JobWrite, OrgAuditLogWrite, OrgMembersRead,
    OrgMembersWrite, OrgReposRead, OrgServiceAccountsRead, OrgServiceAccountsWrite, OrgTokensRead,
    OrgTokensWrite, RepoAccessRead, RepoAdmin, RepoContentRead, RepoCreate, RepoWrite,
    ResourceGroupWrite,
};

/// A URL pattern and what a request that fits it needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The methods, apart by a space; HEAD goes with GET.
    pub methods: &'static str,
    /// The pattern of the path.
    pub pattern: &'static str,
    /// What the query must say for this row to count.
    pub when: When,
    /// What has to be allowed.
    pub need: Need,
}

/// A condition on the query.
#[derive(Debug, PartialEq, Eq)]
pub enum When {
    /// None.
    Always,
    /// The parameter is there, whatever its value.
    Sent(&'static str),
    /// The parameter has one of these values.
    Is(&'static str, &'static [&'static str]),
}

/// What a row needs.
#[derive(Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing; the token is not looked at.
    Public,
    /// Any valid token.
    Any,
    /// A valid token or none; the hub filters.
    Listing,
    /// All of these, on the repository of the path.
    Repo(&'static [Action]),
    /// All of these, in the namespace of the path.
    Namespace(&'static [Action]),
    /// This, in the namespace of every `owner` of the query.
    Owners(Action),
    /// What the body says.
    Body(Body),
    /// A permission of the Hub for which there is no action: refused.
    NoAction(&'static str),
}

const READ: Need = Need::Repo(&[RepoContentRead]);
const WRITE: Need = Need::Repo(&[RepoWrite]);
const ADMIN: Need = Need::Repo(&[RepoAdmin]);
const DISCUSS: Need = Need::Repo(&[DiscussionWrite, RepoContentRead]);
const CREATE: Need = Need::Namespace(&[RepoCreate]);
const PR: When = When::Is("create_pr", &["1", "true"]);
const ALL: &str = "GET POST PUT PATCH DELETE";

/// How the paths of git's own rows end; its large files speak JSON.
pub(super) const GIT_ENDS: [&str; 3] = ["/info/refs", "/git-upload-pack", "/git-receive-pack"];

/// All rows, one on a line.
#[rustfmt::skip]
pub static ROWS: &[Row] = &[
    // Who is calling, signing in
    row("GET", "/api/whoami-v2", Need::Any),
    row("GET", "/api/agent-harnesses", Need::Public),
    row("GET", "/api/telemetry/{words+}", Need::Public),
    row("POST", "/oauth/{device|token|register}", Need::Public),
    row("GET", "/.well-known/{file}", Need::Public),
    row("GET POST", "/oauth/userinfo", Need::Any),
    row("POST", "/api/credentials/revoke", Need::Public),
    row("POST", "/api/validate-yaml", Need::Public),
    // Reading repositories
    row("GET", "/api/{T}", Need::Listing),
    row("GET", "/api/{T}/{ns}/{name}", READ),
    row("GET", "/api/{T}/{ns}/{name}/revision/{rev}", READ),
    row("GET", "/api/{T}/{ns}/{name}/auth-check", READ),
    row("GET", "/api/{T}/{ns}/{name}/auth-check/write", WRITE),
    row("GET", "/api/{T}/{ns}/{name}/{tree|treesize}/{rev}/{path*}", READ),
    row("GET", "/api/{T}/{ns}/{name}/{refs|scan}", READ),
    row("GET", "/api/{T}/{ns}/{name}/commits/{rev}", READ),
    row("GET", "/api/{T}/{ns}/{name}/compare/{path+}", READ),
    row("POST", "/api/{T}/{ns}/{name}/paths-info/{rev}", READ),
    row("GET", "/{P}{ns}/{name}/{resolve|raw}/{rev}/{path+}", READ),
    row("GET", "/api/resolve-cache/{T}/{ns}/{name}/{rev}/{path+}", READ),
    row("GET", "/api/{T}/{ns}/{name}/xet-read-token/{rev}", READ),
    row_when("GET", "/api/{T}/{ns}/{name}/xet-write-token/{rev}", PR, DISCUSS),
    row("GET", "/api/{T}/{ns}/{name}/xet-write-token/{rev}", WRITE),
    row_when("GET", "/api/{T}/{ns}/{name}/jwt", When::Sent("write"), WRITE),
    row("GET", "/api/{T}/{ns}/{name}/jwt", READ),
    // Making, moving and removing repositories
    row("POST", "/api/repos/create", Need::Body(Body::Create)),
    row("DELETE", "/api/repos/delete", Need::Body(Body::Delete)),
    row("POST", "/api/repos/move", Need::Body(Body::Move)),
    row("PUT", "/api/{T}/{ns}/{name}/settings", ADMIN),
    row("POST", "/api/{T}/{ns}/{name}/duplicate", Need::Body(Body::Duplicate)),
    // Writing to repositories
    row_when("POST", "/api/{T}/{ns}/{name}/{preupload|commit}/{rev}", PR, DISCUSS),
    row("POST", "/api/{T}/{ns}/{name}/{preupload|commit}/{rev}", WRITE),
    row("POST", "/{P}{ns}/{name}.git/info/lfs/objects/batch", Need::Body(Body::LfsBatch)),
    row("POST", "/{P}{ns}/{name}.git/info/lfs/objects/verify", WRITE),
    row("POST DELETE", "/api/{T}/{ns}/{name}/{branch|tag}/{rev}", WRITE),
    row("POST", "/api/{T}/{ns}/{name}/super-squash/{rev}", WRITE),
    row("GET", "/api/{T}/{ns}/{name}/lfs-files", READ),
    row("POST", "/api/{T}/{ns}/{name}/lfs-files/batch", WRITE),
    row("POST", "/api/{T}/{ns}/{name}/lfs-files/duplicate", Need::Body(Body::CopyFiles)),
    row("DELETE", "/api/{T}/{ns}/{name}/lfs-files/{sha}", WRITE),
    // Discussions and pull requests
    row("GET", "/api/{T}/{ns}/{name}/discussions", READ),
    row("GET", "/api/{T}/{ns}/{name}/discussions/{n}", READ),
    row("POST", "/api/{T}/{ns}/{name}/discussions", DISCUSS),
    row("POST", "/api/{T}/{ns}/{name}/discussions/{n}/{comment|title|status}", DISCUSS),
    row("POST", "/api/{T}/{ns}/{name}/discussions/{n}/comment/{id}/{edit|hide}", DISCUSS),
    row("POST", "/api/{T}/{ns}/{name}/discussions/{n}/{merge|pin}", WRITE),
    row("DELETE", "/api/{T}/{ns}/{name}/discussions/{n}", WRITE),
    row("DELETE", "/api/{T}/{ns}/{name}/discussions/{n}/ref", WRITE),
    // Spaces
    row("GET POST DELETE", "/api/spaces/{ns}/{name}/{secrets|variables|volumes|hardware|sleeptime|restart|pause}", WRITE),
    row("GET", "/api/spaces/{ns}/{name}/logs/{path+}", WRITE),
    row("GET", "/api/spaces/{ns}/{name}/{events|metrics}", READ),
    // Gates and resource groups
    row("GET", "/api/{T}/{ns}/{name}/user-access-request/{status}", Need::Repo(&[RepoAccessRead])),
    row("POST", "/api/{T}/{ns}/{name}/user-access-request/{handle|grant|batch|cancel}", WRITE),
    row("POST", "/{P}{ns}/{name}/ask-access", Need::Any),
    row("GET", "/api/{T}/{ns}/{name}/resource-group", READ),
    row("POST", "/api/{T}/{ns}/{name}/resource-group", Need::Namespace(&[ResourceGroupWrite])),
    // Buckets
    row("POST", "/api/buckets/{ns}/{name}", CREATE),
    row("GET", "/api/buckets/{ns}/{name}", READ),
    row("DELETE", "/api/buckets/{ns}/{name}", ADMIN),
    row("POST", "/api/buckets/{ns}/{name}/batch", WRITE),
    row("GET", "/api/buckets/{ns}/{name}/tree/{path*}", READ),
    row("GET", "/buckets/{ns}/{name}/resolve/{path+}", READ),
    // Git
    row_when("GET", "/{P}{ns}/{name}.git/info/refs", When::Is("service", &["git-upload-pack"]), READ),
    row_when("GET", "/{P}{ns}/{name}.git/info/refs", When::Is("service", &["git-receive-pack"]), WRITE),
    row("POST", "/{P}{ns}/{name}.git/git-upload-pack", READ),
    row("POST", "/{P}{ns}/{name}.git/git-receive-pack", WRITE),
    // Organizations
    row("GET", "/api/organizations/{ns}/{overview|avatar|socials}", Need::Public),
    row("GET", "/api/organizations/{ns}/members", Need::Namespace(&[OrgMembersRead])),
    row("PUT", "/api/organizations/{ns}/members/{user}/role", Need::Namespace(&[OrgMembersWrite])),
    row(ALL, "/api/organizations/{ns}/{scim|scim-provisioning}/v2/{path+}", Need::Namespace(&[OrgMembersWrite])),
    row("GET", "/api/organizations/{ns}/settings/repositories", Need::Namespace(&[OrgReposRead])),
    row("GET", "/api/organizations/{ns}/settings/tokens/{path*}", Need::Namespace(&[OrgTokensRead])),
    row("POST", "/api/organizations/{ns}/settings/tokens/preview", Need::Namespace(&[OrgTokensRead])),
    row("POST", "/api/organizations/{ns}/settings/tokens/{id}/explain", Need::Namespace(&[OrgTokensRead])),
    row("POST PUT PATCH DELETE", "/api/organizations/{ns}/settings/tokens/{path*}", Need::Namespace(&[OrgTokensWrite])),
    row("GET", "/api/organizations/{ns}/service-accounts/{path*}", Need::Namespace(&[OrgServiceAccountsRead])),
    row("POST PUT PATCH DELETE", "/api/organizations/{ns}/service-accounts/{path*}", Need::Namespace(&[OrgServiceAccountsWrite])),
    row("GET", "/api/organizations/{ns}/audit-log/export", Need::Namespace(&[OrgAuditLogWrite])),
    row(ALL, "/api/organizations/{ns}/resource-groups/{path*}", Need::Namespace(&[ResourceGroupWrite])),
    // Collections, jobs, webhooks
    row("GET", "/api/collections", Need::Owners(CollectionRead)),
    row("POST", "/api/collections", Need::Body(Body::Collection)),
    row("GET", "/api/collections/{ns}/{slug}/{path*}", Need::Namespace(&[CollectionRead])),
    row("PATCH DELETE", "/api/collections/{ns}/{slug}", Need::Namespace(&[CollectionWrite])),
    row("POST PATCH DELETE", "/api/collections/{ns}/{slug}/items/{path*}", Need::Namespace(&[CollectionWrite])),
    row("POST", "/api/collections/{ns}/{slug}/resource-group", Need::Namespace(&[CollectionWrite, ResourceGroupWrite])),
    row(ALL, "/api/{jobs|scheduled-jobs}/{ns}/{path*}", Need::Namespace(&[JobWrite])),
    row("GET", "/api/settings/webhooks/{path*}", Need::NoAction("user.webhooks.read")),
    row("POST PUT PATCH DELETE", "/api/settings/webhooks/{path*}", Need::NoAction("user.webhooks.write")),
];

const fn row(methods: &'static str, pattern: &'static str, need: Need) -> Row {
    row_when(methods, pattern, When::Always, need)
}

const fn row_when(methods: &'static str, pattern: &'static str, when: When, need: Need) -> Row {
    Row {
        methods,
        pattern,
        when,
        need,
    }
}

impl Row {
    /// Reads a request by this row; None when it does not fit.
    pub(super) fn read<'a>(
        &self,
        method: &str,
        uri: &'a Uri<'_>,
        reading: Reading,
    ) -> Option<Found<'a>> {
        let fits = self.methods.split(' ').any(|listed| listed == method) && self.when.holds(uri);
        if fits {
            pattern::read(self.pattern, &uri.segments, reading)
        } else {
            None
        }
    }
}

impl When {
    fn holds(&self, uri: &Uri<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Sent(name) => uri.parameter(name).is_some(),
            Self::Is(name, values) => uri
                .parameter(name)
                .is_some_and(|value| values.contains(&value)),
        }
    }
}

impl Need {
    /// Whether `other` needs something of the repository that this does not.
    pub(super) fn is_weaker_than(&self, other: &Self) -> bool {
        let own = if let Self::Repo(actions) = self {
            actions
        } else {
            &[][..]
        };
        match other {
            Self::Repo(actions) => actions
                .iter()
                .any(|a| *a != RepoContentRead && !own.contains(a)),
            _ => self != other,
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => Ok(()),
            Self::Sent(name) => write!(f, "?{name}"),
            Self::Is(name, values) => {
                write!(f, "?{name}=")?;
                join(f, values.iter().copied(), "|")
            }
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Any => f.write_str("any valid token"),
            Self::Listing => f.write_str("a valid token or none; the hub filters"),
            Self::Repo(actions) => named(f, actions, "on the repository"),
            Self::Namespace(actions) => named(f, actions, "in the namespace"),
            Self::Owners(action) => named(f, &[*action], "in the namespace of each `owner`"),
            Self::Body(rule) => f.write_str(rule.text()),
            Self::NoAction(permission) => write!(f, "refused: no action has `{permission}`"),
        }
    }
}

impl Body {
    const fn text(self) -> &'static str {
        match self {
            Self::Create => {
                "`repo.create` in the body's `organization`, or in the caller's namespace"
            }
            Self::Delete => "`repo.admin` on the body's `organization` (or the caller) and `name`",
            Self::Move => {
                "`repo.admin` on the body's `fromRepo` and `repo.create` in the namespace of `toRepo`"
            }
            Self::Duplicate => {
                "`repo.content.read` on the repository and `repo.create` in the namespace of the body's `repository`"
            }
            Self::CopyFiles => {
                "`repo.content.read` on the repository and `repo.write` on the body's `target`"
            }
            Self::Collection => "`collection.write` in the body's `namespace`",
            Self::LfsBatch => {
                "by the body's `operation`: `repo.content.read` to download, `repo.write` to upload or without a body"
            }
        }
    }
}

fn named(f: &mut fmt::Formatter<'_>, actions: &[Action], place: &str) -> fmt::Result {
    f.write_str("`")?;
    join(f, actions.iter().map(|action| action.as_str()), "` and `")?;
    write!(f, "` {place}")
}

fn join(
    f: &mut fmt::Formatter<'_>,
    words: impl Iterator<Item = &'static str>,
    between: &str,
) -> fmt::Result {
    for (place, word) in words.enumerate() {
        if place > 0 {
            f.write_str(between)?;
        }
        f.write_str(word)?;
    }
    Ok(())
}
