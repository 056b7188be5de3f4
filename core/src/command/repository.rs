//! Listed repositories.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::token::{is_approved, request};
use super::widening::widens;
use super::{Draft, Refusal, RepositoryPatch, data};
use crate::change::AuditType;
use crate::decide::Listing;
use crate::error::ParseError;
use crate::ids::Name;
use crate::organization::Repository;
use crate::resource::{Resource, ResourceName};
use crate::row::Row;
use crate::token::{Entity, IssuedBy, Token};

const UNKNOWN: Refusal = Refusal::NotFound("Repository not found");

pub(super) fn put(
    draft: &mut Draft<'_>,
    resource: &ResourceName,
    patch: &RepositoryPatch,
) -> Result<(), Refusal> {
    let (org, borrowed) = (namespace(resource)?, resource.borrow());
    let (organization, generation) = draft.org(&org)?;
    let (listing, before) = draft.world.repository(&borrowed);
    if listing == Listing::OtherCase {
        let text = format!(
            "A repository whose name differs only in case from {} exists.",
            borrowed.name()
        );
        return Err(Refusal::Conflict("name_taken", text));
    }
    let mut after = before.clone().unwrap_or_else(|| Repository::new(resource));
    patch.write(&mut after);
    check(draft, &org, &after)?;
    if before.as_ref() == Some(&after) {
        return Ok(());
    }
    let kind = match &before {
        None => AuditType::RepoCreate,
        Some(before) if only_group_differs(before, &after) => AuditType::RepoGroup,
        Some(_) => AuditType::RepoUpdate,
    };
    let particulars = data([
        ("repository", format!("{borrowed}").into()),
        (
            "visibility",
            serde_json::to_value(after.visibility).unwrap_or_default(),
        ),
        ("gated", after.gated.into()),
        (
            "resourceGroup",
            after
                .resource_group
                .as_ref()
                .map(|group| group.as_str())
                .into(),
        ),
        (
            "createdBy",
            after.created_by.as_ref().map(Name::as_str).into(),
        ),
    ]);
    let message = format!("{} set how {borrowed} is listed", draft.who());
    draft.put(Row::Repository(after));
    draft.touch(organization, generation, kind, particulars, message);
    Ok(())
}

fn namespace(resource: &ResourceName) -> Result<Name, Refusal> {
    if !resource.borrow().kind().is_repo() {
        return Err(ParseError::new("type", "must be a type of repository").into());
    }
    Ok(Name::parse(resource.borrow().namespace())?)
}

fn only_group_differs(before: &Repository, after: &Repository) -> bool {
    let moved = Repository {
        resource_group: after.resource_group.clone(),
        ..before.clone()
    };
    moved == *after
}

fn check(draft: &Draft<'_>, org: &Name, after: &Repository) -> Result<(), Refusal> {
    let users: BTreeSet<String> = after.gated_users.iter().map(Name::key).collect();
    if users.len() < after.gated_users.len() {
        let why = "names a user twice (case does not count)";
        return Err(ParseError::new("gatedUsers", why).into());
    }
    let Some(group) = &after.resource_group else {
        return Ok(());
    };
    if draft
        .world
        .groups(org.as_str())
        .iter()
        .any(|(name, _)| name == group)
    {
        return Ok(());
    }
    Err(Refusal::NotFound("Resource group not found"))
}

impl RepositoryPatch {
    fn write(&self, row: &mut Repository) {
        row.visibility = self.visibility.unwrap_or(row.visibility);
        row.gated = self.gated.unwrap_or(row.gated);
        if let Some(users) = &self.gated_users {
            let mut users = users.clone();
            users.sort();
            users.dedup();
            row.gated_users = users;
        }
        if let Some(group) = &self.resource_group {
            row.resource_group.clone_from(group);
        }
        if let Some(user) = &self.created_by {
            row.created_by.clone_from(user);
        }
    }
}

pub(super) fn delete(draft: &mut Draft<'_>, resource: &ResourceName) -> Result<(), Refusal> {
    let (org, borrowed) = (namespace(resource)?, resource.borrow());
    let (organization, generation) = draft.org(&org)?;
    if draft.world.repository(&borrowed).0 != Listing::Listed {
        return Err(UNKNOWN);
    }
    draft.put(Row::RepositoryGone {
        resource: resource.clone(),
    });
    let details = draft.details;
    for before in &details.tokens {
        if let Some(after) = without_grant(before, &borrowed) {
            strip(draft, &org, before, after)?;
        }
    }
    let ids = details.tokens.iter().map(|token| format!("{}", token.id));
    let particulars = data([
        ("repository", format!("{borrowed}").into()),
        ("tokens", ids.collect::<Vec<_>>().into()),
    ]);
    let message = format!("{} deleted {borrowed}", draft.who());
    draft.touch(
        organization,
        generation,
        AuditType::RepoDelete,
        particulars,
        message,
    );
    Ok(())
}

/// Takes a grant from a token. One that kept the token from what the organization grants it falls
/// away with the repository: then the token reaches further, and its approval is asked for again.
fn strip(draft: &mut Draft<'_>, org: &Name, before: &Token, after: Token) -> Result<(), Refusal> {
    let standing = draft.details.standing(after.id, org);
    draft.put(Row::Token(after.clone()));
    let asks = after.issued_by == IssuedBy::User
        && is_approved(&standing)
        && widens(before, &after, org.as_str());
    if asks {
        request(draft, &after, org, &standing)?;
    }
    Ok(())
}

/// The token without its grant on a repository; nothing when it has none.
fn without_grant(token: &Token, resource: &Resource<'_>) -> Option<Token> {
    let on = |entity: &Entity| entity.resource() == Some(*resource);
    let mut token = token.clone();
    let grants = &mut token.fine_grained.as_mut()?.scoped;
    let before = grants.len();
    grants.retain(|grant| !on(&grant.entity));
    (grants.len() < before).then_some(token)
}
