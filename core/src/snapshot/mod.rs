//! Snapshots: an organization's decision data at one moment, signed, to be decided from anywhere.
//!
//! Design §7; the format is in `docs/snapshot-format.md`.
//! A signed **manifest** names **blocks** by their SHA-256; a **bundle** is all of it in one file.
//! Nothing here fetches, stores or mints: the host hands in bytes, times and the signing key.
//!
//! * Writing: a [`SnapshotWriter`] follows the rows of a [`crate::World`] and gives a manifest, which [`seal`] signs.
//! * Reading: [`Snapshot::open`] takes a bundle; [`Snapshot::update`] takes the next manifest, names
//!   the blocks that are missing, and gives the next snapshot when it has them all.
//! * Deciding: [`crate::Authorizer::from_snapshot`].

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::document::OrgDocument;
use crate::error::ParseError;
use crate::row::Row;
use crate::timestamp::Timestamp;
use crate::world::World;

/// Why a snapshot, a manifest or a block is refused. The codes are an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SnapshotError {
    /// `malformed`: not the format, cut off, or with something behind its end.
    Malformed,
    /// `too_large`: larger than the format allows.
    TooLarge,
    /// `unknown_key`: signed with a key that is not trusted.
    UnknownKey,
    /// `bad_signature`: the signature is not that key's.
    BadSignature,
    /// `wrong_org`: another organization's.
    WrongOrg,
    /// `rollback`: older than the one that is held.
    Rollback,
    /// `conflict`: says something else about the very moment of the one that is held.
    Conflict,
    /// `expired`: past its expiry.
    Expired,
    /// `not_yet_valid`: issued in the future, by more than five minutes.
    NotYetValid,
    /// `wrong_block`: a block that does not have the hash it should have, or that nobody asked for.
    WrongBlock,
    /// `missing_block`: a block that is named is not there.
    MissingBlock,
}

impl SnapshotError {
    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::WrongOrg => "wrong_org",
            Self::Rollback => "rollback",
            Self::Conflict => "conflict",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongBlock => "wrong_block",
            Self::MissingBlock => "missing_block",
        }
    }
}

/// The SHA-256 under which a block is kept; 64 hex digits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockHash([u8; 32]);

/// A key that manifests are verified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// The name of a key: the RFC 7638 thumbprint of its JWK; base64url as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

impl PublicKey {
    /// The public key of a signing key's seed.
    #[must_use]
    pub fn of_seed(_seed: &[u8; 32]) -> Self {
        Self([0; 32])
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(self.0)
    }
}

/// The keys as a JWKS, for `/.well-known/tokenward-keys`.
#[must_use]
pub fn jwks(_keys: &[PublicKey]) -> String {
    String::new()
}

/// The keys that a reader trusts: several at once, so that one can follow another.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys(Vec<(KeyId, PublicKey)>);

impl TrustedKeys {
    /// The Ed25519 keys of a JWKS (JSON); other keys in it are passed over.
    ///
    /// # Errors
    /// When the text is no JWKS, holds no Ed25519 key, or a `kid` that is not its key's thumbprint.
    pub fn parse(_jwks: &str) -> Result<Self, ParseError> {
        Ok(Self::default())
    }

    /// These keys.
    #[must_use]
    pub fn of(keys: &[PublicKey]) -> Self {
        Self(keys.iter().map(|key| (key.id(), *key)).collect())
    }
}

/// Signs a manifest: the sealed manifest is what readers take.
#[must_use]
pub fn seal(manifest: &[u8], _seed: &[u8; 32]) -> Vec<u8> {
    manifest.to_vec()
}

/// When and in which order a manifest is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// A number that grows with every change that is told to the writer, within one generation too
    /// (a display name is no new generation): the place in the journal.
    pub revision: u64,
    /// Now.
    pub issued: Timestamp,
    /// From when on readers refuse the manifest.
    pub expires: Timestamp,
}

/// Which parts of a snapshot are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// What decisions need: no token ids and no display names.
    Decisions,
    /// Everything.
    All,
}

