//! The organization that is followed, and what its administrators do: over HTTP, as they would.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokenward_benches::{Size, names};
use tokenward_core::{Authorizer, Presented, Request, Resource, TokenSecret};
use tokenward_server::clock;

/// How many calls that set something up are under way at a time.
const AT_ONCE: usize = 8;
/// How many tokens a member has.
const TOKENS_EACH: usize = 50;
/// What every token that is made here is asked to do.
const ACTION: &str = "repo.content.read";

/// A server, an organization of it, and a token of its administrator.
pub(crate) struct Site {
    client: Client,
    /// The server's address.
    pub(crate) url: String,
    /// The organization.
    pub(crate) org: String,
    admin: String,
}

/// A token that will be revoked, and what it may do until then.
pub(crate) struct Target {
    id: String,
    secret: TokenSecret,
    resource: String,
}

impl Target {
    /// Asks an edge.
    pub(crate) fn ask(&self, edge: &Authorizer) -> Result<tokenward_core::Decision> {
        Ok(edge.decide(&Request {
            token: Presented::Secret(&self.secret),
            action: ACTION,
            resource: Resource::parse(&self.resource)?,
            now: clock::now(),
        }))
    }
}

/// A client that keeps its connections and asks no proxy.
pub(crate) fn client() -> Result<Client> {
    Ok(Client::builder().no_proxy().build()?)
}

/// A server as its administrator sees it.
struct Office {
    client: Client,
    url: String,
    site: String,
}

impl Office {
    fn new(url: &str, site: &str) -> Result<Self> {
        Ok(Self {
            client: client()?,
            url: url.to_owned(),
            site: site.trim().to_owned(),
        })
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Result<Value> {
        let (body, _) = call(&self.client, method, &self.url, path, &self.site, &body).await?;
        Ok(body)
    }

    async fn token(&self, owner: &str, body: Value) -> Result<(String, String)> {
        let path = format!("/api/users/{owner}/tokens");
        let made = self.call(Method::POST, &path, body).await?;
        Ok((text(&made["tokenInfo"]["id"])?, text(&made["token"])?))
    }

    async fn user(&self, name: &str, org: &str, role: &str) -> Result<()> {
        let mail = format!("{name}@example.org");
        let user = json!({ "name": name, "email": mail, "emailConfirmed": true });
        self.call(Method::POST, "/api/users", user).await?;
        let path = format!("/api/organizations/{org}/members/{name}");
        self.call(Method::PUT, &path, json!({ "role": role }))
            .await?;
        Ok(())
    }

    async fn settle(self, org: &str, admin: &str) -> Result<Site> {
        let body = json!({ "displayName": format!("revokes {}", clock::now()), "role": "write" });
        let (_, admin) = self.token(admin, body).await?;
        Ok(Site {
            client: self.client,
            url: self.url,
            org: org.to_owned(),
            admin,
        })
    }
}

impl Site {
    /// Makes an organization with so many tokens, as the site's administrator, and names them.
    pub(crate) async fn make(url: &str, site: &str, tokens: usize) -> Result<(Self, Vec<Target>)> {
        let office = Office::new(url, site)?;
        let body = json!({ "name": "acme", "tokenPolicy": "default" });
        office
            .call(Method::POST, "/api/organizations", body)
            .await?;
        office.user("ada", "acme", "admin").await?;
        let repository = "/api/organizations/acme/resources/model/acme/bert";
        office.call(Method::PUT, repository, json!({})).await?;
        let members = tokens.div_ceil(TOKENS_EACH);
        for member in 0..members {
            let name = format!("member-{member}");
            office.user(&name, "acme", "contributor").await?;
        }
        let makes = (0..tokens).map(|nth| {
            let office = &office;
            async move {
                let entity = json!({ "type": "org", "name": "acme" });
                let grant = json!({ "entity": entity, "permissions": [ACTION] });
                let body = json!({
                    "displayName": format!("token {nth}"), "role": "fineGrained",
                    "fineGrained": { "scoped": [grant] },
                });
                let owner = format!("member-{}", nth % members);
                let (id, secret) = office.token(&owner, body).await?;
                let secret = TokenSecret::parse(&secret)?;
                let resource = "model:acme/bert".to_owned();
                anyhow::Ok(Target {
                    id,
                    secret,
                    resource,
                })
            }
        });
        let targets = stream::iter(makes).buffer_unordered(AT_ONCE);
        let targets = targets.try_collect().await?;
        Ok((office.settle("acme", "ada").await?, targets))
    }

