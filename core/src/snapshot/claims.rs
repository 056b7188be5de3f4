//! What a file says about itself, before anybody has verified it: for people who look into one.

use alloc::string::String;
use alloc::vec::Vec;

use super::Parts;
use super::block::Kind;
use super::bundle;
use super::error::SnapshotError;
use super::hash::BlockHash;
use super::keys::KeyId;
use super::manifest::{Manifest, Stamp, unseal};
use super::wire::Reader;
use crate::policy::{Plan, TokenPolicy};

/// What a bundle or a sealed manifest claims. Nothing of it is verified: [`super::Snapshot::open`]
/// and [`super::Snapshot::begin`] do that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The key that it says it is signed with.
    pub key: KeyId,
    /// The organization's name.
    pub org: String,
    /// The generation.
    pub generation: u64,
    /// When it was made, when it expires, and its place among others of its generation.
    pub stamp: Stamp,
    /// The organization's token policy.
    pub policy: TokenPolicy,
    /// The organization's plan.
    pub plan: Plan,
    /// How many tokens there are.
    pub tokens: u32,
    /// How many bytes the sealed manifest has.
    pub manifest: usize,
    /// The parts that a bundle has; nothing for a manifest alone.
    pub parts: Option<Parts>,
    /// The pages and blocks of a bundle in their order: their table, hash and length in bytes.
    pub blocks: Vec<(&'static str, BlockHash, usize)>,
}

impl Claims {
    /// Reads a bundle or a sealed manifest.
    ///
    /// # Errors
    /// When the bytes are neither.
    pub fn read(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader(bytes);
        let (parts, sealed) = match bundle::head(&mut reader) {
            Some((parts, sealed)) => (Some(parts), sealed),
            None => (None, bytes),
        };
        let (key, manifest) = unseal(sealed).ok_or(SnapshotError::Malformed)?;
        let manifest = Manifest::parse(manifest).ok_or(SnapshotError::Malformed)?;
        let mut blocks = Vec::new();
        while parts.is_some() && !reader.is_done() {
            let length = reader.u32().ok_or(SnapshotError::Malformed)? as usize;
            let block = reader.take(length).ok_or(SnapshotError::Malformed)?;
            blocks.push((table(block), BlockHash::of(block), length));
        }
        Ok(Self {
            key,
            org: manifest.org,
            generation: manifest.generation,
            stamp: manifest.stamp,
            policy: manifest.policy,
            plan: manifest.plan,
            tokens: manifest.tokens,
            manifest: sealed.len(),
            parts,
            blocks,
        })
    }
}

/// The table that a block says it is of; pages are not told from the blocks that they name.
fn table(block: &[u8]) -> &'static str {
    let kind = block.first().and_then(|first| Kind::parse(first & 0x7f));
    match kind {
        Some(Kind::Tokens) => "tokens",
        Some(Kind::Details) => "details",
        Some(Kind::Uses) => "uses",
        Some(Kind::Owners) => "owners",
        Some(Kind::Grants) => "grants",
        Some(Kind::Repos) => "repositories",
        None => "unknown",
    }
}
