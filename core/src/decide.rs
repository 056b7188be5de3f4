//! The decision: thirteen checks in a fixed order, over facts that somebody else has gathered.
//!
//! Contract §5, and the rules of §4 that it rests on. Nothing here looks anything up, allocates or
//! fails. The first check that fails is the reason.

use crate::action::Action;
use crate::permission::{Permission, PermissionSet};
use crate::policy::TokenPolicy;
use crate::reason::Reason;
use crate::resource::ResourceType;
use crate::role::Role;
use crate::timestamp::Timestamp;
use crate::token::{AuthorizationStatus, TokenKind};

/// Everything that a decision depends on, but for the action and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What was presented as a token.
    pub token: Credential,
    /// What the resource's namespace is to the token's owner.
    pub namespace: Namespace,
    /// What is known of the repository; for other resources [`Repo::UNLISTED`].
    pub repo: Repo,
}

/// What was presented as a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// Nothing, or an empty string.
    Missing,
    /// An old organization token.
    Organization,
    /// Something that cannot be a token.
    Impossible,
    /// A token that nobody knows, or that was deleted, or whose owner is suspended.
    Unknown,
    /// A token that is known.
    Known(KnownToken),
}

/// A known token, as seen from the resource's namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownToken {
    /// Its kind.
    pub kind: TokenKind,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Whether it may read public gated repositories that its owner may read.
    pub can_read_gated: bool,
    /// Permissions that hold everywhere.
    pub global: PermissionSet,
    /// Whether a grant, even an empty one, is on the namespace or on something in it.
    pub names_namespace: bool,
    /// Permissions on the namespace itself.
    pub namespace_grant: PermissionSet,
    /// Permissions on the repository, where it has a grant of its own.
    pub repo_grant: Option<PermissionSet>,
    /// The approval state in the organization.
    pub authorization: AuthorizationStatus,
    /// Whether it counts as approved: a service account's, or made by token exchange.
    pub exempt: bool,
    /// Whether it is revoked in the organization.
    pub revoked: bool,
}

/// What the resource's namespace is to the token's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// Not there, of the other type, or somebody else's.
    Foreign,
    /// The owner's own.
    Own,
    /// An organization.
    Org(OrgFacts),
}

/// An organization, as seen by the token's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrgFacts {
    /// Which tokens it accepts.
    pub policy: TokenPolicy,
    /// Whether it has a resource group.
    pub has_groups: bool,
    /// The owner's role, where the owner is a member.
    pub role: Option<Role>,
    /// The owner's role in the resource's group, above `no_access`.
    pub group_role: Option<Role>,
    /// Whether the owner is one of the organization's service accounts.
    pub service_account: bool,
}

/// What is known of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repo {
    /// Whether it is listed.
    pub listing: Listing,
    /// Whether everybody can see it.
    pub public: bool,
    /// Whether readers from outside must be let in.
    pub gated: bool,
    /// Whether it is in a resource group.
    pub grouped: bool,
    /// Whether the owner of the token created it.
    pub created: bool,
    /// Whether the owner of the token has been let in.
    pub let_in: bool,
}

/// Whether a repository is listed under the very name of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// It is.
    Listed,
    /// It is not.
    Unlisted,
    /// It is not, but one whose name differs only in case is.
    OtherCase,
}

impl Repo {
    /// A repository of which nothing is known: private, in no group, created by nobody.
    pub const UNLISTED: Self = Self {
        listing: Listing::Unlisted,
        public: false,
        gated: false,
        grouped: false,
        created: false,
        let_in: false,
    };
}

/// The thirteen checks, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// There is a token of a form that can be one.
    TokenForm,
    /// It is known and not deleted.
    TokenKnown,
    /// It has not expired.
    TokenExpiry,
    /// The action exists for that resource type.
    Action,
    /// The owner belongs, or the repository is public.
    Membership,
    /// The token is not revoked in the organization.
    Revocation,
    /// The policy accepts the token's kind.
    PolicyKind,
    /// A fine-grained token names the organization.
    NamesOrg,
    /// Under `require-approval`, the token is approved.
    Approval,
    /// The token's kind or grants include the permission.
    Scope,
    /// The owner's role reaches the least role.
    Role,
    /// A gated repository is read by someone who may.
    Gate,
    /// A private repository in a resource group is used by someone who may.
    Group,
}

impl Check {
    /// All checks, in their order.
    pub const ALL: [Self; 13] = [
        Self::TokenForm,
        Self::TokenKnown,
        Self::TokenExpiry,
        Self::Action,
        Self::Membership,
        Self::Revocation,
        Self::PolicyKind,
        Self::NamesOrg,
        Self::Approval,
        Self::Scope,
        Self::Role,
        Self::Gate,
        Self::Group,
    ];

