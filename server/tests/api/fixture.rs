//! One world in which every endpoint can be called by everybody who matters, and the call that
//! each of them would make.
//!
//! `acme` requires approval, `narrow` wants fine-grained tokens, `globex` is somebody else's. What
//! the answers should be is not said here.

use serde_json::{Value, json};
use tokenward_server::endpoints::{Access, Endpoint};

use crate::database::Database;
use crate::server::{Call, HUB, Made, Server, Setup, UNKNOWN};

/// What a token needs to be refused by nothing but its state and its owner's role.
const EVERYTHING: &[&str] = &[
    "org.write",
    "org.tokens.write",
    "org.members.write",
    "org.auditLog.write",
    "resourceGroup.write",
    "repo.write",
];

macro_rules! callers {
    ($($variant:ident = $name:literal $what:literal;)*) => {
        /// Who calls.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Caller { $($variant,)* }

        impl Caller {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            pub(crate) fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }
        }
    };
}

callers! {
    Nobody = "nobody" "shows no token";
    Bad = "bad" "shows a token that nobody knows";
    Member = "member" "may read in the organization; approved fine-grained token with every permission";
    Admin = "admin" "administers the organization; approved fine-grained token with every permission";
    OtherAdmin = "other" "administers another organization; write token";
    Owner = "owner" "belongs to no organization, owns the token that is asked about; write token";
    Site = "site" "the site administrator, in no organization; write token";
    Hub = "hub" "a hub's credential";
    Edge = "edge" "the credential of an edge of the organization";
    Pending = "pending" "administers the organization; the token awaits approval";
    Denied = "denied" "administers the organization; the token was denied";
    Revoked = "revoked" "administers the organization; the token was revoked there";
    Expired = "expired" "administers the organization; the token has expired";
    Unscoped = "unscoped" "administers an organization that wants fine-grained tokens; write token";
    Suspended = "suspended" "administers the organization; the user is suspended";
}

/// The tokens of a world, good for every copy of its database.
#[derive(Clone)]
pub(crate) struct Fixture {
    site: String,
    tokens: Vec<(Caller, Made)>,
    /// A token of the owner's that nobody calls with.
    spare: Made,
    /// Tokens that name `acme` and `narrow`.
    target: Made,
    narrow_target: Made,
    /// The credential of an edge of `acme`.
    edge: String,
    /// The hash of a block of `acme`, and of one of `narrow`.
    blocks: [String; 2],
}

/// A database with the world in it, to be copied.
pub(crate) struct Template {
    folder: tempfile::TempDir,
    pub(crate) fixture: Fixture,
}

impl Template {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("sqlite:{}", folder.path().join("tokenward.db").display());
        let kind = crate::database::Kind::Sqlite;
        let server = Server::start(&Database { kind, address }).await;
        let fixture = fill(&server).await;
        server.stop().await;
        Self { folder, fixture }
    }

    /// A server on a copy of the database.
    pub(crate) async fn server(&self) -> (Server, tempfile::TempDir) {
        let copy = tempfile::tempdir().expect("a folder");
        for file in ["tokenward.db", "tokenward.db-wal"] {
            let from = self.folder.path().join(file);
            if from.exists() {
                std::fs::copy(&from, copy.path().join(file)).expect("a copy");
            }
        }
        let address = format!("sqlite:{}", copy.path().join("tokenward.db").display());
        let mut server = Server::start_on(&address, Setup::default(), None).await;
        server.site.clone_from(&self.fixture.site);
        (server, copy)
    }
}

