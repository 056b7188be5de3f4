//! The tokens of an organization: listed, approved, denied, revoked, explained.

use std::collections::HashSet;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use tokenward_core::{
    Action, Audience, Command, Name, Plan, Presented, Refusal, Request, TokenId, TokenSecret,
    Verdict,
};

use super::items::{People, listing_item, named_people};
use super::paging::{Query, token_key};
use super::path::{self, Params};
use super::{answer, changed};
use crate::auth::Ctx;
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::{self, Done, Order};
use crate::memory::Memory;
use crate::terms::Terms;
use crate::wire;

/// The tokens that reach into the organization.
pub async fn list(
    ctx: Ctx,
    Params(org): Params<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    let mut all: Vec<(String, TokenId)> = {
        let memory = ctx.app.memory();
        ctx.may(&memory, Action::OrgTokensRead, &org)?;
        check_plan(&memory, &org, Plan::Team, "Listing tokens")?;
        query.only(&["q", "limit", "cursor"])?;
        let terms = Terms::parse(query.value("q").unwrap_or_default())?;
        let listed = memory.world.listing(org.as_str());
        let matching = listed.iter().filter(|token| terms.match_memory(token));
        matching
            .map(|token| (token_key(token.created_at, token.id), token.id))
            .collect()
    };
    all.sort_unstable();
    narrow(&ctx, &query, &mut all).await?;
    let (page, next) = query.page(&all, |(key, _)| key.clone())?;
    let ids: Vec<TokenId> = page.iter().map(|(_, id)| *id).collect();
    let items = items(&ctx, &org, &ids).await?;
    Ok(query.linked(answer(StatusCode::OK, &items), &ctx.app, next))
}

/// The last four characters are not in memory: a listing that asks for them asks the store.
async fn narrow(
    ctx: &Ctx,
    query: &Query,
    all: &mut Vec<(String, TokenId)>,
) -> Result<(), ApiError> {
    let terms = Terms::parse(query.value("q").unwrap_or_default())?;
    if !terms.ask_for_last4() {
        return Ok(());
    }
    let ids: Vec<TokenId> = all.iter().map(|(_, id)| *id).collect();
    let mut found = HashSet::new();
    for ids in ids.chunks(500) {
        let tokens = ctx.app.store.tokens(ids).await?;
        let matching = tokens
            .iter()
            .filter(|token| terms.match_last4(token.last4.as_deref()));
        found.extend(matching.map(|token| token.id));
    }
    all.retain(|(_, id)| found.contains(id));
    Ok(())
}

async fn items(ctx: &Ctx, org: &Name, ids: &[TokenId]) -> Result<Vec<Value>, ApiError> {
    let page = ctx.app.store.token_page(org, ids).await?;
    let names = page
        .iter()
        .flat_map(|(token, standing)| named_people(token, standing));
    let people = People::of(&ctx.app, names).await?;
    let memory = ctx.app.memory();
    let Some((organization, _)) = memory.world.organization(org.as_str()) else {
        return Err(ApiError::not_found("Organization not found"));
    };
    let item = |(token, standing): &_| {
        listing_item(&memory.world, &organization, &people, token, standing)
    };
    Ok(page.iter().map(item).collect())
}

/// Checks that the organization's plan has something.
///
/// # Errors
/// 402.
pub fn check_plan(
    memory: &Memory,
    org: &Name,
    needed: Plan,
    what: &'static str,
) -> Result<(), ApiError> {
    match memory.world.plan(org.as_str()) {
        Some(plan) if plan < needed => Err(Refusal::Plan(needed, what).into()),
        _ => Ok(()),
    }
}

/// Approves a token.
pub async fn approve(ctx: Ctx, params: Params<(String, String)>, body: Body) -> Answer {
    decide(ctx, params, body, Verdict::Approve).await
}

/// Denies a token.
pub async fn deny(ctx: Ctx, params: Params<(String, String)>, body: Body) -> Answer {
    decide(ctx, params, body, Verdict::Deny).await
}

/// Revokes a token in the organization, for good.
pub async fn revoke(ctx: Ctx, params: Params<(String, String)>, body: Body) -> Answer {
    decide(ctx, params, body, Verdict::Revoke).await
}