    /// Whether it looks at the token alone, whatever the token is to be used for.
    #[must_use]
    pub const fn is_about_token(self) -> bool {
        matches!(self, Self::TokenForm | Self::TokenKnown | Self::TokenExpiry)
    }
}

/// How one check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not apply, or cannot be judged.
    Skip,
    /// It does not hold.
    Fail(Reason),
}

use Outcome::{Fail, Pass, Skip};

/// A request in the form that the checks read: facts, action and time.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// The action, where it exists at all.
    pub action: Option<Action>,
    /// The type of the resource.
    pub kind: ResourceType,
    /// The time of the request.
    pub now: Timestamp,
}

/// Decides: the first check that fails is the reason.
///
/// ```
/// use tokenward_core::decide::{Case, Credential, Facts, Namespace, Repo, decide};
/// use tokenward_core::{Action, Reason, ResourceType, Timestamp};
/// let facts = Facts { token: Credential::Missing, namespace: Namespace::Foreign, repo: Repo::UNLISTED };
/// let case = Case {
///     facts: &facts,
///     action: Some(Action::RepoWrite),
///     kind: ResourceType::Model,
///     now: Timestamp::from_millis(0),
/// };
/// assert_eq!(decide(&case), Reason::MissingToken);
/// ```
#[must_use]
#[inline]
pub fn decide(case: &Case<'_>) -> Reason {
    if matches!(case.facts.token, Credential::Missing) && case.is_public_read() {
        return Reason::Public;
    }
    if let Some(reason) = first_failure(case, &[token_form, token_known, token_expiry, action]) {
        return reason;
    }
    if case.is_public_read() {
        return Reason::Public;
    }
    let checks = [
        membership,
        revocation,
        policy_kind,
        names_org,
        approval,
        scope,
        role,
        gate,
        group,
    ];
    first_failure(case, &checks).unwrap_or(Reason::Granted)
}

/// What the organization as a whole says to the token: the first of checks 5 to 9 that fails.
///
/// `facts.namespace` carries the owner's best group role in place of the one of a repository.
#[must_use]
pub fn admit(facts: &Facts) -> Reason {
    let now = Timestamp::from_millis(0);
    let case = Case {
        facts,
        action: Some(Action::OrgRead),
        kind: ResourceType::Org,
        now,
    };
    let checks = [membership, revocation, policy_kind, names_org, approval];
    first_failure(&case, &checks).unwrap_or(Reason::Granted)
}

