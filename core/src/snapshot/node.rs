//! How a table is cut: by the first bits of its rows' keys, in halves, until a piece is small enough.
//!
//! The cut depends on the rows alone, never on how they came, and a row more or less changes only
//! the pieces around it.

/// Rows whose keys begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    /// The first of the 65,536 shares of the keys that it has.
    pub(super) prefix: u16,
    /// How many bits the keys share.
    pub(super) depth: u8,
}

/// Keys that share this many bits stay together.
pub(super) const DEEPEST: u8 = 16;
/// All shares of the keys.
pub(super) const SHARES: u32 = 1 << 16;

impl Node {
    /// All rows.
    pub(super) const ROOT: Self = Self {
        prefix: 0,
        depth: 0,
    };

    /// The node of this depth that begins at this share.
    pub(super) fn at(start: u32, depth: u8) -> Option<Self> {
        if depth > DEEPEST {
            return None;
        }
        let prefix = u16::try_from(start).ok()?;
        let node = Self { prefix, depth };
        (u32::from(prefix) & node.width().wrapping_sub(1) == 0).then_some(node)
    }

    /// How many shares it has.
    #[inline]
    pub(super) const fn width(self) -> u32 {
        SHARES >> self.depth
    }

    /// The share behind its last.
    pub(super) fn end(self) -> u32 {
        u32::from(self.prefix).saturating_add(self.width())
    }

    pub(super) fn holds(self, key: u32) -> bool {
        (u32::from(self.prefix)..self.end()).contains(&(key >> 16))
    }

    /// Its halves, unless it is too deep to have any.
    pub(super) fn halves(self) -> Option<[Self; 2]> {
        let depth = self.depth.saturating_add(1);
        let left = Self::at(u32::from(self.prefix), depth)?;
        Some([left, Self::at(left.end(), depth)?])
    }

    /// The node that it is a half of.
    pub(super) fn whole(self) -> Option<Self> {
        let depth = self.depth.checked_sub(1)?;
        let width = SHARES >> depth;
        let prefix = u32::from(self.prefix) & !width.wrapping_sub(1);
        Self::at(prefix, depth)
    }

    /// Where among so many evenly spread rows (or bytes) of this node a key most probably is.
    #[inline]
    pub(super) fn guess(self, key: u32, count: usize) -> usize {
        let within = u64::from(key.checked_shl(u32::from(self.depth)).unwrap_or(0));
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        usize::try_from(within.wrapping_mul(count) >> 32).unwrap_or(usize::MAX)
    }
}

/// The first of `count` sorted rows that is not below what is looked for, beginning at a guess.
#[inline]
pub(super) fn lower_bound(count: usize, guess: usize, is_below: impl Fn(usize) -> bool) -> usize {
    let guess = guess.min(count.saturating_sub(1));
    if count == 0 {
        return 0;
    }
    let (mut low, mut high) = (0, count);
    let mut step = 1_usize;
    if is_below(guess) {
        low = guess.saturating_add(1);
        while low < count {
            let next = low.saturating_add(step).min(count);
            if is_below(next.saturating_sub(1)) {
                (low, step) = (next, step.saturating_mul(2));
            } else {
                high = next.saturating_sub(1);
                break;
            }
        }
    } else {
        high = guess;
        while high > 0 {
            let next = high.saturating_sub(step);
            if is_below(next) {
                low = next.saturating_add(1);
                break;
            }
            (high, step) = (next, step.saturating_mul(2));
        }
    }
    while low < high {
        let middle = low.midpoint(high);
        if is_below(middle) {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn halves_and_wholes_fit_together() {
        let node = Node::at(0x8000, 1).unwrap();
        assert_eq!(node.whole(), Some(Node::ROOT));
        let [left, right] = node.halves().unwrap();
        assert_eq!((left.prefix, right.prefix), (0x8000, 0xc000));
        assert_eq!(right.whole(), Some(node));
        assert!(right.holds(0xffff_ffff) && !left.holds(0xffff_ffff));
        assert_eq!(Node::at(0x8000, 0), None);
        assert_eq!(Node::at(1, 16).unwrap().halves(), None);
    }

    #[test]
    fn a_bound_is_found_from_every_guess() {
        let rows: Vec<u32> = (0..40).map(|row| row / 3 * 5).collect();
        for count in 0..rows.len() {
            for wanted in 0..70 {
                let expected = rows[..count].partition_point(|row| *row < wanted);
                for guess in 0..45 {
                    let found = lower_bound(count, guess, |at| rows[at] < wanted);
                    assert_eq!(found, expected, "{count} {wanted} {guess}");
                }
            }
        }
    }
}