async fn fill(server: &Server) -> Fixture {
    use Caller::{
        Admin, Denied, Expired, Member, OtherAdmin, Owner, Pending, Revoked, Suspended, Unscoped,
    };
    let users = [
        "ada", "mia", "gus", "olga", "pam", "dan", "rex", "exe", "uma", "sue", "bob",
    ];
    for user in users {
        server.user(user).await;
    }
    for (org, policy, admins) in [
        (
            "acme",
            "require-approval",
            &["ada", "rex", "exe", "sue"][..],
        ),
        ("narrow", "fine-grained-only", &["uma"]),
        ("globex", "default", &["gus"]),
    ] {
        server.organization(org, policy).await;
        for admin in admins {
            server.member(org, admin, "admin").await;
        }
        server.member(org, "bob", "contributor").await;
        server
            .repository(org, &format!("model/{org}/bert"), json!({}))
            .await;
        let path = format!("/api/organizations/{org}/resource-groups/lab");
        server
            .set_up(
                "PUT",
                &path,
                json!({ "members": [{ "user": "bob", "role": "read" }] }),
            )
            .await;
    }
    server.member("acme", "mia", "read").await;
    server.member("acme", "pam", "contributor").await;
    server.member("acme", "dan", "contributor").await;

    let mut tokens = Vec::new();
    let scoped = [
        (Admin, "ada"),
        (Member, "mia"),
        (Pending, "pam"),
        (Denied, "dan"),
        (Revoked, "rex"),
        (Suspended, "sue"),
    ];
    for (caller, user) in scoped {
        tokens.push((caller, server.scoped(user, "org:acme", EVERYTHING).await));
    }
    for (caller, user) in [(OtherAdmin, "gus"), (Owner, "olga"), (Unscoped, "uma")] {
        tokens.push((caller, server.unscoped(user, "write").await));
    }
    let grant = json!({ "entity": { "type": "org", "name": "acme" }, "permissions": EVERYTHING });
    let expired = json!({
        "displayName": "old", "role": "fineGrained", "expiresAt": "2020-01-01T00:00:00Z",
        "fineGrained": { "scoped": [grant] },
    });
    tokens.push((Expired, server.token("exe", expired).await));
    let mut fixture = Fixture {
        site: server.site.clone(),
        tokens,
        spare: server.unscoped("olga", "read").await,
        target: server
            .scoped("bob", "org:acme", &["repo.content.read"])
            .await,
        narrow_target: server
            .scoped("bob", "org:narrow", &["repo.content.read"])
            .await,
        edge: String::new(),
        blocks: [String::new(), String::new()],
    };
    for (caller, verdict) in [(Member, "approve"), (Denied, "deny"), (Revoked, "revoke")] {
        let id = &fixture.token(caller).id;
        let path = format!("/api/organizations/acme/settings/tokens/{id}/{verdict}");
        let call = Call::new("POST", &path).bearer(&fixture.token(Admin).value);
        let answer = server.send(call).await;
        assert_eq!(answer.status, 200, "{verdict}: {}", answer.text());
    }
    server.member("acme", "pam", "admin").await;
    server.member("acme", "dan", "admin").await;
    server
        .set_up("PATCH", "/api/users/sue", json!({ "suspended": true }))
        .await;
    server.hub().await;
    let admin = fixture.token(Admin).value.clone();
    fixture.edge = edge(server, "acme", "edge", &admin).await;
    edge(server, "acme", "lab", &admin).await;
    let uma = server
        .scoped("uma", "org:narrow", &["org.tokens.write"])
        .await
        .value;
    edge(server, "narrow", "lab", &uma).await;
    fixture.blocks = [
        a_block(server, "acme", &admin).await,
        a_block(server, "narrow", &uma).await,
    ];
    fixture
}

async fn edge(server: &Server, org: &str, name: &str, token: &str) -> String {
    let path = format!("/api/organizations/{org}/snapshot/edge-credentials");
    let call = Call::post(&path, &json!({ "name": name })).bearer(token);
    let answer = server.send(call).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let body = answer.json();
    body["credential"].as_str().expect("a value").to_owned()
}

