//! Edges: their credentials, what they and other readers say that they have applied, and waiting until
//! they have.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use tokenward_core::{
    Action, Command, EdgeCredential, EdgeName, Name, Presented, Request, Resource, ResourceType,
    Timestamp, TokenId, scan,
};

use super::paging::Query;
use super::path::{self, Params};
use super::snapshot::may_read;
use super::{answer, changed, gone};
use crate::app::App;
use crate::auth::Ctx;
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::Order;
use crate::memory::Memory;
use crate::snapshots::receipts::{self, Heard};
use crate::store::{Reader, Receipt};
use crate::{clock, mint, wire};

/// What an edge's process is called that does not say.
pub(super) const ONLY: &str = "default";
/// What a name of a process may have.
const LONGEST: usize = 64;
/// For how many seconds a call waits at most; the server ends requests that take longer.
const WAIT: u64 = 25;
const WAIT_UNLESS_SAID: u64 = 10;
/// How often receipts that other servers were given are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The edge credentials of an organization.
pub async fn list(ctx: Ctx, Params(org): Params<String>) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    let memory = ctx.app.memory();
    ctx.may(&memory, Action::OrgTokensRead, &org)?;
    let edges = memory.world.edges(org.as_str());
    let items: Vec<Value> = edges.into_iter().map(item).collect();
    Ok(answer(StatusCode::OK, &items))
}

/// Issues a credential. Its value is in this answer, and nowhere else.
pub async fn issue(
    ctx: Ctx,
    Params(org): Params<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgTokensWrite, &org)?;
    let body: wire::NewEdgeCredential = body.json()?;
    let secret = mint::token();
    let credential = EdgeCredential {
        org: org.clone(),
        name: body.name,
        id: mint::id(),
        digest: secret.digest(),
        last4: secret.last4().to_owned(),
        created_at: ctx.now,
        created_by: ctx.actor().user,
    };
    let order = Order {
        actor: ctx.actor(),
        command: Command::IssueEdgeCredential(credential.clone()),
        if_generation: body.if_generation,
    };
    let permit = |memory: &_| ctx.may(memory, Action::OrgTokensWrite, &org);
    let done = ctx.run(&order, permit).await?;
    let body = json!({ "credential": secret.reveal(), "edge": item(&credential) });
    Ok(changed(&done, StatusCode::CREATED, &body))
}

/// Withdraws a credential: its streams end, and it fetches nothing more.
pub async fn withdraw(
    ctx: Ctx,
    Params((org, name)): Params<(String, String)>,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgTokensWrite, &org)?;
    let missing = |_| ApiError::not_found("Edge credential not found");
    let command = Command::WithdrawEdgeCredential {
        org: org.clone(),
        name: EdgeName::parse(&name).map_err(missing)?,
        leaked: false,
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: None,
    };
    let permit = |memory: &_| ctx.may(memory, Action::OrgTokensWrite, &org);
    let done = ctx.run(&order, permit).await?;
    Ok(gone(&done))
}

fn item(credential: &EdgeCredential) -> Value {
    json!({
        "id": credential.id,
        "name": credential.name,
        "last4": credential.last4,
        "createdAt": credential.created_at,
        "createdBy": credential.created_by,
    })
}

/// Takes a reader's receipt for a generation.
pub async fn applied(
    ctx: Ctx,
    Params(org): Params<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    let reader = may_read(&ctx, &ctx.app.memory(), &org)?;
    let body: wire::Applied = body.json()?;
    if !is_made(&ctx.app, &org, body.generation).await? {
        return Err(ApiError::bad("`generation` has not been made yet."));
    }
    let instance = check_instance(body.instance.as_deref().unwrap_or(ONLY))?;
    // Whatever it was handed lasts no longer than what it would be handed now.
    let expires = clock::now().as_millis() + ctx.app.snapshots.lifetime;
    let heard = Heard {
        applied: Some(body.generation),
        handed: Timestamp::from_millis(expires),
    };
    receipts::note(&ctx.app, &org, &reader, instance, heard).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whether there has been a generation, here or at another server just now.
pub(super) async fn is_made(app: &App, org: &Name, generation: u64) -> Result<bool, ApiError> {
    let is_known = || app.memory().world.generation(org.as_str()) >= Some(generation);
    if !is_known() {
        app.follow().await?;
    }
    Ok(is_known())
}

/// The name of one of a reader's processes.
///
/// # Errors
/// 400 when it is too long, or has other characters.
pub(super) fn check_instance(text: &str) -> Result<&str, ApiError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // It is stored and shown: what was pasted by mistake stays out of it.
    let is_name = !text.is_empty() && text.len() <= LONGEST && scan(text).is_empty();
    if is_name && text.chars().all(fine) {
        return Ok(text);
    }
    let text = "The name of an instance has 1 to 64 of the characters A-Z a-z 0-9 . _ -";
    Err(ApiError::bad(text))
}

