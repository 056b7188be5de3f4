//! The shapes that answers share: users, tokens as administrators see them, tokens as their owners
//! see them (H§2, H§5.1).

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tokenward_core::{
    Badge, FineGrained, Name, Organization, Reason, Standing, Token, User, World,
};

use crate::app::App;
use crate::error::ApiError;
use crate::store::{organization_id, resource_id, service_account_id};

/// The page that a person without a picture gets.
pub const AVATAR: &str = "/avatars/default.svg";

/// Users by name, for the items of one page.
pub struct People(HashMap<Name, User>);

impl People {
    /// Looks up the users of these names.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(app: &App, names: impl IntoIterator<Item = Name>) -> Result<Self, ApiError> {
        let mut names: Vec<Name> = names.into_iter().collect();
        names.sort();
        names.dedup();
        let users = app.store.users(&names).await?;
        Ok(Self(
            users
                .into_iter()
                .map(|user| (user.name.clone(), user))
                .collect(),
        ))
    }

    /// The user of a name.
    #[must_use]
    pub fn get(&self, name: &Name) -> Option<&User> {
        self.0.get(name)
    }

    /// A person, or a service account, in the Hub's shape.
    #[must_use]
    pub fn item(&self, name: &Name) -> Value {
        let user = self.0.get(name);
        json!({
            "_id": user.map_or_else(|| service_account_id(name), |user| user.id.clone()),
            "user": name,
            "name": name,
            "fullname": user.and_then(|user| user.fullname.as_deref()).unwrap_or(name.as_str()),
            "avatarUrl": AVATAR,
            "type": "user",
        })
    }
}

/// A token as the administrators of an organization see it.
#[must_use]
pub fn listing_item(
    world: &World,
    organization: &Organization,
    people: &People,
    token: &Token,
    standing: &Standing,
) -> Value {
    let org = organization.name.as_str();
    let mut item = Map::new();
    item.insert("_id".into(), json!(token.id));
    if organization.token_policy.needs_approval() {
        item.insert("displayName".into(), json!(token.display_name));
    }
    item.insert("role".into(), json!(token.kind));
    item.insert("last4".into(), json!(token.last4));
    item.insert("createdAt".into(), json!(token.created_at));
    if let Some(at) = token.last_used_at {
        item.insert("lastUsedAt".into(), json!(at));
    }
    if let Some(at) = token.expires_at {
        item.insert("expiresAt".into(), json!(at));
    }
    item.insert("owner".into(), people.item(&token.owner));
    if let Some(badge) = world.badge(org, token.id) {
        item.insert(
            "authorization".into(),
            authorization(badge, people, standing),
        );
    }
    if let Some(fine_grained) = &token.fine_grained {
        item.insert("fineGrained".into(), grants(&fine_grained.narrowed_to(org)));
    }
    Value::Object(item)
}

fn authorization(badge: Badge, people: &People, standing: &Standing) -> Value {
    let mut item = Map::new();
    item.insert("status".into(), json!(badge));
    let decided = standing.authorization.as_ref();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            item.insert(key.into(), value);
        }
    };
    put(
        "requestedAt",
        decided
            .and_then(|decided| decided.requested_at)
            .map(|at| json!(at)),
    );
    if let Some(revoked) = &standing.revoked {
        put("authorizedAt", Some(json!(revoked.at)));
        put("authorizer", Some(people.item(&revoked.by)));
        put(
            "reason",
            revoked.reason.as_ref().map(|reason| json!(reason)),
        );
    } else if let Some(decided) = decided {
        put("authorizedAt", decided.decided_at.map(|at| json!(at)));
        put(
            "authorizer",
            decided.decided_by.as_ref().map(|by| people.item(by)),
        );
        put(
            "reason",
            decided.reason.as_ref().map(|reason| json!(reason)),
        );
    }
    Value::Object(item)
}

/// The people whom a listing item names.
pub fn named_people<'a>(
    token: &'a Token,
    standing: &'a Standing,
) -> impl Iterator<Item = Name> + 'a {
    let decided = standing
        .authorization
        .as_ref()
        .and_then(|decided| decided.decided_by.clone());
    let revoked = standing.revoked.as_ref().map(|revoked| revoked.by.clone());
    std::iter::once(token.owner.clone())
        .chain(decided)
        .chain(revoked)
}

/// Grants in the Hub's shape: each entity with an `_id`.
#[must_use]
pub fn grants(fine_grained: &FineGrained) -> Value {
    let scoped: Vec<Value> = fine_grained
        .scoped
        .iter()
        .map(|grant| {
            let entity = &grant.entity;
            json!({
                "entity": {
                    "_id": entity.resource().map(resource_id),
                    "type": entity.r#type,
                    "name": entity.name,
                },
                "permissions": grant.permissions,
            })
        })
        .collect();
    json!({
        "canReadGatedRepos": fine_grained.can_read_gated_repos,
        "global": fine_grained.global,
        "scoped": scoped,
    })
}

/// A token as its owner sees it, with what each of the owner's organizations says to it.
#[must_use]
pub fn own_item(world: &World, token: &Token) -> Value {
    let organizations: Vec<Value> = reached(world, token)
        .into_iter()
        .map(|(org, status)| json!({ "name": org, "status": status }))
        .collect();
    let mut item = json!({
        "id": token.id,
        "displayName": token.display_name,
        "role": token.kind,
        "last4": token.last4,
        "createdAt": token.created_at,
        "expiresAt": token.expires_at,
        "lastUsedAt": token.last_used_at,
        "organizations": organizations,
    });
    if let (Some(fine_grained), Some(item)) = (&token.fine_grained, item.as_object_mut()) {
        // As it was sent, so that it can be changed and sent back.
        item.insert("fineGrained".into(), json!(fine_grained));
    }
    item
}

/// The organizations that a token names, or that its owner belongs to when it is unscoped, each
/// with a word for what it says to the token.
fn reached(world: &World, token: &Token) -> Vec<(String, &'static str)> {
    let mut orgs: Vec<&str> = match &token.fine_grained {
        None => world.orgs_of(token.owner.as_str()).collect(),
        Some(grants) => grants
            .namespaces()
            .filter(|name| world.is_organization(name))
            .collect(),
    };
    orgs.extend(world.orgs_revoking(token.id));
    orgs.sort_unstable();
    orgs.dedup();
    let status = |org: &str| match world.admit(token.id, org) {
        Some(Reason::Granted) => "allowed",
        Some(Reason::TokenPending) => "pending",
        Some(Reason::TokenDenied) => "denied",
        Some(Reason::TokenRevoked) => "revoked",
        Some(_) | None => "blocked",
    };
    orgs.into_iter()
        .map(|org| (org.to_owned(), status(org)))
        .collect()
}

/// The id of an organization.
#[must_use]
pub fn org_id(name: &Name) -> String {
    organization_id(name)
}
