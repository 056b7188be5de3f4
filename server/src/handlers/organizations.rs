//! Organizations: made, paid for, shown as a document.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tokenward_core::{
    Action, Command, DocumentToken, FORMAT, Name, OrgDocument, ResourceGroup, ServiceAccount, World,
};

use super::items::org_id;
use super::path::{self, Params};
use super::{answer, changed};
use crate::auth::Ctx;
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::{self, Order};
use crate::wire;

/// How often a document is read without keeping others from changing anything.
const TRIES: u32 = 2;

/// Makes an organization.
pub async fn create(ctx: Ctx, body: Body) -> Result<Response, ApiError> {
    ctx.site_admin(&ctx.app.memory())?;
    let body: wire::NewOrganization = body.json()?;
    let name = body.name;
    let command = Command::CreateOrganization {
        name: name.clone(),
        plan: body.plan,
        policy: body.token_policy,
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: None,
    };
    let done = ctx
        .run(&order, |memory| ctx.site_admin(memory).map(|_| ()))
        .await?;
    Ok(changed(
        &done,
        StatusCode::CREATED,
        &item(&ctx.app.memory().world, &name),
    ))
}

/// Changes what an organization pays for.
pub async fn set_plan(
    ctx: Ctx,
    Params(org): Params<String>,
    body: Body,
) -> Result<Response, ApiError> {
    ctx.site_admin(&ctx.app.memory())?;
    let org = path::org(&org)?;
    let body: wire::SetPlan = body.json()?;
    let command = Command::SetPlan {
        org: org.clone(),
        plan: body.plan,
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: body.if_generation,
    };
    let done = ctx
        .run(&order, |memory| ctx.site_admin(memory).map(|_| ()))
        .await?;
    Ok(changed(
        &done,
        StatusCode::OK,
        &item(&ctx.app.memory().world, &org),
    ))
}

fn item(world: &World, name: &Name) -> Value {
    let row = world.organization(name.as_str());
    row.map_or(Value::Null, |(row, generation)| {
        json!({
            "id": org_id(name),
            "name": row.name,
            "plan": row.plan,
            "tokenPolicy": row.token_policy,
            "generation": generation,
        })
    })
}

/// The organization as a document: what it is shown, without digests.
pub async fn document(ctx: Ctx, Params(org): Params<String>) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    for _ in 0..TRIES {
        let (document, seq) = read(&ctx, &org).await?;
        if ctx.app.store.journal_head().await? == seq {
            return Ok(answer(StatusCode::OK, &document));
        }
        ctx.app.follow().await?;
    }
    // Changes come in between, here or in another process: read while there can be none.
    let _quiet = governance::quiet(&ctx.app).await?;
    let (document, _) = read(&ctx, &org).await?;
    Ok(answer(StatusCode::OK, &document))
}

/// The document, and the number of the change that all but its tokens are up to.
async fn read(ctx: &Ctx, org: &Name) -> Result<(OrgDocument, u64), ApiError> {
    let (mut document, ids, seq) = {
        let memory = ctx.app.memory();
        ctx.may(&memory, Action::OrgTokensRead, org)?;
        let listed = memory.world.listing(org.as_str());
        let ids: Vec<_> = listed.iter().map(|token| token.id).collect();
        let document = without_tokens(&memory.world, org);
        let document = document.ok_or_else(|| ApiError::not_found("Organization not found"))?;
        (document, ids, memory.seq)
    };
    let names = document.organization.token_policy.needs_approval();
    for ids in ids.chunks(500) {
        for (mut token, standing) in ctx.app.store.token_page(org, ids).await? {
            token.digest = None;
            token.display_name = token.display_name.filter(|_| names);
            token.fine_grained = token.fine_grained.map(|all| all.narrowed_to(org.as_str()));
            document.tokens.push(DocumentToken::new(token, standing));
        }
    }
    Ok((document, seq))
}

fn without_tokens(world: &World, org: &Name) -> Option<OrgDocument> {
    let name = org.as_str();
    let (organization, generation) = world.organization(name)?;
    let groups = world.groups(name).into_iter();
    let accounts = world.service_accounts(name).into_iter();
    Some(OrgDocument {
        format: FORMAT.into(),
        organization,
        generation,
        members: world.members(name),
        service_accounts: accounts.map(|name| ServiceAccount { name }).collect(),
        resource_groups: groups
            .map(|(name, members)| ResourceGroup { name, members })
            .collect(),
        resources: world.repositories(name),
        tokens: Vec::new(),
    })
}