/// A manifest that was written, and what became of the blocks since the last one.
#[derive(Debug, Clone)]
pub struct Written {
    /// The manifest, to be signed by [`seal`].
    pub manifest: Vec<u8>,
    /// Blocks that the one before did not have.
    pub fresh: Vec<BlockHash>,
    /// Blocks that only the one before had; readers of it may still ask for them for a while.
    pub gone: Vec<BlockHash>,
}

/// Writes the snapshots of one organization, one after the other; holds all blocks of the newest.
#[derive(Debug, Clone)]
pub struct SnapshotWriter {
    org: String,
}

impl SnapshotWriter {
    /// A writer for an organization of the world; nothing when there is none of that name.
    ///
    /// Grants outside the organization stay out of its snapshots (contract §3.3).
    #[must_use]
    pub fn new(_world: &World, org: &str) -> Option<Self> {
        Some(Self { org: org.into() })
    }

    /// Notes what rows are about to change. To be called **before and after** they are applied.
    pub fn touch(&mut self, _world: &World, _rows: &[Row]) {}

    /// Rewrites the blocks that were touched, and writes the manifest.
    pub fn write(&mut self, _world: &World, _stamp: &Stamp) -> Written {
        Written {
            manifest: Vec::new(),
            fresh: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// A block of the newest snapshot.
    #[must_use]
    pub fn block(&self, _hash: &BlockHash) -> Option<&Arc<[u8]>> {
        None
    }

    /// The newest snapshot as one file, under its sealed manifest.
    ///
    /// # Errors
    /// When that manifest is not the newest of this writer.
    pub fn bundle(&self, _sealed: &[u8], _parts: Parts) -> Result<Vec<u8>, SnapshotError> {
        Err(SnapshotError::MissingBlock)
    }
}

/// The snapshot of a document, as one file, signed. Every grant of the document is in it.
///
/// # Errors
/// When the document says something impossible (contract §3.1).
pub fn bundle_document(
    _document: &OrgDocument,
    _stamp: &Stamp,
    _seed: &[u8; 32],
) -> Result<Vec<u8>, ParseError> {
    Ok(Vec::new())
}

/// A snapshot that was verified, ready to be decided from. Cloning it copies no block.
#[derive(Debug, Clone)]
pub struct Snapshot {
    org: String,
}

impl Snapshot {
    /// Reads a bundle: verifies the signature, the times and every block.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn open(
        _bundle: impl Into<Vec<u8>>,
        _keys: &TrustedKeys,
        _now: Timestamp,
    ) -> Result<Self, SnapshotError> {
        Err(SnapshotError::Malformed)
    }

    /// Begins to read the next manifest. This snapshot stays as it is.
    ///
    /// # Errors
    /// When the manifest is refused.
    pub fn update(
        &self,
        _sealed: &[u8],
        _keys: &TrustedKeys,
        _now: Timestamp,
    ) -> Result<Update, SnapshotError> {
        Err(SnapshotError::Malformed)
    }

    /// Begins to read a snapshot of this organization from nothing but a sealed manifest.
    ///
    /// # Errors
    /// When the manifest is refused.
    pub fn begin(
        _org: &str,
        _sealed: &[u8],
        _parts: Parts,
        _keys: &TrustedKeys,
        _now: Timestamp,
    ) -> Result<Update, SnapshotError> {
        Err(SnapshotError::Malformed)
    }

    /// The organization.
    #[must_use]
    pub fn org(&self) -> &str {
        &self.org
    }
}

/// A snapshot in the making: it is nothing yet that anybody could decide from.
#[derive(Debug, Clone)]
pub struct Update {
    missing: Vec<BlockHash>,
}

impl Update {
    /// The blocks that are missing as far as can be told; some blocks name others, so ask again
    /// after supplying them, until there are none.
    #[must_use]
    pub fn missing(&self) -> &[BlockHash] {
        &self.missing
    }

    /// Takes one of the missing blocks.
    ///
    /// # Errors
    /// When nobody asked for it, or it is malformed.
    pub fn supply(&mut self, _block: impl Into<Vec<u8>>) -> Result<(), SnapshotError> {
        Err(SnapshotError::WrongBlock)
    }

    /// The next snapshot.
    ///
    /// # Errors
    /// When blocks are missing.
    pub fn finish(self) -> Result<Snapshot, SnapshotError> {
        Err(SnapshotError::MissingBlock)
    }
}
