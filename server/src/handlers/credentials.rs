//! Leaked tokens and credentials of edges, reported by anybody: gone everywhere, and no answer tells
//! which were real.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokenward_core::{Actor, Command, TokenDigest, TokenSecret};

use crate::app::App;
use crate::auth::Ctx;
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::{self, Order, Retired};
use crate::memory::Memory;
use crate::wire;

/// How many tokens one report may hold, and how long each may be.
const MOST: usize = 1000;
const LONGEST: usize = 200;

/// Always 202, for known and unknown tokens alike.
pub async fn revoke(ctx: Ctx, body: Body) -> Result<Response, ApiError> {
    let body: wire::Credentials = body.json()?;
    let count = body.credentials.len();
    let long = |text: &String| text.is_empty() || text.chars().count() > LONGEST;
    if count == 0 || count > MOST || body.credentials.iter().any(long) {
        let text = "`credentials` must hold 1 to 1000 strings of 1 to 200 characters.";
        return Err(ApiError::bad(text));
    }
    let digests = body
        .credentials
        .iter()
        .map(|raw| Ok(TokenSecret::parse(raw)?.digest()));
    let digests = digests.collect::<Result<Vec<TokenDigest>, ApiError>>()?;
    for digest in known(&ctx.app, &digests).await? {
        delete(&ctx.app, digest).await?;
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Those of the digests that lead to a token, so that unknown ones cost next to nothing.
async fn known(app: &App, digests: &[TokenDigest]) -> Result<Vec<TokenDigest>, ApiError> {
    let mut quiet = governance::quiet(app).await?;
    let mut known = Vec::new();
    for digest in digests {
        let present = is_present(&app.memory(), digest);
        if present || quiet.retired(digest).await?.is_some() {
            known.push(*digest);
        }
    }
    Ok(known)
}

fn is_present(memory: &Memory, digest: &TokenDigest) -> bool {
    let world = &memory.world;
    world.find(digest).is_some() || world.edge_by_digest(digest).is_some()
}

async fn delete(app: &App, digest: TokenDigest) -> Result<(), ApiError> {
    let find = |memory: &Memory, retired: Option<Retired>| {
        let reachable = retired
            .filter(|(_, by_itself)| *by_itself)
            .map(|(id, _)| id);
        let id = memory.world.find(&digest).or(reachable);
        let token = id.map(|id| Command::DeleteToken { id, leaked: true });
        let edge = memory.world.edge_by_digest(&digest);
        let edge = edge.map(|edge| Command::WithdrawEdgeCredential {
            org: edge.org.clone(),
            name: edge.name.clone(),
            leaked: true,
        });
        Ok(token.or(edge).map(|command| Order {
            actor: Actor::NOBODY,
            command,
            if_generation: None,
        }))
    };
    governance::run_found(app, Some(digest), find, |_| Ok(())).await?;
    Ok(())
}
