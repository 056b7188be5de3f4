//! Snapshots: an organization's decision data at one moment, signed, to be decided from anywhere.
//!
//! The format is in `docs/snapshot-format.md`.
//! A signed **manifest** names **pages**, a page names **blocks**, all by their SHA-256; a **bundle** is all of it in one file.
//! Nothing here fetches, stores or mints: the host hands in bytes, times and the signing key.
//!
//! * Writing: a [`SnapshotWriter`] follows the rows of a [`crate::World`] and gives a manifest, which [`seal`] signs.
//! * Reading: [`Snapshot::open`] takes a bundle; [`Snapshot::update`] takes the next manifest, names
//!   the blocks that are missing, and gives the next snapshot when it has them all.
//! * Deciding: [`crate::Authorizer::from_snapshot`].

mod block;
mod bundle;
mod claims;
mod details;
mod error;
mod grants;
mod hash;
mod heap;
mod keys;
mod manifest;
mod node;
mod owners;
mod repos;
mod section;
mod table;
mod tables;
mod tokens;
mod touched;
mod update;
mod view;
mod wire;
mod writer;

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::policy::{Plan, TokenPolicy};
use crate::timestamp::Timestamp;
use block::Kind;
use manifest::{Manifest, unseal};
use table::{Piece, Table};

pub use bundle::Bundle;
pub use claims::Claims;
pub use error::SnapshotError;
pub(crate) use grants::{GrantView, Where};
pub use hash::BlockHash;
pub use keys::{KeyId, PublicKey, TrustedKeys, jwks};
pub use manifest::{LONGEST_LIFE, Stamp, seal};
pub use update::Update;
pub use writer::{SnapshotWriter, Written, bundle_document};

/// Which parts of a snapshot are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// What decisions need: no token ids, no display names, nothing for previews and findings.
    Decisions,
    /// Everything.
    All,
}

/// A snapshot that was verified, ready to be decided from. Cloning it copies no block.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    manifest: Manifest,
    sealed: Vec<u8>,
    tokens: Table,
    details: Option<Table>,
    uses: Option<Table>,
    owners: Table,
    grants: Table,
    repos: Table,
}

