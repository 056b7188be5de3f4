//! The grants of a token, packed: a million tokens hold a million of them.
//!
//! One row of bytes for each token, which stays inside the token while one grant on an organization
//! is all that it has, as most have. What a grant allows is not for here.

use smallvec::SmallVec;

use super::names::NameId;
use crate::permission::PermissionSet;
use crate::resource::ResourceType;

/// Permissions on one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GrantEntry<'a> {
    pub(super) namespace: NameId,
    pub(super) permissions: PermissionSet,
    pub(super) kind: ResourceType,
    /// Empty for an organization or a user.
    pub(super) repo: &'a str,
}

/// All grants of one token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Grants(SmallVec<[u8; 16]>);

/// The namespace, the permissions, the type, the length of the repository's name.
const HEAD: usize = 10;

impl<'a> FromIterator<GrantEntry<'a>> for Grants {
    fn from_iter<I: IntoIterator<Item = GrantEntry<'a>>>(grants: I) -> Self {
        let mut bytes = SmallVec::new();
        for grant in grants {
            // Names that have been parsed have 96 characters at most.
            let Ok(length) = u8::try_from(grant.repo.len()) else {
                continue;
            };
            bytes.extend(grant.namespace.0.to_le_bytes());
            bytes.extend(grant.permissions.bits().to_le_bytes());
            bytes.extend([grant.kind as u8, length]);
            bytes.extend_from_slice(grant.repo.as_bytes());
        }
        bytes.shrink_to_fit();
        Self(bytes)
    }
}

impl Grants {
    /// Something that can only be known once the grants are at hand.
    #[inline]
    pub(super) fn warmth(&self) -> Option<u8> {
        self.0.first().copied()
    }

    #[inline]
    pub(super) fn iter(&self) -> Iter<'_> {
        Iter(&self.0)
    }
}

/// Goes through the grants of a token.
pub(super) struct Iter<'a>(&'a [u8]);

impl<'a> Iterator for Iter<'a> {
    type Item = GrantEntry<'a>;

    #[inline]
    fn next(&mut self) -> Option<GrantEntry<'a>> {
        let (head, rest) = self.0.split_first_chunk::<HEAD>()?;
        let [n0, n1, n2, n3, p0, p1, p2, p3, kind, length] = *head;
        let (repo, rest) = rest.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(GrantEntry {
            namespace: NameId(u32::from_le_bytes([n0, n1, n2, n3])),
            permissions: PermissionSet::from_bits(u32::from_le_bytes([p0, p1, p2, p3])),
            kind: *ResourceType::ALL.get(usize::from(kind))?,
            repo: core::str::from_utf8(repo).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::permission::Permission;

    #[test]
    fn grants_come_back_as_they_went_in() {
        let long = "a".repeat(96);
        for (at, kind) in ResourceType::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, at);
        }
        let grant = |kind, repo| GrantEntry {
            namespace: NameId(70_000),
            permissions: PermissionSet::of(Permission::ALL),
            kind,
            repo,
        };
        let all = [
            grant(ResourceType::Org, ""),
            grant(ResourceType::Bucket, long.as_str()),
            grant(ResourceType::User, ""),
        ];
        let packed: Grants = all.into_iter().collect();
        assert_eq!(packed.iter().collect::<Vec<_>>(), all);
        assert_eq!(Grants::default().iter().next(), None);
    }
}
