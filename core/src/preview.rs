//! What a change of the token policy would break, token by token.
//!
//! Built only from the checks of `decide`: contract §7, `…/settings/tokens/preview`.

use alloc::vec::Vec;

use serde::Serialize;

use crate::decide::{self, Facts, Namespace};
use crate::ids::TokenId;
use crate::index::Index;
use crate::policy::TokenPolicy;
use crate::reason::Reason;
use crate::world::World;

/// The effect of another policy on every token that the organization is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// The generation that it was made at.
    pub generation: u64,
    /// How many tokens change, and how.
    pub summary: PreviewSummary,
    /// The tokens that change, by id.
    pub tokens: Vec<PreviewToken>,
}

/// Three counts that add up to all tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PreviewSummary {
    /// As before.
    pub unchanged: u64,
    /// Let in before, shut out afterwards.
    pub blocked: u64,
    /// Shut out before, let in afterwards.
    pub unblocked: u64,
}

/// A token that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewToken {
    /// Its id.
    pub id: TokenId,
    /// What the organization as a whole says to it now.
    pub before: Reason,
    /// What it would say.
    pub after: Reason,
}

impl World {
    /// Which tokens another policy would let in or shut out; of an unknown organization, none.
    #[must_use]
    pub fn preview(&self, org: &str, policy: TokenPolicy) -> Preview {
        preview(self, org, policy)
    }
}

/// Which tokens another policy would let in or shut out, by id.
pub(crate) fn preview<I: Index>(index: &I, org: &str, policy: TokenPolicy) -> Preview {
    let mut summary = PreviewSummary::default();
    let mut tokens = Vec::new();
    for (id, mut facts) in index.shown_facts(org, policy) {
        let after = decide::admit(&facts);
        let before = index.token_policy(org).map_or(after, |now| {
            set_policy(&mut facts, now);
            decide::admit(&facts)
        });
        let count = match (before.allows(), after.allows()) {
            (true, false) => &mut summary.blocked,
            (false, true) => &mut summary.unblocked,
            (true, true) | (false, false) => &mut summary.unchanged,
        };
        *count = count.saturating_add(1);
        if before != after {
            tokens.push(PreviewToken { id, before, after });
        }
    }
    tokens.sort_unstable_by_key(|token| token.id);
    Preview {
        generation: index.newest(org).unwrap_or_default(),
        summary,
        tokens,
    }
}

fn set_policy(facts: &mut Facts, policy: TokenPolicy) {
    if let Namespace::Org(org) = &mut facts.namespace {
        org.policy = policy;
    }
}