type Answer = Result<Response, ApiError>;

async fn decide(
    ctx: Ctx,
    Params((org, id)): Params<(String, String)>,
    body: Body,
    verdict: Verdict,
) -> Answer {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgTokensWrite, &org)?;
    let token = path::token(&id)?;
    let body: wire::Reasoned = body.optional()?;
    let order = order(&ctx, &org, token, verdict, body.reason, body.if_generation)?;
    let done = ctx.run(&order, |memory| {
        ctx.may(memory, Action::OrgTokensWrite, &org)
    });
    reviewed(&ctx, &org, token, &done.await?).await
}

fn order(
    ctx: &Ctx,
    org: &Name,
    token: TokenId,
    verdict: Verdict,
    reason: Option<String>,
    if_generation: Option<u64>,
) -> Result<Order, ApiError> {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    let bad = |reason: &String| reason.chars().count() > 1000 || reason.contains(control);
    if reason.as_ref().is_some_and(bad) {
        let text = "`reason` must have 1000 characters at most, and no control characters.";
        return Err(ApiError::bad(text));
    }
    // A reason is kept and mailed: nothing that may be a token stays in it.
    let reason = reason.as_deref().map(tokenward_core::mask);
    let command = Command::Review {
        org: org.clone(),
        token,
        verdict,
        reason,
    };
    Ok(Order {
        actor: ctx.actor(),
        command,
        if_generation,
    })
}

async fn reviewed(ctx: &Ctx, org: &Name, token: TokenId, done: &Done) -> Answer {
    let item = items(ctx, org, &[token]).await?.pop();
    let item = item.ok_or_else(|| ApiError::not_found("Token not found"))?;
    Ok(changed(done, StatusCode::OK, &item))
}

/// Revokes a token by its raw value.
pub async fn revoke_value(ctx: Ctx, Params(org): Params<String>, body: Body) -> Answer {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgTokensWrite, &org)?;
    let body: wire::RevokeByValue = body.json()?;
    let unknown = || ApiError::not_found("Token not found");
    let secret = TokenSecret::parse(&body.token)?;
    let digest = secret.digest();
    let template = order(
        &ctx,
        &org,
        TokenId::from_bytes([0; 12]),
        Verdict::Revoke,
        body.reason,
        body.if_generation,
    )?;
    let found = std::sync::Mutex::new(None);
    let find = |memory: &Memory, retired: Option<governance::Retired>| {
        let reachable = retired
            .filter(|(_, by_itself)| *by_itself)
            .map(|(id, _)| id);
        let id = memory
            .world
            .find(&digest)
            .or(reachable)
            .ok_or_else(unknown)?;
        *found
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(id);
        let mut order = template.clone();
        if let Command::Review { token, .. } = &mut order.command {
            *token = id;
        }
        Ok(Some(order))
    };
    let permit = |memory: &Memory| ctx.may(memory, Action::OrgTokensWrite, &org);
    let done = ctx.run_found(Some(digest), find, permit).await?;
    let id = found
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let (done, id) = done.zip(id).ok_or_else(unknown)?;
    reviewed(&ctx, &org, id, &done).await
}

/// Why a token may or may not do something in the organization.
pub async fn explain(ctx: Ctx, Params((org, id)): Params<(String, String)>, body: Body) -> Answer {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgTokensRead, &org)?;
    let id = path::token(&id)?;
    let question: wire::Question = body.json()?;
    let resource = question.resource.borrow();
    if resource.namespace() != org.as_str() {
        let what = if resource.kind().is_repo() {
            "Repository not found"
        } else {
            "Organization not found"
        };
        return Err(ApiError::not_found(what));
    }
    let memory = ctx.app.memory();
    if !memory.world.is_shown(org.as_str(), id) {
        return Err(ApiError::not_found("Token not found"));
    }
    let token = Presented::Id(id);
    let request = Request {
        token,
        action: &question.action,
        resource,
        now: ctx.now,
    };
    Ok(answer(
        StatusCode::OK,
        &memory.world.explain(&request, Audience::Administrator),
    ))
}
