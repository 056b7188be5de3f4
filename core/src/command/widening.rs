//! Whether a change lets a token reach further into an organization than before.
//!
//! Contract §2, "Widening". Compared entity by entity: what a grant on a repository overrides
//! counts as what the repository itself has.

use compact_str::CompactString;
use hashbrown::HashMap;

use crate::action::{Action, Target};
use crate::permission::Permission;
use crate::resource::ResourceType;
use crate::timestamp::Timestamp;
use crate::token::{Entity, FineGrained, Token};

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

/// Whether a change adds something that holds everywhere.
pub(super) fn adds_everywhere(before: &FineGrained, after: &FineGrained) -> bool {
    let mut global = after.global.iter();
    (after.can_read_gated_repos && !before.can_read_gated_repos)
        || global.any(|permission| !before.global.contains(permission))
}

fn grants_more(before: &FineGrained, after: &FineGrained, org: &str) -> bool {
    let (had, has) = (Held::in_org(before, org), Held::in_org(after, org));
    let mut entities = had.own.keys().chain(has.own.keys());
    adds_everywhere(before, after) || entities.any(|entity| gains(&had, &has, entity))
}

/// Whether a permission is added on an entity. Where a grant of its own falls away, only those of
/// the organization's count that a repository has a use for: nothing is added to the token itself.
fn gains(before: &Held<'_>, after: &Held<'_>, entity: &Entity) -> bool {
    let had = before.on(entity);
    let falls_back = !after.own.contains_key(entity);
    after
        .on(entity)
        .iter()
        .filter(|permission| !falls_back || is_for_repositories(permission))
        .any(|permission| !had.contains(permission))
}

/// What a token has in an organization, by entity. What neither version has a grant on has what
/// the organization has.
struct Held<'a> {
    own: HashMap<&'a Entity, &'a [CompactString]>,
    org: &'a [CompactString],
}

impl<'a> Held<'a> {
    fn in_org(grants: &'a FineGrained, org: &str) -> Self {
        let own: HashMap<_, _> = grants
            .grants_in(org)
            .map(|grant| (&grant.entity, grant.permissions.as_slice()))
            .collect();
        let is_org = |entity: &Entity| {
            let resource = entity.resource();
            resource.is_some_and(|resource| resource.kind() == ResourceType::Org)
        };
        let org = own.iter().find(|(entity, _)| is_org(entity));
        let org = org.map_or(&[][..], |(_, permissions)| permissions);
        Self { own, org }
    }

    /// The permissions on an entity: its own grant, or else the one on the organization.
    fn on(&self, entity: &Entity) -> &'a [CompactString] {
        self.own.get(entity).copied().unwrap_or(self.org)
    }
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
