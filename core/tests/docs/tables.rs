//! The generated tables: what the code knows as data, as lines of Markdown.
//!
//! Words that the code has no use for stand here, each in a `match` that a new variant breaks.

use std::fmt::Write as _;

use tokenward_core::action::Target;
use tokenward_core::decide::Check;
use tokenward_core::{
    Action, AuditType, FindingKind, NoticeKind, Permission, Plan, Reason, ResourceType, Role,
    Thresholds, TokenPolicy,
};

use crate::engine;

/// The name of a table, and what writes it.
type Entry = (&'static str, fn() -> String);

/// Every generated table.
pub(crate) const TABLES: [Entry; 11] = [
    ("actions", actions),
    ("audit-types", audit_types),
    ("checks", checks),
    ("findings", findings),
    ("notices", notices),
    ("permissions", permissions),
    ("plans", plans),
    ("policies", policies),
    ("reasons", reasons),
    ("resource-types", resource_types),
    ("roles", roles),
];

fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for row in rows {
        let row = row.map(|cell| cell.replace('|', "\\|"));
        writeln!(text, "| {} |", row.join(" | ")).expect("a string takes everything");
    }
    text
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn wire(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).expect("it has a name on the wire");
    value.as_str().expect("its name is a string").to_owned()
}

fn actions() -> String {
    let row = |action: &Action| {
        let rule = action.rule();
        let target = match rule.target {
            Target::Repo => "repository",
            Target::Namespace => "org, user",
            Target::Org => "org",
        };
        let mut grants = enough(action).join(" or ");
        if action.counts_global() {
            write!(grants, ", or global {}", code(rule.permission.as_str())).unwrap();
        }
        let mut role = code(rule.least_role.as_str());
        if rule.own_repo {
            write!(
                role,
                "; {} on a repository of their own making",
                code(Role::Contributor.as_str())
            )
            .unwrap();
        }
        let read = if rule.read_token { "yes" } else { "no" };
        [
            code(rule.name),
            target.into(),
            grants,
            read.into(),
            "yes".into(),
            role,
        ]
    };
    let head = [
        "action",
        "on",
        "fine-grained token needs",
        "`read` token",
        "`write` token",
        "least role",
    ];
    table(head, Action::ALL.iter().map(row))
}

/// The permissions of which one is enough: the one that messages name comes first.
fn enough(action: &Action) -> Vec<String> {
    let rule = action.rule();
    let others = Permission::ALL
        .iter()
        .filter(|permission| **permission != rule.permission && rule.permissions.has(**permission));
    std::iter::once(&rule.permission)
        .chain(others)
        .map(|permission| code(permission.as_str()))
        .collect()
}

fn permissions() -> String {
    let row = |permission: &Permission| {
        let actions = Action::ALL
            .iter()
            .filter(|action| action.rule().permissions.has(*permission));
        let actions: Vec<String> = actions.map(|action| code(action.as_str())).collect();
        [code(permission.as_str()), actions.join(", ")]
    };
    table(
        ["permission", "is enough for"],
        Permission::ALL.iter().map(row),
    )
}

fn checks() -> String {
    let all = engine::reasons_by_check().into_iter().enumerate();
    let rows = all.map(|(at, (check, reasons))| {
        assert!(!reasons.is_empty(), "{check:?} never fails");
        let mut statuses: Vec<String> = reasons
            .iter()
            .map(|reason| reason.status().to_string())
            .collect();
        statuses.dedup();
        let reasons: Vec<String> = reasons.iter().map(|reason| code(reason.as_str())).collect();
        [
            (at + 1).to_string(),
            code(&wire(&check)),
            holds_when(check).into(),
            reasons.join(", "),
            statuses.join(", "),
        ]
    });
    table(
        ["#", "check", "holds when", "reason otherwise", "HTTP"],
        rows,
    )
}

