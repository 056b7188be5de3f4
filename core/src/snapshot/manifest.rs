//! The manifest: what an organization is as a whole, and the hashes of all that belongs to it.

use alloc::string::String;
use alloc::vec::Vec;

use super::block::Kind;
use super::error::SnapshotError;
use super::hash::BlockHash;
use super::keys::{KeyId, TrustedKeys, sign};
use super::node::{Node, SHARES};
use super::wire::{Reader, put_short_text};
use crate::ids::check_name;
use crate::policy::{Plan, TokenPolicy};
use crate::timestamp::Timestamp;

/// What a manifest begins with.
const MAGIC: &[u8; 8] = b"TWSNAP01";
/// The bytes of a key's name and a signature.
const KEY: usize = 32;
const SIGNATURE: usize = 64;
/// No manifest is longer.
const LONGEST: usize = 4 << 20;
/// No manifest lasts longer, in milliseconds: a day. However it was signed, by mistake or with a stolen
/// key, nothing is decided from it for longer than that, also where the host sets no maximum age.
pub const LONGEST_LIFE: i64 = 24 * 60 * 60 * 1000;
/// Clocks may differ by so much.
const SKEW: i64 = 5 * 60 * 1000;
const PLANS: [Plan; 4] = [Plan::Free, Plan::Team, Plan::Enterprise, Plan::Plus];

/// When and in which order a manifest is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// A number that grows with every change that the writer is told of, within one generation too
    /// (a display name makes no new generation): the change's place in the journal.
    pub revision: u64,
    /// Now.
    pub issued: Timestamp,
    /// From when on readers refuse the manifest, and refuse to decide from it: at most
    /// [`LONGEST_LIFE`] after it was issued.
    pub expires: Timestamp,
}

impl Stamp {
    /// Whether it lasts no longer than any may.
    pub(super) const fn is_bounded(&self) -> bool {
        let life = self
            .expires
            .as_millis()
            .saturating_sub(self.issued.as_millis());
        life <= LONGEST_LIFE
    }
}

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) org: String,
    pub(super) generation: u64,
    pub(super) stamp: Stamp,
    pub(super) policy: TokenPolicy,
    pub(super) plan: Plan,
    pub(super) has_groups: bool,
    /// How many tokens there are, for people.
    pub(super) tokens: u32,
    /// The pages of each table, by kind.
    pub(super) sections: Vec<(Kind, Vec<(Node, BlockHash)>)>,
}