/// The outcome of every check, also behind the first one that fails.
#[must_use]
pub fn outcomes(case: &Case<'_>) -> [(Check, Outcome); 13] {
    let checks: [fn(&Case<'_>) -> Outcome; 13] = [
        token_form,
        token_known,
        token_expiry,
        action,
        membership,
        revocation,
        policy_kind,
        names_org,
        approval,
        scope,
        role,
        gate,
        group,
    ];
    let public = case.is_public_read();
    let mut all = Check::ALL.map(|check| (check, Skip));
    for ((check, outcome), judge) in all.iter_mut().zip(checks) {
        if public && (!(check.is_about_token() || *check == Check::Action) || case.is_anonymous()) {
            continue;
        }
        *outcome = judge(case);
    }
    all
}

type Judge = fn(&Case<'_>) -> Outcome;

#[inline(always)]
fn first_failure<const N: usize>(case: &Case<'_>, checks: &[Judge; N]) -> Option<Reason> {
    checks.iter().find_map(|check| match check(case) {
        Fail(reason) => Some(reason),
        Pass | Skip => None,
    })
}

impl Case<'_> {
    #[inline]
    fn is_anonymous(&self) -> bool {
        matches!(self.facts.token, Credential::Missing)
    }

    /// Reading a public, ungated repository needs nothing more.
    #[inline]
    fn is_public_read(&self) -> bool {
        let repo = &self.facts.repo;
        repo.public
            && !repo.gated
            && self.kind.is_repo()
            && matches!(self.action, Some(Action::RepoContentRead))
    }

    #[inline]
    fn token(&self) -> Option<&KnownToken> {
        match &self.facts.token {
            Credential::Known(token) => Some(token),
            Credential::Missing
            | Credential::Organization
            | Credential::Impossible
            | Credential::Unknown => None,
        }
    }

    #[inline]
    fn org(&self) -> Option<&OrgFacts> {
        match &self.facts.namespace {
            Namespace::Org(org) => Some(org),
            Namespace::Foreign | Namespace::Own => None,
        }
    }

    #[inline]
    fn belongs(&self) -> bool {
        match &self.facts.namespace {
            Namespace::Foreign => false,
            Namespace::Own => true,
            Namespace::Org(org) => org.belongs(),
        }
    }

    /// Someone who may only do what anybody may do here: the owner does not belong, or the
    /// fine-grained token does not name the organization and the repository is public.
    #[inline]
    fn is_guest(&self, token: &KnownToken) -> bool {
        self.facts.repo.public && (!self.belongs() || !names(token))
    }

    /// The repository as far as the owner may know it: hidden ones look unlisted.
    #[inline]
    fn seen_repo(&self) -> Repo {
        if self.is_hidden() {
            Repo::UNLISTED
        } else {
            self.facts.repo
        }
    }

    #[inline]
    fn is_hidden(&self) -> bool {
        self.kind.is_repo() && self.org().is_some_and(|org| self.hides(org))
    }

    /// Check 13 for an organization.
    #[inline]
    fn hides(&self, org: &OrgFacts) -> bool {
        let repo = &self.facts.repo;
        let shut = match repo.listing {
            Listing::OtherCase => return true,
            Listing::Listed => repo.grouped,
            Listing::Unlisted => org.has_groups,
        };
        let granted =
            org.service_account && self.token().is_some_and(|token| token.repo_grant.is_some());
        let insider = org.group_role.is_some() || org.role == Some(Role::Admin) || granted;
        shut && !repo.public && !insider
    }
}

impl OrgFacts {
    #[inline]
    fn belongs(&self) -> bool {
        let member = self.role.is_some_and(|role| role > Role::NoAccess);
        member || self.group_role.is_some() || self.service_account
    }

    /// The role on a repository, or on the organization itself.
    #[inline]
    fn role_on(&self, repo: &Repo) -> Option<Role> {
        match (self.role, self.group_role) {
            (Some(Role::Admin), _) => Some(Role::Admin),
            (role, Some(in_group)) if repo.grouped && repo.public => role.max(Some(in_group)),
            (_, Some(in_group)) if repo.grouped => Some(in_group),
            (role, _) => role,
        }
    }
}

#[inline]
fn names(token: &KnownToken) -> bool {
    !token.kind.is_fine_grained() || token.names_namespace
}

#[inline]
fn token_form(case: &Case<'_>) -> Outcome {
    match case.facts.token {
        Credential::Missing => Fail(Reason::MissingToken),
        Credential::Organization => Fail(Reason::OrganizationToken),
        Credential::Impossible => Fail(Reason::InvalidToken),
        Credential::Unknown | Credential::Known(_) => Pass,
    }
}

#[inline]
fn token_known(case: &Case<'_>) -> Outcome {
    match case.facts.token {
        Credential::Known(_) => Pass,
        Credential::Unknown => Fail(Reason::InvalidToken),
        Credential::Missing | Credential::Organization | Credential::Impossible => Skip,
    }
}

#[inline]
fn token_expiry(case: &Case<'_>) -> Outcome {
    let Some(token) = case.token() else {
        return Skip;
    };
    match token.expires_at {
        Some(expires_at) if case.now >= expires_at => Fail(Reason::ExpiredToken),
        _ => Pass,
    }
}

#[inline]
fn action(case: &Case<'_>) -> Outcome {
    match case.action {
        Some(action) if action.rule().target.takes(case.kind) => Pass,
        _ => Fail(Reason::UnknownAction),
    }
}

#[inline]
fn membership(case: &Case<'_>) -> Outcome {
    if case.token().is_none() {
        return Skip;
    }
    if case.belongs() || (case.org().is_some() && case.facts.repo.public) {
        return Pass;
    }
    match case.action {
        Some(Action::RepoCreate) => Fail(Reason::RoleInsufficient),
        _ => Fail(Reason::NotFound),
    }
}

#[inline]
fn revocation(case: &Case<'_>) -> Outcome {
    match (case.token(), case.org()) {
        (Some(token), Some(_)) if token.revoked => Fail(Reason::TokenRevoked),
        (Some(_), Some(_)) => Pass,
        _ => Skip,
    }
}

/// The token and the organization, for the checks that are for those who belong.
#[inline]
fn insider<'a>(case: &'a Case<'_>) -> Option<(&'a KnownToken, &'a OrgFacts)> {
    let (token, org) = (case.token()?, case.org()?);
    org.belongs().then_some((token, org))
}

#[inline]
fn policy_kind(case: &Case<'_>) -> Outcome {
    match insider(case) {
        Some((token, org)) if !org.policy.accepts(token.kind) => Fail(Reason::FineGrainedRequired),
        Some(_) => Pass,
        None => Skip,
    }
}

#[inline]
fn names_org(case: &Case<'_>) -> Outcome {
    let Some(token) = case.token() else {
        return Skip;
    };
    if !case.belongs() || (!names(token) && case.facts.repo.public) {
        return Skip;
    }
    if names(token) {
        Pass
    } else {
        Fail(Reason::TokenScope)
    }
}

