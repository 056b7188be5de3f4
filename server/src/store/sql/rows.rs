//! Writes one row of the world.
//!
//! The core has said what a change means; here it is only put in place of what was there, and
//! refused where somebody else was faster.

use tokenward_core::{
    EdgeCredential, EdgeName, GroupName, Member, Name, Organization, Repository, ResourceName,
    Role, Row, Standing, Token, TokenId, User,
};

use super::{Connection, millis, number, query};
use crate::store::StoreError;
use crate::store::fields::{to_json, to_word};

pub(super) async fn put(tx: &mut Connection, row: &Row) -> Result<(), StoreError> {
    match row {
        Row::User(user) => put_user(tx, user).await,
        Row::Organization {
            organization,
            generation: 1,
        } => add_organization(tx, organization).await,
        Row::Organization {
            organization,
            generation,
        } => move_organization(tx, organization, *generation).await,
        Row::ServiceAccount { org, name } => put_service_account(tx, org, name).await,
        Row::Member {
            org,
            user,
            role: Some(role),
        } => put_member(tx, org, user, *role).await,
        Row::Member {
            org,
            user,
            role: None,
        } => remove_member(tx, org, user).await,
        Row::Group {
            org,
            name,
            members: Some(members),
        } => put_group(tx, org, name, members).await,
        Row::Group {
            org,
            name,
            members: None,
        } => remove_group(tx, org, name).await,
        Row::Repository(repository) => put_repository(tx, repository).await,
        Row::RepositoryGone { resource } => remove_repository(tx, resource).await,
        Row::Token(token) => put_token(tx, token).await,
        Row::TokenGone { id } => remove_token(tx, *id).await,
        Row::Standing {
            token,
            org,
            standing,
        } if *standing == Standing::default() => remove_standing(tx, *token, org).await,
        Row::Standing {
            token,
            org,
            standing,
        } => put_standing(tx, *token, org, standing).await,
        Row::EdgeCredential(credential) => put_edge_credential(tx, credential).await,
        Row::EdgeCredentialGone { org, name } => remove_edge_credential(tx, org, name).await,
    }
}

/// Takes a name for ever. Taking it again for the same thing is no conflict.
async fn take_name(tx: &mut Connection, name: &Name, kind: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO names (key, name, kind) VALUES ($1, $2, $3) \
               ON CONFLICT (key) DO UPDATE SET kind = names.kind \
               WHERE names.name = excluded.name AND names.kind = excluded.kind";
    let done = query(sql)
        .bind(name.key())
        .bind(name.as_str().to_owned())
        .bind(kind.to_owned())
        .execute(tx)
        .await?;
    one(done.rows_affected())
}

async fn put_user(tx: &mut Connection, user: &User) -> Result<(), StoreError> {
    take_name(tx, &user.name, "user").await?;
    let sql = "INSERT INTO users (id, name, fullname, email, email_confirmed, suspended, \
               site_admin, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
               ON CONFLICT (name) DO UPDATE SET fullname = excluded.fullname, \
               email = excluded.email, email_confirmed = excluded.email_confirmed, \
               suspended = excluded.suspended, site_admin = excluded.site_admin, \
               created_at = excluded.created_at WHERE users.id = excluded.id";
    let done = query(sql)
        .bind(user.id.clone())
        .bind(user.name.as_str().to_owned())
        .bind(user.fullname.clone())
        .bind(user.email.clone())
        .bind(user.email_confirmed)
        .bind(user.suspended)
        .bind(user.site_admin)
        .bind(user.created_at.as_millis())
        .execute(tx)
        .await?;
    one(done.rows_affected())
}

async fn add_organization(tx: &mut Connection, org: &Organization) -> Result<(), StoreError> {
    take_name(tx, &org.name, "organization").await?;
    let sql = "INSERT INTO organizations (name, plan, token_policy, generation) \
               VALUES ($1, $2, $3, 1)";
    query(sql)
        .bind(org.name.as_str().to_owned())
        .bind(to_word(org.plan)?)
        .bind(to_word(org.token_policy)?)
        .execute(tx)
        .await?;
    Ok(())
}

