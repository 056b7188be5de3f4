//! Short words for commands, callers and tokens, and the organization that most tests start from.
//!
//! Nothing here says what is right: expectations are in the tests.

use tokenward_core::{
    Actor, ActorToken, AuthorizationStatus, Change, Command, DisplayName, Entity, FineGrained,
    Grant, GroupName, IssuedBy, Member, Name, NewToken, NoticeKind, Plan, Refusal, RepositoryPatch,
    ResourceName, Role, Row, Timestamp, Token, TokenDigest, TokenId, TokenKind, TokenPatch,
    TokenPolicy, User, Verdict, Via, Visibility,
};

use crate::host::Host;

pub(crate) const ACME: &str = "acme";
pub(crate) const READ: &[&str] = &["repo.content.read"];
pub(crate) const WRITE: &[&str] = &["repo.write"];

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("it is a name")
}

pub(crate) fn group(text: &str) -> GroupName {
    GroupName::parse(text).expect("it is a group's name")
}

pub(crate) fn repo(text: &str) -> ResourceName {
    ResourceName::parse(text).expect("it is a resource")
}

/// The user's own session.
pub(crate) fn session(user: &str) -> Actor {
    Actor {
        user: Some(name(user)),
        via: Via::Session(None),
    }
}

/// The site administrator in a user's place.
pub(crate) fn root() -> Actor {
    let token = ActorToken {
        id: id(0xffff),
        role: TokenKind::Write,
        last4: None,
    };
    Actor {
        user: Some(name("root")),
        via: Via::Session(Some(token)),
    }
}

pub(crate) fn id(number: u32) -> TokenId {
    let mut bytes = [0; 12];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    TokenId::from_bytes(bytes)
}

pub(crate) fn user(text: &str) -> User {
    User {
        id: String::new(),
        name: name(text),
        fullname: None,
        email: Some(format!("{text}@example.org")),
        email_confirmed: true,
        suspended: false,
        site_admin: text == "root",
        created_at: Timestamp::from_millis(1_770_000_000_000),
    }
}

/// Grants: `type:name` and permissions.
pub(crate) fn grants(scoped: &[(&str, &[&str])]) -> FineGrained {
    let grant = |(entity, permissions): &(&str, &[&str])| {
        let (kind, name) = entity.split_once(':').expect("it is `type:name`");
        Grant {
            entity: Entity {
                r#type: kind.into(),
                name: name.into(),
            },
            permissions: permissions.iter().map(|text| (*text).into()).collect(),
        }
    };
    FineGrained {
        scoped: scoped.iter().map(grant).collect(),
        ..FineGrained::default()
    }
}

/// acme (enterprise, policy `default`) with the administrator ada, the contributor bob and the
/// reader cyd; eve, who is no member; the private repositories bert and gpt, the public one open.
pub(crate) fn acme() -> Host {
    let mut host = Host::new();
    for text in ["root", "ada", "bob", "cyd", "eve"] {
        host.put(&Row::User(user(text)));
    }
    host.must(
        &root(),
        &Command::CreateOrganization {
            name: name(ACME),
            plan: Plan::Enterprise,
            policy: TokenPolicy::Default,
        },
    );
    for (user, role) in [
        ("ada", Role::Admin),
        ("bob", Role::Contributor),
        ("cyd", Role::Read),
    ] {
        host.must(&root(), &put_member(user, role));
    }
    for listed in ["model:acme/bert", "model:acme/gpt"] {
        host.must(&root(), &list(listed, RepositoryPatch::default()));
    }
    let public = RepositoryPatch {
        visibility: Some(Visibility::Public),
        ..RepositoryPatch::default()
    };
    host.must(&root(), &list("model:acme/open", public));
    host
}

impl Host {
    /// Carries a command out that nothing stands against.
    #[track_caller]
    pub(crate) fn must(&mut self, actor: &Actor, command: &Command) -> Change {
        match self.run(actor, command) {
            Ok(change) => change,
            Err(refusal) => panic!("{command:?} is refused: {refusal:?}"),
        }
    }

