//! One table of a snapshot in the making: its rows in blocks, each as small as it should be.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::block::{Kind, Leaf};
use super::hash::BlockHash;
use super::node::Node;
use super::wire::Bytes;

/// A row of a table.
pub(super) trait Row: Sized {
    /// What rows are sorted by; it begins with what they are cut by.
    type Key: Ord;

    fn key(&self) -> Self::Key;

    /// The key that is cut by.
    fn cut(key: &Self::Key) -> u32;

    /// How much of a block it takes, in rows of the usual size. It depends on the row alone.
    fn weight(&self) -> u32;

    /// Writes a block of sorted rows.
    fn encode(kind: Kind, node: Node, rows: &[Self]) -> Vec<u8>;

    /// Reads the rows back from blocks, one of each kind that the table has.
    fn decode(parts: &[Leaf]) -> Option<Vec<Self>>;
}

/// A block holds no more than this, unless its rows cannot be told apart by their first bits.
const BLOCK: u64 = 512;
/// And a page names the blocks of no more than this.
const PAGE: u64 = 32_768;

/// A block that was written.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) hash: BlockHash,
    pub(super) bytes: Bytes,
}

impl Block {
    fn new(bytes: Vec<u8>) -> Option<Self> {
        let hash = BlockHash::of(&bytes);
        Some(Self {
            hash,
            bytes: Bytes::new(bytes)?,
        })
    }
}

/// The blocks of one node, one of each kind.
#[derive(Debug, Clone)]
struct Written {
    node: Node,
    weight: u64,
    blocks: Vec<Block>,
}

/// A page, and the blocks that it names.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) node: Node,
    pub(super) block: Block,
    pub(super) leaves: Vec<Block>,
}

/// A table.
#[derive(Debug, Clone)]
pub(super) struct Section {
    kinds: &'static [Kind],
    /// By the first share of the keys; together they have all.
    leaves: BTreeMap<u16, Written>,
}

impl Section {
    /// A table of these rows. INVARIANT: they are sorted by their keys.
    pub(super) fn new<R: Row>(kinds: &'static [Kind], rows: &[R]) -> Self {
        let mut section = Self {
            kinds,
            leaves: BTreeMap::new(),
        };
        section.write(Node::ROOT, rows);
        section
    }

    /// Writes the blocks of a node.
    fn write<R: Row>(&mut self, node: Node, rows: &[R]) {
        let weight = rows.iter().fold(0_u64, |sum, row| {
            sum.saturating_add(u64::from(row.weight()))
        });
        if weight > BLOCK
            && let Some([left, right]) = node.halves()
        {
            let middle = rows.partition_point(|row| left.holds(R::cut(&row.key())));
            let (low, high) = rows.split_at_checked(middle).unwrap_or((rows, &[]));
            self.write(left, low);
            self.write(right, high);
            return;
        }
        let blocks = self.kinds.iter().map(|kind| R::encode(*kind, node, rows));
        let blocks = blocks.filter_map(Block::new).collect();
        self.leaves.insert(
            node.prefix,
            Written {
                node,
                weight,
                blocks,
            },
        );
    }

    /// The rows of a node, which is a block's or holds several.
    fn read<R: Row>(&self, node: Node) -> Vec<R> {
        let mut rows = Vec::new();
        for written in self.within(node) {
            let parts = written.blocks.iter().zip(self.kinds);
            let parts: Option<Vec<Leaf>> = parts
                .map(|(block, kind)| Leaf::parse(&block.bytes, *kind, written.node))
                .collect();
            rows.extend(
                parts
                    .and_then(|parts| R::decode(&parts))
                    .unwrap_or_default(),
            );
        }
        rows
    }

    fn within(&self, node: Node) -> impl Iterator<Item = &Written> {
        let last = u16::try_from(node.end().saturating_sub(1)).unwrap_or(u16::MAX);
        self.leaves.range(node.prefix..=last).map(|(_, leaf)| leaf)
    }

