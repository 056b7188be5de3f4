//! One's own tokens.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use tokenward_core::{
    Actor, Audience, Command, Name, Presented, Reason, Request, Token, TokenId, TokenKind,
    TokenSecret,
};

use super::items::own_item;
use super::paging::{Query, token_key};
use super::path::{self, Params};
use super::{answer, changed, gone};
use crate::app::App;
use crate::auth::{Bearer, Ctx};
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::{Done, Order};
use crate::memory::Memory;
use crate::{mint, wire};

type Answer = Result<Response, ApiError>;

/// One's own tokens. A `read` or fine-grained token lists itself only.
pub async fn list(ctx: Ctx, query: Query) -> Answer {
    let bearer = ctx.bearer()?;
    query.only(&["limit", "cursor"])?;
    let only = (bearer.token.role != TokenKind::Write).then_some(bearer.token.id);
    page(&ctx, &query, &bearer.user, only).await
}

/// A page of somebody's tokens, oldest first.
///
/// # Errors
/// 400 for a bad page, or an internal error.
pub async fn page(ctx: &Ctx, query: &Query, owner: &Name, only: Option<TokenId>) -> Answer {
    let mut tokens = ctx.app.store.tokens_of(owner).await?;
    tokens.retain(|token| only.is_none_or(|only| token.id == only));
    let key = |token: &Token| token_key(token.created_at, token.id);
    tokens.sort_by_cached_key(key);
    let (page, next) = query.page(&tokens, key)?;
    let memory = ctx.app.memory();
    let items: Vec<_> = page
        .iter()
        .map(|token| own_item(&memory.world, token))
        .collect();
    drop(memory);
    Ok(query.linked(answer(StatusCode::OK, &items), &ctx.app, next))
}

/// Makes a token.
pub async fn create(ctx: Ctx, body: Body) -> Answer {
    let bearer = ctx.bearer()?;
    let body: wire::NewToken = body.json()?;
    make(&ctx, &bearer.user, ctx.actor(), body, |_| Ok(())).await
}

/// Makes a token for somebody.
///
/// # Errors
/// What the core refuses.
pub async fn make(
    ctx: &Ctx,
    owner: &Name,
    actor: Actor,
    body: wire::NewToken,
    permit: impl Fn(&Memory) -> Result<(), ApiError> + Send + Sync,
) -> Answer {
    let secret = mint::token();
    let id = mint::id();
    let command = Command::CreateToken(tokenward_core::NewToken {
        id,
        owner: owner.clone(),
        kind: body.role,
        display_name: body.display_name,
        fine_grained: body.fine_grained,
        expires_at: body.expires_at,
        digest: secret.digest(),
        last4: secret.last4().into(),
    });
    let order = Order {
        actor,
        command,
        if_generation: None,
    };
    let done = ctx.run(&order, permit).await?;
    revealed(&ctx.app, &done, StatusCode::CREATED, id, &secret).await
}

/// The one answer that shows a raw token.
async fn revealed(
    app: &App,
    done: &Done,
    status: StatusCode,
    id: TokenId,
    secret: &TokenSecret,
) -> Answer {
    let token = app.store.tokens(&[id]).await?.pop();
    let token = token.ok_or_else(|| ApiError::not_found("Token not found"))?;
    let info = own_item(&app.memory().world, &token);
    Ok(changed(
        done,
        status,
        &json!({ "token": secret.reveal(), "tokenInfo": info }),
    ))
}

/// One of one's own tokens.
pub async fn show(ctx: Ctx, Params(id): Params<String>) -> Answer {
    let id = own(&ctx, &id, Reach::Read)?;
    shown(&ctx, id, None).await
}

async fn shown(ctx: &Ctx, id: TokenId, done: Option<&Done>) -> Answer {
    let token = ctx.app.store.tokens(&[id]).await?.pop();
    let token = token.ok_or_else(|| ApiError::not_found("Token not found"))?;
    let item = own_item(&ctx.app.memory().world, &token);
    Ok(match done {
        Some(done) => changed(done, StatusCode::OK, &item),
        None => answer(StatusCode::OK, &item),
    })
}

/// Changes a token.
pub async fn update(ctx: Ctx, Params(id): Params<String>, body: Body) -> Answer {
    let id = own(&ctx, &id, Reach::Change)?;
    let body: wire::TokenPatch = body.optional()?;
    let patch = tokenward_core::TokenPatch {
        display_name: body.display_name,
        fine_grained: body.fine_grained,
        expires_at: body.expires_at,
    };
    let done = run(&ctx, id, Command::UpdateToken { id, patch }).await?;
    shown(&ctx, id, Some(&done)).await
}

/// Deletes a token.
pub async fn delete(ctx: Ctx, Params(id): Params<String>) -> Answer {
    let id = own(&ctx, &id, Reach::Change)?;
    let done = run(&ctx, id, Command::DeleteToken { id, leaked: false }).await?;
    Ok(gone(&done))
}

/// Gives a token a new value.
pub async fn rotate(ctx: Ctx, Params(id): Params<String>, body: Body) -> Answer {
    let id = own(&ctx, &id, Reach::Change)?;
    let _: wire::Nothing = body.optional()?;
    let secret = mint::token();
    let (digest, last4) = (secret.digest(), secret.last4().into());
    let done = run(&ctx, id, Command::RotateToken { id, digest, last4 }).await?;
    ctx.app.forget_uses(id);
    revealed(&ctx.app, &done, StatusCode::OK, id, &secret).await
}

/// Why a token may or may not do something.
pub async fn explain(ctx: Ctx, Params(id): Params<String>, body: Body) -> Answer {
    let id = own(&ctx, &id, Reach::Read)?;
    let question: wire::Question = body.json()?;
    let memory = ctx.app.memory();
    let request = Request {
        token: Presented::Id(id),
        action: &question.action,
        resource: question.resource.borrow(),
        now: ctx.now,
    };
    let mut explanation = memory.world.explain(&request, Audience::Owner);
    if !explanation.decision.belongs {
        explanation.decision.generation = None;
    }
    Ok(answer(StatusCode::OK, &explanation))
}

async fn run(ctx: &Ctx, id: TokenId, command: Command) -> Result<Done, ApiError> {
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: None,
    };
    ctx.run(&order, |memory| is_own(ctx.bearer()?, memory, id))
        .await
}

/// What a call wants with a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Read,
    Change,
}

/// A token of the caller's. `read` and fine-grained tokens may look at themselves only; what they
/// may change of others is for the core to say.
fn own(ctx: &Ctx, id: &str, reach: Reach) -> Result<TokenId, ApiError> {
    let bearer = ctx.bearer()?;
    let id = path::token(id)?;
    is_own(bearer, &ctx.app.memory(), id)?;
    if reach == Reach::Read && bearer.token.role != TokenKind::Write && bearer.token.id != id {
        let text = "This kind of token can look at itself only.";
        return Err(ApiError::forbidden(Reason::TokenScope, text));
    }
    Ok(id)
}

fn is_own(bearer: &Bearer, memory: &Memory, id: TokenId) -> Result<(), ApiError> {
    let owner = memory.world.owner(id);
    if owner == Some(bearer.user.as_str()) {
        Ok(())
    } else {
        Err(ApiError::not_found("Token not found"))
    }
}