const fn holds_when(check: Check) -> &'static str {
    match check {
        Check::TokenForm => "something was presented, and it can be a token",
        Check::TokenKnown => "a token has this value now, and its owner is not suspended",
        Check::TokenExpiry => "its expiry is none, or still to come",
        Check::Action => "the table of actions has it for this type of resource",
        Check::Membership => "the owner belongs, or the repository is public",
        Check::Revocation => "the org has not revoked the token, whoever its owner is",
        Check::PolicyKind => "the token policy takes this kind of token",
        Check::NamesOrg => {
            "a fine-grained token has a grant, even an empty one, on the org or on something in its namespace"
        }
        Check::Approval => "the org approved the token, or no approval is needed",
        Check::Scope => "the token's kind or grants have the permission",
        Check::Role => "the owner's role reaches the least role of the action",
        Check::Gate => "nobody has to be let in, or the owner belongs or was let in",
        Check::Group => "no resource group hides the repository from the owner",
    }
}

fn reasons() -> String {
    let words = engine::words();
    let rows = Reason::ALL.iter().map(|reason| {
        let words = &words[reason.as_str()];
        assert_eq!(words.status, reason.status().to_string());
        let none = |text: &str| text == "-";
        let remedy = if none(&words.remedy) {
            "–".into()
        } else {
            code(&words.remedy)
        };
        let who = if none(&words.who) {
            "–".into()
        } else {
            code(&words.who)
        };
        let messages: Vec<String> = words
            .messages
            .iter()
            .map(|message| {
                if none(message) {
                    "–".into()
                } else {
                    code(message)
                }
            })
            .collect();
        [
            code(reason.as_str()),
            words.status.clone(),
            who,
            remedy,
            messages.join(" · "),
        ]
    });
    let text = table(["reason", "HTTP", "`who`", "`do`", "message"], rows);
    assert_eq!(
        words.len(),
        Reason::ALL.len(),
        "the decision table has every reason"
    );
    text
}

fn audit_types() -> String {
    let row = |kind: &AuditType| [code(kind.as_str()), written_when(*kind).into()];
    table(["type", "written when"], AuditType::ALL.iter().map(row))
}

const fn written_when(kind: AuditType) -> &'static str {
    match kind {
        AuditType::OrgCreate => "the org is made",
        AuditType::UpdatePlan => "its plan changes",
        AuditType::ApprovalEnabled => "the policy becomes `require-approval`",
        AuditType::ApprovalDisabled => "the policy was `require-approval` and is no longer",
        AuditType::PolicyUpdate => "the policy changes between the other two",
        AuditType::ApprovalRequest => {
            "a token newly names the org and waits, or reaches further than before"
        }
        AuditType::Authorized => "an admin approves a token",
        AuditType::Denied => "an admin denies a token",
        AuditType::Revoked => "an admin revokes a token",
        AuditType::TokenCreate => {
            "an unscoped token is made, or a fine-grained one is made and approved at once"
        }
        AuditType::TokenUpdate => "a token changes otherwise: it reaches less far, or is unscoped",
        AuditType::TokenRotate => "a token gets a new value",
        AuditType::TokenDelete => "a token is deleted",
        AuditType::AddUser => "somebody becomes a member",
        AuditType::RemoveUser => "somebody is a member no longer",
        AuditType::ChangeRole => "a member's roles change, in the org or in its groups",
        AuditType::SuspendUser => "a member is suspended by the site administrator",
        AuditType::RestoreUser => "a member is suspended no longer",
        AuditType::GroupCreate => "a resource group is made",
        AuditType::GroupUpdate => "its members change",
        AuditType::GroupDelete => "it is deleted",
        AuditType::RepoCreate => "a repository is listed",
        AuditType::RepoUpdate => "how it is listed changes",
        AuditType::RepoGroup => "its resource group changes and nothing else",
        AuditType::RepoDelete => "it is listed no longer",
        AuditType::EdgeCreate => "an edge gets a credential",
        AuditType::EdgeDelete => "its credential is withdrawn",
    }
}