/// The generation is the optimistic lock: it must be the next one.
async fn move_organization(
    tx: &mut Connection,
    org: &Organization,
    generation: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE organizations SET plan = $2, token_policy = $3, generation = $4 \
               WHERE name = $1 AND generation = $5";
    let before = generation.checked_sub(1).ok_or(StoreError::Conflict)?;
    let done = query(sql)
        .bind(org.name.as_str().to_owned())
        .bind(to_word(org.plan)?)
        .bind(to_word(org.token_policy)?)
        .bind(number(generation)?)
        .bind(number(before)?)
        .execute(tx)
        .await?;
    one(done.rows_affected())
}

async fn put_service_account(
    tx: &mut Connection,
    org: &Name,
    name: &Name,
) -> Result<(), StoreError> {
    take_name(tx, name, "service account").await?;
    let sql = "INSERT INTO service_accounts (name, org) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET org = excluded.org \
               WHERE service_accounts.org = excluded.org";
    let query = query(sql)
        .bind(name.as_str().to_owned())
        .bind(org.as_str().to_owned());
    one(query.execute(tx).await?.rows_affected())
}

async fn put_member(
    tx: &mut Connection,
    org: &Name,
    user: &Name,
    role: Role,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO members (org, username, role) VALUES ($1, $2, $3) \
               ON CONFLICT (org, username) DO UPDATE SET role = excluded.role";
    let query = query(sql)
        .bind(org.as_str().to_owned())
        .bind(user.as_str().to_owned());
    query.bind(role.as_str()).execute(tx).await?;
    Ok(())
}

async fn remove_member(tx: &mut Connection, org: &Name, user: &Name) -> Result<(), StoreError> {
    let sql = "DELETE FROM members WHERE org = $1 AND username = $2";
    let query = query(sql)
        .bind(org.as_str().to_owned())
        .bind(user.as_str().to_owned());
    query.execute(tx).await?;
    Ok(())
}

async fn put_group(
    tx: &mut Connection,
    org: &Name,
    name: &GroupName,
    members: &[Member],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO resource_groups (org, name, members) VALUES ($1, $2, $3) \
               ON CONFLICT (org, name) DO UPDATE SET members = excluded.members";
    let query = query(sql)
        .bind(org.as_str().to_owned())
        .bind(name.as_str().to_owned());
    query.bind(to_json(&members)?).execute(tx).await?;
    Ok(())
}

async fn remove_group(tx: &mut Connection, org: &Name, name: &GroupName) -> Result<(), StoreError> {
    let sql = "DELETE FROM resource_groups WHERE org = $1 AND name = $2";
    let query = query(sql)
        .bind(org.as_str().to_owned())
        .bind(name.as_str().to_owned());
    query.execute(tx).await?;
    Ok(())
}

