//! The credentials of edges: few, and nothing that a decision looks at.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::World;
use crate::edge::EdgeCredential;
use crate::ids::{EdgeName, Name};
use crate::secret::TokenDigest;

/// All credentials of edges, by the digest of their value.
#[derive(Debug, Clone, Default)]
pub(super) struct Edges(HashMap<TokenDigest, EdgeCredential>);

impl Edges {
    pub(super) fn put(&mut self, credential: &EdgeCredential) {
        self.remove(credential.org.as_str(), &credential.name);
        self.0.insert(credential.digest, credential.clone());
    }

    pub(super) fn remove(&mut self, org: &str, name: &EdgeName) {
        self.0
            .retain(|_, held| held.org.as_str() != org || held.name != *name);
    }
}

impl World {
    /// The edge whose credential has this digest.
    #[must_use]
    pub fn edge_by_digest(&self, digest: &TokenDigest) -> Option<&EdgeCredential> {
        self.edges.0.get(digest)
    }

    /// An organization's edge of this name.
    #[must_use]
    pub fn edge(&self, org: &str, name: &EdgeName) -> Option<&EdgeCredential> {
        let mut all = self.edges.0.values();
        all.find(|held| held.org.as_str() == org && held.name == *name)
    }

    /// The edge credentials of an organization, by name.
    #[must_use]
    pub fn edges(&self, org: &str) -> Vec<&EdgeCredential> {
        let all = self.edges.0.values();
        let mut found: Vec<_> = all.filter(|held| held.org.as_str() == org).collect();
        found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The organizations that have edges.
    pub fn orgs_with_edges(&self) -> impl Iterator<Item = &Name> {
        self.edges.0.values().map(|held| &held.org)
    }
}
