//! Members and resource groups.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use tokenward_core::{Action, Command, GroupName, Member, Name, Reason, Role};

use super::items::{AVATAR, People};
use super::paging::Query;
use super::path::{self, Params};
use super::{answer, changed, gone};
use crate::auth::Ctx;
use crate::body::Body;
use crate::error::ApiError;
use crate::governance::Order;
use crate::memory::Memory;
use crate::store::group_id;
use crate::wire;

/// The members, in the Hub's shape. Mail addresses are for administrators.
pub async fn list(
    ctx: Ctx,
    Params(org): Params<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    let (members, groups, admin) = {
        let memory = ctx.app.memory();
        ctx.may(&memory, Action::OrgMembersRead, &org)?;
        query.only(&["search", "email", "limit", "cursor"])?;
        let admin = ctx.may(&memory, Action::OrgMembersWrite, &org).is_ok();
        (
            memory.world.members(org.as_str()),
            memory.world.groups(org.as_str()),
            admin,
        )
    };
    if query.value("email").is_some() && !admin {
        let text = "Mail addresses are for administrators.";
        return Err(ApiError::forbidden(Reason::RoleInsufficient, text));
    }
    let members = search(&ctx, &query, members).await?;
    let (page, next) = query.page(&members, |member| member.user.to_string())?;
    let people = People::of(&ctx.app, page.iter().map(|member| member.user.clone())).await?;
    let items: Vec<Value> = page
        .iter()
        .map(|member| item(&org, member, &people, &groups, admin))
        .collect();
    Ok(query.linked(answer(StatusCode::OK, &items), &ctx.app, next))
}

async fn search(ctx: &Ctx, query: &Query, members: Vec<Member>) -> Result<Vec<Member>, ApiError> {
    let (text, email) = (query.value("search"), query.value("email"));
    if text.is_none() && email.is_none() {
        return Ok(members);
    }
    let people = People::of(&ctx.app, members.iter().map(|member| member.user.clone())).await?;
    let text = text.map(str::to_lowercase);
    let found = members.into_iter().filter(|member| {
        let user = people.get(&member.user);
        let fullname = user
            .and_then(|user| user.fullname.as_deref())
            .unwrap_or_default();
        let named = text.as_ref().is_none_or(|text| {
            member.user.key().contains(text) || fullname.to_lowercase().contains(text)
        });
        let mailed = email.is_none_or(|mail| {
            user.and_then(|user| user.email.as_deref())
                .is_some_and(|own| own == mail)
        });
        named && mailed
    });
    Ok(found.collect())
}

fn item(
    org: &Name,
    member: &Member,
    people: &People,
    groups: &[(GroupName, Vec<Member>)],
    admin: bool,
) -> Value {
    let user = people.get(&member.user);
    let mut item = Map::new();
    item.insert("_id".into(), json!(user.map(|user| user.id.as_str())));
    item.insert("user".into(), json!(member.user));
    let fullname = user.and_then(|user| user.fullname.as_deref());
    item.insert(
        "fullname".into(),
        json!(fullname.unwrap_or(member.user.as_str())),
    );
    item.insert("avatarUrl".into(), json!(AVATAR));
    item.insert("isPro".into(), json!(false));
    item.insert("type".into(), json!("user"));
    item.insert("role".into(), json!(member.role));
    let mine = groups.iter().filter_map(|(name, members)| {
        let role = members.iter().find(|other| other.user == member.user)?.role;
        let (id, size) = (group_id(org, name), members.len());
        Some(json!({ "id": id, "name": name, "role": role, "numUsers": size }))
    });
    item.insert("resourceGroups".into(), mine.collect());
    if let Some(user) = user.filter(|_| admin) {
        item.insert("email".into(), json!(user.email));
        item.insert("verifiedEmail".into(), json!(user.email_confirmed));
    }
    Value::Object(item)
}

/// Gives a member a role; the site administrator also adds members.
pub async fn put(
    ctx: Ctx,
    Params((org, user)): Params<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let (org, user) = (path::org(&org)?, path::user(&user)?);
    may_manage(&ctx, &ctx.app.memory(), Action::OrgMembersWrite, &org)?;
    let body: wire::PutMember = body.json()?;
    let role = body.role;
    give(&ctx, &org, &user, role, None, body.if_generation).await
}