    /// The HTTP status and the code of a refusal, after which nothing has changed.
    #[track_caller]
    pub(crate) fn refusal(&mut self, actor: &Actor, command: &Command) -> (u16, &'static str) {
        let before = self.rows.clone();
        let refusal = match self.run(actor, command) {
            Err(refusal) => refusal,
            Ok(change) => panic!("{command:?} is carried out: {change:?}"),
        };
        assert_eq!(self.rows, before);
        match refusal {
            Refusal::NotFound(_) => (404, "not_found"),
            Refusal::Forbidden(reason, _) => (403, reason.as_str()),
            Refusal::Conflict(code, _) => (409, code),
            Refusal::Plan(plan, _) => (402, plan.as_str()),
            Refusal::BadInput(_) => (400, "bad_input"),
        }
    }

    /// Checks that a command is carried out, and finds the world so already.
    #[track_caller]
    pub(crate) fn finds_nothing_to_do(&mut self, actor: &Actor, command: &Command) {
        assert_eq!(self.must(actor, command), Change::default());
    }

    /// A fine-grained token made in its owner's session.
    #[track_caller]
    pub(crate) fn fine_grained(&mut self, owner: &str, scoped: &[(&str, &[&str])]) -> TokenId {
        let new = self.new_token(owner, TokenKind::FineGrained, Some(grants(scoped)));
        self.must(&session(owner), &Command::CreateToken(new.clone()));
        new.id
    }

    /// A `read` or `write` token made in its owner's session.
    #[track_caller]
    pub(crate) fn unscoped(&mut self, owner: &str, kind: TokenKind) -> TokenId {
        let new = self.new_token(owner, kind, None);
        self.must(&session(owner), &Command::CreateToken(new.clone()));
        new.id
    }

    /// A token that nobody has made yet.
    pub(crate) fn new_token(
        &self,
        owner: &str,
        kind: TokenKind,
        fine_grained: Option<FineGrained>,
    ) -> NewToken {
        let number = u32::try_from(self.journal.len()).expect("a test is short");
        NewToken {
            id: id(number),
            owner: name(owner),
            kind,
            display_name: DisplayName::parse(&format!("token {number}")).expect("it is a title"),
            fine_grained,
            expires_at: None,
            digest: TokenDigest::of(&number.to_be_bytes()),
            last4: "abcd".to_owned(),
        }
    }

    /// A token that came into the world otherwise: a service account's, or by token exchange.
    pub(crate) fn import(&mut self, owner: &str, issued_by: IssuedBy) -> TokenId {
        let new = self.new_token(owner, TokenKind::FineGrained, None);
        let token = Token {
            id: new.id,
            owner: new.owner,
            kind: new.kind,
            display_name: Some(new.display_name),
            digest: Some(new.digest),
            last4: None,
            created_at: self.now,
            expires_at: None,
            last_used_at: None,
            fine_grained: Some(grants(&[("org:acme", READ)])),
            issued_by,
        };
        self.put(&Row::Token(token));
        new.id
    }

    /// A token of the service account `acme-ci`.
    pub(crate) fn account_token(&mut self) -> TokenId {
        let (org, account) = (name(ACME), name("acme-ci"));
        self.put(&Row::ServiceAccount { org, name: account });
        self.import("acme-ci", IssuedBy::User)
    }

    pub(crate) fn status(&self, id: TokenId) -> Option<AuthorizationStatus> {
        let standing = self.standing(id, ACME);
        standing.authorization.map(|decided| decided.status)
    }

    #[track_caller]
    pub(crate) fn set_policy(&mut self, policy: TokenPolicy) -> Change {
        self.must(&session("ada"), &set_policy(policy))
    }
}

pub(crate) fn set_policy(policy: TokenPolicy) -> Command {
    Command::SetPolicy {
        org: name(ACME),
        policy,
        force: false,
    }
}

