//! Whether a change lets a token reach further into an organization than before.
//!
//! Contract §2, "Widening". Compared entity by entity: what a grant on a repository overrides
//! counts as what the repository itself has.

use alloc::vec::Vec;

use compact_str::CompactString;

use crate::action::{Action, Target};
use crate::permission::Permission;
use crate::resource::ResourceType;
use crate::timestamp::Timestamp;
use crate::token::{Entity, FineGrained, Grant, Token};

/// Whether `after` reaches further into `org` than `before`.
pub(super) fn widens(before: &Token, after: &Token, org: &str) -> bool {
    let later = lasts_longer(before.expires_at, after.expires_at);
    match (&before.fine_grained, &after.fine_grained) {
        (Some(before), Some(after)) => later || grants_more(before, after, org),
        _ => later,
    }
}

/// No expiry is the latest of all.
fn lasts_longer(before: Option<Timestamp>, after: Option<Timestamp>) -> bool {
    match (before, after) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(after)) => after > before,
    }
}

fn grants_more(before: &FineGrained, after: &FineGrained, org: &str) -> bool {
    let gated = after.can_read_gated_repos && !before.can_read_gated_repos;
    let global = after
        .global
        .iter()
        .any(|permission| !before.global.contains(permission));
    gated || global || entities(before, after, org).any(|entity| gains(before, after, org, entity))
}

/// The entities that either version has a grant on: everything else has what the org has.
fn entities<'a>(
    before: &'a FineGrained,
    after: &'a FineGrained,
    org: &'a str,
) -> impl Iterator<Item = &'a Entity> {
    before
        .grants_in(org)
        .chain(after.grants_in(org))
        .map(|grant| &grant.entity)
}

/// Whether a permission is added on an entity. Where a grant of its own falls away, only those of
/// the organization's count that a repository has a use for: nothing is added to the token itself.
fn gains(before: &FineGrained, after: &FineGrained, org: &str, entity: &Entity) -> bool {
    let had = effective(before, org, entity);
    let falls_back = own(after, entity).is_none();
    effective(after, org, entity)
        .iter()
        .filter(|permission| !falls_back || is_for_repositories(permission))
        .any(|permission| !had.contains(permission))
}

/// The permissions on an entity: its own grant, or else the one on the organization.
fn effective<'a>(grants: &'a FineGrained, org: &str, entity: &Entity) -> Vec<&'a CompactString> {
    let on_org = || {
        grants.grants_in(org).find(|grant| {
            grant
                .entity
                .resource()
                .is_some_and(|resource| resource.kind() == ResourceType::Org)
        })
    };
    own(grants, entity)
        .or_else(on_org)
        .map(|grant| grant.permissions.iter().collect())
        .unwrap_or_default()
}

fn own<'a>(grants: &'a FineGrained, entity: &Entity) -> Option<&'a Grant> {
    grants.scoped.iter().find(|grant| grant.entity == *entity)
}

/// Whether an action on a repository asks for the permission.
fn is_for_repositories(permission: &str) -> bool {
    Permission::parse(permission).is_some_and(|permission| {
        let rules = Action::ALL.iter().map(|action| action.rule());
        rules
            .filter(|rule| rule.target == Target::Repo)
            .any(|rule| rule.permissions.has(permission))
    })
}
