//! Listed repositories.

use axum::http::StatusCode;
use axum::response::Response;
use tokenward_core::decide::Listing;
use tokenward_core::{Action, Command, Name, RepositoryPatch, ResourceName};

use super::path::{self, Params};
use super::{changed, gone};
use crate::auth::{Caller, Ctx};
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::{Order, Retired};
use crate::memory::Memory;
use crate::wire;

type Place = Params<(String, String, String, String)>;

/// Lists a repository, or changes how it is listed.
pub async fn put(
    ctx: Ctx,
    Params((org, kind, namespace, name)): Place,
    body: Body,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    known_caller(&ctx)?;
    let resource = path::repository(&org, &kind, &namespace, &name)?;
    let body: wire::PutRepository = body.optional()?;
    let patch = RepositoryPatch {
        visibility: body.visibility,
        gated: body.gated,
        gated_users: body.gated_users,
        resource_group: body.resource_group,
        created_by: body.created_by,
    };
    may_put(&ctx, &ctx.app.memory(), &org, &resource, &patch)?;
    let find = |memory: &Memory, _: Option<Retired>| {
        let mut patch = patch.clone();
        let right = may_put(&ctx, memory, &org, &resource, &patch)?;
        if let (Right::AsCreator, Ok(bearer)) = (right, ctx.bearer()) {
            patch.created_by = Some(Some(bearer.user.clone()));
        }
        let command = Command::PutRepository {
            resource: resource.clone(),
            patch,
        };
        Ok(Some(Order {
            actor: ctx.actor(),
            command,
            if_generation: None,
        }))
    };
    let done = ctx.run_found(None, find, |_| Ok(())).await?;
    let done = done.ok_or_else(|| ApiError::not_found("Repository not found"))?;
    let memory = ctx.app.memory();
    let (_, row) = memory.world.repository(&resource.borrow());
    Ok(changed(&done, StatusCode::OK, &row))
}

/// By what right somebody lists a repository.
#[derive(Clone, Copy)]
enum Right {
    /// They may do so with any.
    Any,
    /// It is unlisted, and they create it.
    AsCreator,
}

/// The site administrator, a hub, whoever may `org.write`; `resourceGroup.write` for that field
/// alone; and whoever may create repositories, for an unlisted one as created by themselves.
fn may_put(
    ctx: &Ctx,
    memory: &Memory,
    org: &Name,
    resource: &ResourceName,
    patch: &RepositoryPatch,
) -> Result<Right, ApiError> {
    if may_any(ctx, memory, org) {
        return Ok(Right::Any);
    }
    let only_group = RepositoryPatch {
        resource_group: patch.resource_group.clone(),
        ..RepositoryPatch::default()
    };
    let listing = memory.world.repository(&resource.borrow()).0;
    let grouping = *patch == only_group && patch.resource_group.is_some();
    if grouping && listing == Listing::Listed {
        return ctx
            .may(memory, Action::ResourceGroupWrite, org)
            .map(|()| Right::Any);
    }
    let bearer = ctx.bearer()?;
    let own = patch
        .created_by
        .as_ref()
        .is_none_or(|by| by.as_ref() == Some(&bearer.user));
    if listing == Listing::Unlisted && own && patch.resource_group.is_none() {
        return ctx
            .may(memory, Action::RepoCreate, org)
            .map(|()| Right::AsCreator);
    }
    ctx.may(memory, Action::OrgWrite, org).map(|()| Right::Any)
}

fn may_any(ctx: &Ctx, memory: &Memory, org: &Name) -> bool {
    let hub = matches!(ctx.caller, Caller::Hub(_));
    hub || ctx.site_admin(memory).is_ok() || ctx.may(memory, Action::OrgWrite, org).is_ok()
}

/// 401 comes before everything else.
fn known_caller(ctx: &Ctx) -> Result<(), ApiError> {
    match &ctx.caller {
        Caller::Refused(decision) => Err(ApiError::Denied(decision.clone())),
        Caller::Token(_) | Caller::Hub(_) | Caller::Edge(_) => Ok(()),
    }
}

/// Lists a repository no longer, and removes the grants on it.
pub async fn delete(
    ctx: Ctx,
    Params((org, kind, namespace, name)): Place,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    known_caller(&ctx)?;
    let resource = path::repository(&org, &kind, &namespace, &name)?;
    let permit = |memory: &Memory| match may_any(&ctx, memory, &org) {
        true => Ok(()),
        false => ctx.may(memory, Action::OrgWrite, &org),
    };
    permit(&ctx.app.memory())?;
    let command = Command::DeleteRepository { resource };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: None,
    };
    Ok(gone(&ctx.run(&order, permit).await?))
}