impl Manifest {
    /// The bytes that are signed.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::from(*MAGIC);
        out.extend(self.generation.to_le_bytes());
        out.extend(self.stamp.revision.to_le_bytes());
        out.extend(self.stamp.issued.as_millis().to_le_bytes());
        out.extend(self.stamp.expires.as_millis().to_le_bytes());
        let place = |found: Option<usize>| found.and_then(|at| u8::try_from(at).ok());
        let policies = TokenPolicy::ALL.iter();
        out.extend(place(
            policies.clone().position(|policy| *policy == self.policy),
        ));
        out.extend(place(PLANS.iter().position(|plan| *plan == self.plan)));
        out.push(u8::from(self.has_groups));
        put_short_text(&mut out, &self.org);
        out.extend(self.tokens.to_le_bytes());
        for (kind, pages) in &self.sections {
            out.push(*kind as u8);
            out.extend(u32::try_from(pages.len()).unwrap_or(u32::MAX).to_le_bytes());
            for (node, hash) in pages {
                out.push(node.depth);
                out.extend(hash.as_bytes());
            }
        }
        out
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.array()? != *MAGIC {
            return None;
        }
        let (generation, revision) = (reader.u64()?, reader.u64()?);
        let (issued, expires) = (time(reader.i64()?)?, time(reader.i64()?)?);
        let policy = *TokenPolicy::ALL.get(usize::from(reader.u8()?))?;
        let plan = *PLANS.get(usize::from(reader.u8()?))?;
        let has_groups = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let org = reader.short_text()?;
        check_name(org).ok()?;
        let tokens = reader.u32()?;
        let mut sections: Vec<(Kind, Vec<(Node, BlockHash)>)> = Vec::new();
        while !reader.is_done() {
            let kind = Kind::parse(reader.u8()?)?;
            if sections.last().is_some_and(|(last, _)| *last >= kind) {
                return None;
            }
            let count = reader.u32()?;
            sections.push((kind, nodes(&mut reader, Node::ROOT, count)?));
        }
        let has = |kind: &Kind| sections.iter().any(|(found, _)| found == kind);
        let whole = Kind::ALL.iter().all(|kind| kind.is_optional() || has(kind));
        whole.then_some(Self {
            org: org.into(),
            generation,
            stamp: Stamp {
                revision,
                issued,
                expires,
            },
            policy,
            plan,
            has_groups,
            tokens,
            sections,
        })
    }

    /// Reads a sealed manifest: it is signed with a key that is trusted, and its time is now.
    pub(super) fn open(
        sealed: &[u8],
        keys: &TrustedKeys,
        now: Timestamp,
    ) -> Result<Self, SnapshotError> {
        if sealed.len() > LONGEST {
            return Err(SnapshotError::TooLarge);
        }
        let mut reader = Reader(sealed);
        let (Some(id), Some(signature)) = (reader.array::<KEY>(), reader.array::<SIGNATURE>())
        else {
            return Err(SnapshotError::Malformed);
        };
        keys.verify(KeyId::from_bytes(id), &signature, reader.0)?;
        let manifest = Self::parse(reader.0).ok_or(SnapshotError::Malformed)?;
        let Stamp {
            issued, expires, ..
        } = manifest.stamp;
        if !manifest.stamp.is_bounded() {
            return Err(SnapshotError::LastsTooLong);
        }
        if now >= expires {
            return Err(SnapshotError::Expired);
        }
        if issued.as_millis().saturating_sub(SKEW) > now.as_millis() {
            return Err(SnapshotError::NotYetValid);
        }
        Ok(manifest)
    }

    /// Whether it says the same, whenever that was.
    pub(super) fn says_the_same(&self, held: &Self) -> bool {
        let then = Self {
            stamp: held.stamp,
            ..self.clone()
        };
        then == *held
    }

    /// Whether this one may follow the one that is held.
    ///
    /// Generation and revision never go back, but for what says the same: another server may have
    /// signed that at another moment. The same generation and revision say the same.
    pub(super) fn follows(&self, held: &Self) -> Result<(), SnapshotError> {
        if self.org != held.org {
            return Err(SnapshotError::WrongOrg);
        }
        if self.says_the_same(held) {
            return Ok(());
        }
        if self.generation < held.generation || self.stamp.revision < held.stamp.revision {
            return Err(SnapshotError::Rollback);
        }
        let moment = |manifest: &Self| (manifest.generation, manifest.stamp.revision);
        if moment(self) == moment(held) {
            return Err(SnapshotError::Conflict);
        }
        Ok(())
    }
}

fn time(millis: i64) -> Option<Timestamp> {
    let time = Timestamp::from_millis(millis);
    (time.as_millis() == millis).then_some(time)
}

/// So many nodes with their hashes, which together are the whole one.
pub(super) fn nodes(
    reader: &mut Reader<'_>,
    whole: Node,
    count: u32,
) -> Option<Vec<(Node, BlockHash)>> {
    let mut nodes = Vec::new();
    let mut start = u32::from(whole.prefix);
    for _ in 0..count.min(SHARES) {
        let node = Node::at(start, reader.u8()?)?;
        if node.depth < whole.depth {
            return None;
        }
        nodes.push((node, BlockHash::from_bytes(reader.array()?)));
        start = node.end();
    }
    let fits = u32::try_from(nodes.len()).is_ok_and(|found| found == count);
    (fits && start == whole.end()).then_some(nodes)
}

/// Signs a manifest: its key's name, the signature, and the manifest itself are what readers take.
#[must_use]
pub fn seal(manifest: &[u8], seed: &[u8; 32]) -> Vec<u8> {
    let (id, signature) = sign(manifest, seed);
    let mut sealed = Vec::from(*id.as_bytes());
    sealed.extend(signature);
    sealed.extend(manifest);
    sealed
}

/// The manifest inside a sealed one, and the key that it says it is signed with; nothing is verified.
pub(super) fn unseal(sealed: &[u8]) -> Option<(KeyId, &[u8])> {
    let mut reader = Reader(sealed);
    let id = KeyId::from_bytes(reader.array::<KEY>()?);
    reader.array::<SIGNATURE>()?;
    Some((id, reader.0))
}
