//! Writing: the snapshots of one organization, one after the other, from a world and its rows.
//!
//! What a snapshot is depends on the world alone: a writer that followed every change writes the
//! same bytes as one that was made just now.

use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::block::Kind;
use super::error::SnapshotError;
use super::hash::BlockHash;
use super::manifest::{Manifest, Stamp, seal, unseal};
use super::section::Page;
use super::tables::Tables;
use super::touched::Touched;
use super::wire::Bytes;
use super::{Bundle, Parts};
use crate::document::OrgDocument;
use crate::error::ParseError;
use crate::row::Row;
use crate::world::World;
use crate::world::export::Reach;

/// A manifest that was written, and what became of the blocks since the one before.
#[derive(Debug, Clone)]
pub struct Written {
    /// The manifest, to be signed by [`seal`].
    pub manifest: Vec<u8>,
    /// Pages and blocks that the one before did not have.
    pub fresh: Vec<BlockHash>,
    /// Pages and blocks that only the one before had, with their bytes: readers of it may still ask
    /// for them.
    pub gone: Vec<(BlockHash, Vec<u8>)>,
}

/// Writes the snapshots of one organization, one after the other; holds all blocks of the newest.
#[derive(Debug, Clone)]
pub struct SnapshotWriter {
    org: String,
    tables: Tables,
    touched: Touched,
    /// The newest manifest, and everything that it names.
    manifest: Vec<u8>,
    pages: Vec<(Kind, Vec<Page>)>,
    blocks: HashMap<BlockHash, Bytes>,
}

impl SnapshotWriter {
    /// A writer for an organization of the world; nothing when there is none of that name.
    ///
    /// Grants outside the organization stay out of its snapshots (contract §3.3), and so does when
    /// tokens were last used.
    #[must_use]
    pub fn new(world: &World, org: &str) -> Option<Self> {
        Self::reaching(world, org, Reach::Organization)
    }

    fn reaching(world: &World, org: &str, reach: Reach) -> Option<Self> {
        let org = String::from(org);
        world.generation(&org)?;
        Some(Self {
            tables: Tables::new(world, &org, reach),
            touched: Touched::default(),
            manifest: Vec::new(),
            pages: Vec::new(),
            blocks: HashMap::new(),
            org,
        })
    }

    /// Notes what rows change. To be called with them **before and after** they are applied to the
    /// world; nothing is written yet.
    pub fn touch<'a>(&mut self, world: &World, rows: impl IntoIterator<Item = &'a Row>) {
        let org = &self.org;
        rows.into_iter()
            .for_each(|row| self.touched.note(world, org, row));
    }

    /// Whether anything was touched since the last manifest. A new generation alone is nothing.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Writes the blocks that were touched anew, and a manifest.
    pub fn write(&mut self, world: &World, stamp: &Stamp) -> Written {
        let touched = core::mem::take(&mut self.touched);
        self.tables.follow(world, &self.org, touched);
        self.pages = self.tables.pages();
        let (organization, generation) = world.organization(&self.org).unzip();
        let manifest = Manifest {
            org: self.org.clone(),
            generation: generation.unwrap_or_default(),
            stamp: *stamp,
            policy: organization
                .as_ref()
                .map(|org| org.token_policy)
                .unwrap_or_default(),
            plan: organization.map(|org| org.plan).unwrap_or_default(),
            has_groups: world.has_groups(&self.org),
            tokens: self.tables.token_count(),
            sections: self
                .pages
                .iter()
                .map(|(kind, pages)| {
                    let pages = pages.iter().map(|page| (page.node, page.block.hash));
                    (*kind, pages.collect())
                })
                .collect(),
        };
        self.manifest = manifest.write();
        let (fresh, gone) = self.keep_blocks();
        Written {
            manifest: self.manifest.clone(),
            fresh,
            gone,
        }
    }

    /// Keeps the blocks that the newest pages name, and says which came and which went.
    fn keep_blocks(&mut self) -> (Vec<BlockHash>, Vec<(BlockHash, Vec<u8>)>) {
        let pages = self.pages.iter().flat_map(|(_, pages)| pages);
        let blocks = pages.flat_map(|page| core::iter::once(&page.block).chain(&page.leaves));
        let mut before = core::mem::take(&mut self.blocks);
        let mut fresh = Vec::new();
        for block in blocks {
            if before.remove(&block.hash).is_none() {
                fresh.push(block.hash);
            }
            self.blocks.insert(block.hash, block.bytes.clone());
        }
        let gone = before.into_iter();
        let gone = gone.map(|(hash, bytes)| (hash, bytes.get().to_vec()));
        let mut gone: Vec<_> = gone.collect();
        gone.sort_unstable();
        (fresh, gone)
    }

    /// A page or a block of the newest snapshot.
    #[must_use]
    pub fn block(&self, hash: &BlockHash) -> Option<&[u8]> {
        self.blocks.get(hash).map(Bytes::get)
    }

    /// The newest snapshot as one file, under its sealed manifest. The blocks are shared, so that
    /// this is quick; they are copied when the bundle is written.
    ///
    /// # Errors
    /// When that manifest is not the newest of this writer, or all of it is too large for one file.
    pub fn bundle(&self, sealed: &[u8], parts: Parts) -> Result<Bundle, SnapshotError> {
        if unseal(sealed).map(|(_, manifest)| manifest) != Some(self.manifest.as_slice()) {
            return Err(SnapshotError::Conflict);
        }
        let pages = self.pages.iter().filter(|(kind, _)| parts.has(*kind));
        let pages = pages.flat_map(|(_, pages)| pages);
        let blocks = pages.flat_map(|page| core::iter::once(&page.block).chain(&page.leaves));
        let blocks = blocks.map(|block| block.bytes.clone()).collect();
        Bundle::new(sealed, parts, blocks).ok_or(SnapshotError::TooLarge)
    }
}

/// The snapshot of a document, as one file, signed. Everything that the document says is in it.
///
/// # Errors
/// When the document says something impossible (contract §3.1), or the stamp lasts longer than readers
/// take.
pub fn bundle_document(
    document: &OrgDocument,
    stamp: &Stamp,
    seed: &[u8; 32],
) -> Result<Vec<u8>, ParseError> {
    if !stamp.is_bounded() {
        return Err(ParseError::new("snapshot", "lasts longer than a day"));
    }
    let world = World::of_document(document)?;
    let org = document.organization.name.as_str();
    let error = || ParseError::new("document", "is too large for a snapshot");
    let mut writer = SnapshotWriter::reaching(&world, org, Reach::Everything).ok_or_else(error)?;
    let sealed = seal(&writer.write(&world, stamp).manifest, seed);
    let bundle = writer.bundle(&sealed, Parts::All);
    bundle.map(|bundle| bundle.write()).map_err(|_| error())
}