    fn leaf_of(&self, cut: u32) -> Node {
        let share = u16::try_from(cut >> 16).unwrap_or(u16::MAX);
        let leaf = self.leaves.range(..=share).next_back();
        leaf.map_or(Node::ROOT, |(_, leaf)| leaf.node)
    }

    /// The row with this key.
    pub(super) fn find<R: Row>(&self, key: &R::Key) -> Option<R> {
        let rows: Vec<R> = self.read(self.leaf_of(R::cut(key)));
        rows.into_iter().find(|row| row.key() == *key)
    }

    /// Puts rows in place of earlier ones, and removes some.
    pub(super) fn edit<R: Row>(&mut self, mut edits: BTreeMap<R::Key, Option<R>>) {
        while let Some((key, _)) = edits.first_key_value() {
            let node = self.leaf_of(R::cut(key));
            let mut here = BTreeMap::new();
            while let Some(entry) = edits.first_entry() {
                if !node.holds(R::cut(entry.key())) {
                    break;
                }
                let (key, row) = entry.remove_entry();
                here.insert(key, row);
            }
            self.edit_leaf(node, here);
        }
    }

    fn edit_leaf<R: Row>(&mut self, mut node: Node, edits: BTreeMap<R::Key, Option<R>>) {
        let before: Vec<R> = self.read(node);
        let mut rows: BTreeMap<R::Key, R> =
            before.into_iter().map(|row| (row.key(), row)).collect();
        for (key, row) in edits {
            match row {
                Some(row) => rows.insert(key, row),
                None => rows.remove(&key),
            };
        }
        let rows: Vec<R> = rows.into_values().collect();
        self.remove(node);
        self.write(node, &rows);
        // Neighbours that have become few enough for one block come together.
        while let Some(whole) = node.whole() {
            let weight = self.within(whole).map(|leaf| leaf.weight);
            if weight.fold(0_u64, u64::saturating_add) > BLOCK {
                return;
            }
            let rows: Vec<R> = self.read(whole);
            self.remove(whole);
            self.write(whole, &rows);
            node = whole;
        }
    }

    fn remove(&mut self, node: Node) {
        let last = u16::try_from(node.end().saturating_sub(1)).unwrap_or(u16::MAX);
        let gone: Vec<u16> = self
            .leaves
            .range(node.prefix..=last)
            .map(|(prefix, _)| *prefix)
            .collect();
        gone.iter().for_each(|prefix| {
            self.leaves.remove(prefix);
        });
    }

    /// The pages of one kind of blocks.
    pub(super) fn pages(&self, kind: Kind) -> Vec<Page> {
        let at = self.kinds.iter().position(|other| *other == kind);
        let leaves: Vec<&Written> = self.leaves.values().collect();
        let mut pages = Vec::new();
        if let Some(at) = at {
            add_pages(kind, at, Node::ROOT, &leaves, &mut pages);
        }
        pages
    }
}

fn add_pages(kind: Kind, at: usize, node: Node, leaves: &[&Written], pages: &mut Vec<Page>) {
    let weight = leaves
        .iter()
        .fold(0_u64, |sum, leaf| sum.saturating_add(leaf.weight));
    if weight > PAGE
        && leaves.len() > 1
        && let Some([left, right]) = node.halves()
    {
        let middle = leaves.partition_point(|leaf| u32::from(leaf.node.prefix) < left.end());
        let (low, high) = leaves.split_at_checked(middle).unwrap_or((leaves, &[]));
        add_pages(kind, at, left, low, pages);
        add_pages(kind, at, right, high, pages);
        return;
    }
    let mut out = Vec::new();
    out.extend([kind as u8 | Kind::PAGE, node.depth]);
    out.extend(node.prefix.to_le_bytes());
    let blocks = leaves
        .iter()
        .filter_map(|leaf| Some((leaf.node, leaf.blocks.get(at)?)));
    for (node, block) in blocks.clone() {
        out.push(node.depth);
        out.extend(block.hash.as_bytes());
    }
    if let Some(block) = Block::new(out) {
        pages.push(Page {
            node,
            block,
            leaves: blocks.map(|(_, block)| block.clone()).collect(),
        });
    }
}
