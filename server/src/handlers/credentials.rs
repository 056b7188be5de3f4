//! Leaked tokens, reported by anybody: deleted everywhere, and no answer tells which were real.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokenward_core::{Actor, Command, TokenSecret};

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
    for raw in &body.credentials {
        delete(&ctx.app, &TokenSecret::parse(raw)?).await?;
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn delete(app: &App, secret: &TokenSecret) -> Result<(), ApiError> {
    let digest = secret.digest();
    let find = |memory: &Memory, retired: Option<Retired>| {
        let reachable = retired
            .filter(|(_, by_itself)| *by_itself)
            .map(|(id, _)| id);
        let id = memory.world.find(&digest).or(reachable);
        Ok(id.map(|id| Order {
            actor: Actor::NOBODY,
            command: Command::DeleteToken { id, leaked: true },
            if_generation: None,
        }))
    };
    governance::run_found(app, Some(digest), find, |_| Ok(())).await?;
    Ok(())
}
