//! Users, and their tokens as if in their session: for the site administrator.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tokenward_core::{Command, Name, Refusal, TokenId, User};

use super::own_tokens::{make, page};
use super::paging::Query;
use super::path::{self, Params};
use super::{changed, gone};
use crate::auth::Ctx;
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::Order;
use crate::memory::Memory;
use crate::{mint, wire};

type Answer = Result<Response, ApiError>;

/// Makes a user.
pub async fn create(ctx: Ctx, body: Body) -> Answer {
    ctx.site_admin(&ctx.app.memory())?;
    let body: wire::NewUser = body.json()?;
    let user = User {
        id: mint::id().to_string(),
        name: body.name,
        fullname: body.fullname,
        email: body.email,
        email_confirmed: body.email_confirmed,
        suspended: false,
        site_admin: false,
        created_at: ctx.now,
    };
    let command = Command::CreateUser(user.clone());
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: None,
    };
    let done = ctx
        .run(&order, |memory| ctx.site_admin(memory).map(|_| ()))
        .await?;
    Ok(changed(&done, StatusCode::CREATED, &item(&user)))
}

/// Changes or suspends a user.
pub async fn update(ctx: Ctx, Params(user): Params<String>, body: Body) -> Answer {
    ctx.site_admin(&ctx.app.memory())?;
    let name = path::user(&user)?;
    let body: wire::UserPatch = body.optional()?;
    let patch = tokenward_core::UserPatch {
        fullname: body.fullname,
        email: body.email,
        email_confirmed: body.email_confirmed,
        suspended: body.suspended,
    };
    let command = Command::UpdateUser {
        name: name.clone(),
        patch,
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: None,
    };
    let permit = |memory: &Memory| {
        ctx.site_admin(memory)?;
        check_not_last(memory, &name, body.suspended)
    };
    let done = ctx.run(&order, permit).await?;
    let user = find(&ctx, &name).await?;
    Ok(changed(&done, StatusCode::OK, &item(&user)))
}

/// Somebody must be left who can administer the site.
fn check_not_last(memory: &Memory, name: &Name, suspended: Option<bool>) -> Result<(), ApiError> {
    let last = memory.site_admins.len() == 1 && memory.site_admins.contains(name);
    if last && suspended == Some(true) {
        let text = "The site would be left without an administrator.";
        return Err(Refusal::Conflict("last_admin", text.into()).into());
    }
    Ok(())
}

fn item(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "fullname": user.fullname,
        "email": user.email,
        "emailConfirmed": user.email_confirmed,
        "suspended": user.suspended,
        "createdAt": user.created_at,
    })
}

async fn find(ctx: &Ctx, name: &Name) -> Result<User, ApiError> {
    let user = ctx.app.store.users(std::slice::from_ref(name)).await?.pop();
    user.ok_or_else(|| ApiError::not_found("User not found"))
}

/// A user's tokens.
pub async fn tokens(ctx: Ctx, Params(user): Params<String>, query: Query) -> Answer {
    ctx.site_admin(&ctx.app.memory())?;
    let user = find(&ctx, &path::user(&user)?).await?;
    query.only(&["limit", "cursor"])?;
    page(&ctx, &query, &user.name, None).await
}

/// Makes a token for a user, as if in the user's session.
pub async fn create_token(ctx: Ctx, Params(user): Params<String>, body: Body) -> Answer {
    ctx.site_admin(&ctx.app.memory())?;
    let user = find(&ctx, &path::user(&user)?).await?;
    let body: wire::NewToken = body.json()?;
    make(&ctx, &user.name, ctx.session_actor(), body, |memory| {
        ctx.site_admin(memory).map(|_| ())
    })
    .await
}

/// Deletes a user's token.
pub async fn delete_token(ctx: Ctx, Params((user, id)): Params<(String, String)>) -> Answer {
    ctx.site_admin(&ctx.app.memory())?;
    let user = find(&ctx, &path::user(&user)?).await?.name;
    let id = path::token(&id)?;
    let permit = |memory: &Memory| {
        ctx.site_admin(memory)?;
        owned(memory, &user, id)
    };
    let command = Command::DeleteToken { id, leaked: false };
    let order = Order {
        actor: ctx.session_actor(),
        command,
        if_generation: None,
    };
    Ok(gone(&ctx.run(&order, permit).await?))
}

fn owned(memory: &Memory, user: &Name, id: TokenId) -> Result<(), ApiError> {
    let owner = memory.world.owner(id);
    if owner == Some(user.as_str()) {
        Ok(())
    } else {
        Err(ApiError::not_found("Token not found"))
    }
}
