//! The action table as a reader types it from the contract: one row for each action.
//!
//! It shares nothing with the engine's own table, on purpose: two tables typed twice must agree.

/// What a row of the table says.
pub(crate) struct Row {
    pub(crate) action: &'static str,
    /// `repo`, `org`, `user`: the kinds of resource that the action exists for.
    pub(crate) on: &'static [&'static str],
    /// The permissions that bring it into a fine-grained token's scope; the first one is named in messages.
    pub(crate) permissions: &'static [&'static str],
    pub(crate) read_token: bool,
    pub(crate) least_role: &'static str,
    /// Whether a contributor may do it on a repository that they created.
    pub(crate) creator: bool,
}

const fn row(
    action: &'static str,
    on: &'static [&'static str],
    permissions: &'static [&'static str],
    read_token: bool,
    least_role: &'static str,
) -> Row {
    Row {
        action,
        on,
        permissions,
        read_token,
        least_role,
        creator: false,
    }
}

const fn for_creators_too(row: Row) -> Row {
    Row {
        creator: true,
        ..row
    }
}

const REPO: &[&str] = &["repo"];
const ORG: &[&str] = &["org"];
const BOTH: &[&str] = &["org", "user"];

pub(crate) const ACTIONS: &[Row] = &[
    row(
        "repo.content.read",
        REPO,
        &["repo.content.read", "repo.write"],
        true,
        "read",
    ),
    for_creators_too(row("repo.write", REPO, &["repo.write"], false, "write")),
    row("repo.create", BOTH, &["repo.write"], false, "contributor"),
    for_creators_too(row("repo.admin", REPO, &["repo.write"], false, "write")),
    row(
        "repo.access.read",
        REPO,
        &["repo.access.read", "repo.write"],
        false,
        "write",
    ),
    row(
        "discussion.write",
        REPO,
        &["discussion.write", "repo.write"],
        false,
        "read",
    ),
    row(
        "collection.read",
        BOTH,
        &["collection.read", "collection.write"],
        true,
        "read",
    ),
    row(
        "collection.write",
        BOTH,
        &["collection.write"],
        false,
        "contributor",
    ),
    row(
        "inference.serverless.write",
        BOTH,
        &["inference.serverless.write"],
        true,
        "read",
    ),
    row(
        "inference.endpoints.infer.write",
        BOTH,
        &["inference.endpoints.infer.write"],
        true,
        "read",
    ),
    row(
        "inference.endpoints.write",
        BOTH,
        &["inference.endpoints.write"],
        false,
        "write",
    ),
    row("job.write", BOTH, &["job.write"], false, "write"),
    row(
        "sql-console.embed.write",
        BOTH,
        &["sql-console.embed.write"],
        false,
        "write",
    ),
    row("org.read", ORG, &["org.read", "org.write"], true, "read"),
    row(
        "org.members.read",
        ORG,
        &["org.members.read", "org.members.write", "org.write"],
        true,
        "read",
    ),
    row("org.repos.read", ORG, &["org.repos.read"], true, "read"),
    row("org.write", ORG, &["org.write"], false, "admin"),
    row(
        "org.members.write",
        ORG,
        &["org.members.write", "org.write"],
        false,
        "admin",
    ),
    row(
        "org.billing.read",
        ORG,
        &["org.billing.read"],
        false,
        "admin",
    ),
    row(
        "org.auditLog.write",
        ORG,
        &["org.auditLog.write"],
        false,
        "admin",
    ),
    row(
        "org.networkSecurity.read",
        ORG,
        &["org.networkSecurity.read", "org.networkSecurity.write"],
        false,
        "admin",
    ),
    row(
        "org.networkSecurity.write",
        ORG,
        &["org.networkSecurity.write"],
        false,
        "admin",
    ),
    row(
        "org.serviceAccounts.read",
        ORG,
        &["org.serviceAccounts.read", "org.serviceAccounts.write"],
        false,
        "admin",
    ),
    row(
        "org.serviceAccounts.write",
        ORG,
        &["org.serviceAccounts.write"],
        false,
        "admin",
    ),
    row(
        "resourceGroup.write",
        ORG,
        &["resourceGroup.write"],
        false,
        "admin",
    ),
    row(
        "org.tokens.read",
        ORG,
        &["org.tokens.read", "org.tokens.write", "org.write"],
        false,
        "admin",
    ),
    row(
        "org.tokens.write",
        ORG,
        &["org.tokens.write", "org.write"],
        false,
        "admin",
    ),
];

/// The five types of repository.
pub(crate) const REPO_TYPES: &[&str] = &["model", "dataset", "space", "kernel", "bucket"];

/// The row of an action, if it exists for that type of resource.
pub(crate) fn row_of(action: &str, resource_type: &str) -> Option<&'static Row> {
    let kind = if REPO_TYPES.contains(&resource_type) {
        "repo"
    } else {
        resource_type
    };
    ACTIONS
        .iter()
        .find(|row| row.action == action && row.on.contains(&kind))
}