/// Gives a member a role, also in resource groups.
pub async fn put_role(
    ctx: Ctx,
    Params((org, user)): Params<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let (org, user) = (path::org(&org)?, path::user(&user)?);
    may_manage(&ctx, &ctx.app.memory(), Action::OrgMembersWrite, &org)?;
    let body: wire::PutRole = body.json()?;
    let groups = body.resource_groups.map(|groups| {
        groups
            .into_iter()
            .map(|group| (group.name, group.role))
            .collect()
    });
    give(&ctx, &org, &user, body.role, groups, body.if_generation).await
}

async fn give(
    ctx: &Ctx,
    org: &Name,
    user: &Name,
    role: Role,
    groups: Option<Vec<(GroupName, Role)>>,
    if_generation: Option<u64>,
) -> Result<Response, ApiError> {
    let command = Command::PutMember {
        org: org.clone(),
        user: user.clone(),
        role,
        groups,
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation,
    };
    let done = ctx.run(&order, |memory| {
        may_manage(ctx, memory, Action::OrgMembersWrite, org)?;
        may_add(ctx, memory, org, user)
    });
    let done = done.await?;
    let body = json!({ "success": true, "user": user, "role": role });
    Ok(changed(&done, StatusCode::OK, &body))
}

/// Only the site administrator adds somebody who is no member.
fn may_add(ctx: &Ctx, memory: &Memory, org: &Name, user: &Name) -> Result<(), ApiError> {
    let member = memory.world.role(org.as_str(), user.as_str()).is_some();
    if member || ctx.site_admin(memory).is_ok() {
        return Ok(());
    }
    Err(ApiError::not_found("Member not found"))
}

/// The site administrator may, and whoever may do this to the organization.
///
/// # Errors
/// The denial.
pub fn may_manage(ctx: &Ctx, memory: &Memory, action: Action, org: &Name) -> Result<(), ApiError> {
    if ctx.site_admin(memory).is_ok() {
        return Ok(());
    }
    ctx.may(memory, action, org)
}

/// Removes a member.
pub async fn remove(
    ctx: Ctx,
    Params((org, user)): Params<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let (org, user) = (path::org(&org)?, path::user(&user)?);
    may_manage(&ctx, &ctx.app.memory(), Action::OrgMembersWrite, &org)?;
    let body: wire::IfGeneration = body.optional()?;
    let command = Command::RemoveMember {
        org: org.clone(),
        user,
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: body.if_generation,
    };
    let done = ctx.run(&order, |memory| {
        may_manage(&ctx, memory, Action::OrgMembersWrite, &org)
    });
    Ok(gone(&done.await?))
}

/// Makes a resource group, or sets its members.
pub async fn put_group(
    ctx: Ctx,
    Params((org, name)): Params<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    may_manage(&ctx, &ctx.app.memory(), Action::ResourceGroupWrite, &org)?;
    let name = path::group(&name)?;
    let body: wire::PutGroup = body.optional()?;
    let members = body.members;
    let command = Command::PutGroup {
        org: org.clone(),
        name: name.clone(),
        members: members.clone(),
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: body.if_generation,
    };
    let done = ctx.run(&order, |memory| {
        may_manage(&ctx, memory, Action::ResourceGroupWrite, &org)
    });
    let done = done.await?;
    let body = json!({ "id": group_id(&org, &name), "name": name, "members": members });
    Ok(changed(&done, StatusCode::OK, &body))
}

/// Deletes a resource group.
pub async fn delete_group(
    ctx: Ctx,
    Params((org, name)): Params<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    may_manage(&ctx, &ctx.app.memory(), Action::ResourceGroupWrite, &org)?;
    let name = path::group(&name)?;
    let body: wire::IfGeneration = body.optional()?;
    let command = Command::DeleteGroup {
        org: org.clone(),
        name,
    };
    let order = Order {
        actor: ctx.actor(),
        command,
        if_generation: body.if_generation,
    };
    let done = ctx.run(&order, |memory| {
        may_manage(&ctx, memory, Action::ResourceGroupWrite, &org)
    });
    Ok(gone(&done.await?))
}