async fn put_repository(tx: &mut Connection, repository: &Repository) -> Result<(), StoreError> {
    let sql = "INSERT INTO repositories (type, name, org, visibility, gated, resource_group, \
               created_by, gated_users) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
               ON CONFLICT (type, name) DO UPDATE SET visibility = excluded.visibility, \
               gated = excluded.gated, resource_group = excluded.resource_group, \
               created_by = excluded.created_by, gated_users = excluded.gated_users";
    let unnamed = || StoreError::Other("a repository has no name that can be one".into());
    let org = repository.resource().ok_or_else(unnamed)?.namespace();
    query(sql)
        .bind(repository.r#type.as_str())
        .bind(repository.name.as_str().to_owned())
        .bind(org.to_owned())
        .bind(to_word(repository.visibility)?)
        .bind(repository.gated)
        .bind(repository.resource_group.as_ref().map(ToString::to_string))
        .bind(repository.created_by.as_ref().map(ToString::to_string))
        .bind(to_json(&repository.gated_users)?)
        .execute(tx)
        .await?;
    Ok(())
}

async fn remove_repository(tx: &mut Connection, resource: &ResourceName) -> Result<(), StoreError> {
    let resource = resource.borrow();
    let sql = "DELETE FROM repositories WHERE type = $1 AND name = $2";
    let query = query(sql).bind(resource.kind().as_str());
    query.bind(resource.name().to_owned()).execute(tx).await?;
    Ok(())
}

async fn put_token(tx: &mut Connection, token: &Token) -> Result<(), StoreError> {
    let sql = "INSERT INTO tokens (id, owner, kind, display_name, digest, last4, created_at, \
               expires_at, last_used_at, fine_grained, issued_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
               ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, kind = excluded.kind, \
               display_name = excluded.display_name, digest = excluded.digest, \
               last4 = excluded.last4, created_at = excluded.created_at, \
               expires_at = excluded.expires_at, last_used_at = excluded.last_used_at, \
               fine_grained = excluded.fine_grained, issued_by = excluded.issued_by";
    query(sql)
        .bind(token.id.to_string())
        .bind(token.owner.as_str().to_owned())
        .bind(token.kind.as_str())
        .bind(token.display_name.as_ref().map(ToString::to_string))
        .bind(token.digest.map(|digest| digest.to_string()))
        .bind(token.last4.as_ref().map(ToString::to_string))
        .bind(token.created_at.as_millis())
        .bind(millis(token.expires_at))
        .bind(millis(token.last_used_at))
        .bind(token.fine_grained.as_ref().map(to_json).transpose()?)
        .bind(to_word(token.issued_by)?)
        .execute(tx)
        .await?;
    Ok(())
}

/// Its standings and earlier digests go with it.
async fn remove_token(tx: &mut Connection, id: TokenId) -> Result<(), StoreError> {
    query("DELETE FROM tokens WHERE id = $1")
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

async fn put_standing(
    tx: &mut Connection,
    token: TokenId,
    org: &Name,
    standing: &Standing,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO standings (token, org, status, decided_at, decided_by, reason, \
               requested_at, revoked_at, revoked_by, revoked_reason, told_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
               ON CONFLICT (token, org) DO UPDATE SET status = excluded.status, \
               decided_at = excluded.decided_at, decided_by = excluded.decided_by, \
               reason = excluded.reason, requested_at = excluded.requested_at, \
               revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by, \
               revoked_reason = excluded.revoked_reason, told_at = excluded.told_at";
    let decided = standing.authorization.as_ref();
    let revoked = standing.revoked.as_ref();
    query(sql)
        .bind(token.to_string())
        .bind(org.as_str().to_owned())
        .bind(decided.map(|decided| to_word(decided.status)).transpose()?)
        .bind(millis(decided.and_then(|decided| decided.decided_at)))
        .bind(
            decided
                .and_then(|decided| decided.decided_by.as_ref())
                .map(ToString::to_string),
        )
        .bind(decided.and_then(|decided| decided.reason.clone()))
        .bind(millis(decided.and_then(|decided| decided.requested_at)))
        .bind(millis(revoked.map(|revoked| revoked.at)))
        .bind(revoked.map(|revoked| revoked.by.to_string()))
        .bind(revoked.and_then(|revoked| revoked.reason.clone()))
        .bind(millis(standing.told_at))
        .execute(tx)
        .await?;
    Ok(())
}

async fn remove_standing(
    tx: &mut Connection,
    token: TokenId,
    org: &Name,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM standings WHERE token = $1 AND org = $2";
    let query = query(sql)
        .bind(token.to_string())
        .bind(org.as_str().to_owned());
    query.execute(tx).await?;
    Ok(())
}

async fn put_edge_credential(
    tx: &mut Connection,
    credential: &EdgeCredential,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO edge_credentials (org, name, id, digest, last4, created_at, created_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(credential.org.as_str().to_owned())
        .bind(credential.name.as_str().to_owned())
        .bind(credential.id.to_string())
        .bind(credential.digest.to_string())
        .bind(credential.last4.clone())
        .bind(credential.created_at.as_millis())
        .bind(credential.created_by.as_ref().map(ToString::to_string))
        .execute(tx)
        .await?;
    Ok(())
}

async fn remove_edge_credential(
    tx: &mut Connection,
    org: &Name,
    name: &EdgeName,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM edge_credentials WHERE org = $1 AND name = $2";
    let query = query(sql)
        .bind(org.as_str().to_owned())
        .bind(name.as_str().to_owned());
    query.execute(tx).await?;
    Ok(())
}

/// A guarded statement that hits nothing lost against somebody else.
fn one(rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}
