//! An index from hashes to places, for tables of a million entries.
//!
//! One word for each entry: the upper half of its hash, and its place. A look-up reads one line of
//! the index and then the entry itself. What is at a place, and whether it is what was looked for,
//! only the caller knows.

use alloc::vec::Vec;

/// Slots in the order of the hashes, each as near behind its ideal one as there was room.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    slots: Vec<u64>,
    /// Slots that are not [`EMPTY`].
    taken: usize,
    /// Slots that hold a place.
    held: usize,
}

/// A slot that never held anything: a look-up ends here.
const EMPTY: u64 = u64::MAX;
/// A slot whose entry is gone: a look-up goes on behind it.
const GONE: u64 = EMPTY ^ 1;
/// The lower half of a slot.
const PLACE: u64 = u32::MAX as u64;

impl Places {
    /// Makes room for so many more entries at once.
    pub(super) fn reserve(&mut self, more: usize) {
        let wanted = self.held.saturating_add(more);
        if !fits(wanted, self.slots.len()) {
            self.rebuild(wanted.saturating_add(wanted / 4).saturating_add(8));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.held
    }

    /// The place of the entry with this hash that is the one looked for.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let (head, tail) = self.slots.split_at_checked(ideal(hash, self.slots.len()))?;
        let candidates = tail.iter().chain(head).take_while(|slot| **slot != EMPTY);
        let mut same_hash = candidates.filter(|slot| (**slot ^ hash) >> 32 == 0);
        same_hash.find_map(|slot| {
            let place = place(*slot);
            (*slot != GONE && is_it(place)).then_some(place)
        })
    }

    /// The place in the best slot for this hash, or whatever else is there: a first look, to have
    /// that part of the index at hand.
    #[inline]
    pub(super) fn glance(&self, hash: u64) -> Option<u64> {
        self.slots.get(ideal(hash, self.slots.len())).copied()
    }

    /// The place of the first entry with this hash: almost certainly the one, if there is one. It may
    /// miss one, so that only `find` knows.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> Option<u32> {
        // As `find` does it, without going back to the first slot behind the last one.
        for slot in self.slots.get(ideal(hash, self.slots.len())..)? {
            if *slot == EMPTY {
                return None;
            }
            if (*slot ^ hash) >> 32 == 0 {
                return (*slot != GONE).then(|| place(*slot));
            }
        }
        None
    }

    /// Adds an entry. The same place is never added twice, and the last two places of all never.
    pub(super) fn insert(&mut self, hash: u64, place: u32) {
        if !fits(self.taken.saturating_add(1), self.slots.len()) {
            let half_more = self.held.saturating_add(self.held / 2);
            self.rebuild(half_more.saturating_add(8));
        }
        self.put((hash & !PLACE) | u64::from(place));
    }

    /// Removes an entry.
    pub(super) fn remove(&mut self, hash: u64, place: u32) {
        let wanted = (hash & !PLACE) | u64::from(place);
        let at = ideal(hash, self.slots.len());
        let Some((head, tail)) = self.slots.split_at_mut_checked(at) else {
            return;
        };
        let mut candidates = tail.iter_mut().chain(head);
        if let Some(slot) = candidates.find(|slot| **slot == wanted || **slot == EMPTY)
            && *slot == wanted
        {
            *slot = GONE;
            self.held = self.held.saturating_sub(1);
        }
    }

    fn put(&mut self, entry: u64) {
        let at = ideal(entry, self.slots.len());
        let Some((head, tail)) = self.slots.split_at_mut_checked(at) else {
            return;
        };
        let mut free = tail.iter_mut().chain(head).filter(|slot| **slot >= GONE);
        if let Some(slot) = free.next() {
            self.taken = self.taken.saturating_add(usize::from(*slot == EMPTY));
            self.held = self.held.saturating_add(1);
            *slot = entry;
        }
    }

    fn rebuild(&mut self, slots: usize) {
        let old = core::mem::replace(&mut self.slots, alloc::vec![EMPTY; slots]);
        (self.taken, self.held) = (0, 0);
        old.into_iter()
            .filter(|slot| *slot < GONE)
            .for_each(|slot| self.put(slot));
    }
}

/// At most four slots in five are taken.
const fn fits(entries: usize, slots: usize) -> bool {
    entries.saturating_mul(5) <= slots.saturating_mul(4)
}

#[inline]
fn ideal(hash: u64, slots: usize) -> usize {
    let slots = u64::try_from(slots).unwrap_or(PLACE);
    usize::try_from((hash >> 32).saturating_mul(slots) >> 32).unwrap_or(0)
}

#[inline]
fn place(slot: u64) -> u32 {
    u32::try_from(slot & PLACE).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Few different hashes, so that many entries want the same slot, also the last one.
    const fn hash(place: u32) -> u64 {
        (place as u64 % 7) * 0x2aaa_aaaa_0000_0000
    }

    fn is_there(places: &Places, place: u32) -> bool {
        places.find(hash(place), |found| found == place) == Some(place)
    }

    #[test]
    fn what_was_added_is_found_until_it_is_removed() {
        let mut places = Places::default();
        for place in 0..1000 {
            assert!(!is_there(&places, place));
            places.insert(hash(place), place);
        }
        for place in (0..1000).step_by(3) {
            places.remove(hash(place), place);
        }
        assert_eq!(places.len(), 666);
        assert!((0..1000).all(|place| is_there(&places, place) == (place % 3 != 0)));
    }

    #[test]
    fn coming_and_going_needs_no_more_and_more_room() {
        let mut places = Places::default();
        places.reserve(100);
        let room = places.slots.len();
        for place in 0..10_000 {
            places.insert(hash(place), place);
            if let Some(old) = place.checked_sub(50) {
                places.remove(hash(old), old);
            }
        }
        assert!(places.slots.len() <= room, "{}", places.slots.len());
        assert!((9_950..10_000).all(|place| is_there(&places, place)));
    }

    #[test]
    fn room_made_beforehand_is_not_made_again() {
        let mut places = Places::default();
        places.reserve(1000);
        let room = places.slots.len();
        (0..1000).for_each(|place| places.insert(u64::from(place) << 54, place));
        assert_eq!(places.slots.len(), room);
    }
}