/// A manifest ends in the hash of a page of repositories, which none of the calls changes.
async fn a_block(server: &Server, org: &str, token: &str) -> String {
    let path = format!("/api/organizations/{org}/snapshot");
    let answer = server.send(Call::get(&path).bearer(token)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let hash = &answer.body[answer.body.len() - 32..];
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Fixture {
    fn token(&self, caller: Caller) -> &Made {
        let found = self.tokens.iter().find(|(other, _)| *other == caller);
        &found.expect("a token of this caller").1
    }

    /// What the caller shows.
    pub(crate) fn credential(&self, caller: Caller) -> Option<&str> {
        match caller {
            Caller::Nobody => None,
            Caller::Bad => Some(UNKNOWN),
            Caller::Hub => Some(HUB),
            Caller::Edge => Some(&self.edge),
            Caller::Site => Some(&self.site),
            _ => Some(&self.token(caller).value),
        }
    }

    /// The organization that the caller is asked about.
    fn org(caller: Caller) -> &'static str {
        if caller == Caller::Unscoped {
            "narrow"
        } else {
            "acme"
        }
    }

    /// What stands for a parameter of the endpoint's path.
    fn parameter(&self, endpoint: &Endpoint, name: &str, caller: Caller) -> String {
        let org = Self::org(caller);
        let own = || self.tokens.iter().find(|(other, _)| *other == caller);
        match (name, endpoint.access) {
            ("org" | "namespace", _) => org.to_owned(),
            ("type", _) => "model".to_owned(),
            ("n", _) => "1".to_owned(),
            ("hash", _) => self.blocks[usize::from(org == "narrow")].clone(),
            ("name", _) if endpoint.path.contains("{type}") => "bert".to_owned(),
            ("name", _) => "lab".to_owned(),
            ("user", Access::Site) => "olga".to_owned(),
            ("user", _) => "bob".to_owned(),
            ("id", Access::Org(_)) if org == "narrow" => self.narrow_target.id.clone(),
            ("id", Access::Org(_)) => self.target.id.clone(),
            ("id", Access::Own) if !matches!(caller, Caller::Owner | Caller::OtherAdmin) => {
                own().map_or_else(|| self.spare.id.clone(), |(_, made)| made.id.clone())
            }
            ("id", _) => self.spare.id.clone(),
            (other, _) => panic!("nothing stands for `{{{other}}}` of {}", endpoint.path),
        }
    }

    /// The path of an endpoint with its parameters filled in.
    pub(crate) fn path(&self, endpoint: &Endpoint, caller: Caller) -> String {
        let fill = |part: &str| {
            let name = part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'));
            name.map_or_else(
                || part.to_owned(),
                |name| self.parameter(endpoint, name, caller),
            )
        };
        endpoint
            .path
            .split('/')
            .map(fill)
            .collect::<Vec<_>>()
            .join("/")
    }

    /// The call that this caller makes to this endpoint.
    pub(crate) fn call(&self, endpoint: &Endpoint, caller: Caller) -> Call {
        let method = method(endpoint);
        let mut call = Call::new(method, &self.path(endpoint, caller));
        if endpoint.path == "/authz" {
            let uri = format!("/api/models/{}/bert", Self::org(caller));
            call = call
                .header("x-original-method", "GET")
                .header("x-original-uri", uri);
        }
        if let Some(token) = self.credential(caller) {
            call = call.bearer(token);
        }
        match self.body(endpoint, caller) {
            Some(body) => call.json(&body),
            None => call,
        }
    }

    /// A body that the endpoint takes.
    pub(crate) fn body(&self, endpoint: &Endpoint, caller: Caller) -> Option<Value> {
        endpoint.body?;
        let org = Self::org(caller);
        let question =
            json!({ "action": "repo.content.read", "resource": format!("model:{org}/bert") });
        let path = endpoint.path.trim_start_matches("/api/organizations/{org}");
        Some(match (method(endpoint), path) {
            ("POST", "/settings/tokens/revoke") if org == "narrow" => {
                json!({ "token": self.narrow_target.value })
            }
            ("POST", "/settings/tokens/revoke") => json!({ "token": self.target.value }),
            ("POST", "/settings/tokens/preview") => json!({ "tokenPolicy": "default" }),
            (
                "POST",
                "/settings/tokens/{id}/revoke"
                | "/settings/tokens/{id}/approve"
                | "/settings/tokens/{id}/deny",
            ) => json!({ "reason": "it is so" }),
            ("POST", "/settings/tokens/{id}/explain" | "/api/settings/tokens/{id}/explain") => {
                question
            }
            ("POST", "/snapshot/edge-credentials") => json!({ "name": "one-more" }),
            ("POST", "/snapshot/applied") => json!({ "generation": 1 }),
            ("PUT", "/settings/token-policy") => json!({ "tokenPolicy": "default" }),
            ("POST", "/api/organizations") => json!({ "name": "initech" }),
            ("PATCH", "") => json!({ "plan": "plus" }),
            ("PUT", "/members/{user}" | "/members/{user}/role") => json!({ "role": "write" }),
            ("PUT", "/resource-groups/{name}") => json!({ "members": [] }),
            ("PUT", "/resources/{type}/{namespace}/{name}") => json!({ "visibility": "public" }),
            ("POST", "/api/users") => json!({ "name": "newbie" }),
            ("PATCH", "/api/users/{user}") => json!({ "fullname": "Olga" }),
            ("POST", "/api/users/{user}/tokens" | "/api/settings/tokens") => {
                json!({ "displayName": "one more", "role": "read" })
            }
            ("PATCH", "/api/settings/tokens/{id}") => json!({ "displayName": "renamed" }),
            ("POST", "/api/credentials/revoke") => json!({ "credentials": [UNKNOWN] }),
            ("POST", "/api/authz/check" | "/api/authz/explain") => question,
            ("POST", "/api/authz/filter") => {
                json!({ "action": "repo.content.read", "resources": [question["resource"]] })
            }
            (method, _) => panic!(
                "{method} {} has no line here: write its body",
                endpoint.path
            ),
        })
    }
}

/// The method that an endpoint is called with.
pub(crate) fn method(endpoint: &Endpoint) -> &str {
    endpoint
        .method
        .as_ref()
        .map_or("GET", |method| method.as_str())
}

/// A caller whom the endpoint lets in.
pub(crate) fn welcome(endpoint: &Endpoint) -> Caller {
    match endpoint.access {
        Access::Site => Caller::Site,
        Access::Own => Caller::Owner,
        Access::Public
        | Access::Token
        | Access::Org(_)
        | Access::OrgOrEdge(_)
        | Access::SiteOr(_) => Caller::Admin,
    }
}
