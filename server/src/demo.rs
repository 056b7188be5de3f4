//! The example organization of `serve --demo`: some forty tokens in every state, with a past.
//!
//! It is made by the same commands as everything else, only at earlier times. The raw values of
//! its tokens are thrown away at once: make your own to try things.

use anyhow::{Result, anyhow};
use tokenward_core::{
    Actor, Command, DisplayName, FineGrained, GroupName, Member, Name, NewToken, Plan,
    RepositoryPatch, ResourceName, Role, Timestamp, TokenId, TokenKind, TokenPolicy, User, Verdict,
    Via, Visibility,
};

use crate::app::App;
use crate::governance::{Order, run_at};
use crate::{clock, mint};

const ORG: &str = "acme";
const PEOPLE: &[(&str, &str, Role)] = &[
    ("ada", "Ada Marsh", Role::Admin),
    ("grace", "Grace Okafor", Role::Admin),
    ("bob", "Bob Lindqvist", Role::Contributor),
    ("chen", "Chen Wei", Role::Write),
    ("dara", "Dara Kim", Role::Write),
    ("eli", "Eli Navarro", Role::Read),
    ("fatma", "Fatma Yildiz", Role::Write),
    ("gus", "Gus Adeyemi", Role::NoAccess),
];
const REPOSITORIES: &[(&str, Visibility, bool, Option<&str>)] = &[
    ("model:acme/bert", Visibility::Private, false, None),
    ("model:acme/whisper", Visibility::Public, false, None),
    ("model:acme/llama-chat", Visibility::Public, true, None),
    (
        "model:acme/next-gen",
        Visibility::Private,
        false,
        Some("secret-lab"),
    ),
    ("dataset:acme/reviews", Visibility::Private, false, None),
    ("space:acme/playground", Visibility::Public, false, None),
];

/// One kind of token that people have, for several owners.
struct Sample {
    title: &'static str,
    owners: &'static [&'static str],
    kind: TokenKind,
    grants: &'static [(&'static str, &'static [&'static str])],
    age: i64,
    used: Option<i64>,
    expires: Option<i64>,
    fate: Option<Verdict>,
}

use TokenKind::{FineGrained as Fine, Read, Write};
use Verdict::{Approve, Deny, Revoke};

const READ: &[&str] = &["repo.content.read"];
const PUSH: &[&str] = &["repo.write"];
const CHAT: &[&str] = &["inference.serverless.write"];

/// Ages, uses and expiries are in days from now.
#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    Sample { title: "laptop", owners: &["ada", "bob", "chen", "dara", "eli", "fatma"], kind: Write, grants: &[], age: 720, used: Some(1), expires: None, fate: None },
    Sample { title: "old notebook", owners: &["bob", "dara", "gus"], kind: Read, grants: &[], age: 900, used: Some(400), expires: None, fate: None },
    Sample { title: "colab", owners: &["chen", "eli"], kind: Write, grants: &[], age: 200, used: None, expires: None, fate: Some(Revoke) },
    Sample { title: "training", owners: &["bob", "chen", "dara", "fatma"], kind: Fine, grants: &[("org:acme", READ), ("model:acme/bert", PUSH)], age: 60, used: Some(0), expires: Some(120), fate: Some(Approve) },
    Sample { title: "nightly eval", owners: &["chen", "dara", "eli"], kind: Fine, grants: &[("org:acme", READ)], age: 20, used: Some(0), expires: Some(10), fate: Some(Approve) },
    Sample { title: "ci push", owners: &["ada", "grace"], kind: Fine, grants: &[("org:acme", PUSH)], age: 400, used: Some(2), expires: None, fate: None },
    Sample { title: "new uploader", owners: &["bob", "eli", "fatma"], kind: Fine, grants: &[("org:acme", PUSH)], age: 1, used: None, expires: Some(90), fate: None },
    Sample { title: "chat bot", owners: &["bob", "dara"], kind: Fine, grants: &[("org:acme", CHAT)], age: 3, used: None, expires: Some(30), fate: None },
    Sample { title: "everything", owners: &["eli", "fatma"], kind: Fine, grants: &[("org:acme", &["repo.write", "org.write"])], age: 15, used: Some(14), expires: None, fate: Some(Deny) },
    Sample { title: "lost laptop", owners: &["dara", "fatma"], kind: Fine, grants: &[("org:acme", PUSH)], age: 150, used: Some(30), expires: None, fate: Some(Revoke) },
    Sample { title: "contractor", owners: &["eli"], kind: Fine, grants: &[("dataset:acme/reviews", READ)], age: 100, used: Some(70), expires: Some(-10), fate: Some(Approve) },
    Sample { title: "at home", owners: &["ada", "bob", "chen", "dara", "eli", "fatma", "grace"], kind: Fine, grants: &[], age: 50, used: Some(5), expires: None, fate: None },
    Sample { title: "lab", owners: &["chen", "dara"], kind: Fine, grants: &[("model:acme/next-gen", PUSH)], age: 30, used: Some(1), expires: Some(60), fate: Some(Approve) },
];

