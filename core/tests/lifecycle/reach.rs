//! How far a token reaches into an organization, by the tables of contract §2 ("Widening") and §4.
//!
//! Written from the contract's text for the widening rule alone: roles and visibility do not count.

use std::collections::BTreeSet;

use tokenward_core::{Action, FineGrained, Resource, ResourceType, Timestamp, Token, TokenKind};

use crate::generate::REPOSITORIES;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Resource and action that are in scope.
    actions: BTreeSet<(String, &'static str)>,
    /// Entity of a grant and permission string.
    strings: BTreeSet<(String, String)>,
    global: BTreeSet<String>,
    gated: bool,
    expires_at: Option<Timestamp>,
}

impl Reach {
    /// Of an approved token: only fine-grained ones are.
    pub(crate) fn of(token: &Token, org: &str) -> Self {
        assert_eq!(token.kind, TokenKind::FineGrained);
        let grants = token.fine_grained.clone().unwrap_or_default();
        Self {
            actions: actions(&grants, org),
            strings: strings(&grants, org),
            global: grants.global.iter().map(ToString::to_string).collect(),
            gated: grants.can_read_gated_repos,
            expires_at: token.expires_at,
        }
    }

    /// Whether a change from the other to this one is a widening.
    pub(crate) fn widens(&self, before: &Self) -> bool {
        let later = match (before.expires_at, self.expires_at) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(before), Some(after)) => after > before,
        };
        later || self.exceeds(before) || !self.adds_nothing_to(before)
    }

    /// Whether an action is in scope that was not in the other.
    pub(crate) fn exceeds(&self, other: &Self) -> bool {
        !self.actions.is_subset(&other.actions)
            || !self.global.is_subset(&other.global)
            || (self.gated && !other.gated)
    }

    /// Whether every permission string was there before: on its entity, or on the organization
    /// where the entity had no grant of its own.
    fn adds_nothing_to(&self, before: &Self) -> bool {
        self.strings.iter().all(|(entity, permission)| {
            let had = |entity: &str| {
                let pair = (entity.to_owned(), permission.clone());
                before.strings.contains(&pair)
            };
            let marker = (entity.clone(), String::new());
            permission.is_empty()
                || had(entity)
                || (!before.strings.contains(&marker) && had("org"))
        })
    }
}

/// Each grant's strings, and an empty one to say that there is a grant.
fn strings(grants: &FineGrained, org: &str) -> BTreeSet<(String, String)> {
    let mut strings = BTreeSet::new();
    for grant in &grants.scoped {
        let Some(place) = place(grant.entity.resource(), org) else {
            continue;
        };
        strings.insert((place.clone(), String::new()));
        let permissions = grant.permissions.iter();
        strings.extend(permissions.map(|text| (place.clone(), text.to_string())));
    }
    strings
}

fn place(resource: Option<Resource<'_>>, org: &str) -> Option<String> {
    let resource = resource.filter(|resource| resource.namespace() == org)?;
    match resource.kind() {
        ResourceType::User => None,
        ResourceType::Org => Some("org".to_owned()),
        _ => Some(resource.to_string()),
    }
}

fn actions(grants: &FineGrained, org: &str) -> BTreeSet<(String, &'static str)> {
    let org_itself = format!("org:{org}");
    let unlisted = format!("model:{org}/never-named");
    let new = format!("model:{org}/new");
    let places =
        REPOSITORIES
            .into_iter()
            .chain([org_itself.as_str(), unlisted.as_str(), new.as_str()]);
    let mut actions = BTreeSet::new();
    for text in places {
        let resource = Resource::parse(text).expect("it is a resource");
        for action in Action::ALL {
            let rule = action.rule();
            if resource.namespace() == org
                && rule.target.takes(resource.kind())
                && is_in_scope(grants, &resource, *action)
            {
                actions.insert((text.to_owned(), rule.name));
            }
        }
    }
    actions
}

/// A grant on a repository overrides the grant on its organization, even an empty one.
fn is_in_scope(grants: &FineGrained, resource: &Resource<'_>, action: Action) -> bool {
    let on = |kind: ResourceType, name: &str| {
        grants.scoped.iter().find(|grant| {
            let resource = grant.entity.resource();
            resource.is_some_and(|resource| resource.kind() == kind && resource.name() == name)
        })
    };
    let own = on(resource.kind(), resource.name());
    let granted = own.or_else(|| on(ResourceType::Org, resource.namespace()));
    granted.is_some_and(|grant| {
        let known = grant.permissions.iter();
        let known = tokenward_core::PermissionSet::parse(known.map(|text| text.as_str()));
        known.meets(action.rule().permissions)
    })
}