impl Snapshot {
    /// Reads a bundle: verifies the signature, the times and every block.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn open(
        bundle: impl Into<Vec<u8>>,
        keys: &TrustedKeys,
        now: Timestamp,
    ) -> Result<Self, SnapshotError> {
        bundle::read(bundle.into(), keys, now)
    }

    /// Begins to read a snapshot of this organization from nothing but a sealed manifest.
    ///
    /// # Errors
    /// When the manifest is refused.
    pub fn begin(
        org: &str,
        sealed: &[u8],
        parts: Parts,
        keys: &TrustedKeys,
        now: Timestamp,
    ) -> Result<Update, SnapshotError> {
        let manifest = Manifest::open(sealed, keys, now)?;
        if manifest.org != org {
            return Err(SnapshotError::WrongOrg);
        }
        Update::new(manifest, sealed, None, parts)
    }

    /// Begins to read the next manifest. This snapshot stays as it is, whatever comes of it.
    ///
    /// # Errors
    /// When the manifest is refused, or older than this snapshot.
    pub fn update(
        &self,
        sealed: &[u8],
        keys: &TrustedKeys,
        now: Timestamp,
    ) -> Result<Update, SnapshotError> {
        let manifest = Manifest::open(sealed, keys, now)?;
        let held = &self.0.manifest;
        manifest.follows(held)?;
        let is_newer = |stamp: &Stamp, than: &Stamp| stamp.expires > than.expires;
        if manifest.says_the_same(held) && !is_newer(&manifest.stamp, &held.stamp) {
            // Nothing newer: what is held lasts as long, or longer.
            let (held, sealed) = (held.clone(), &self.0.sealed);
            return Update::new(held, sealed, Some(self.clone()), self.parts());
        }
        Update::new(manifest, sealed, Some(self.clone()), self.parts())
    }

    /// The snapshot as a bundle again, to be kept.
    #[must_use]
    pub fn bundle(&self) -> Vec<u8> {
        let tables = self.tables();
        let blocks = tables.flat_map(|table| {
            let within = |page: &Piece, piece: &&Piece| {
                (page.node.prefix.into()..page.node.end()).contains(&u32::from(piece.node.prefix))
            };
            table.pages.iter().flat_map(move |page| {
                let leaves = table.pieces.iter();
                let first = table.place(u32::from(page.node.prefix) << 16);
                let leaves = leaves
                    .skip(first)
                    .take_while(move |piece| within(page, piece));
                core::iter::once(page).chain(leaves)
            })
        });
        let blocks = blocks.map(|piece| piece.bytes.get());
        bundle::write(&self.0.sealed, self.parts(), blocks).unwrap_or_default()
    }

    /// The sealed manifest.
    #[must_use]
    pub fn sealed(&self) -> &[u8] {
        &self.0.sealed
    }

    /// The key that the manifest is signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        unseal(&self.0.sealed).map(|(id, _)| id)
    }

    /// Whether that is one of these. A key that was withdrawn may have been stolen, and then anybody may
    /// have signed what is held.
    #[must_use]
    pub fn is_signed_by(&self, keys: &TrustedKeys) -> bool {
        keys.ids().any(|id| Some(id) == self.key_id())
    }

    /// The organization's name.
    #[must_use]
    pub fn org(&self) -> &str {
        &self.0.manifest.org
    }

    /// The generation.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.manifest.generation
    }

    /// When it was made, when it expires, and its place among others of its generation.
    #[must_use]
    pub fn stamp(&self) -> &Stamp {
        &self.0.manifest.stamp
    }

    /// The organization's token policy.
    #[must_use]
    pub fn policy(&self) -> TokenPolicy {
        self.0.manifest.policy
    }

    /// The organization's plan.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.0.manifest.plan
    }

    /// How many tokens it has.
    #[must_use]
    pub fn token_count(&self) -> usize {
        let leaves = self.0.tokens.leaves().iter();
        leaves.map(block::Leaf::rows).fold(0, usize::saturating_add)
    }

    /// The parts that it has.
    #[must_use]
    pub fn parts(&self) -> Parts {
        match self.0.details {
            Some(_) => Parts::All,
            None => Parts::Decisions,
        }
    }

    /// The hashes of its pages and blocks.
    pub fn hashes(&self) -> impl Iterator<Item = BlockHash> {
        let pieces = self
            .tables()
            .flat_map(|table| table.pages.iter().chain(&table.pieces));
        pieces.map(|piece| piece.hash)
    }

    fn tables(&self) -> impl Iterator<Item = &Table> {
        Kind::ALL.into_iter().filter_map(|kind| self.table(kind))
    }

    fn table(&self, kind: Kind) -> Option<&Table> {
        match kind {
            Kind::Tokens => Some(&self.0.tokens),
            Kind::Details => self.0.details.as_ref(),
            Kind::Uses => self.0.uses.as_ref(),
            Kind::Owners => Some(&self.0.owners),
            Kind::Grants => Some(&self.0.grants),
            Kind::Repos => Some(&self.0.repos),
        }
    }

    /// INVARIANT: details and uses stand in the order of the tokens.
    fn new(manifest: Manifest, sealed: Vec<u8>, mut tables: Vec<Table>) -> Option<Self> {
        let mut take = |kind| {
            let at = tables.iter().position(|table| table.kind == kind)?;
            Some(tables.swap_remove(at))
        };
        let inner = Inner {
            manifest,
            sealed,
            tokens: take(Kind::Tokens)?,
            details: take(Kind::Details),
            uses: take(Kind::Uses),
            owners: take(Kind::Owners)?,
            grants: take(Kind::Grants)?,
            repos: take(Kind::Repos)?,
        };
        let shape = |table: &Table| -> Vec<_> {
            let leaves = table.leaves().iter();
            leaves.map(|leaf| (leaf.node.prefix, leaf.rows())).collect()
        };
        let tokens = shape(&inner.tokens);
        let mut beside = inner.details.iter().chain(&inner.uses);
        beside
            .all(|table| shape(table) == tokens)
            .then(|| Self(Arc::new(inner)))
    }
}