/// How far one process of a reader is: an edge, or whoever shows a token.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    edge: Option<EdgeName>,
    token: Option<TokenId>,
    /// Nothing for a credential that nobody has used yet.
    instance: Option<String>,
    /// The generation that it has applied; nothing while it has only fetched.
    generation: Option<u64>,
    applied_at: Option<Timestamp>,
    seen_at: Option<Timestamp>,
    /// Whether it may still decide from what it has fetched.
    live: bool,
    /// Whether its credential is gone, or its token may not read any more.
    withdrawn: bool,
}

impl Status {
    fn of(receipt: Receipt, memory: &Memory, now: Timestamp) -> Self {
        let withdrawn = !may_still_read(&receipt, memory, now);
        let (edge, token) = match receipt.reader {
            Reader::Edge(name) => (Some(name), None),
            Reader::Token(id) => (None, Some(id)),
        };
        Self {
            edge,
            token,
            instance: Some(receipt.instance),
            generation: receipt.generation,
            applied_at: receipt.applied_at,
            seen_at: Some(receipt.seen_at),
            live: receipt.live_until >= now,
            withdrawn,
        }
    }

    /// Of a credential that nobody has used yet.
    const fn unused(name: EdgeName) -> Self {
        Self {
            edge: Some(name),
            token: None,
            instance: None,
            generation: None,
            applied_at: None,
            seen_at: None,
            live: false,
            withdrawn: false,
        }
    }

    /// Which process of which reader.
    fn process(self) -> Option<(Reader, String)> {
        let reader = self.edge.map(Reader::Edge);
        let reader = reader.or_else(|| self.token.map(Reader::Token))?;
        Some((reader, self.instance?))
    }
}

/// Whether a reader could fetch the next manifest.
fn may_still_read(receipt: &Receipt, memory: &Memory, now: Timestamp) -> bool {
    let org = receipt.org.as_str();
    match &receipt.reader {
        Reader::Edge(name) => memory.world.edge(org, name).is_some(),
        Reader::Token(id) => Resource::new(ResourceType::Org, org).is_ok_and(|resource| {
            let request = Request {
                token: Presented::Id(*id),
                action: Action::OrgTokensRead.as_str(),
                resource,
                now,
            };
            memory.world.decide(&request).is_allowed()
        }),
    }
}

/// How far every reader is.
pub async fn status(ctx: Ctx, Params(org): Params<String>) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgTokensRead, &org)?;
    let edges = statuses(&ctx, &org).await?;
    let generation = ctx.app.memory().world.generation(org.as_str());
    let body = json!({
        "generation": generation,
        "maximumAge": ctx.app.snapshots.lifetime / 1000,
        "edges": edges,
    });
    Ok(answer(StatusCode::OK, &body))
}

async fn statuses(ctx: &Ctx, org: &Name) -> Result<Vec<Status>, ApiError> {
    let receipts = receipts::read(&ctx.app, org).await?;
    let now = clock::now();
    let memory = ctx.app.memory();
    let credentials = memory.world.edges(org.as_str());
    let mut names: Vec<EdgeName> = credentials.iter().map(|edge| edge.name.clone()).collect();
    let is_seen = |name: &EdgeName| {
        let reader = Reader::Edge(name.clone());
        receipts.iter().any(|receipt| receipt.reader == reader)
    };
    names.retain(|name| !is_seen(name));
    let seen = receipts.into_iter();
    let seen = seen.map(|receipt| Status::of(receipt, &memory, now));
    Ok(seen.chain(names.into_iter().map(Status::unused)).collect())
}

/// Waits until every live reader has applied a generation, or says who has not.
pub async fn wait(
    ctx: Ctx,
    Params((org, generation)): Params<(String, String)>,
    query: Query,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgTokensRead, &org)?;
    query.only(&["timeout"])?;
    let bad = || ApiError::bad(format!("`timeout` is 0 to {WAIT} seconds."));
    let seconds: u64 = match query.value("timeout") {
        None => WAIT_UNLESS_SAID,
        Some(text) => text.parse().map_err(|_| bad())?,
    };
    if seconds > WAIT {
        return Err(bad());
    }
    let missing = || ApiError::not_found("Generation not found");
    let generation: u64 = generation.parse().map_err(|_| missing())?;
    if !is_made(&ctx.app, &org, generation).await? {
        return Err(missing());
    }
    let until = clock::now().as_millis() + i64::try_from(seconds).unwrap_or_default() * 1000;
    let mut hears = true;
    loop {
        let edges = statuses(&ctx, &org).await?;
        let live = edges.into_iter().filter(|edge| edge.live);
        let (applied, waiting): (Vec<Status>, Vec<Status>) =
            live.partition(|edge| edge.generation >= Some(generation));
        if waiting.is_empty() || clock::now().as_millis() >= until {
            let body = json!({
                "generation": generation,
                "complete": waiting.is_empty(),
                "applied": applied.len(),
                "waiting": waiting,
            });
            return Ok(answer(StatusCode::OK, &body));
        }
        let waiting = waiting.into_iter();
        let waiting = waiting.filter_map(Status::process);
        let receipts = &ctx.app.snapshots.receipts;
        // What this server was told is written down and read once; if others still lack somebody,
        // that takes its time.
        hears = tokio::select! {
            () = receipts.applied(&org, waiting.collect(), generation), if hears => false,
            () = clock::pause(LOOK_EVERY) => true,
        };
    }
}
