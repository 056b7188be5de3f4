//! `whoami-v2`: the first call of every client (H§2).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokenward_core::{Door, Name, Plan, Reason, Token, TokenId, User, World};

use super::answer;
use super::items::{AVATAR, grants, org_id};
use crate::auth::{Caller, Ctx};
use crate::error::{ApiError, denied};

/// Who the token belongs to. Works also for a token that an organization has blocked.
pub async fn whoami(ctx: Ctx) -> Response {
    if let Caller::Refused(decision) = &ctx.caller {
        return denied(decision, Door::Whoami);
    }
    match body(&ctx).await {
        Ok(body) => answer(StatusCode::OK, &body),
        Err(error) => error.into_response(),
    }
}

async fn body(ctx: &Ctx) -> Result<Value, ApiError> {
    let bearer = ctx.bearer()?;
    let id = bearer.token.id;
    let token = ctx.app.store.tokens(&[id]).await?.pop();
    let token = token.ok_or_else(|| ApiError::not_found("Token not found"))?;
    let user = ctx
        .app
        .store
        .users(std::slice::from_ref(&bearer.user))
        .await?
        .pop();
    let memory = ctx.app.memory();
    Ok(person(&memory.world, &bearer.user, user.as_ref(), &token))
}

fn person(world: &World, name: &Name, user: Option<&User>, token: &Token) -> Value {
    let orgs: Vec<Value> = world
        .orgs_of(name.as_str())
        .filter_map(|org| organization(world, org, name, token.id))
        .collect();
    json!({
        "type": "user",
        "id": user.map(|user| user.id.as_str()),
        "name": name,
        "fullname": user.and_then(|user| user.fullname.as_deref()).unwrap_or(name.as_str()),
        "email": user.and_then(|user| user.email.as_deref()),
        "emailVerified": user.is_some_and(|user| user.email_confirmed),
        "canPay": false,
        "billingMode": "prepaid",
        "periodEnd": null,
        "isPro": false,
        "avatarUrl": AVATAR,
        "orgs": orgs,
        "auth": auth(token),
    })
}

fn auth(token: &Token) -> Value {
    let mut access = Map::new();
    access.insert("displayName".into(), json!(token.display_name));
    access.insert("role".into(), json!(token.kind));
    access.insert("createdAt".into(), json!(token.created_at));
    if let Some(fine_grained) = &token.fine_grained {
        access.insert("fineGrained".into(), grants(fine_grained));
    }
    let mut auth = Map::new();
    auth.insert("type".into(), json!("access_token"));
    auth.insert("accessToken".into(), Value::Object(access));
    if let Some(at) = token.expires_at {
        auth.insert("expiresAt".into(), json!(at));
    }
    Value::Object(auth)
}

fn organization(world: &World, org: &str, user: &Name, token: TokenId) -> Option<Value> {
    let (row, _) = world.organization(org)?;
    let mut item = Map::new();
    item.insert("type".into(), json!("org"));
    item.insert("id".into(), json!(org_id(&row.name)));
    item.insert("name".into(), json!(org));
    item.insert("fullname".into(), json!(org));
    item.insert("email".into(), Value::Null);
    item.insert("canPay".into(), json!(false));
    item.insert("avatarUrl".into(), json!(AVATAR));
    item.insert("periodEnd".into(), Value::Null);
    if row.plan != Plan::Free {
        item.insert("plan".into(), json!(row.plan));
    }
    item.insert("roleInOrg".into(), json!(world.role(org, user.as_str())));
    let groups = groups(world, &row.name, user);
    if !groups.is_empty() {
        item.insert("resourceGroups".into(), Value::Array(groups));
    }
    if let Some(restriction) = restriction(world.admit(token, org)) {
        item.insert("securityRestrictions".into(), json!([restriction]));
    }
    Some(Value::Object(item))
}

fn groups(world: &World, org: &Name, user: &Name) -> Vec<Value> {
    let groups = world.groups(org.as_str()).into_iter();
    let mine = groups.filter_map(|(name, members)| {
        let member = members.into_iter().find(|member| member.user == *user)?;
        let id = crate::store::group_id(org, &name);
        Some(json!({ "id": id, "name": name, "role": member.role }))
    });
    mine.collect()
}

/// What the Hub calls the obstacle that an organization puts in a token's way (H§2.1).
const fn restriction(verdict: Option<Reason>) -> Option<&'static str> {
    match verdict {
        Some(Reason::TokenRevoked) => Some("token-revoked"),
        Some(Reason::FineGrainedRequired | Reason::TokenPending | Reason::TokenDenied) => {
            Some("token-policy")
        }
        Some(_) | None => None,
    }
}