#[inline]
fn approval(case: &Case<'_>) -> Outcome {
    let Some((token, org)) = insider(case) else {
        return Skip;
    };
    // A token that the policy refuses, or that does not name the organization, awaits nothing.
    if !token.kind.is_fine_grained() || !token.names_namespace {
        return Skip;
    }
    if !org.policy.needs_approval() || token.exempt {
        return Pass;
    }
    match token.authorization {
        AuthorizationStatus::Approved => Pass,
        AuthorizationStatus::Pending => Fail(Reason::TokenPending),
        AuthorizationStatus::Denied => Fail(Reason::TokenDenied),
    }
}

#[inline]
fn scope(case: &Case<'_>) -> Outcome {
    let (Some(token), Some(action)) = (case.token(), case.action) else {
        return Skip;
    };
    if !action.rule().target.takes(case.kind) {
        return Skip;
    }
    let covered = match token.kind {
        TokenKind::Write => true,
        TokenKind::Read => action.rule().read_token,
        TokenKind::FineGrained if case.is_guest(token) => return guest_scope(token, action),
        TokenKind::FineGrained => grants(token, action),
    };
    if covered {
        Pass
    } else {
        Fail(Reason::TokenScope)
    }
}

/// What a fine-grained token may do on a public repository where it counts as an outsider's.
#[inline]
fn guest_scope(token: &KnownToken, action: Action) -> Outcome {
    match action {
        Action::RepoContentRead if token.can_read_gated => Pass,
        Action::RepoContentRead => Fail(Reason::GatedToken),
        Action::DiscussionWrite if token.global.has(Permission::DiscussionWrite) => Pass,
        Action::DiscussionWrite => Fail(Reason::TokenScope),
        other if grants(token, other) => Pass,
        _ => Fail(Reason::TokenScope),
    }
}

/// A grant on the repository overrides the one on its namespace, even an empty one; a global
/// permission still counts.
#[inline]
fn grants(token: &KnownToken, action: Action) -> bool {
    let granted = token.repo_grant.unwrap_or(token.namespace_grant);
    let global = action.counts_global() && token.global.has(action.rule().permission);
    granted.meets(action.rule().permissions) || global
}

#[inline]
fn role(case: &Case<'_>) -> Outcome {
    let (Some(_), Some(action)) = (case.token(), case.action) else {
        return Skip;
    };
    let rule = action.rule();
    if !rule.target.takes(case.kind) {
        return Skip;
    }
    let org = match &case.facts.namespace {
        Namespace::Foreign => return Skip,
        Namespace::Own => return Pass,
        Namespace::Org(org) => org,
    };
    if org.service_account {
        return Pass;
    }
    let repo = case.seen_repo();
    let anybody = matches!(action, Action::RepoContentRead | Action::DiscussionWrite);
    let role = match org.belongs() {
        true => org.role_on(&repo),
        false => (repo.public && anybody).then_some(Role::Read),
    };
    let least = if rule.own_repo && repo.created {
        Role::Contributor
    } else {
        rule.least_role
    };
    if role >= Some(least) {
        Pass
    } else {
        Fail(Reason::RoleInsufficient)
    }
}

#[inline]
fn gate(case: &Case<'_>) -> Outcome {
    let (Some(token), Some(action)) = (case.token(), case.action) else {
        return Skip;
    };
    if case.org().is_none() || !case.kind.is_repo() {
        return Skip;
    }
    let repo = case.seen_repo();
    let shut = repo.gated && action == Action::RepoContentRead;
    let inside = case.belongs() && !case.is_guest(token);
    if !shut || inside || repo.let_in {
        Pass
    } else {
        Fail(Reason::GatedUser)
    }
}

#[inline]
fn group(case: &Case<'_>) -> Outcome {
    match (case.token(), case.org()) {
        (Some(_), Some(_)) if !case.kind.is_repo() => Skip,
        (Some(_), Some(org)) if case.hides(org) => Fail(Reason::NotFound),
        (Some(_), Some(_)) => Pass,
        _ => Skip,
    }
}

impl Facts {
    /// These facts as far as the token's owner may know them: a repository that the owner cannot
    /// see looks unlisted. For explanations to anybody but the organization's administrators.
    #[must_use]
    pub fn redacted(&self, kind: ResourceType) -> Self {
        let now = Timestamp::from_millis(0);
        let case = Case {
            facts: self,
            action: None,
            kind,
            now,
        };
        let visible = self.repo.public || (case.belongs() && !case.is_hidden());
        let ambiguous = case.belongs() && self.repo.listing == Listing::OtherCase;
        let mut redacted = *self;
        if !visible && !ambiguous {
            redacted.repo = Repo::UNLISTED;
        }
        redacted
    }

    /// Whether the owner of the token belongs where the resource is.
    #[must_use]
    pub fn belongs(&self, kind: ResourceType) -> bool {
        let now = Timestamp::from_millis(0);
        Case {
            facts: self,
            action: None,
            kind,
            now,
        }
        .belongs()
    }
}