    /// The one organization of a database that was filled before.
    pub(crate) async fn filled(url: &str, site: &str) -> Result<Self> {
        let admin = names::user(0);
        let office = Office::new(url, site)?;
        office.settle(names::org(0).as_str(), admin.as_str()).await
    }

    /// The path of something of the organization.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/organizations/{}{rest}", self.org)
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<(Value, Option<u64>)> {
        call(&self.client, method, &self.url, path, &self.admin, body).await
    }

    /// Issues credentials for edges.
    pub(crate) async fn issue(&self, edges: usize) -> Result<Vec<String>> {
        let path = self.path("/snapshot/edge-credentials");
        let run = clock::now().as_millis();
        let issues = (0..edges).map(|nth| {
            let path = &path;
            async move {
                let body = json!({ "name": format!("edge-{run}-{nth}") });
                let (body, _) = self.call(Method::POST, path, &body).await?;
                text(&body["credential"])
            }
        });
        stream::iter(issues).buffered(AT_ONCE).try_collect().await
    }

    /// Revokes a token; the generation at which it is.
    pub(crate) async fn revoke(&self, target: &Target) -> Result<u64> {
        let path = self.path(&format!("/settings/tokens/{}/revoke", target.id));
        let (_, generation) = self.call(Method::POST, &path, &json!({})).await?;
        generation.context("the answer to a revoke names its generation")
    }

    /// Waits until every live edge has applied a generation; whether they have, and how many are
    /// live.
    pub(crate) async fn wait(&self, generation: u64) -> Result<(bool, u64)> {
        let path = self.path(&format!("/generations/{generation}/wait?timeout=25"));
        let (body, _) = self.call(Method::GET, &path, &Value::Null).await?;
        let complete = body["complete"].as_bool().context("complete")?;
        let live = body["applied"].as_u64().context("applied")?;
        Ok((complete, live))
    }

    /// The newest generation.
    pub(crate) async fn generation(&self) -> Result<u64> {
        let path = self.path("/snapshot/edges");
        let (body, _) = self.call(Method::GET, &path, &Value::Null).await?;
        body["generation"].as_u64().context("a generation")
    }
}

/// The tokens of a filled database that an edge lets through, in the order of their numbers.
pub(crate) fn targets(size: Size, edge: &Authorizer, count: usize) -> Vec<Target> {
    let all = (0..size.tokens).map(|number| {
        // Every fourth but one is public: anybody may read it.
        let repository = names::repository_of(size, 0, number * 4);
        let (kind, name) = (names::kind(repository), names::repository(size, repository));
        let mut resource = String::new();
        let _ = write!(resource, "{kind}:{name}");
        Target {
            id: names::token_id(number).to_string(),
            secret: names::secret(number),
            resource,
        }
    });
    let allowed = all.filter(|target| target.ask(edge).is_ok_and(|answer| answer.is_allowed()));
    allowed.step_by(997).take(count).collect()
}

fn text(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .context("the answer lacks a text")?
        .to_owned())
}

async fn call(
    client: &Client,
    method: Method,
    url: &str,
    path: &str,
    token: &str,
    body: &Value,
) -> Result<(Value, Option<u64>)> {
    let mut request = client
        .request(method.clone(), format!("{url}{path}"))
        .bearer_auth(token);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await?;
    let status = answer.status();
    let header = answer.headers().get("x-tokenward-generation");
    let generation = header.and_then(|value| value.to_str().ok()?.parse().ok());
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("{method} {path}: {status} {text}");
    }
    let body = match text.is_empty() {
        true => Value::Null,
        false => serde_json::from_str(&text)?,
    };
    Ok((body, generation))
}