pub(crate) fn set_plan(plan: Plan) -> Command {
    Command::SetPlan {
        org: name(ACME),
        plan,
    }
}

pub(crate) fn review(token: TokenId, verdict: Verdict) -> Command {
    Command::Review {
        org: name(ACME),
        token,
        verdict,
        reason: None,
    }
}

pub(crate) fn approve(token: TokenId) -> Command {
    review(token, Verdict::Approve)
}

pub(crate) fn deny(token: TokenId) -> Command {
    review(token, Verdict::Deny)
}

pub(crate) fn revoke(token: TokenId) -> Command {
    review(token, Verdict::Revoke)
}

pub(crate) fn put_member(user: &str, role: Role) -> Command {
    Command::PutMember {
        org: name(ACME),
        user: name(user),
        role,
        groups: None,
    }
}

pub(crate) fn remove_member(user: &str) -> Command {
    Command::RemoveMember {
        org: name(ACME),
        user: name(user),
    }
}

pub(crate) fn put_group(text: &str, members: &[(&str, Role)]) -> Command {
    let members = members.iter().map(|(user, role)| Member {
        user: name(user),
        role: *role,
    });
    Command::PutGroup {
        org: name(ACME),
        name: group(text),
        members: members.collect(),
    }
}

pub(crate) fn delete_group(text: &str) -> Command {
    Command::DeleteGroup {
        org: name(ACME),
        name: group(text),
    }
}

pub(crate) fn list(resource: &str, patch: RepositoryPatch) -> Command {
    Command::PutRepository {
        resource: repo(resource),
        patch,
    }
}

pub(crate) fn delist(resource: &str) -> Command {
    Command::DeleteRepository {
        resource: repo(resource),
    }
}

/// Puts a repository into a resource group.
pub(crate) fn into_group(resource: &str, text: &str) -> Command {
    let patch = RepositoryPatch {
        resource_group: Some(Some(group(text))),
        ..RepositoryPatch::default()
    };
    list(resource, patch)
}

pub(crate) fn update(id: TokenId, patch: TokenPatch) -> Command {
    Command::UpdateToken { id, patch }
}

pub(crate) fn regrant(id: TokenId, scoped: &[(&str, &[&str])]) -> Command {
    let patch = TokenPatch {
        fine_grained: Some(grants(scoped)),
        ..TokenPatch::default()
    };
    update(id, patch)
}

pub(crate) fn expire(id: TokenId, expires_at: Option<Timestamp>) -> Command {
    let patch = TokenPatch {
        expires_at: Some(expires_at),
        ..TokenPatch::default()
    };
    update(id, patch)
}

pub(crate) fn rename(id: TokenId, title: &str) -> Command {
    let patch = TokenPatch {
        display_name: Some(DisplayName::parse(title).expect("it is a title")),
        ..TokenPatch::default()
    };
    update(id, patch)
}

pub(crate) fn rotate(id: TokenId, value: &str) -> Command {
    Command::RotateToken {
        id,
        digest: TokenDigest::of(value.as_bytes()),
        last4: "wxyz".to_owned(),
    }
}

pub(crate) fn delete(id: TokenId) -> Command {
    Command::DeleteToken { id, leaked: false }
}

/// The entries of a change: organization and type, by organization.
pub(crate) fn logged(change: &Change) -> Vec<(&str, &'static str)> {
    let mut logged: Vec<_> = change
        .entries
        .iter()
        .map(|entry| (entry.org.as_str(), entry.r#type.as_str()))
        .collect();
    logged.sort_unstable();
    logged
}

/// Who is told something of one kind by a change.
pub(crate) fn told(change: &Change, kind: NoticeKind) -> Vec<&str> {
    let notices = change.notices.iter().filter(|notice| notice.kind == kind);
    notices.map(|notice| notice.to.as_str()).collect()
}
