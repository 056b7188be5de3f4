//! The 24 hex digits of things that carry no number of their own.
//!
//! Contract §7: ids are stable. Those of organizations, groups, repositories, service accounts and
//! audit entries follow from their names, which are never used again or, for groups and
//! repositories, mean the same thing when they come back. So no query is needed to show one, and an
//! unlisted repository has one too. Ids of users and tokens are theirs and are not made here.

use sha2::{Digest, Sha256};
use tokenward_core::{GroupName, Name, Resource};

/// The id of an organization.
#[must_use]
pub fn organization_id(name: &Name) -> String {
    hashed(&["organization", name.as_str()])
}

/// The id of a service account.
#[must_use]
pub fn service_account_id(name: &Name) -> String {
    hashed(&["service-account", name.as_str()])
}

/// The id of a resource group.
#[must_use]
pub fn group_id(org: &Name, name: &GroupName) -> String {
    hashed(&["resource-group", org.as_str(), name.as_str()])
}

/// The id of a repository, listed or not; of an organization or a user's namespace by its name.
///
/// For a `user` resource it is not the user's own id: whoever has the user shows that one.
#[must_use]
pub fn resource_id(resource: Resource<'_>) -> String {
    match resource.repo() {
        None if resource.kind() == tokenward_core::ResourceType::Org => {
            hashed(&["organization", resource.name()])
        }
        _ => hashed(&[resource.kind().as_str(), resource.name()]),
    }
}

/// The id of an audit entry.
#[must_use]
pub fn audit_id(org: &Name, generation: u64) -> String {
    hashed(&["audit", org.as_str(), &generation.to_string()])
}

/// The id of the `nth` notice of a change: notices of later changes have greater ids.
pub(super) fn notice_id(seq: u64, nth: usize) -> String {
    format!("{seq:016x}{nth:08x}")
}

/// No part holds a line break, so that different parts never give the same text.
fn hashed(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_24_hex_digits_and_differ() {
        let name = Name::parse("acme").expect("a name");
        let group = GroupName::parse("acme").expect("a name");
        let repo = Resource::parse("model:acme/bert").expect("a resource");
        let ids = [
            organization_id(&name),
            service_account_id(&name),
            group_id(&name, &group),
            resource_id(repo),
            audit_id(&name, 1),
            audit_id(&name, 2),
            notice_id(7, 0),
            notice_id(7, 1),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(
                id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{id}"
            );
            assert!(!ids[..at].contains(id), "{id} twice");
        }
    }

    #[test]
    fn the_entity_of_an_organization_has_the_organizations_id() {
        let name = Name::parse("acme").expect("a name");
        let entity = Resource::parse("org:acme").expect("a resource");
        assert_eq!(resource_id(entity), organization_id(&name));
    }
}
