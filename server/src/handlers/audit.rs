//! The audit log of an organization, as the Hub exports it (H§5.6).
//!
//! Read from the store, newest entry first. Entries name the credential that was used, never its
//! value.

mod terms;

use axum::http::header::CONTENT_DISPOSITION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use tokenward_core::{Action, AuditType, Name, Timestamp, TokenId, TokenKind};

use self::terms::Terms;
use super::answer;
use super::items::{AVATAR, People};
use super::paging::Query;
use super::path::{self, Params};
use crate::auth::Ctx;
use crate::error::ApiError;
use crate::memory::Memory;
use crate::store::{StoredEntry, service_account_id};

/// How many entries an export has at most.
const MOST: u32 = 100_000;

/// The audit log, newest entry first.
pub async fn export(
    ctx: Ctx,
    Params(org): Params<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    ctx.may(&ctx.app.memory(), Action::OrgAuditLogWrite, &org)?;
    query.only(&["q"])?;
    let terms = Terms::parse(query.value("q").unwrap_or_default())?;
    let mut entries = ctx.app.store.audit(&org, MOST).await?;
    entries.retain(|stored| terms.match_entry(&stored.entry));
    let authors = entries
        .iter()
        .filter_map(|stored| stored.entry.actor.user.clone());
    let people = People::of(&ctx.app, authors).await?;
    let mut response = {
        let memory = ctx.app.memory();
        let items: Vec<Item<'_>> = entries
            .iter()
            .map(|stored| item(stored, &people, &memory))
            .collect();
        answer(StatusCode::OK, &items)
    };
    let name = format!("attachment; filename=\"{org}-audit-log.json\"");
    if let Ok(value) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// An entry on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    created_at: Timestamp,
    r#type: AuditType,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: &'a Map<String, Value>,
    message: &'a str,
    author: Author<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Used<'a>>,
    generation: u64,
}

/// Who did it: a user, or the system itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Author<'a> {
    #[serde(rename = "_id")]
    id: Option<String>,
    user: Option<&'a Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<&'static str>,
    r#type: &'static str,
}

/// The credential that it was done with.
#[derive(Serialize)]
struct Used<'a> {
    r#type: &'static str,
    id: TokenId,
    role: TokenKind,
    last4: Option<&'a str>,
    deleted: bool,
}

fn item<'a>(stored: &'a StoredEntry, people: &People, memory: &Memory) -> Item<'a> {
    let entry = &stored.entry;
    let used = entry.actor.token().map(|token| Used {
        r#type: "access_token",
        id: token.id,
        role: token.role,
        last4: token.last4.as_deref(),
        deleted: !is_there(memory, token.id),
    });
    Item {
        id: &stored.id,
        created_at: entry.at,
        r#type: entry.r#type,
        data: &entry.data,
        message: &entry.message,
        author: author(entry.actor.user.as_ref(), people),
        token: used,
        generation: entry.generation,
    }
}

/// Whether a credential still exists: a token, also of somebody suspended, or a hub's.
fn is_there(memory: &Memory, id: TokenId) -> bool {
    memory.world.owner(id).is_some() || memory.hubs.values().any(|hub| *hub == id)
}

fn author<'a>(user: Option<&'a Name>, people: &People) -> Author<'a> {
    let Some(name) = user else {
        return Author {
            id: None,
            user: None,
            avatar_url: None,
            r#type: "system",
        };
    };
    let id = people
        .get(name)
        .map_or_else(|| service_account_id(name), |user| user.id.clone());
    Author {
        id: Some(id),
        user: Some(name),
        avatar_url: Some(AVATAR),
        r#type: "user",
    }
}
