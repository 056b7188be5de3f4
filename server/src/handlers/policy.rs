//! The token policy: shown, set, and tried without setting it.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use tokenward_core::{Action, Command};

use super::path::{self, Params};
use super::{answer, changed};
use crate::auth::Ctx;
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::Order;
use crate::wire;

/// The token policy.
pub async fn show(ctx: Ctx, Params(org): Params<String>) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    let memory = ctx.app.memory();
    ctx.may(&memory, Action::OrgTokensRead, &org)?;
    let row = memory.world.organization(org.as_str());
    let (row, generation) = row.ok_or_else(|| ApiError::not_found("Organization not found"))?;
    let body = json!({ "tokenPolicy": row.token_policy, "generation": generation });
    Ok(answer(StatusCode::OK, &body))
}

/// Sets the token policy.
pub async fn set(ctx: Ctx, Params(org): Params<String>, body: Body) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgTokensWrite, &org)?;
    let body: wire::SetPolicy = body.json()?;
    let policy = body.token_policy;
    let command = Command::SetPolicy {
        org: org.clone(),
        policy,
        force: body.force,
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: body.if_generation,
    };
    let done = ctx.run(&order, |memory| {
        ctx.may(memory, Action::OrgTokensWrite, &org)
    });
    let done = done.await?;
    let body = json!({ "tokenPolicy": policy, "generation": done.generation });
    Ok(changed(&done, StatusCode::OK, &body))
}

/// What another token policy would block.
pub async fn preview(
    ctx: Ctx,
    Params(org): Params<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    let memory = ctx.app.memory();
    ctx.may(&memory, Action::OrgTokensRead, &org)?;
    let body: wire::PreviewPolicy = body.json()?;
    Ok(answer(
        StatusCode::OK,
        &memory.world.preview(org.as_str(), body.token_policy),
    ))
}
