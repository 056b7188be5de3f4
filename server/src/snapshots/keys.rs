//! The keys that manifests are signed with: published first, signing later, withdrawn in the end.

use serde_json::Value;
use tokenward_core::Timestamp;
use tokenward_core::snapshot::{KeyId, PublicKey, jwks};

use crate::mint;
use crate::store::SnapshotKey;

/// The keys of the database, in the order in which they sign.
#[derive(Default)]
pub struct Keyring(Vec<Named>);

/// A key and its name.
#[derive(Clone)]
pub struct Named {
    /// The key.
    pub key: SnapshotKey,
    /// Its name.
    pub id: KeyId,
    public: PublicKey,
}

/// The name of a key.
#[must_use]
pub fn id(key: &SnapshotKey) -> KeyId {
    key.public().id()
}

/// A new key that signs from a time on.
#[must_use]
pub fn new(signs_from: Timestamp) -> SnapshotKey {
    SnapshotKey {
        seed: mint::bytes(),
        created_at: crate::clock::now(),
        signs_from,
        gone_from: None,
    }
}

impl Keyring {
    /// These keys.
    #[must_use]
    pub fn of(keys: Vec<SnapshotKey>) -> Self {
        let named = keys.into_iter().map(|key| {
            let public = key.public();
            let id = public.id();
            Named { key, id, public }
        });
        Self(named.collect())
    }

    /// The key that signs now: the last whose turn has come.
    #[must_use]
    pub fn signing(&self, now: Timestamp) -> Option<&Named> {
        let published = self.published(now);
        published
            .clone()
            .rfind(|named| named.key.signs_from <= now)
            .or_else(|| published.clone().next())
    }

    /// The keys that edges may trust now, as a JWKS.
    #[must_use]
    pub fn jwks(&self, now: Timestamp) -> Value {
        let keys: Vec<PublicKey> = self.published(now).map(|named| named.public).collect();
        jwks(&keys)
    }

    fn published(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &Named> + Clone {
        let keys = self.0.iter();
        keys.filter(move |named| named.key.gone_from.is_none_or(|gone| now < gone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8, signs_from: i64, gone_from: Option<i64>) -> SnapshotKey {
        SnapshotKey {
            seed: [seed; 32],
            created_at: Timestamp::from_millis(0),
            signs_from: Timestamp::from_millis(signs_from),
            gone_from: gone_from.map(Timestamp::from_millis),
        }
    }

    #[test]
    fn one_key_follows_another_with_an_overlap() {
        let ring = Keyring::of(vec![key(1, 0, Some(200)), key(2, 100, None)]);
        let says = |now| {
            let now = Timestamp::from_millis(now);
            let signs = ring.signing(now).expect("a key").key.seed[0];
            let jwks = ring.jwks(now);
            (signs, jwks["keys"].as_array().expect("keys").len())
        };
        assert_eq!(says(50), (1, 2), "the new one is known before it signs");
        assert_eq!(says(100), (2, 2), "the old one is known after it signed");
        assert_eq!(says(200), (2, 1));
    }
}