fn notices() -> String {
    use NoticeKind as Kind;
    let all = [
        Kind::ApprovalRequested,
        Kind::ApprovalsNeeded,
        Kind::TokenApproved,
        Kind::TokenDenied,
        Kind::TokenRevoked,
        Kind::TokenLeaked,
        Kind::TokenMade,
    ];
    let told = |kind| match kind {
        Kind::ApprovalRequested => (
            "up to five admins",
            "a token waits for approval; for one token at most once a day",
        ),
        Kind::ApprovalsNeeded => (
            "up to five admins",
            "a new policy makes tokens wait: once, with their number",
        ),
        Kind::TokenApproved => ("the owner", "approved"),
        Kind::TokenDenied => ("the owner", "denied"),
        Kind::TokenRevoked => ("the owner", "revoked in the org"),
        Kind::TokenLeaked => (
            "the owner",
            "somebody reported the token's value, and it was deleted",
        ),
        Kind::TokenMade => (
            "the owner",
            "the site administrator made the token in the owner's place",
        ),
    };
    let row = |kind: Kind| {
        let (whom, what) = told(kind);
        [code(&wire(&kind)), whom.into(), what.into()]
    };
    table(["notice", "to", "about"], all.map(row))
}

fn findings() -> String {
    use FindingKind as Kind;
    let days = Thresholds::default();
    let all = [
        Kind::Unused,
        Kind::Inactive,
        Kind::Unrotated,
        Kind::NoExpiry,
        Kind::Unscoped,
        Kind::OrgWideWrite,
        Kind::OwnerLeft,
        Kind::Expiring,
    ];
    let row = |kind: Kind| {
        let (when, since) = match kind {
            Kind::Unused => (
                format!(
                    "never used, and `createdAt` is more than {} days ago",
                    days.unused_days
                ),
                "`createdAt`",
            ),
            Kind::Inactive => (
                format!("last used more than {} days ago", days.inactive_days),
                "`lastUsedAt`",
            ),
            Kind::Unrotated => (
                format!(
                    "`createdAt` is more than {} days ago; a rotation sets it",
                    days.unrotated_days
                ),
                "`createdAt`",
            ),
            Kind::NoExpiry => ("it has no expiry".into(), "–"),
            Kind::Unscoped => ("a `read` or `write` token".into(), "–"),
            Kind::OrgWideWrite => ("`repo.write` on the org itself".into(), "–"),
            Kind::OwnerLeft => (
                "it names the org, and its owner is neither member nor service account".into(),
                "–",
            ),
            Kind::Expiring => (
                format!("it expires within {} days", days.expiring_days),
                "`expiresAt`",
            ),
        };
        [code(&wire(&kind)), when, since.into()]
    };
    table(["finding", "when", "`since`"], all.map(row))
}

fn policies() -> String {
    let row = |policy: TokenPolicy| {
        let unscoped = if policy.accepts(tokenward_core::TokenKind::Write) {
            "let in"
        } else {
            "`fine_grained_required`"
        };
        let grained = if policy.needs_approval() {
            "once it is approved"
        } else {
            "let in"
        };
        [code(policy.as_str()), unscoped.into(), grained.into()]
    };
    table(
        [
            "policy",
            "`read` and `write` tokens",
            "fine-grained tokens that name the org",
        ],
        TokenPolicy::ALL.map(row),
    )
}

fn plans() -> String {
    let all = [Plan::Free, Plan::Team, Plan::Enterprise, Plan::Plus];
    let row = |plan: Plan| {
        let adds = match plan {
            Plan::Free => "decisions, preview, explain, the document, members, the audit log",
            Plan::Team => "policies other than `default`, the listing, approve and deny",
            Plan::Enterprise => "revoking",
            Plan::Plus => "nothing more",
        };
        [code(plan.as_str()), plan.title().into(), adds.into()]
    };
    table(["plan", "in messages", "adds"], all.map(row))
}

fn resource_types() -> String {
    let row = |kind: ResourceType| {
        let form = if kind.is_repo() {
            "`namespace/name`"
        } else {
            "a bare name"
        };
        [code(kind.as_str()), form.into()]
    };
    table(["type", "its names"], ResourceType::ALL.map(row))
}

fn roles() -> String {
    let row = |role: Role| {
        let means = match role {
            Role::NoAccess => "nothing but what resource groups give",
            Role::Read => "read",
            Role::Contributor => "also create repositories, and write those of their own making",
            Role::Write => "also write every repository",
            Role::Admin => "everything",
        };
        [code(role.as_str()), means.into()]
    };
    table(["role", "lets a member"], Role::ALL.map(row))
}