/// Fills an empty database.
///
/// # Errors
/// When something cannot be written.
pub async fn fill(app: &App) -> Result<()> {
    let demo = Demo {
        app,
        now: clock::now(),
    };
    demo.organization().await?;
    demo.repositories().await?;
    for sample in SAMPLES {
        for owner in sample.owners {
            demo.token(sample, owner).await?;
        }
    }
    app.write_uses().await?;
    Ok(())
}

struct Demo<'a> {
    app: &'a App,
    now: Timestamp,
}

impl Demo<'_> {
    async fn organization(&self) -> Result<()> {
        for (name, fullname, _) in PEOPLE {
            let user = User {
                id: mint::id().to_string(),
                name: Name::parse(name)?,
                fullname: Some((*fullname).to_owned()),
                email: Some(format!("{name}@example.org")),
                email_confirmed: true,
                suspended: false,
                site_admin: false,
                created_at: self.now.plus_days(-1000),
            };
            self.run("admin", 1000, Command::CreateUser(user)).await?;
        }
        let (name, policy) = (Name::parse(ORG)?, TokenPolicy::default());
        let plan = Plan::Enterprise;
        self.run(
            "admin",
            1000,
            Command::CreateOrganization { name, plan, policy },
        )
        .await?;
        for (user, _, role) in PEOPLE {
            let (org, user) = (Name::parse(ORG)?, Name::parse(user)?);
            let command = Command::PutMember {
                org,
                user,
                role: *role,
                groups: None,
            };
            self.run("admin", 999, command).await?;
        }
        let (org, name) = (Name::parse(ORG)?, GroupName::parse("secret-lab")?);
        let members = ["chen", "dara"].into_iter().map(|user| {
            Ok(Member {
                user: Name::parse(user)?,
                role: Role::Write,
            })
        });
        let members = members.collect::<Result<Vec<_>>>()?;
        self.run("ada", 500, Command::PutGroup { org, name, members })
            .await?;
        let (org, policy) = (Name::parse(ORG)?, "require-approval");
        let policy = TokenPolicy::parse(policy)?;
        self.run(
            "ada",
            180,
            Command::SetPolicy {
                org,
                policy,
                force: true,
            },
        )
        .await
    }

    async fn repositories(&self) -> Result<()> {
        for (resource, visibility, gated, group) in REPOSITORIES {
            let patch = RepositoryPatch {
                visibility: Some(*visibility),
                gated: Some(*gated),
                resource_group: group
                    .map(|group| GroupName::parse(group).map(Some))
                    .transpose()?,
                created_by: Some(Some(Name::parse("bob")?)),
                ..RepositoryPatch::default()
            };
            let resource = ResourceName::parse(resource)?;
            self.run("ada", 450, Command::PutRepository { resource, patch })
                .await?;
        }
        Ok(())
    }

    async fn token(&self, sample: &Sample, owner: &str) -> Result<()> {
        let (id, secret) = (mint::id(), mint::token());
        let fine_grained = (sample.kind == Fine).then(|| grants(sample.grants));
        let command = Command::CreateToken(NewToken {
            id,
            owner: Name::parse(owner)?,
            kind: sample.kind,
            display_name: DisplayName::parse(sample.title)?,
            fine_grained,
            expires_at: sample.expires.map(|days| self.now.plus_days(days)),
            digest: secret.digest(),
            last4: secret.last4().to_owned(),
        });
        self.run(owner, sample.age, command).await?;
        if let Some(days) = sample.used {
            self.app.used(id, self.now.plus_days(-days));
        }
        match sample.fate {
            Some(verdict) => self.review(id, verdict, sample.age.min(179)).await,
            None => Ok(()),
        }
    }

    async fn review(&self, token: TokenId, verdict: Verdict, age: i64) -> Result<()> {
        let org = Name::parse(ORG)?;
        self.run(
            "ada",
            age - 1,
            Command::Review {
                org,
                token,
                verdict,
                reason: None,
            },
        )
        .await
    }

    async fn run(&self, user: &str, age: i64, command: Command) -> Result<()> {
        let actor = Actor {
            user: Some(Name::parse(user)?),
            via: Via::Session(None),
        };
        let order = Order {
            actor,
            command,
            if_generation: None,
        };
        let at = self.now.plus_days(-age);
        let done = run_at(self.app, &order, || at, |_| Ok(())).await;
        done.map(|_| ()).map_err(|error| anyhow!("{error:?}"))
    }
}

fn grants(grants: &[(&str, &[&str])]) -> FineGrained {
    let scoped = grants.iter().map(|(entity, permissions)| {
        let (kind, name) = entity.split_once(':').unwrap_or((entity, ""));
        serde_json::json!({ "entity": { "type": kind, "name": name }, "permissions": permissions })
    });
    let scoped: Vec<_> = scoped.collect();
    serde_json::from_value(serde_json::json!({ "scoped": scoped })).unwrap_or_default()
}
